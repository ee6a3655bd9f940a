//! Clause 3: the header.

use crate::case::{
    At::{Good, Parse},
    Case, LIMIT, MALFORMED, Made, UNSUPPORTED, case,
};
use crate::entries::{both, full, literal, of, one, small};
use forge::cbor::{array, bytes, cat, map, text, uint};
use forge::{BOB, CAROL, CREATED, Forge, MALLORY, To, listed, stranger};

pub(crate) fn cases() -> Vec<Case> {
    let groups =
        [good(), keys(), lengths(), times(), recipients(), kinds(), two_faults(), counts()];
    groups.into_iter().chain([extensions(), bad_extensions()]).flatten().collect()
}

/// A vector that is malformed when parsed.
fn bad<M: Into<crate::case::Made> + 'static>(name: &str, note: &str, make: fn() -> M) -> Case {
    case(name, Parse(MALFORMED), note, make)
}

const YEAR: u64 = 366 * 86_400;
/// The end of the year 9999.
const LATEST: u64 = 253_402_300_799;

/// The small package with a header of so many bytes.
fn filled(size: usize) -> impl Fn(Forge) -> Forge {
    move |forge| {
        let of = |length| cat(&[&map(1), &text("x"), &bytes(&vec![0; length])]);
        // The head of so long a byte string is three bytes.
        let rest = forge.header().len() + 1 + of(0).len() + 2;
        forge.set(8, of(size - rest))
    }
}

fn good() -> Vec<Case> {
    let sixty_four = || {
        let mut to: Vec<To> = (1..64).map(|i| To::age(&stranger(i))).collect();
        to.push(To::kovra(&BOB));
        to.sort_by(|a, b| a.listed.cmp(&b.listed));
        of(&to, &[literal("dev/db/host", b"db.internal", 1)])
    };
    let kinds = || {
        let to = [To::kovra(&BOB), To::age(&CAROL), To::ssh(&MALLORY)];
        of(&to, &[literal("dev/db/host", b"db.internal", 1), literal("dev/db/key", b"k", 3)])
    };
    vec![
        case("3.1-header-16-kib", Good, "A header of exactly 16 KiB.", || one().but(filled(16384))),
        case("3.4-seq-latest", Good, "A seq of (created + 300) x 1000.", || {
            one().but(|f| f.set(2, uint((CREATED + 300) * 1000)))
        })
        .rows(&[51]),
        case("3.4-seq-0", Good, "A seq of 0.", || one().but(|f| f.set(2, uint(0)))),
        case("3.4-366-days", Good, "It lives for exactly 366 days.", || {
            one().but(|f| f.set(4, uint(CREATED + YEAR)))
        })
        .rows(&[46]),
        case("3.4-year-9999", Good, "It expires at the last second that it may.", || {
            let late = |f: Forge| f.set(3, uint(LATEST - YEAR)).set(4, uint(LATEST));
            Made::from(one().but(late)).now(LATEST - 1)
        })
        .rows(&[46]),
        case("3.5-64-recipients", Good, "As many recipients as there may be.", sixty_four)
            .rows(&[11]),
        case(
            "3.5-three-kinds",
            Good,
            "A recipient of each kind of a classical package, in both slots.",
            kinds,
        ),
        case(
            "3.5-same-key-twice",
            Good,
            "One key, as a kovra identity and as an age recipient.",
            || of(&[To::kovra(&BOB), To::age(&BOB)], &[literal("dev/db/host", b"db.internal", 1)]),
        ),
    ]
}

fn keys() -> Vec<Case> {
    let missing = (0..7).map(|key| {
        let name = format!("3.1-key-{key}-missing");
        case(name, Parse(MALFORMED), format!("There is no key {key}."), move || {
            let mut forge = small();
            forge.pairs.remove(key);
            forge
        })
        .rows(&[13])
    });
    let twice = [0, 3, 6].map(|key| {
        let name = format!("3.1-key-{key}-twice");
        case(name, Parse(MALFORMED), format!("Key {key} is there twice."), move || {
            let mut forge = small();
            forge.pairs.insert(key, forge.pairs[key].clone());
            forge
        })
        .rows(&[6])
    });
    let late = [0, 2, 5].map(|key| {
        let name = format!("3.1-key-{key}-late");
        case(name, Parse(MALFORMED), format!("Key {key} stands behind the next."), move || {
            let mut forge = small();
            forge.pairs.swap(key, key + 1);
            forge
        })
        .rows(&[6])
    });
    let unknown = [9, 24, u64::MAX].map(|key| {
        let name = format!("3.1-key-{key}");
        case(name, Parse(MALFORMED), format!("A key {key}."), move || small().set(key, uint(0)))
            .rows(&[13])
    });
    let odd = [
        ("text", text("id")),
        ("bytes", bytes(b"x")),
        ("negative", vec![0x20]),
        ("null", vec![0xf6]),
    ];
    let odd = odd.map(|(what, key)| {
        case(format!("3.1-key-{what}"), Parse(MALFORMED), format!("A key that is {what}."), {
            move || {
                let mut forge = small();
                forge.pairs.push((key.clone(), uint(0)));
                forge
            }
        })
        .rows(&[13])
    });
    let rest = [
        bad("3.1-empty-map", "A header without a pair.", || with_header(&map(0))),
        bad("3.1-no-bytes", "A header of no bytes.", || with_header(b"")),
        bad("3.1-an-array", "A header that is an array of its values.", || {
            let forge = small();
            let values: Vec<u8> = forge.pairs.iter().flat_map(|(_, v)| v.clone()).collect();
            with_header(&cat(&[&array(7), &values]))
        }),
        bad("3.1-crit-behind-ext", "Keys 8 and 7, in this order.", || {
            let names = cat(&[&map(1), &text("x"), &bytes(b"")]);
            small().set(8, names.clone()).set(7, names)
        })
        .rows(&[6]),
        case("3.1-header-over-16-kib", Parse(LIMIT), "A header of 16 KiB and a byte.", || {
            filled(16385)(small())
        }),
        case("3.1-limit-before-shape", Parse(LIMIT), "A header of 17 KiB that is no CBOR.", || {
            with_header(&[0xff; 17 << 10])
        }),
    ];
    missing.chain(twice).chain(late).chain(unknown).chain(odd).chain(rest).collect()
}

fn with_header(header: &[u8]) -> Vec<u8> {
    let good = small();
    forge::sign(&good.signer, &forge::prefix(), header, &good.sealed(), b"")
}

fn lengths() -> Vec<Case> {
    vec![
        bad("3.2-id-15", "An id of 15 bytes.", || small().set(0, bytes(&[0x1d; 15]))),
        bad("3.2-id-17", "An id of 17 bytes.", || small().set(0, bytes(&[0x1d; 17]))),
        bad("3.2-id-as-text", "An id that is text.", || small().set(0, text("0123456789abcdef"))),
        bad("3.3-sender-31", "A sender's key of 31 bytes.", || small().set(1, bytes(&[1; 31]))),
        bad("3.3-sender-33", "A sender's key of 33 bytes.", || small().set(1, bytes(&[1; 33]))),
        bad("3.3-sender-empty", "A sender's key of no bytes.", || small().set(1, bytes(b""))),
    ]
}

fn times() -> Vec<Case> {
    let lives = [
        ("at-once", "It expires when it is created.", CREATED, CREATED),
        ("before", "It expires a second before it is created.", CREATED, CREATED - 1),
        ("in-1970", "It expires at 0.", CREATED, 0),
        ("366-days-and-a-second", "It lives a second too long.", CREATED, CREATED + YEAR + 1),
        ("never", "It expires at 2^64 - 1.", CREATED, u64::MAX),
        ("at-the-end-of-time", "It lives for the last second there is.", u64::MAX - 1, u64::MAX),
        ("all-of-time", "From 0 to 2^64 - 1.", 0, u64::MAX),
        ("overflow", "(created + 300) x 1000 is 2^64 or just above.", u64::MAX / 1000 - 299, {
            u64::MAX / 1000
        }),
        // As milliseconds it would not fit in 64 bits: found by the fuzz target of headers.
        ("overflow-alone", "expires x 1000 is above 2^64.", u64::MAX / 1000 - 400, {
            u64::MAX / 1000 + 1
        }),
        ("year-10000", "It expires with the year 9999, a second too late.", LATEST - YEAR + 1, {
            LATEST + 1
        }),
    ];
    let lives = lives.map(|(name, note, created, expires)| {
        case(format!("3.4-expires-{name}"), Parse(MALFORMED), note, move || {
            small().set(2, uint(0)).set(3, uint(created)).set(4, uint(expires))
        })
        .rows(&[46])
    });
    let seq = [("most", u64::MAX), ("ahead", (CREATED + 300) * 1000 + 1)].map(|(name, seq)| {
        let note = format!("A seq of {seq}.");
        case(format!("3.4-seq-{name}"), Parse(MALFORMED), note, move || small().set(2, uint(seq)))
            .rows(&[51])
    });
    lives.into_iter().chain(seq).collect()
}

fn list(recipients: &[Vec<u8>]) -> Vec<u8> {
    cat(&[&array(recipients.len() as u64), &recipients.concat()])
}

/// `count` recipients of kind 0 in order, of nobody.
fn many(count: u32) -> Vec<u8> {
    let one = |i: u32| {
        let print = cat(&[&i.to_be_bytes(), &[0x0f; 28]]);
        cat(&[&array(2), &uint(0), &bytes(&print)])
    };
    list(&(0..count).map(one).collect::<Vec<_>>())
}

/// Both as kovra identities, in their order.
fn sorted() -> [To; 2] {
    let mut to = [To::kovra(&BOB), To::kovra(&CAROL)];
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    to
}

fn to(recipients: &[To]) -> Forge {
    let entry = small().entries[0].clone();
    crate::entries::fixed(Forge::with(recipients, entry, vec![]))
}

fn recipients() -> Vec<Case> {
    vec![
        bad("3.5-none", "No recipients.", || small().set(5, array(0))).rows(&[11]),
        case("3.5-65-recipients", Parse(LIMIT), "One recipient too many.", || {
            small().set(5, many(65))
        })
        .rows(&[11]),
        case("3.5-400-recipients", Parse(LIMIT), "400 recipients, in a header of 15 KiB.", || {
            small().set(5, many(400))
        })
        .rows(&[11]),
        case(
            "3.1-1000-recipients",
            Parse(LIMIT),
            "1,000, which makes the header too long.",
            || small().set(5, many(1000)),
        )
        .rows(&[11]),
        bad("3.5-not-an-array", "A map of recipients.", || {
            small().set(5, cat(&[&map(1), &uint(0), &bytes(&[0; 32])]))
        }),
        bad("3.5-unsorted", "The higher fingerprint first.", || {
            let [first, second] = sorted();
            to(&[second, first])
        })
        .rows(&[12]),
        bad("3.5-twice", "The same recipient twice.", || to(&[To::kovra(&BOB), To::kovra(&BOB)]))
            .rows(&[12]),
        bad("3.5-kinds-unsorted", "Kind 1 before kind 0.", || {
            to(&[To::age(&BOB), To::kovra(&BOB)])
        })
        .rows(&[12]),
    ]
}

fn kinds() -> Vec<Case> {
    let unknown = [4, 5, 256, u64::MAX].map(|kind| {
        let note = format!("A recipient of kind {kind}.");
        case(format!("3.5-kind-{kind}"), Parse(UNSUPPORTED), note, move || {
            small().set(5, list(&[listed(kind, &BOB.x())]))
        })
    });
    let print = || bytes(&[7; 32]);
    let shapes = [
        ("triple", "of three items", cat(&[&array(3), &uint(0), &print(), &uint(0)])),
        ("single", "of one item", cat(&[&array(1), &print()])),
        ("print-31", "with a fingerprint of 31 bytes", {
            cat(&[&array(2), &uint(0), &bytes(&[7; 31])])
        }),
        ("print-33", "with a fingerprint of 33 bytes", {
            cat(&[&array(2), &uint(0), &bytes(&[7; 33])])
        }),
        ("exchanged", "with its fingerprint first", cat(&[&array(2), &print(), &uint(0)])),
        ("no-array", "that is a bare fingerprint", print()),
        ("kind-as-text", "whose kind is text", cat(&[&array(2), &text("age"), &print()])),
    ];
    let shapes = shapes.map(|(name, what, recipient)| {
        let note = format!("A recipient {what}.");
        case(format!("3.5-recipient-{name}"), Parse(MALFORMED), note, move || {
            small().set(5, list(std::slice::from_ref(&recipient)))
        })
    });
    let number = bad("3.5-recipient-number", "Behind a recipient, a bare number.", || {
        small().set(5, list(&[listed(0, &BOB.x()), uint(1)]))
    });
    unknown.into_iter().chain(shapes).chain([number]).collect()
}

/// Faults of two classes in one header: the first in the order of bytes decides (8.4).
fn two_faults() -> Vec<Case> {
    let one = |name: &str, class, note: &str, make: fn() -> Forge| {
        case(format!("8.4-{name}"), Parse(class), note, make)
    };
    let short = |kind| cat(&[&array(2), &uint(kind), &bytes(&[7; 31])]);
    vec![
        case(
            "8.4-kind-4-before-print-31",
            Parse(UNSUPPORTED),
            "Kind 4, then 31 bytes.",
            move || small().set(5, list(&[short(4)])),
        ),
        case("8.4-print-31-before-kind-4", Parse(MALFORMED), "31 bytes, then kind 4.", move || {
            small().set(5, list(&[short(0), listed(4, &BOB.x())]))
        }),
        one("65-recipients-before-kind-4", LIMIT, "65 recipients, all of kind 4.", || {
            small().set(5, list(&vec![listed(4, &BOB.x()); 65]))
        }),
        one(
            "65-recipients-before-no-cbor",
            LIMIT,
            "65 recipients, in bytes that are no CBOR.",
            || small().set(5, cat(&[&array(65), &[0xff; 65]])),
        ),
        one(
            "kind-4-before-4097-entries",
            UNSUPPORTED,
            "A recipient of kind 4, then 4,097 entries.",
            || {
                small()
                    .set(5, list(&[listed(4, &BOB.x())]))
                    .set(6, cat(&[&array(2), &uint(4097), &uint(0)]))
            },
        ),
        one("4097-entries-before-key-9", LIMIT, "4,097 entries, then a key 9.", || {
            small().set(6, cat(&[&array(2), &uint(4097), &uint(0)])).set(9, uint(0))
        }),
        one(
            "kind-4-before-times",
            UNSUPPORTED,
            "It expires before it was created, and a recipient has kind 4.",
            || small().set(4, uint(1)).set(5, list(&[listed(4, &BOB.x())])),
        ),
        one(
            "times-before-crit",
            MALFORMED,
            "It expires before it was created, and has an unknown critical extension.",
            || small().set(4, uint(1)).set(7, cat(&[&map(1), &text("x"), &bytes(b"")])),
        ),
    ]
}

fn counts() -> Vec<Case> {
    let pair = |a, b| cat(&[&array(2), &uint(a), &uint(b)]);
    let over = [(4097, 0), (4096, 1), (0, 4097), (u64::MAX, 0), (u64::MAX, 1), (1 << 63, 1 << 63)];
    let over = over.map(|(a, b)| {
        let note = format!("{a} entries in slot 0 and {b} in slot 1.");
        case(format!("3.6-{a}-and-{b}"), Parse(LIMIT), note, move || full().set(6, pair(a, b)))
            .rows(&[66])
    });
    let shapes = [
        ("none", "No entries.", pair(0, 0)),
        ("one-count", "One count.", cat(&[&array(1), &uint(1)])),
        ("three-counts", "Three counts.", cat(&[&array(3), &uint(1), &uint(0), &uint(0)])),
        ("no-array", "A number.", uint(1)),
        ("counts-as-text", "Counts that are text.", cat(&[&array(2), &text("1"), &text("0")])),
    ];
    let shapes = shapes.map(|(name, note, value)| {
        case(format!("3.6-{name}"), Parse(MALFORMED), note, move || small().set(6, value.clone()))
    });
    over.into_iter().chain(shapes).collect()
}

/// A map of extensions of these names.
pub(crate) fn names(names: &[&str]) -> Vec<u8> {
    let pairs: Vec<u8> = names.iter().flat_map(|n| cat(&[&text(n), &bytes(b"value")])).collect();
    cat(&[&map(names.len() as u64), &pairs])
}

fn extensions() -> Vec<Case> {
    let hostile = "\u{1b}]8;;http://evil.example\u{7}\u{202e}";
    vec![
        case("3.7-ext-unknown", Good, "An extension that nobody knows.", || {
            both().but(|f| f.set(8, names(&["example.org/note"])))
        })
        .rows(&[16]),
        case("3.7-ext-escape", Good, "An extension whose name is a terminal's command.", {
            move || one().but(|f| f.set(8, names(&[hostile])))
        })
        .rows(&[16]),
        case("3.7-ext-64-bytes", Good, "A name of 64 bytes that are 32 characters.", || {
            one().but(|f| f.set(8, names(&[&"\u{fc}".repeat(32)])))
        }),
        case("3.7-ext-order", Good, "The order is that of the encoded names: b before aa.", || {
            one().but(|f| f.set(8, names(&["b", "aa"])))
        }),
        case(
            "3.7-crit-unknown",
            Parse(UNSUPPORTED),
            "An extension that nobody may ignore.",
            || small().set(7, names(&["example.org/must"])),
        )
        .rows(&[15]),
        case("3.7-crit-escape", Parse(UNSUPPORTED), "One whose name is a terminal's command.", {
            move || small().set(7, names(&[hostile]))
        })
        .rows(&[15]),
        case("3.7-crit-and-ext", Parse(UNSUPPORTED), "A name in each, and not the same.", || {
            small().set(7, names(&["a"])).set(8, names(&["b"]))
        })
        .rows(&[15]),
    ]
}

fn bad_extensions() -> Vec<Case> {
    let ext = |name: &str, note: &str, value: fn() -> Vec<u8>| {
        case(format!("3.7-{name}"), Parse(MALFORMED), note, move || small().set(8, value()))
            .rows(&[17])
    };
    vec![
        ext("empty-ext", "A map of no extensions.", || map(0)),
        bad("3.7-empty-crit", "A map of no critical extensions.", || small().set(7, map(0)))
            .rows(&[17]),
        bad("3.7-in-both", "A name in crit and in ext.", || {
            small().set(7, names(&["x"])).set(8, names(&["x"]))
        })
        .rows(&[17]),
        bad("3.7-in-both-among-others", "One name of two is in crit and in ext.", || {
            small().set(7, names(&["a", "x"])).set(8, names(&["b", "x"]))
        })
        .rows(&[17]),
        ext("ext-no-name", "A name of no bytes.", || names(&[""])),
        ext("ext-65-bytes", "A name of 65 bytes.", || names(&[&"x".repeat(65)])),
        bad("3.7-crit-65-bytes", "A critical name of 65 bytes is malformed first.", || {
            small().set(7, names(&[&"x".repeat(65)]))
        }),
        ext("ext-66-bytes", "33 characters of two bytes.", || names(&[&"\u{fc}".repeat(33)])),
        ext("ext-value-text", "A value that is text.", || {
            cat(&[&map(1), &text("x"), &text("value")])
        }),
        ext("ext-name-bytes", "A name that is a byte string.", || {
            cat(&[&map(1), &bytes(b"x"), &bytes(b"")])
        }),
        ext("ext-name-number", "A name that is a number.", || {
            cat(&[&map(1), &uint(1), &bytes(b"")])
        }),
        ext("ext-an-array", "An array of names.", || cat(&[&array(1), &text("x")])),
        ext("ext-twice", "A name twice.", || names(&["a", "a"])).rows(&[6]),
        ext("ext-unsorted", "Names out of order.", || names(&["b", "a"])).rows(&[6]),
        ext(
            "ext-order-of-text",
            "The order of the text, which is not that of the encoding.",
            || names(&["aa", "b"]),
        )
        .rows(&[6]),
    ]
}
