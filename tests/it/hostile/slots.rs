//! What is inside the slots (clauses 4 and 5).

use super::{accepts, open_class, open_error};
use forge::{Forge, Value, entry};
use kovra::package::Class::{Binding, Policy};

/// Row 38: each is signed again, so only the age body can tell.
#[test]
fn an_age_body_of_three_chunks_that_is_cut_or_shuffled() {
    const CHUNK: usize = (64 << 10) + 16;
    let forge = Forge::normal(entry("dev/a/long", Value::Literal(&vec![0x55; 150_000]), 1));
    let whole = forge.sealed();
    assert!(accepts(&forge.file_of(&whole, b"")).is_ok());
    let start = whole.windows(5).position(|w| w == b"\n--- ").unwrap() + 5 + 43 + 1 + 16;
    for end in [start + CHUNK, start + CHUNK + 1, start + 2 * CHUNK] {
        assert_eq!(open_class(&forge.file_of(&whole[..end], b"")), Binding, "{end}");
    }
    let (head, body) = whole.split_at(start);
    let (first, rest) = body.split_at(CHUNK);
    let (second, last) = rest.split_at(CHUNK);
    for parts in [[second, first, last], [first, first, last], [first, last, second]] {
        let shuffled = [head, &parts.concat()].concat();
        assert_eq!(open_class(&forge.file_of(&shuffled, b"")), Binding);
    }
}

/// One bit of the age file, signed again: its header's MAC, its stanza or its body tells.
#[test]
fn an_age_file_that_was_changed_and_signed_again() {
    let forge = Forge::normal(entry("dev/a/b", Value::Literal(b"v"), 1));
    let whole = forge.sealed();
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(accepts(&forge.file_of(&changed, b"")).is_err(), "{at}");
    }
}

/// The whole of it was escaped once, which took five times its length in memory.
#[test]
fn a_coordinate_is_told_by_its_start() {
    let name = "\u{1}".repeat(100_000);
    let error = open_error(&Forge::normal(entry(&name, Value::Literal(b"v"), 0)).file());
    assert_eq!(error.class, Policy);
    assert!(error.what.len() < 2000, "{} bytes", error.what.len());
}
