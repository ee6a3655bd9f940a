//! What stands in the pages of a damaged file, whatever its trees, its counts and its free lists say. Rows
//! come out as they were written or not: what they are worth, their seal says.
//!
//! Pages, cells and records are those of SQLite's file format, clauses 1.5 to 2.1; the log is that of clause 4.

use super::files::beside;
use std::collections::BTreeMap;
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

/// A column, of the types that a vault has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    Null,
    Integer(i64),
    Blob(Vec<u8>),
}

/// A record: of a table with numbered rows with its number.
pub(super) struct Record {
    pub(super) number: Option<i64>,
    pub(super) columns: Vec<Column>,
}

/// The pages of a file, each as the log has it last.
pub(super) struct Pages(BTreeMap<u32, Vec<u8>>);

impl Pages {
    pub(super) fn read(path: &Path) -> io::Result<Self> {
        let mut pages = BTreeMap::new();
        for (n, page) in bytes(path)?.chunks(PAGE).enumerate() {
            let mut page = page.to_vec();
            page.resize(PAGE, 0);
            pages.insert(u32::try_from(n + 1).unwrap_or(u32::MAX), page);
        }
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
        Some(Record { number, columns: columns(&payload)? })
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
        12.. if kind.is_multiple_of(2) => {
            let length = usize::try_from((kind - 12) / 2).ok()?;
            Some(Column::Blob(take(rest, length)?.to_vec()))
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
