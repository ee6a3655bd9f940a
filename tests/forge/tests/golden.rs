//! The golden vectors alone, against a library that is built for nothing else: what a mutant of the parser has to
//! survive (`.ci/long mutants`). `tests/it` reads the same ones, and more of each.

use forge::{golden, texts};

fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn packages() {
    none(golden::corpus().iter().filter_map(|vector| vector.judge().err()).collect());
}

#[test]
fn texts_of_identities() {
    none(texts::corpus().iter().filter_map(|text| text.judge().err()).collect());
}
