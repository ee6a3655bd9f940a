//! The golden vectors alone, against a library that is built for nothing else: what a mutant of the parser has to
//! survive (`.ci/long mutants`). `tests/it` reads the same ones, and more of each. The first that is wrong ends it.

use forge::{golden, texts};

#[test]
fn packages() {
    assert_eq!(golden::corpus().iter().find_map(|vector| vector.judge().err()), None);
}

#[test]
fn identities_and_receipts() {
    let all = ["identity-v1", "receipt-v1"].map(texts::corpus);
    assert_eq!(all.iter().flatten().find_map(|text| text.judge().err()), None);
}
