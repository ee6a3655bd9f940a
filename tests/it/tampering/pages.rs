//! The pages of the file, written by hand (SQLite's file format, section 1.6). The schema is
//! kovra's, and what a search finds is not what a scan finds.

use super::{Victim, bounded};
use crate::vault_file::{bytes, drop_logs, open, put_back};

const PAGE: usize = 4096;

/// The bytes of a file as pages, which are numbered from 1.
struct Pages(Vec<u8>);

/// What the first byte of a page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Interior,
    Leaf,
}

impl Pages {
    fn start(page: u32) -> usize {
        (page as usize - 1) * PAGE
    }

    /// The first page starts with the header of the file.
    fn header(page: u32) -> usize {
        Self::start(page) + if page == 1 { 100 } else { 0 }
    }

    fn kind(&self, page: u32) -> Kind {
        match self.0[Self::header(page)] {
            2 | 5 => Kind::Interior,
            10 | 13 => Kind::Leaf,
            other => panic!("page {page} is of no tree: {other}"),
        }
    }

    fn u16(&self, at: usize) -> usize {
        u16::from_be_bytes(self.0[at..at + 2].try_into().unwrap()).into()
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_be_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn cells(&self, page: u32) -> usize {
        self.u16(Self::header(page) + 3)
    }

    /// Where the pointer to a cell stands.
    fn pointer(&self, page: u32, cell: usize) -> usize {
        let header = if self.kind(page) == Kind::Interior { 12 } else { 8 };
        Self::header(page) + header + 2 * cell
    }

    /// Where the number of a child stands: in a cell, or behind the last one.
    fn child_at(&self, page: u32, child: usize) -> usize {
        if child == self.cells(page) {
            return Self::header(page) + 8;
        }
        Self::start(page) + self.u16(self.pointer(page, child))
    }

    fn child(&self, page: u32, child: usize) -> u32 {
        self.u32(self.child_at(page, child))
    }

    /// The pages of a tree with at least so many cells.
    fn tree(&self, root: u32, kind: Kind, cells: usize) -> Vec<u32> {
        let (mut found, mut left) = (Vec::new(), vec![root]);
        while let Some(page) = left.pop() {
            if self.kind(page) == Kind::Interior {
                left.extend((0..=self.cells(page)).map(|n| self.child(page, n)));
            }
            if self.kind(page) == kind && self.cells(page) >= cells {
                found.push(page);
            }
        }
        assert!(!found.is_empty(), "a tree of several pages");
        found
    }

    fn swap_cells(&mut self, page: u32, one: usize, other: usize) {
        let (one, other) = (self.pointer(page, one), self.pointer(page, other));
        for byte in 0..2 {
            self.0.swap(one + byte, other + byte);
        }
    }

    /// One cell stands for another, too, which is gone.
    fn double_cell(&mut self, page: u32, from: usize, to: usize) {
        let (from, to) = (self.pointer(page, from), self.pointer(page, to));
        self.0.copy_within(from..from + 2, to);
    }

    /// One more cell, the same as the last.
    fn repeat_last(&mut self, page: u32) {
        let cells = self.cells(page);
        let (from, to) = (self.pointer(page, cells - 1), self.pointer(page, cells));
        self.0.copy_within(from..from + 2, to);
        self.put(Self::header(page) + 3, &(cells as u16 + 1).to_be_bytes());
    }
}

fn root(victim: &Victim, table: &str) -> u32 {
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
    open(&victim.person).query_row(sql, [table], |row| row.get(0)).unwrap()
}

#[track_caller]
fn is_damaged(victim: &Victim, what: &str, change: impl FnOnce(&mut Pages)) {
    let mut pages = Pages(victim.whole.clone());
    change(&mut pages);
    assert!(pages.0 != victim.whole, "{what}: nothing was changed");
    put_back(&victim.person, &pages.0);
    victim.is_damaged(what, &["damaged"]);
}

/// A binary search finds other cells than a scan does.
#[test]
fn cells_out_of_order_are_damage() {
    let victim = Victim::new();
    let pages = Pages(victim.whole.clone());
    let sealed = root(&victim, "sealed");
    for page in [pages.tree(sealed, Kind::Interior, 2), pages.tree(sealed, Kind::Leaf, 2)].concat()
    {
        let cells = pages.cells(page);
        is_damaged(&victim, "the first two cells", |pages| pages.swap_cells(page, 0, 1));
        is_damaged(&victim, "the first and the last", |pages| {
            pages.swap_cells(page, 0, cells - 1);
        });
    }
    is_damaged(&victim, "the rows of meta", |pages| {
        pages.swap_cells(root(&victim, "meta"), 0, 1);
    });
}

#[test]
fn a_cell_that_stands_twice_is_damage() {
    let victim = Victim::new();
    let pages = Pages(victim.whole.clone());
    let (sealed, meta) = (root(&victim, "sealed"), root(&victim, "meta"));
    let interior = pages.tree(sealed, Kind::Interior, 2);
    for page in [interior, pages.tree(sealed, Kind::Leaf, 2), vec![meta]].concat() {
        is_damaged(&victim, "one for the next", |pages| pages.double_cell(page, 0, 1));
        is_damaged(&victim, "one for that before", |pages| pages.double_cell(page, 1, 0));
        is_damaged(&victim, "the last cell again", |pages| pages.repeat_last(page));
    }
}

/// Each keeps what is below another page, or leads nowhere, or around.
#[test]
fn a_page_that_leads_elsewhere_is_damage() {
    let victim = Victim::new();
    let pages = Pages(victim.whole.clone());
    let [sealed, trail, meta] = ["sealed", "trail", "meta"].map(|table| root(&victim, table));
    let last = pages.cells(sealed);
    let (first_leaf, last_leaf) = (pages.child(sealed, 0), pages.child(sealed, last));
    for to in [sealed, first_leaf, last_leaf, trail, meta, 0, 1, u32::MAX, 1_000_000] {
        for child in [0, last] {
            if pages.child(sealed, child) != to {
                is_damaged(&victim, &format!("child {child} to page {to}"), |pages| {
                    let at = pages.child_at(sealed, child);
                    pages.put(at, &to.to_be_bytes());
                });
            }
        }
    }
    is_damaged(&victim, "two children exchanged", |pages| {
        let [one, other] = [0, last].map(|child| pages.child_at(sealed, child));
        pages.put(one, &last_leaf.to_be_bytes());
        pages.put(other, &first_leaf.to_be_bytes());
    });
}

/// What the first page says of the file as a whole. Each is found, or makes no difference.
#[test]
fn a_header_that_lies_changes_no_answer() {
    let victim = Victim::new();
    for (what, at, bytes_there) in [
        ("page size", 16, &[0x20, 0][..]),
        ("write version", 18, &[1]),
        ("read version", 19, &[1]),
        ("versions", 18, &[9, 9]),
        ("reserved bytes", 20, &[32]),
        ("change counter", 24, &[0, 0, 0, 0]),
        ("page count", 28, &[0, 0, 0, 3]),
        ("page count, huge", 28, &[0x7f, 0xff, 0xff, 0xff]),
        ("free pages", 32, &[0, 0, 0, 2, 0, 0, 0, 1]),
        ("schema cookie", 40, &[0, 0, 1, 0]),
        ("schema format", 44, &[0, 0, 0, 1]),
        ("schema format, unknown", 44, &[0, 0, 0, 9]),
        ("cache size", 48, &[0x7f, 0xff, 0xff, 0xff]),
        ("largest root", 52, &[0, 0, 0, 4]),
        ("encoding", 56, &[0, 0, 0, 2]),
        ("application", 68, &[0, 0, 0, 1]),
    ] {
        let mut pages = Pages(victim.whole.clone());
        pages.put(at, bytes_there);
        put_back(&victim.person, &pages.0);
        for command in [&["list", "--json"][..], &["audit", "--verify"]] {
            let ran = bounded(&victim.person, command);
            let told = format!("{what}: {command:?}: {} {}{}", ran.code, ran.stdout, ran.stderr);
            assert!([0, 1, 41].contains(&ran.code), "{told}");
            let same = command[0] != "list" || ran.stdout == victim.listed;
            assert!(if ran.code == 0 { same } else { ran.stdout.is_empty() }, "{told}");
        }
        drop_logs(&victim.person);
        victim.undone(what);
    }
}

/// A long value's chain of pages, which no digest covers.
#[test]
fn a_chain_of_pages_that_goes_around_ends() {
    let victim = Victim::new();
    let sealed = root(&victim, "sealed");
    let chains: Vec<usize> = overflow_chains(&victim);
    assert!(!chains.is_empty(), "a long value has a chain");
    for page in chains {
        let mut pages = Pages(bytes(&victim.person));
        pages.put(page, &(page as u32 / PAGE as u32 + 1).to_be_bytes());
        put_back(&victim.person, &pages.0);
        let ran = bounded(&victim.person, &["show", "dev/many/long"]);
        assert_eq!(ran.code, 41, "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stdout.is_empty(), "it answered");
        pages.put(page, &sealed.to_be_bytes());
        put_back(&victim.person, &pages.0);
        assert_eq!(bounded(&victim.person, &["show", "dev/many/long"]).code, 41);
        victim.undone("a chain");
    }
}

/// Where the pages that are of no tree start, but for the last of a chain. Nothing is free in a file
/// that only grew, or it has no chain to be followed.
fn overflow_chains(victim: &Victim) -> Vec<usize> {
    let pages = Pages(victim.whole.clone());
    let count = (victim.whole.len() / PAGE) as u32;
    let next = |page: u32| pages.u32(Pages::start(page));
    let follows =
        |page: u32| next(page) > 1 && next(page) <= count && pages.0[Pages::start(page)] == 0;
    let long = (2..=count).filter(|page| follows(*page) && follows(next(*page)));
    long.map(Pages::start).take(4).collect()
}
