//! A file of holes: long on the disk's word, and rows that are long on their own.

use super::{Victim, bounded};
use crate::vault_file::{open, put_back};
use std::fs::OpenOptions;

const PAGE: usize = 4096;
/// How much of a long row stands on its own page, at least (SQLite's file format, section 1.6).
const LOCAL: usize = (PAGE - 12) * 32 / 255 - 23;
const LONG: usize = 60 << 20;
const TEBIBYTE: u64 = 1 << 40;
/// How many pages the file says that it has.
const PAGES: u32 = 1 << 20;

fn varint(mut number: usize) -> Vec<u8> {
    let mut bytes = vec![(number & 127) as u8];
    while number > 127 {
        number >>= 7;
        bytes.insert(0, (number & 127 | 128) as u8);
    }
    bytes
}

/// A row of `sealed` with so much metadata, as far as that.
fn record(number: u8, metadata: usize) -> Vec<u8> {
    let types = [1, 12 + 2 * 32, 1, 8, 12 + 2 * 24, 12 + 2 * metadata, 12];
    let types = types.map(varint).concat();
    let mut lookup = [0; 32];
    lookup[31] = number;
    let kind = [9];
    [&[types.len() as u8 + 1][..], &types, &kind, &lookup, &[1], &[0; 24]].concat()
}

/// A row that goes on at `page`.
fn cell(number: u8, page: u32) -> Vec<u8> {
    let length = LOCAL + (LONG - LOCAL) / (PAGE - 4) * (PAGE - 4);
    let start = record(number, length).len();
    let mut head = record(number, length - start);
    head.resize(LOCAL, 0);
    [varint(length), head, page.to_be_bytes().to_vec()].concat()
}

/// A page of a tree: a leaf, or one with a page behind its last cell.
fn page(cells: &[Vec<u8>], last: Option<u32>) -> Vec<u8> {
    let mut page = vec![0; PAGE];
    let (mut pointer, mut end) = (if last.is_some() { 12 } else { 8 }, PAGE);
    for cell in cells {
        end -= cell.len();
        page[end..end + cell.len()].copy_from_slice(cell);
        page[pointer..pointer + 2].copy_from_slice(&(end as u16).to_be_bytes());
        pointer += 2;
    }
    page[0] = if last.is_some() { 2 } else { 10 };
    page[3..5].copy_from_slice(&(cells.len() as u16).to_be_bytes());
    page[5..7].copy_from_slice(&(end as u16).to_be_bytes());
    if let Some(last) = last {
        page[8..12].copy_from_slice(&last.to_be_bytes());
    }
    page
}

/// The vault, whose table of rows is one of so many leaves with long ones.
fn with_long_rows(victim: &Victim, leaves: u8) -> Vec<u8> {
    let sql = "SELECT rootpage FROM sqlite_schema WHERE name = 'sealed'";
    let root: u32 = open(&victim.person).query_row(sql, [], |row| row.get(0)).unwrap();
    let mut file = victim.whole.clone();
    // It leads to itself, for as long as a row is.
    let around = (file.len() / PAGE) as u32 + 1;
    let mut itself = around.to_be_bytes().to_vec();
    itself.resize(PAGE, 0);
    file.extend(itself);
    let mut between = Vec::new();
    for leaf in 0..leaves {
        let cells: Vec<_> = (1..=7).map(|n| cell(leaf * 8 + n, around)).collect();
        file.extend(page(&cells, None));
        let number = (file.len() / PAGE) as u32;
        between.push([&number.to_be_bytes()[..], &cell(leaf * 8 + 8, around)].concat());
    }
    between.pop();
    let last = (file.len() / PAGE) as u32;
    let start = (root as usize - 1) * PAGE;
    file[start..start + PAGE].copy_from_slice(&page(&between, Some(last)));
    file[28..32].copy_from_slice(&PAGES.to_be_bytes());
    file
}

/// What a file says of its length is no leave to take as much memory.
#[test]
fn long_rows_in_a_file_of_holes_come_to_an_end() {
    let victim = Victim::new();
    for leaves in [2, 5, 8] {
        put_back(&victim.person, &with_long_rows(&victim, leaves));
        let file = OpenOptions::new().write(true).open(victim.person.vault()).unwrap();
        file.set_len(TEBIBYTE).unwrap();
        for command in [&["list"][..], &["audit", "--verify"]] {
            let ran = bounded(&victim.person, command);
            let told = format!("{leaves}, {command:?}: {}\n{}{}", ran.code, ran.stdout, ran.stderr);
            assert!(ran.code == 41 && ran.stdout.is_empty(), "{told}");
            assert!(ran.stderr.contains("damaged"), "{told}");
        }
        victim.undone("holes");
    }
}
