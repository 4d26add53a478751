//! Lines of a CSV file as records with names, and where they are in the file.

use super::entry::{Cell, LineProblem, NONE, shown};
use csv::{Position, Reader, ReaderBuilder, StringRecord};
use souk_core::error::Code;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum size of a line, in bytes.
pub(super) const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;
/// What a reader may have read of the next line.
const BUFFER: usize = 64 * 1024;

/// Where a line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) byte: u64,
    pub(super) line: u32,
}

/// A reader that gives up if a line is too long, which it would otherwise hold in memory, and knows where lines end.
struct Limited {
    file: File,
    left: Arc<AtomicUsize>,
    /// Place of the next byte.
    at: u64,
    /// Places of carriage returns, and of line feeds, which are true.
    breaks: VecDeque<(u64, bool)>,
}

impl Limited {
    /// The first byte at or after a place that is not a line break, and the number of line feeds before it.
    fn skip_breaks(&mut self, mut byte: u64) -> (u64, u32) {
        let mut lines = 0;
        while let Some((at, is_line_feed)) = self.breaks.front().copied().filter(|(at, _)| *at <= byte) {
            self.breaks.pop_front();
            if at == byte {
                lines += u32::from(is_line_feed);
                byte += 1;
            }
        }
        (byte, lines)
    }
}

impl Read for Limited {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(read), Ordering::Relaxed);
        for (at, byte) in (self.at..).zip(buffer.iter().take(read)).filter(|(_, byte)| matches!(byte, b'\r' | b'\n')) {
            self.breaks.push_back((at, *byte == b'\n'));
        }
        self.at += read as u64;
        if read > left { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(read) }
    }
}

impl Seek for Limited {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.file.seek(to)?;
        self.breaks.clear();
        Ok(self.at)
    }
}

/// Why a line could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    Problem(LineProblem),
    Io(io::Error),
}

/// A CSV file.
pub(super) struct Table {
    reader: Reader<Limited>,
    left: Arc<AtomicUsize>,
    pub(super) names: Vec<Arc<str>>,
}

/// A line of a CSV file.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) place: Place,
    record: StringRecord,
}

impl Table {
    /// Reads the header. The separator is the one that the header has most of, or the one that a first line `sep=;` names, as Excel writes
    /// it.
    pub(super) fn open(mut file: File) -> Result<Self, ReadError> {
        let (first, start) = first_line(&mut file)?;
        let (separator, start, line) = match first.strip_prefix("sep=").map(str::as_bytes) {
            Some([separator]) if separator.is_ascii() => (*separator, start, 2),
            _ => (separator_of(&first), 0, 1),
        };
        let left = Arc::new(AtomicUsize::new(MAX_LINE_BYTES + BUFFER));
        file.seek(SeekFrom::Start(0)).map_err(ReadError::Io)?;
        let limited = Limited { file, left: Arc::clone(&left), at: 0, breaks: VecDeque::new() };
        let mut reader = ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(limited);
        let mut position = Position::new();
        position.set_byte(start).set_line(line);
        reader.seek_raw(SeekFrom::Start(start), position).map_err(|error| read_error(error, 1))?;
        let mut table = Self { reader, left, names: Vec::new() };
        let header =
            table.next()?.ok_or_else(|| ReadError::Problem(LineProblem::of_line(0, Code::Required, "The file is empty.")))?;
        table.names = header.record.iter().map(|name| Arc::from(name.trim())).collect();
        Ok(table)
    }

    /// The next line that is not empty.
    pub(super) fn next(&mut self) -> Result<Option<Row>, ReadError> {
        let mut record = StringRecord::new();
        loop {
            self.left.store(MAX_LINE_BYTES + BUFFER, Ordering::Relaxed);
            let begin = line_of(self.reader.position());
            match self.reader.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => return Ok(None),
                Err(error) => return Err(read_error(error, begin)),
            }
            // The position is that of the empty lines before it, whose line feeds are not counted yet.
            let (noted, line) = record.position().map_or((0, begin), |at| (at.byte(), line_of(at)));
            let (byte, lines) = self.reader.get_mut().skip_breaks(noted);
            if record.iter().any(|cell| !cell.trim().is_empty()) {
                return Ok(Some(Row { place: Place { byte, line: line.saturating_add(lines) }, record }));
            }
        }
    }

    /// The line at a place.
    pub(super) fn at(&mut self, place: Place) -> Result<Option<Row>, ReadError> {
        if self.reader.position().byte() != place.byte {
            let mut position = Position::new();
            position.set_byte(place.byte).set_line(u64::from(place.line));
            self.reader.seek_raw(SeekFrom::Start(place.byte), position).map_err(|error| read_error(error, place.line))?;
        }
        Ok(self.next()?.map(|row| Row { place, ..row }))
    }

    /// Whether the quotation marks of the last line are closed; a file that was cut off, or has one too many, would otherwise lose lines.
    pub(super) fn is_closed(&mut self, last: Place) -> io::Result<bool> {
        let file = &mut self.reader.get_mut().file;
        file.seek(SeekFrom::Start(last.byte))?;
        let mut rest = Vec::new();
        file.take(MAX_LINE_BYTES as u64).read_to_end(&mut rest)?;
        Ok(rest.iter().filter(|byte| **byte == b'"').count() % 2 == 0)
    }

    /// The column with a name, ignoring case.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.eq_ignore_ascii_case(name))
    }
}

fn line_of(position: &Position) -> u32 {
    u32::try_from(position.line()).unwrap_or(u32::MAX)
}

/// `line` is where the reader was.
fn read_error(error: csv::Error, line: u32) -> ReadError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let most = MAX_LINE_BYTES / 1024 / 1024;
            let message = format!("The line has more than {most} MiB; perhaps a quotation mark is not closed.");
            ReadError::Problem(LineProblem::of_line(line, Code::TooLong, message))
        }
        csv::ErrorKind::Io(error) => ReadError::Io(error),
        other => ReadError::Io(io::Error::other(format!("{other:?}"))),
    }
}

/// The first line, and where the second begins.
fn first_line(file: &mut File) -> Result<(String, u64), ReadError> {
    file.seek(SeekFrom::Start(0)).map_err(ReadError::Io)?;
    let mut begin = Vec::new();
    file.take(BUFFER as u64).read_to_end(&mut begin).map_err(ReadError::Io)?;
    let end = begin.iter().position(|byte| *byte == b'\n').unwrap_or(begin.len());
    let line = String::from_utf8_lossy(begin.get(..end).unwrap_or_default());
    Ok((line.trim_end_matches('\r').to_owned(), end as u64 + 1))
}

fn separator_of(header: &str) -> u8 {
    let mut is_quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        is_quoted ^= byte == b'"';
        for (_, count) in counts.iter_mut().filter(|(separator, _)| !is_quoted && *separator == byte) {
            *count += 1;
        }
    }
    // Of equal ones the first.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(separator, _)| *separator)
}

impl Row {
    /// A cell without blanks around it; `None` if it is blank.
    pub(super) fn text(&self, at: usize) -> Option<&str> {
        self.record.get(at).map(str::trim).filter(|text| !text.is_empty())
    }

    /// A cell with its place. A text that an export protected from spreadsheets loses its apostrophe. Characters that no field can have
    /// are a problem.
    pub(super) fn cell(&self, names: &[Arc<str>], at: usize, problems: &mut Vec<LineProblem>) -> Option<Cell> {
        let text = self.text(at)?;
        let mut cell = Cell { line: self.place.line, column: names.get(at)?.clone(), value: None };
        if text == NONE {
            return Some(cell);
        }
        cell.value = Some(unprotected(text).to_owned());
        if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
            problems.push(cell.problem(Code::Invalid, format!("{} must not contain control characters.", cell.column)));
            return None;
        }
        Some(cell)
    }

    /// The problem of more cells than the header has.
    pub(super) fn surplus(&self, columns: usize) -> Option<LineProblem> {
        let is_blank = |cell: &str| cell.trim().is_empty();
        if self.record.iter().skip(columns).all(is_blank) {
            return None;
        }
        let message = format!(
            "The line has {} cells and the header {columns}; put cells that contain the separator in quotation marks.",
            self.record.len()
        );
        Some(LineProblem::of_line(self.place.line, Code::Invalid, message))
    }

    /// As [`Row::text`], without the apostrophe of an export.
    pub(super) fn plain(&self, at: Option<usize>) -> Option<String> {
        Some(shown(unprotected(self.text(at?)?), usize::MAX))
    }
}

/// Whether a spreadsheet could take a text for a formula (<https://owasp.org/www-community/attacks/CSV_Injection>).
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
}

/// Whether a text, without the apostrophes before it, has a meaning of its own in a cell.
fn needs_protection(text: &str) -> bool {
    let text = text.trim_start_matches('\'');
    is_formula(text) || text == NONE
}

/// A text as an export writes it: an apostrophe precedes what a spreadsheet could take for a formula, and what an import would read as
/// another value.
pub(crate) fn protected(text: &str) -> std::borrow::Cow<'_, str> {
    if needs_protection(text) { format!("'{text}").into() } else { text.into() }
}

fn unprotected(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| needs_protection(rest)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn file(text: &str) -> File {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(text.as_bytes()).expect("a text");
        file
    }

    fn told(result: Result<Table, ReadError>) -> String {
        match result.map(drop) {
            Err(ReadError::Problem(problem)) => format!("{} {}", problem.line, problem.message),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_separator_is_that_of_the_header() {
        for (text, expected) in [
            ("a,b;c,d\n1,2,3", &["a", "b;c", "d"][..]),
            ("a;b;\"c,d,e\"\n1;2;3", &["a", "b", "c,d,e"]),
            ("a\tb\n1\t2", &["a", "b"]),
            ("sep=;\na;b,c,d\n1;2", &["a", "b,c,d"]),
            ("alone\n1", &["alone"]),
        ] {
            let mut table = Table::open(file(text)).expect("a table");
            let names: Vec<_> = table.names.iter().map(|name| &**name).collect();
            assert_eq!(names, expected);
            let row = table.next().expect("a line").expect("a line");
            assert_eq!(row.text(0), Some("1"));
        }
        assert_eq!(told(Table::open(file(""))), "0 The file is empty.");
        assert_eq!(told(Table::open(file("\n\n ,, \n"))), "0 The file is empty.");
    }

    #[test]
    fn lines_are_found_again_by_their_places() {
        let mut table = Table::open(file("a,b\n1,\"x\ny\"\n2,z\n , \n3,\"say \"\"hi\"\"\"\n")).expect("a table");
        let mut rows = Vec::new();
        while let Some(row) = table.next().expect("a line") {
            rows.push(row);
        }
        let seen: Vec<_> = rows.iter().map(|row| (row.place.line, row.text(0), row.text(1))).collect();
        assert_eq!(seen, [(2, Some("1"), Some("x\ny")), (4, Some("2"), Some("z")), (6, Some("3"), Some("say \"hi\""))]);
        for row in rows.iter().rev() {
            let again = table.at(row.place).expect("a line").expect("a line");
            assert_eq!((again.place, again.text(1)), (row.place, row.text(1)));
        }
        assert!(table.is_closed(rows[2].place).expect("a file"));
    }

    #[test]
    fn lines_are_counted_with_empty_ones_and_all_line_ends() {
        for (text, expected) in [
            ("a,b\n\n1,2\n\n\n3,4\n5,6\n", [3, 6, 7]),
            ("a,b\r\n1,2\r\n3,\"x\r\ny\"\r\n5,6\r\n", [2, 3, 5]),
            ("a,b\r\n\r\n1,2\r\n\r\n3,4\r\n , \r\n5,6", [3, 5, 7]),
            ("sep=,\r\na,b\r\n1,2\r\n3,4\r\n\r\n5,6\r\n", [3, 4, 6]),
        ] {
            let mut table = Table::open(file(text)).expect("a table");
            let mut rows = Vec::new();
            while let Some(row) = table.next().expect("a line") {
                rows.push(row);
            }
            let seen: Vec<_> = rows.iter().map(|row| (row.place.line, row.text(0))).collect();
            let [one, two, three] = expected;
            assert_eq!(seen, [(one, Some("1")), (two, Some("3")), (three, Some("5"))], "{text:?}");
            for row in rows.iter().rev() {
                let again = table.at(row.place).expect("a line").expect("a line");
                assert_eq!((again.place, again.text(0)), (row.place, row.text(0)), "{text:?}");
            }
        }
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_is_noticed() {
        let mut table = Table::open(file("a,b\n1,\"x\n2,z\n")).expect("a table");
        let row = table.next().expect("a line").expect("a line");
        assert!(!table.is_closed(row.place).expect("a file"));
        let long = format!("a,b\n1,ok\n2,\"{}", "x\n".repeat(MAX_LINE_BYTES));
        let mut table = Table::open(file(&long)).expect("a table");
        assert!(table.next().expect("a line").is_some());
        let Err(ReadError::Problem(problem)) = table.next() else { panic!("no problem") };
        assert_eq!((problem.line, problem.code), (3, Code::TooLong));
        // A cell of a megabyte is none.
        let large = format!("a,b\n1,\"{}\"\n2,y\n", "x".repeat(1024 * 1024));
        let mut table = Table::open(file(&large)).expect("a table");
        assert_eq!(table.next().expect("a line").expect("a line").text(1).map(str::len), Some(1024 * 1024));
        assert!(table.next().expect("a line").is_some());
    }

    #[test]
    fn protected_texts_are_read_as_they_were() {
        for text in ["=1+1", "-5", "+x", "@a", "'=1", "''-x", "{none}", "'{none}", "plain", "'plain", "it's", "", "＝1"] {
            assert_eq!(unprotected(&protected(text)), text, "{text}");
            assert!(!is_formula(&protected(text)), "{text}");
            assert_ne!(protected(text), NONE);
        }
    }
}
