//! What a statement writes, read from its text: the table, the columns and, if its form allows, the values that name the rows.
//!
//! A text is parsed once and remembered. What is not understood is reported as such and never passed over; what is understood counts
//! only if its table is watched.

use super::subject;
use sea_orm::{Statement, Value};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};
use uuid::Uuid;

/// Texts that are remembered. When there are more, all are forgotten: the texts of this program are fewer.
const MOST_TEXTS: usize = 2_000;
/// Texts up to this many bytes are remembered: an insert of hundreds of rows is parsed each time.
const LONGEST_TEXT: usize = 8_192;

/// How a statement writes a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    Insert,
    Update,
    Delete,
    /// Not understood: anything may have been written.
    Unknown,
}

/// What a text writes to one table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Write {
    pub(super) operation: Operation,
    /// Empty if not understood.
    pub(super) table: String,
    /// The columns that an UPDATE sets; absent for all.
    pub(super) columns: Option<Vec<String>>,
    /// Columns whose values name the rows: those of an INSERT, and those that the condition of an UPDATE or DELETE compares with
    /// parameters. All rows that are written have one of the values.
    keys: Vec<(String, Vec<usize>)>,
}

impl Write {
    fn unknown() -> Self {
        Self { operation: Operation::Unknown, table: String::new(), columns: None, keys: Vec::new() }
    }

    /// The values of a column in the rows that are written; absent if the statement does not tell.
    pub(super) fn values(&self, column: &str, statement: &Statement) -> Option<Vec<Uuid>> {
        let (_, parameters) = self.keys.iter().find(|(name, _)| name == column)?;
        let given = statement.values.as_ref()?;
        let value = |at: &usize| match given.0.get(*at) {
            Some(Value::Uuid(Some(id))) => Some(*id),
            _ => None,
        };
        parameters.iter().map(value).collect()
    }
}

/// What a text writes to watched tables; nothing for a query.
pub(super) fn writes(sql: &str) -> Arc<[Write]> {
    static KNOWN: LazyLock<RwLock<HashMap<String, Arc<[Write]>>>> = LazyLock::new(RwLock::default);
    static NOTHING: LazyLock<Arc<[Write]>> = LazyLock::new(|| Arc::new([]));
    // Most statements; they need no look at the remembered ones.
    if sql.get(..6).is_some_and(|begin| begin.eq_ignore_ascii_case("SELECT")) && !sql.contains(';') {
        return Arc::clone(&NOTHING);
    }
    if let Some(known) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(sql) {
        return Arc::clone(known);
    }
    let counts = |write: &Write| write.operation == Operation::Unknown || subject::find(&write.table).is_some();
    let parsed: Arc<[Write]> = parse(sql).into_iter().filter(counts).collect();
    if sql.len() <= LONGEST_TEXT {
        let mut known = KNOWN.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_TEXTS {
            known.clear();
        }
        known.insert(sql.to_owned(), Arc::clone(&parsed));
    }
    parsed
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    /// A keyword or a name without quotes, as written.
    Word(String),
    /// A name in quotes.
    Name(String),
    /// A parameter, by its place among the values.
    Parameter(usize),
    /// A text or a number.
    Literal,
    Sign(char),
}

impl Token {
    fn is(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    fn is_sign(&self, sign: char) -> bool {
        *self == Self::Sign(sign)
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Word(name) | Self::Name(name) => Some(name),
            _ => None,
        }
    }
}

/// Tokens of a text; absent if a quote or comment is not closed.
fn tokens(sql: &str) -> Option<Vec<Token>> {
    let mut found = Vec::new();
    let mut unnumbered = 0;
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            _ if first.is_whitespace() => (None, first.len_utf8()),
            '-' if rest.starts_with("--") => (None, rest.find('\n').unwrap_or(rest.len())),
            '/' if rest.starts_with("/*") => (None, rest.find("*/")? + 2),
            '\'' => (Some(Token::Literal), quoted(rest, '\'')?.1),
            '"' | '`' => {
                let (name, length) = quoted(rest, first)?;
                (Some(Token::Name(name)), length)
            }
            '?' => {
                unnumbered += 1;
                (Some(Token::Parameter(unnumbered - 1)), 1)
            }
            '$' if rest[1..].starts_with(|next: char| next.is_ascii_digit()) => {
                let digits = length_of(&rest[1..], |next| next.is_ascii_digit());
                (Some(Token::Parameter(rest[1..=digits].parse::<usize>().ok()?.checked_sub(1)?)), 1 + digits)
            }
            _ if first.is_alphabetic() || first == '_' => {
                let length = length_of(rest, |next| next.is_alphanumeric() || next == '_' || next == '$');
                (Some(Token::Word(rest[..length].to_owned())), length)
            }
            _ if first.is_ascii_digit() => {
                (Some(Token::Literal), length_of(rest, |next| next.is_ascii_alphanumeric() || next == '.'))
            }
            _ => (Some(Token::Sign(first)), first.len_utf8()),
        };
        found.extend(token);
        rest = &rest[length..];
    }
    Some(found)
}

fn length_of(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|next: char| !belongs(next)).unwrap_or(text.len())
}

/// The text between quotes, where a doubled quote stands for one, and the bytes up to behind the closing one. A backslash is a
/// character like any other: values travel as parameters, and no statement has one in a literal.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut content = String::new();
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, next)) = characters.next() {
        if next != quote {
            content.push(next);
        } else if characters.peek().is_some_and(|(_, after)| *after == quote) {
            content.push(quote);
            characters.next();
        } else {
            return Some((content, at + 1));
        }
    }
    None
}

fn parse(sql: &str) -> Vec<Write> {
    let Some(tokens) = tokens(sql) else { return vec![Write::unknown()] };
    tokens.split(|token| token.is_sign(';')).flat_map(statement).collect()
}

/// Statements that write no table.
const HARMLESS: [&str; 14] = [
    "SELECT",
    "VALUES",
    "SET",
    "SHOW",
    "EXPLAIN",
    "PRAGMA",
    "SAVEPOINT",
    "RELEASE",
    "ROLLBACK",
    "BEGIN",
    "COMMIT",
    "NOTIFY",
    "LISTEN",
    "ANALYZE",
];

fn statement(tokens: &[Token]) -> Vec<Write> {
    let Some(first) = tokens.first() else { return Vec::new() };
    if first.is("WITH") {
        return with(tokens);
    }
    if HARMLESS.iter().any(|keyword| first.is(keyword)) || first.is_sign('(') {
        return Vec::new();
    }
    vec![write(tokens).unwrap_or_else(Write::unknown)]
}

/// A common table expression: each of its parts, and what follows them, may write.
fn with(tokens: &[Token]) -> Vec<Write> {
    let begins = |at: usize| {
        let (before, here) = (at.checked_sub(1).and_then(|at| tokens.get(at)), tokens.get(at));
        let next = tokens.get(at + 1);
        let follows = |keyword| next.is_some_and(|next| next.is(keyword));
        here.is_some_and(|here| {
            (here.is("INSERT") && follows("INTO"))
                || (here.is("DELETE") && follows("FROM"))
                || (here.is("UPDATE") && !before.is_some_and(|before| before.is("FOR") || before.is("KEY") || before.is("DO")))
        })
    };
    let part = |at: usize| {
        let rest = tokens.get(at..).unwrap_or_default();
        // Up to the parenthesis that closes the part.
        let mut depth = 0_usize;
        let end = rest.iter().position(|token| {
            depth += usize::from(token.is_sign('('));
            let closes = token.is_sign(')') && depth == 0;
            depth = depth.saturating_sub(usize::from(token.is_sign(')')));
            closes
        });
        write(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()).unwrap_or_else(Write::unknown)
    };
    (0..tokens.len()).filter(|at| begins(*at)).map(part).collect()
}

fn write(tokens: &[Token]) -> Option<Write> {
    let first = tokens.first()?;
    if first.is("INSERT") || first.is("REPLACE") {
        let into = tokens.iter().position(|token| token.is("INTO"))?;
        insert(tokens.get(into + 1..)?)
    } else if first.is("UPDATE") {
        update(tokens.get(1..)?)
    } else if first.is("DELETE") && tokens.get(1)?.is("FROM") {
        let (table, rest) = table(tokens.get(2..)?)?;
        Some(Write { operation: Operation::Delete, table, columns: None, keys: keys(rest)? })
    } else {
        None
    }
}

/// The name of a table, without its schema, and what follows it.
fn table(tokens: &[Token]) -> Option<(String, &[Token])> {
    let name = tokens.first()?.name()?.to_owned();
    match tokens {
        [_, dot, last, rest @ ..] if dot.is_sign('.') => Some((last.name()?.to_owned(), rest)),
        [_, rest @ ..] => Some((name, rest)),
        [] => None,
    }
}

fn insert(tokens: &[Token]) -> Option<Write> {
    let (table, rest) = table(tokens)?;
    let mut write = Write { operation: Operation::Insert, table, columns: None, keys: Vec::new() };
    let Some((columns, rest)) = group(rest) else { return Some(write) };
    let columns: Vec<&str> = columns.split(|token| token.is_sign(',')).filter_map(|column| column.first()?.name()).collect();
    if !rest.first().is_some_and(|token| token.is("VALUES") || token.is("VALUE")) {
        return Some(write);
    }
    let mut values: Vec<Option<Vec<usize>>> = vec![Some(Vec::new()); columns.len()];
    let mut rest = rest.get(1..)?;
    while let Some((row, after)) = group(rest) {
        for (found, value) in values.iter_mut().zip(split_list(row)) {
            match value {
                [Token::Parameter(at)] => found.iter_mut().for_each(|found| found.push(*at)),
                _ => *found = None,
            }
        }
        rest = match after {
            [comma, after @ ..] if comma.is_sign(',') => after,
            _ => break,
        };
    }
    write.keys = columns.iter().zip(values).filter_map(|(column, found)| Some(((*column).to_owned(), found?))).collect();
    Some(write)
}

fn update(tokens: &[Token]) -> Option<Write> {
    let (table, rest) = table(tokens)?;
    // With an alias at most: an UPDATE of joined tables is not understood.
    let set = rest.iter().take(3).position(|token| token.is("SET"))?;
    if rest.get(..set)?.iter().any(|token| token.name().is_none()) {
        return None;
    }
    let rest = rest.get(set + 1..)?;
    let ends = |token: &Token| ["WHERE", "FROM", "RETURNING", "ORDER", "LIMIT"].iter().any(|keyword| token.is(keyword));
    let end = at_depth_0(rest, ends).unwrap_or(rest.len());
    let columns = split_list(rest.get(..end)?).map(|assignment| {
        let equals = assignment.iter().position(|token| token.is_sign('='))?;
        Some(assignment.get(equals.checked_sub(1)?)?.name()?.to_owned())
    });
    let columns = columns.collect::<Option<Vec<_>>>()?;
    Some(Write { operation: Operation::Update, table, columns: Some(columns), keys: keys(rest.get(end..)?)? })
}

/// The columns that the condition compares with parameters, if every row must meet these comparisons.
fn keys(tokens: &[Token]) -> Option<Vec<(String, Vec<usize>)>> {
    let Some(at) = at_depth_0(tokens, |token| token.is("WHERE")) else { return Some(Vec::new()) };
    let condition = tokens.get(at + 1..)?;
    let ends = |token: &Token| ["RETURNING", "ORDER", "LIMIT"].iter().any(|keyword| token.is(keyword));
    let condition = condition.get(..at_depth_0(condition, ends).unwrap_or(condition.len()))?;
    let mut found = Vec::new();
    conjunction(condition, &mut found);
    Some(found)
}

fn conjunction(condition: &[Token], found: &mut Vec<(String, Vec<usize>)>) {
    if at_depth_0(condition, |token| token.is("OR")).is_some() {
        return;
    }
    let mut rest = condition;
    loop {
        let end = at_depth_0(rest, |token| token.is("AND"));
        comparison(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default(), found);
        match end.and_then(|end| rest.get(end + 1..)) {
            Some(after) => rest = after,
            None => return,
        }
    }
}

/// `column = ?`, `column IN (?, ?)`, also with the table's name before the column, also in parentheses.
fn comparison(condition: &[Token], found: &mut Vec<(String, Vec<usize>)>) {
    if let Some((inner, [])) = group(condition) {
        return conjunction(inner, found);
    }
    let (column, rest) = match condition {
        [_, dot, column, rest @ ..] if dot.is_sign('.') => (column, rest),
        [column, rest @ ..] => (column, rest),
        [] => return,
    };
    let Some(column) = column.name() else { return };
    let values = match rest {
        [equals, Token::Parameter(at)] if equals.is_sign('=') => Some(vec![*at]),
        [keyword, rest @ ..] if keyword.is("IN") => match group(rest) {
            Some((list, [])) => split_list(list)
                .map(|value| match value {
                    [Token::Parameter(at)] => Some(*at),
                    _ => None,
                })
                .collect(),
            _ => None,
        },
        _ => None,
    };
    if let Some(values) = values {
        found.push((column.to_owned(), values));
    }
}

/// What stands in the parentheses that the tokens begin with, and what follows them.
fn group(tokens: &[Token]) -> Option<(&[Token], &[Token])> {
    if !tokens.first()?.is_sign('(') {
        return None;
    }
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        depth += usize::from(token.is_sign('('));
        depth -= usize::from(token.is_sign(')'));
        if depth == 0 {
            return Some((tokens.get(1..at)?, tokens.get(at + 1..)?));
        }
    }
    None
}

/// The first token outside parentheses that is wanted.
fn at_depth_0(tokens: &[Token], wanted: impl Fn(&Token) -> bool) -> Option<usize> {
    let mut depth = 0_usize;
    tokens.iter().position(|token| {
        depth += usize::from(token.is_sign('('));
        let found = depth == 0 && wanted(token);
        depth = depth.saturating_sub(usize::from(token.is_sign(')')));
        found
    })
}

/// The parts between commas outside parentheses.
fn split_list(tokens: &[Token]) -> impl Iterator<Item = &[Token]> {
    let mut rest = Some(tokens);
    std::iter::from_fn(move || {
        let all = rest?;
        let end = at_depth_0(all, |token| token.is_sign(','));
        rest = end.and_then(|end| all.get(end + 1..));
        all.get(..end.unwrap_or(all.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::DbBackend;

    fn one(sql: &str) -> Write {
        let all = parse(sql);
        assert_eq!(all.len(), 1, "{sql}: {all:?}");
        all.into_iter().next().expect("one")
    }

    fn key(write: &Write, column: &str) -> Option<Vec<usize>> {
        write.keys.iter().find(|(name, _)| name == column).map(|(_, at)| at.clone())
    }

    #[test]
    fn inserts_of_the_three_databases() {
        for sql in [
            r#"INSERT INTO "products" ("id", "name", "price") VALUES ($1, $2, CAST($3 AS int)), ($4, $5, $6) RETURNING "id""#,
            "INSERT INTO `products` (`id`, `name`, `price`) VALUES (?, ?, COALESCE(?, 1)), (?, ?, ?)",
            "insert into souk.products (id, name, price) values (?, ?, ? + 1), (?, ?, ?) on conflict (id) do update set name = 'x'",
            "INSERT IGNORE INTO products (id, name, price) VALUES (?, ?, ?), (?, ?, 4) ON DUPLICATE KEY UPDATE name = VALUES(name)",
        ] {
            let write = one(sql);
            assert_eq!((write.operation, write.table.as_str()), (Operation::Insert, "products"), "{sql}");
            assert_eq!(key(&write, "id"), Some(vec![0, 3]), "{sql}");
            assert_eq!(write.columns, None);
            assert_eq!(key(&write, "price"), None, "{sql}");
        }
        let of_query = one(r#"INSERT INTO "a" ("id") SELECT "id" FROM "b" WHERE "id" = $1 FOR UPDATE"#);
        assert_eq!((of_query.table.as_str(), of_query.keys.len()), ("a", 0));
    }

    #[test]
    fn updates_tell_their_columns_and_rows() {
        let sql = r#"UPDATE "products" SET "name" = $1, "sum" = ("sum" + $2) * COALESCE(3, 4), "at" = CASE WHEN "id" = $3 THEN 1 END
                     WHERE "products"."id" = $4 AND ("store_id" IN ($5, $6) AND "a" > $7)"#;
        let write = one(sql);
        assert_eq!((write.operation, write.table.as_str()), (Operation::Update, "products"));
        assert_eq!(write.columns, Some(vec!["name".into(), "sum".into(), "at".into()]));
        assert_eq!(key(&write, "id"), Some(vec![3]));
        assert_eq!(key(&write, "store_id"), Some(vec![4, 5]));
        assert_eq!(key(&write, "a"), None);
        let either = one("UPDATE `products` AS `p` SET `p`.`name` = ? WHERE `id` = ? OR `id` = ?");
        assert_eq!((either.columns, either.keys), (Some(vec!["name".into()]), vec![]));
        let with_or = one("UPDATE t SET a = 'WHERE id = ?', b = ? WHERE (x = ? OR y = ?) AND id = ? ORDER BY id LIMIT 1");
        assert_eq!(with_or.keys, [("id".to_owned(), vec![3])]);
        assert_eq!(one("UPDATE t SET a = 1").keys, []);
        let nested = one("UPDATE t SET a = 1 WHERE id IN (SELECT id FROM u WHERE v = ?)");
        assert_eq!(nested.keys, []);
    }

    #[test]
    fn deletes_and_queries() {
        let write = one(r#"DELETE FROM "public"."products" WHERE "id" = $1 RETURNING *"#);
        assert_eq!((write.operation, write.table.as_str()), (Operation::Delete, "products"));
        assert_eq!(key(&write, "id"), Some(vec![0]));
        for sql in [
            "SELECT * FROM products WHERE name = 'DELETE FROM products' FOR UPDATE",
            "  -- DELETE FROM a\n SELECT 1",
            "/* UPDATE a SET b = 1 */ SELECT 1",
            "WITH x AS (SELECT id FROM products FOR UPDATE) SELECT * FROM x",
            "SAVEPOINT a",
            "",
        ] {
            assert_eq!(parse(sql), [], "{sql}");
        }
    }

    #[test]
    fn statements_in_statements() {
        let all = parse(
            r#"WITH gone AS (DELETE FROM "cart_lines" WHERE "cart_id" = $1 RETURNING "id"), made AS (INSERT INTO "jobs" ("id")
               VALUES ($2)) UPDATE "carts" SET "version" = "version" + 1 WHERE "id" = $1"#,
        );
        let found: Vec<_> = all.iter().map(|write| (write.operation, write.table.as_str())).collect();
        let expected = [(Operation::Delete, "cart_lines"), (Operation::Insert, "jobs"), (Operation::Update, "carts")];
        assert_eq!(found, expected);
        assert_eq!(key(&all[2], "id"), Some(vec![0]));
        let several = parse("DELETE FROM a; UPDATE b SET c = 1;");
        assert_eq!(several.iter().map(|write| write.table.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for sql in [
            "TRUNCATE products",
            "UPDATE a JOIN b ON a.id = b.id SET a.c = 1",
            "UPDATE a, b SET a.c = 1",
            "DELETE a FROM a",
            "UPDATE a SET b = 'x",
        ] {
            assert_eq!(one(sql).operation, Operation::Unknown, "{sql}");
        }
    }

    #[test]
    fn values_are_those_of_the_parameters() {
        let (a, b) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let sql = "INSERT INTO products (name, id) VALUES (?, ?), (?, ?)";
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, ["x".into(), a.into(), "y".into(), b.into()]);
        let write = one(sql);
        assert_eq!(write.values("id", &statement), Some(vec![a, b]));
        assert_eq!(write.values("name", &statement), None);
        assert_eq!(write.values("store_id", &statement), None);
    }
}
