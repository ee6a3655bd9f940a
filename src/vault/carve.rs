//! What stands in the pages of a file, without a word of its schema: of a damaged one all that can be read, whatever
//! its trees, its counts and its free lists say; of a whole one what a tree has. Rows come out as they were written
//! or not: what they are worth, their seal says.
//!
//! Pages, cells and records are those of SQLite's file format, clauses 1.5 to 2.1; the log is that of clause 4.

use super::files::beside;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::Path;

/// The size that kovra writes, in bytes.
const PAGE: usize = 4096;
/// How much of a file and its log is looked through, in bytes.
const MOST: u64 = 256 << 20;
/// More cells than a page has room for: no row is shorter than 32 bytes.
const CELLS: usize = PAGE / 32;
/// The longest chain of pages that one cell goes on in.
const CHAIN: usize = 1 << 14;

/// A column, of the types that a vault and its schema have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Null,
    Integer(i64),
    Blob(Vec<u8>),
    /// In whatever encoding.
    Text(Vec<u8>),
}

/// A record: of a table with numbered rows with its number.
pub(super) struct Record {
    pub(super) number: Option<i64>,
    pub(super) columns: Vec<Column>,
    /// In bytes.
    length: usize,
}

/// The pages of a file, each as the log has it last.
pub(super) struct Pages(BTreeMap<u32, Vec<u8>>);

impl Pages {
    /// Of a file that has no log.
    pub(super) fn of(file: &[u8]) -> Self {
        let mut pages = BTreeMap::new();
        for (n, page) in file.chunks(PAGE).enumerate() {
            let mut page = page.to_vec();
            page.resize(PAGE, 0);
            pages.insert(u32::try_from(n + 1).unwrap_or(u32::MAX), page);
        }
        Self(pages)
    }

    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let Self(mut pages) = Self::of(&bytes(path)?);
        match bytes(&beside(path, "-wal")) {
            Ok(log) => of_log(&log, &mut pages),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(e),
        }
        Ok(Self(pages))
    }

    /// Every record that any page can be read to hold.
    pub(super) fn records(&self) -> Vec<Record> {
        self.0.iter().flat_map(|(number, page)| self.of_page(*number, page)).collect()
    }

    /// The records of the tree at `root`, each once; `None` unless all of it can be read.
    pub(super) fn tree(&self, root: u32) -> Option<Vec<Record>> {
        let (mut next, mut seen, mut records) = (vec![root], BTreeSet::new(), Vec::new());
        // What claims more than the file has is one page told many times.
        let mut most = self.0.len() * PAGE;
        while let Some(number) = next.pop() {
            let node = Node::of(number, self.0.get(&number).filter(|_| seen.insert(number))?)?;
            next.extend(node.children()?);
            let Some(tree) = node.tree else { continue };
            for at in node.cells()? {
                let record = self.cell(tree, node.page.get(at..)?)?;
                most = most.checked_sub(record.length)?;
                records.push(record);
            }
        }
        Some(records)
    }

    fn of_page(&self, number: u32, page: &[u8]) -> Vec<Record> {
        let start = if number == 1 { 100 } else { 0 };
        match Tree::ALL.into_iter().find(|tree| *tree as u8 == page[start]) {
            Some(tree) => self.cells(tree, start, page),
            // Its first byte is another: what it was shows in what can be read.
            None if page[start] == 0 => Vec::new(),
            None => Tree::ALL.into_iter().flat_map(|t| self.cells(t, start, page)).collect(),
        }
    }

    /// The cells that a page's pointers lead to. How many there are is not believed, nor that all are good.
    fn cells(&self, tree: Tree, start: usize, page: &[u8]) -> Vec<Record> {
        let first = start + if tree == Tree::IndexInner { 12 } else { 8 };
        let pointers = page[first..].chunks_exact(2).map(|at| u16::from_be_bytes([at[0], at[1]]));
        let within = |at: &u16| usize::from(*at) > first && usize::from(*at) < PAGE - 4;
        let cells = pointers.take(CELLS).filter(within).map(usize::from);
        cells.filter_map(|at| self.cell(tree, &page[at..])).collect()
    }

    fn cell(&self, tree: Tree, cell: &[u8]) -> Option<Record> {
        let mut rest = cell;
        if tree == Tree::IndexInner {
            take(&mut rest, 4)?;
        }
        let length = usize::try_from(varint(&mut rest)?).ok()?;
        let number = match tree {
            Tree::TableLeaf => Some(varint(&mut rest)?.cast_signed()),
            _ => None,
        };
        let local = tree.local(length)?;
        let mut payload = take(&mut rest, local)?.to_vec();
        if local < length {
            self.follow(u32_of(&mut rest)?, length, &mut payload)?;
        }
        Some(Record { number, columns: columns(&payload)?, length })
    }

    /// Adds what a cell goes on with in pages of its own.
    fn follow(&self, first: u32, length: usize, payload: &mut Vec<u8>) -> Option<()> {
        let mut next = first;
        for _ in 0..CHAIN {
            let mut page = self.0.get(&next)?.as_slice();
            next = u32_of(&mut page)?;
            let left = length - payload.len();
            payload.extend_from_slice(&page[..left.min(page.len())]);
            if payload.len() == length {
                return Some(());
            }
        }
        None
    }
}

/// The kinds of page that hold rows, by their first byte.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tree {
    IndexInner = 2,
    IndexLeaf = 10,
    TableLeaf = 13,
}

/// The kind of page that leads to others of a table, and holds no rows.
const TABLE_INNER: u8 = 5;

impl Tree {
    const ALL: [Self; 3] = [Self::IndexInner, Self::IndexLeaf, Self::TableLeaf];

    /// How much of a payload stands in the page itself.
    fn local(self, length: usize) -> Option<usize> {
        let most = match self {
            Self::TableLeaf => PAGE - 35,
            Self::IndexInner | Self::IndexLeaf => (PAGE - 12) * 64 / 255 - 23,
        };
        let least = (PAGE - 12) * 32 / 255 - 23;
        if length <= most {
            return Some(length);
        }
        let local = least + (length.checked_sub(least)?) % (PAGE - 4);
        Some(if local <= most { local } else { least })
    }
}

/// A page of a tree.
struct Node<'a> {
    page: &'a [u8],
    /// Where its header stands.
    start: usize,
    /// The kind of its records, if it holds any.
    tree: Option<Tree>,
    /// Whether its cells lead to other pages.
    is_inner: bool,
}

impl<'a> Node<'a> {
    fn of(number: u32, page: &'a [u8]) -> Option<Self> {
        let start = if number == 1 { 100 } else { 0 };
        let tree = Tree::ALL.into_iter().find(|tree| *tree as u8 == page[start]);
        let is_inner = page[start] == TABLE_INNER || tree == Some(Tree::IndexInner);
        (is_inner || tree.is_some()).then_some(Self { page, start, tree, is_inner })
    }

    /// Where its cells stand in the page.
    fn cells(&self) -> Option<Vec<usize>> {
        let header = if self.is_inner { 12 } else { 8 };
        let count = self.u16(self.start + 3)?;
        (0..count).map(|n| self.u16(self.start + header + 2 * n)).collect()
    }

    fn children(&self) -> Option<Vec<u32>> {
        if !self.is_inner {
            return Some(Vec::new());
        }
        let right = std::iter::once(self.start + 8);
        right.chain(self.cells()?).map(|at| u32_of(&mut self.page.get(at..)?)).collect()
    }

    fn u16(&self, at: usize) -> Option<usize> {
        let bytes = self.page.get(at..at + 2)?;
        Some(usize::from(bytes[0]) << 8 | usize::from(bytes[1]))
    }
}

/// A file, to a length that no vault has.
fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The pages of a log, over those of the file, as far as its last transaction has ended. A frame of an earlier
/// log has other salts.
fn of_log(log: &[u8], pages: &mut BTreeMap<u32, Vec<u8>>) {
    let Some((header, frames)) = log.split_at_checked(32) else { return };
    let is_of_it = |frame: &&[u8]| frame[8..16] == header[16..24];
    let frames: Vec<&[u8]> = frames.chunks_exact(24 + PAGE).take_while(is_of_it).collect();
    let ended = frames.iter().rposition(|frame| frame[4..8] != [0; 4]);
    for frame in frames.iter().take(ended.map_or(0, |last| last + 1)) {
        let (mut number, page) = frame.split_at(24);
        pages.insert(u32_of(&mut number).unwrap_or(0), page.to_vec());
    }
}

/// The columns of a record; `None` if it has any of another type than a vault's.
fn columns(payload: &[u8]) -> Option<Vec<Column>> {
    let mut rest = payload;
    let length = usize::try_from(varint(&mut rest)?).ok()?;
    let read = payload.len() - rest.len();
    let mut types = take(&mut rest, length.checked_sub(read)?)?;
    let mut columns = Vec::new();
    while !types.is_empty() {
        columns.push(column(varint(&mut types)?, &mut rest)?);
    }
    Some(columns)
}

fn column(kind: u64, rest: &mut &[u8]) -> Option<Column> {
    let integer = |rest: &mut &[u8], length| {
        let bytes = take(rest, length)?;
        let sign = if bytes[0] & 0x80 == 0 { 0 } else { -1 };
        let value = bytes.iter().fold(sign, |sum: i64, byte| sum << 8 | i64::from(*byte));
        Some(Column::Integer(value))
    };
    match kind {
        0 => Some(Column::Null),
        1..=4 => integer(rest, usize::try_from(kind).ok()?),
        5 => integer(rest, 6),
        6 => integer(rest, 8),
        8 | 9 => Some(Column::Integer(kind.cast_signed() - 8)),
        12.. => {
            let length = usize::try_from((kind - 12) / 2).ok()?;
            let column = if kind.is_multiple_of(2) { Column::Blob } else { Column::Text };
            Some(column(take(rest, length)?.to_vec()))
        }
        _ => None,
    }
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(length)?;
    *rest = left;
    Some(taken)
}

fn u32_of(rest: &mut &[u8]) -> Option<u32> {
    Some(u32::from_be_bytes(take(rest, 4)?.try_into().ok()?))
}

/// Of at most 9 bytes, the last of which counts whole.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for n in 0..9 {
        let byte = u64::from(take(rest, 1)?[0]);
        if n == 8 {
            return Some(value << 8 | byte);
        }
        value = value << 7 | (byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::{Connection, MAIN_DB};

    const ROWS: usize = 400;

    fn pages() -> Pages {
        let mut db = Connection::open_in_memory().unwrap();
        let row =
            "INSERT INTO t VALUES (randomblob(9), zeroblob(500)), (randomblob(9), zeroblob(9000))";
        let table = "CREATE TABLE t (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID";
        db.execute_batch(&format!("{table}; {}", format!("{row};").repeat(ROWS / 2))).unwrap();
        Pages::of(&db.serialize(MAIN_DB).unwrap())
    }

    #[test]
    fn a_tree_has_each_of_its_records_once() {
        let pages = pages();
        let is_whole = |record: &Record| match &record.columns[..] {
            [Column::Blob(key), Column::Blob(value)] => {
                key.len() == 9 && [500, 9000].contains(&value.len())
            }
            _ => false,
        };
        let records = pages.tree(2).unwrap();
        assert!(records.len() == ROWS && records.iter().all(is_whole));
        let mut keys: Vec<_> = records.iter().map(|record| &record.columns[0]).collect();
        keys.sort_by_key(|key| format!("{key:?}"));
        keys.dedup();
        assert_eq!(keys.len(), ROWS);
        let schema = pages.tree(1).unwrap();
        assert!(
            matches!(&schema[0].columns[..], [Column::Text(kind), .., Column::Text(_)] if kind == b"table")
        );
    }

    #[test]
    fn a_tree_that_goes_around_or_claims_more_than_there_is_is_none() {
        let root = |change: fn(&mut Vec<u8>)| {
            let mut pages = pages();
            change(pages.0.get_mut(&2).unwrap());
            pages.tree(2)
        };
        assert!(root(|_| ()).is_some());
        // Its last child is itself, a page that is none, or one that is there already.
        assert!(root(|page| page[8..12].copy_from_slice(&2_u32.to_be_bytes())).is_none());
        assert!(root(|page| page[8..12].copy_from_slice(&u32::MAX.to_be_bytes())).is_none());
        let again = |page: &mut Vec<u8>| {
            let first = usize::from(page[12]) << 8 | usize::from(page[13]);
            page.copy_within(first..first + 4, 8);
        };
        assert!(root(again).is_none());
        // More cells than a page has, and cells that stand nowhere.
        assert!(root(|page| page[3..5].fill(0xff)).is_none());
        assert!(root(|page| page[12..14].fill(0xff)).is_none());
        assert!(root(|page| page[0] = 0).is_none());
    }

    /// A page has room for more pointers than cells, and all of them may lead to one.
    #[test]
    fn a_long_record_that_is_told_many_times_is_none() {
        let mut db = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE t (v BLOB); INSERT INTO t VALUES (zeroblob(9000))";
        db.execute_batch(table).unwrap();
        let mut pages = Pages::of(&db.serialize(MAIN_DB).unwrap());
        assert_eq!(pages.tree(2).unwrap().len(), 1);
        let leaf = pages.0.get_mut(&2).unwrap();
        leaf[4] = 9;
        let cell = [leaf[8], leaf[9]];
        leaf[8..26].chunks_exact_mut(2).for_each(|at| at.copy_from_slice(&cell));
        assert!(pages.tree(2).is_none());
    }
}
