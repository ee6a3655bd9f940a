//! Errors that no story reaches without another disk, another user or a race, in their own words.

use super::book::Book;
use super::complete;
use forge::golden;
use kovra::ops::Error;
use std::collections::BTreeSet;

pub(super) fn plain(book: &mut Book) {
    book.section("Errors");
    for (why, error) in complete::unreached() {
        book.say(why);
        said(book, &error);
    }
    book.section("What a package is refused for");
    book.say("by the golden vectors; class, place, and what is wrong there");
    let refusals: BTreeSet<String> = golden::corpus()
        .iter()
        .filter_map(|vector| vector.run().err())
        .map(|(_, class, what)| format!("  {}: {}", class.phrase(), shape(&what)))
        .collect();
    refusals.iter().for_each(|refusal| book.plain(refusal));
}

/// Without the bytes and the names of one vector.
fn shape(what: &str) -> String {
    let word = |word: &str| match word {
        _ if word.matches('/').count() == 2 => "<name>".to_owned(),
        number if number.parse::<u64>().is_ok_and(|n| n < 1000) => "<n>".to_owned(),
        other => other.to_owned(),
    };
    what.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// As the program says it.
fn said(book: &mut Book, error: &Error) {
    book.plain(&format!("  error: {error}"));
    if let Some(hint) = error.hint() {
        book.plain(&format!("    hint: {hint}"));
    }
}
