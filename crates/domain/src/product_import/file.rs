//! A file of products: its lines are read once to find its products and what is wrong with the file as a whole, and then again, some products
//! at a time, so that its size does not matter.

use super::entry::{Entry, LineProblem};
use super::table::{MAX_LINE_BYTES, Place, ReadError, Row, Table};
use super::woocommerce::Kind;
use super::{jsonl, shopify, souk, woocommerce};
use entity::value::ProductFileFormat;
use souk_core::error::Code;
use std::collections::HashMap;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Range;

/// Maximum number of lines with data.
pub const MAX_LINES: u32 = 100_000;
/// Lines of one product: variants, and images of other shops.
const MAX_LINES_OF_PRODUCT: usize = 1_000;

/// A file that was read once.
pub(super) struct ProductFile {
    content: Content,
    groups: Vec<Group>,
    places: Vec<Place>,
    /// Lines with data.
    pub(super) lines: u32,
    /// By the first line of the product.
    problems: HashMap<u32, Vec<LineProblem>>,
}

/// The lines of one product.
#[derive(Debug)]
struct Group {
    line: u32,
    places: Range<usize>,
}

enum Content {
    Souk(Table, souk::Layout),
    Shopify(Table, shopify::Layout),
    WooCommerce(Table, woocommerce::Layout),
    Json(BufReader<File>),
}

/// Why a file cannot be imported at all.
#[derive(Debug)]
pub(super) enum OpenError {
    Problems(Vec<LineProblem>),
    Io(io::Error),
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Problem(problem) => Self::Problems(vec![problem]),
            ReadError::Io(error) => Self::Io(error),
        }
    }
}

fn refused<T>(line: u32, code: Code, message: impl Into<String>) -> Result<T, OpenError> {
    Err(OpenError::Problems(vec![LineProblem::of_line(line, code, message)]))
}

/// Finds values that occur twice. Only hashes are kept: of a hundred thousand values two have the same with a probability of 1 to 4 billion.
#[derive(Default)]
struct Seen {
    state: RandomState,
    lines: HashMap<u64, u32>,
}

impl Seen {
    /// The line of an earlier occurrence.
    fn before(&mut self, value: &str, line: u32) -> Option<u32> {
        let hash = self.state.hash_one(value);
        match self.lines.get(&hash) {
            Some(earlier) => Some(*earlier),
            None => {
                self.lines.insert(hash, line);
                None
            }
        }
    }
}

/// What is collected while a file is read once.
#[derive(Default)]
struct Scan {
    groups: Vec<Group>,
    places: Vec<Place>,
    lines: u32,
    problems: HashMap<u32, Vec<LineProblem>>,
    handles: Seen,
    skus: Seen,
}

impl Scan {
    fn count(&mut self, line: u32) -> Result<(), OpenError> {
        self.lines += 1;
        if self.lines > MAX_LINES {
            return refused(line, Code::LimitReached, format!("A file can have at most {MAX_LINES} lines; split it."));
        }
        Ok(())
    }

    fn begin(&mut self, place: Place) {
        self.groups.push(Group { line: place.line, places: self.places.len()..self.places.len() + 1 });
        self.places.push(place);
    }

    fn go_on(&mut self, place: Place) {
        self.places.push(place);
        let end = self.places.len();
        if let Some(last) = self.groups.last_mut() {
            last.places.end = end;
        }
    }

    /// A problem of the last product.
    fn problem(&mut self, problem: LineProblem) {
        let line = self.groups.last().map_or(0, |group| group.line);
        self.problems.entry(line).or_default().push(problem);
    }

    fn sku(&mut self, sku: Option<String>, line: u32) {
        let Some(sku) = sku else { return };
        if let Some(earlier) = self.skus.before(&sku, line) {
            let message = format!("The SKU is also in line {earlier}; a variant has one line.");
            let problem = LineProblem {
                column: Some("sku".to_owned()),
                value: Some(sku.chars().take(200).collect()),
                ..LineProblem::of_line(line, Code::Taken, message)
            };
            self.problem(problem);
        }
    }

    fn handle(&mut self, handle: &str, line: u32) {
        if let Some(earlier) = self.handles.before(handle, line) {
            let message = format!("The handle is also in line {earlier}; the lines of a product must stand together.");
            let problem = LineProblem {
                column: Some("handle".to_owned()),
                value: Some(handle.chars().take(200).collect()),
                ..LineProblem::of_line(line, Code::Taken, message)
            };
            self.problem(problem);
        }
    }

    fn finish(self, content: Content) -> Result<ProductFile, OpenError> {
        if self.groups.is_empty() {
            return refused(0, Code::Required, "The file has a header and no products.");
        }
        Ok(ProductFile { content, groups: self.groups, places: self.places, lines: self.lines, problems: self.problems })
    }
}

impl ProductFile {
    /// Reads a decoded file once. Blocks.
    pub(super) fn open(file: File, format: ProductFileFormat) -> Result<Self, OpenError> {
        match format {
            ProductFileFormat::Jsonl => Self::open_json(file),
            ProductFileFormat::Csv => {
                let table = Table::open(file)?;
                if let Some(layout) = woocommerce::Layout::of(&table) {
                    return Self::open_woocommerce(table, layout);
                }
                if let Some(layout) = shopify::Layout::of(&table) {
                    let sku = layout.sku;
                    return Self::open_table(table, |row| (layout.key(row), row.plain(sku)))?
                        .and(|table| Content::Shopify(table, layout));
                }
                let layout = souk::Layout::of(&table).map_err(OpenError::Problems)?;
                let sku = layout.sku;
                Self::open_table(table, |row| (layout.key(row), row.plain(sku)))?.and(|table| Content::Souk(table, layout))
            }
        }
    }

    /// A file whose lines of one product stand together. `read` returns handle and SKU.
    fn open_table(mut table: Table, read: impl Fn(&Row) -> (Option<String>, Option<String>)) -> Result<Scanned, OpenError> {
        let mut scan = Scan::default();
        let mut present: Option<String> = None;
        while let Some(row) = table.next()? {
            scan.count(row.place.line)?;
            let (handle, sku) = read(&row);
            if handle.is_some() && handle == present {
                scan.go_on(row.place);
            } else {
                scan.begin(row.place);
                if let Some(handle) = &handle {
                    scan.handle(handle, row.place.line);
                }
                present = handle;
            }
            scan.sku(sku, row.place.line);
        }
        check_closed(&mut table, &scan)?;
        Ok(Scanned { table, scan })
    }

    /// A file in which variations can be anywhere after or before their products.
    fn open_woocommerce(mut table: Table, layout: woocommerce::Layout) -> Result<Self, OpenError> {
        let mut scan = Scan::default();
        let mut products: HashMap<String, usize> = HashMap::new();
        let mut own: Vec<Vec<Place>> = Vec::new();
        let mut variations = Vec::new();
        let mut skus = Vec::new();
        while let Some(row) = table.next()? {
            scan.count(row.place.line)?;
            match layout.kind(&row) {
                Kind::Product(keys) => {
                    products.extend(keys.into_iter().map(|key| (key, own.len())));
                    own.push(vec![row.place]);
                }
                Kind::Variation(parent) => variations.push((parent, row.place)),
            }
            if let (true, Some(sku)) = (layout.is_sold(&row), row.plain(layout.sku)) {
                skus.push((sku, row.place.line));
            }
        }
        for (parent, place) in variations {
            match products.get(&parent).and_then(|at| own.get_mut(*at)) {
                Some(places) => places.push(place),
                // Without its product, it is a problem of its own.
                None => own.push(vec![place]),
            }
        }
        own.sort_by_key(|places| places.first().map(|place| place.line));
        let mut group_of = HashMap::new();
        for places in own {
            for (at, place) in places.iter().enumerate() {
                if at == 0 {
                    scan.begin(*place)
                } else {
                    scan.go_on(*place)
                }
                group_of.insert(place.line, places.first().map_or(0, |first| first.line));
            }
        }
        for (sku, line) in skus {
            if let Some(earlier) = scan.skus.before(&sku, line) {
                let message = format!("The SKU is also in line {earlier}; a variant has one line.");
                let problem = LineProblem {
                    column: Some("SKU".to_owned()),
                    value: Some(sku.chars().take(200).collect()),
                    ..LineProblem::of_line(line, Code::Taken, message)
                };
                let group = group_of.get(&line).copied().unwrap_or(line);
                scan.problems.entry(group).or_default().push(problem);
            }
        }
        check_closed(&mut table, &scan)?;
        scan.finish(Content::WooCommerce(table, layout))
    }

    fn open_json(file: File) -> Result<Self, OpenError> {
        let mut reader = BufReader::new(file);
        reader.seek(SeekFrom::Start(0))?;
        let mut scan = Scan::default();
        let (mut byte, mut line) = (0, 0);
        while let Some(text) = json_line(&mut reader, line + 1)? {
            line += 1;
            let place = Place { byte, line };
            byte += text.len() as u64;
            if text.trim().is_empty() {
                continue;
            }
            scan.count(line)?;
            scan.begin(place);
            let entry = jsonl::entry(line, &text);
            if let Some(handle) = entry.text(super::entry::Field::Handle) {
                scan.handle(handle, line);
            }
            for variant in &entry.variants {
                scan.sku(variant.text(super::entry::VariantField::Sku).map(str::to_owned), line);
            }
        }
        if scan.groups.is_empty() {
            return refused(0, Code::Required, "The file is empty.");
        }
        scan.finish(Content::Json(reader))
    }

    /// Index of the first product whose first line is not before a line.
    pub(super) fn product_from(&self, line: u32) -> usize {
        self.groups.partition_point(|group| group.line < line)
    }

    /// The first line of a product; absent after the last one.
    pub(super) fn line_of(&self, product: usize) -> Option<u32> {
        self.groups.get(product).map(|group| group.line)
    }

    /// Reads some products. Blocks.
    pub(super) fn read(&mut self, products: Range<usize>) -> io::Result<Vec<Entry>> {
        let mut entries = Vec::new();
        let end = products.end.min(self.groups.len());
        for group in self.groups.get(products.start..end).unwrap_or_default() {
            let places = self.places.get(group.places.clone()).unwrap_or_default();
            let lines = u32::try_from(places.len()).unwrap_or(u32::MAX);
            let mut entry = if places.len() > MAX_LINES_OF_PRODUCT {
                let message = format!("A product can have at most {MAX_LINES_OF_PRODUCT} lines; got {lines}.");
                let problems = vec![LineProblem::of_line(group.line, Code::LimitReached, message)];
                Entry { line: group.line, lines, problems, ..Entry::default() }
            } else {
                read_group(&mut self.content, places)?
            };
            if let Some(problems) = self.problems.get(&group.line) {
                entry.problems.extend(problems.iter().cloned());
            }
            entries.push(entry);
        }
        Ok(entries)
    }
}

/// A table that was read once.
struct Scanned {
    table: Table,
    scan: Scan,
}

impl Scanned {
    fn and(self, content: impl FnOnce(Table) -> Content) -> Result<ProductFile, OpenError> {
        self.scan.finish(content(self.table))
    }
}

fn check_closed(table: &mut Table, scan: &Scan) -> Result<(), OpenError> {
    let Some(last) = scan.places.iter().max_by_key(|place| place.byte) else { return Ok(()) };
    if table.is_closed(*last)? {
        return Ok(());
    }
    refused(last.line, Code::Invalid, "A quotation mark of the line is not closed.")
}

/// The next line with its line feed; `None` at the end.
fn json_line(reader: &mut BufReader<File>, line: u32) -> Result<Option<String>, OpenError> {
    let mut bytes = Vec::new();
    let most = MAX_LINE_BYTES as u64;
    reader.take(most).read_until(b'\n', &mut bytes)?;
    if bytes.len() as u64 == most {
        let message = format!("The line has more than {} MiB.", MAX_LINE_BYTES / 1024 / 1024);
        return refused(line, Code::TooLong, message);
    }
    if bytes.is_empty() { Ok(None) } else { Ok(Some(String::from_utf8_lossy(&bytes).into_owned())) }
}

fn read_group(content: &mut Content, places: &[Place]) -> io::Result<Entry> {
    let first = places.first().map_or(Place { byte: 0, line: 0 }, |place| *place);
    let io = |error| match error {
        ReadError::Io(error) => error,
        ReadError::Problem(problem) => io::Error::other(problem.message),
    };
    let rows = |table: &mut Table| -> io::Result<Vec<Row>> {
        let mut rows = Vec::new();
        for place in places {
            rows.extend(table.at(*place).map_err(io)?);
        }
        Ok(rows)
    };
    Ok(match content {
        Content::Souk(table, layout) => {
            let rows = rows(table)?;
            layout.entry(table, &rows)
        }
        Content::Shopify(table, layout) => {
            let rows = rows(table)?;
            layout.entry(table, &rows)
        }
        Content::WooCommerce(table, layout) => {
            let rows = rows(table)?;
            layout.entry(table, &rows)
        }
        Content::Json(reader) => {
            reader.seek(SeekFrom::Start(first.byte))?;
            match json_line(reader, first.line) {
                Ok(Some(text)) => jsonl::entry(first.line, &text),
                Ok(None) => Entry { line: first.line, lines: 1, ..Entry::default() },
                Err(OpenError::Io(error)) => return Err(error),
                Err(OpenError::Problems(problems)) => Entry { line: first.line, lines: 1, problems, ..Entry::default() },
            }
        }
    })
}
