//! Clause 4.2, key 5: what an entry carries that its reader may ignore.

use crate::case::{
    At::{Good, Open, Parse},
    BINDING, Case, MALFORMED, UNSUPPORTED, case,
};
use crate::entries::{Item, for_bob, literal, odd, odds, reference};
use crate::header::names;
use forge::cbor::{array, bytes, cat, map, text, uint};

pub(crate) fn cases() -> Vec<Case> {
    [good(), names_in_an_entry(), bad()].into_iter().flatten().collect()
}

fn plain() -> Item {
    literal("dev/a/b", b"v", 1)
}

fn good() -> Vec<Case> {
    let everywhere = || {
        for_bob(&[
            literal("dev/a/literal", b"v", 1).ext(names(&["example.org/owner"])),
            reference("dev/a/pointer", "aws-sm://a", 2).ext(names(&["example.org/due"])),
            literal("dev/b/described", b"w", 0).described("x").ext(names(&["a", "b", "aa"])),
            literal("dev/c/plain", b"x", 1),
            literal("dev/d/high", b"y", 3).described("z").ext(names(&["example.org/hosts"])),
        ])
    };
    let large = || {
        let owner = cat(&[&map(1), &text("example.org/chain"), &bytes(&[0x55; 3_000])]);
        for_bob(&[plain().ext(owner)])
    };
    vec![
        case(
            "4.2-ext",
            Good,
            "Extensions of entries in both slots, which nobody knows.",
            everywhere,
        )
        .rows(&[16]),
        case("4.2-ext-large", Good, "An extension of 3,000 bytes.", large).rows(&[16]),
        case(
            "4.2-ext-as-in-the-header",
            Good,
            "A name in the header's ext and in an entry's.",
            || for_bob(&[plain().ext(names(&["x"]))]).but(|f| f.set(8, names(&["x"]))),
        ),
        case(
            "4.2-ext-named-in-crit",
            Parse(UNSUPPORTED),
            "What an entry's ext says, and crit names.",
            || odd(plain().ext(names(&["x"])).encode()).set(7, names(&["x"])),
        )
        .rows(&[15]),
    ]
}

/// The names of clause 3.7.
fn names_in_an_entry() -> Vec<Case> {
    let good = [
        ("64-bytes", "A name of 64 bytes that are 32 characters.", vec!["\u{fc}".repeat(32)]),
        (
            "order",
            "The order is that of the encoded names: b before aa.",
            vec!["b".into(), "aa".into()],
        ),
        ("escape", "A name that is a terminal's command.", vec!["\u{1b}]52;c;eA==\u{7}".into()]),
    ];
    let good = good.map(|(name, note, all)| {
        case(format!("4.2-ext-{name}"), Good, note, move || {
            let all: Vec<&str> = all.iter().map(String::as_str).collect();
            for_bob(&[plain().ext(names(&all))])
        })
    });
    let bad = [
        ("no-name", "A name of no bytes.", names(&[""])),
        ("65-bytes", "A name of 65 bytes.", names(&[&"x".repeat(65)])),
        ("66-bytes", "33 characters of two bytes.", names(&[&"\u{fc}".repeat(33)])),
        ("empty", "A map of no extensions.", map(0)),
        ("an-array", "An array of names.", cat(&[&array(1), &text("x")])),
        ("null", "Null.", vec![0xf6]),
        ("name-bytes", "A name that is a byte string.", cat(&[&map(1), &bytes(b"x"), &bytes(b"")])),
        ("name-number", "A name that is a number.", cat(&[&map(1), &uint(1), &bytes(b"")])),
        ("name-utf-8", "A name that is not UTF-8.", cat(&[&map(1), &[0x61, 0xff], &bytes(b"")])),
        ("value-text", "A value that is text.", cat(&[&map(1), &text("x"), &text("v")])),
        ("value-map", "A value that is a map.", cat(&[&map(1), &text("x"), &names(&["y"])])),
        ("twice", "A name twice.", names(&["a", "a"])),
        ("unsorted", "Names out of order.", names(&["b", "a"])),
        (
            "order-of-text",
            "The order of the text, which is not that of the encoding.",
            names(&["aa", "b"]),
        ),
        ("claim", "2^63 extensions.", cat(&[&map(1 << 63), &text("x"), &bytes(b"")])),
        (
            "claim-value",
            "A value of 2^63 bytes.",
            cat(&[&map(1), &text("x"), &forge::cbor::head(2, 1 << 63)]),
        ),
    ];
    let bad = bad.map(|(name, note, ext)| {
        case(format!("4.2-ext-{name}"), Open(MALFORMED), note, move || {
            odd(plain().ext(ext.clone()).encode())
        })
        .rows(&[17])
    });
    good.into_iter().chain(bad).collect()
}

/// Where it stands, and what counts first.
fn bad() -> Vec<Case> {
    let start = || cat(&[&[0], &text("dev/a/b"), &[1, 0, 2], &bytes(b"v"), &[3, 1]]);
    let described = |more: &[u8]| cat(&[&map(6), &start(), more]);
    let (four, five) = (|| cat(&[&[4], &text("x")]), || cat(&[&[5], &names(&["x"])]));
    let one = |name: &str, note: &str, entry: Vec<u8>| {
        case(format!("4.2-ext-{name}"), Open(MALFORMED), note, move || odd(entry.clone()))
    };
    vec![
        one(
            "before-description",
            "Keys 5 and 4, in this order.",
            described(&cat(&[&five(), &four()])),
        )
        .rows(&[6]),
        one("there-twice", "Key 5 twice.", described(&cat(&[&five(), &five()]))).rows(&[6]),
        one("and-key-6", "A key 6 behind it.", described(&cat(&[&five(), &[6, 0]]))).rows(&[13]),
        one("for-sensitivity", "Key 5 in place of key 3.", {
            cat(&[&map(4), &[0], &text("dev/a/b"), &[1, 0, 2], &bytes(b"v"), &five()])
        }),
        case(
            "8.4-ext-before-binding",
            Open(MALFORMED),
            "An empty ext in slot 0 of an entry of slot 1.",
            || {
                let high = literal("dev/a/b", b"v", 3).ext(map(0)).encode();
                odds(vec![high], vec![])
            },
        ),
        case(
            "8.4-binding-with-ext",
            Open(BINDING),
            "An entry of slot 1 in slot 0, with a good ext.",
            || odds(vec![literal("dev/a/b", b"v", 3).ext(names(&["x"])).encode()], vec![]),
        ),
    ]
}
