//! Clause 8.4: of two faults, the first in the order of bytes decides. And what else decides by its place: the
//! version behind any head (2.1), the rules on all entries (4.7).

use crate::case::{
    At::{Open, Parse},
    Case, LIMIT, MALFORMED, POLICY, UNSUPPORTED, case,
};
use crate::entries::{literal, odd, odds, reference, small, with_payload};
use crate::header::names;
use forge::cbor::{array, bytes, cat, head, map, tag, text, uint};
use forge::{BOB, Forge, age_shape, listed};
use sha2::{Digest, Sha256};

pub(crate) fn cases() -> Vec<Case> {
    let groups = [versions(), pairs(), other_keys(), heads(), orders(), ends(), rules()];
    groups.into_iter().flatten().collect()
}

/// A file that says it has `items`, and what stands behind it.
fn claiming(items: u64, version: u64) -> Vec<u8> {
    let good = small();
    let prefix = cat(&[&tag(55799), &array(items), &text("kovra-package"), &uint(version)]);
    forge::sign(&good.signer, &prefix, &good.header(), &good.sealed(), b"")
}

fn versions() -> Vec<Case> {
    [0, 1, 2, 5, 7, 23]
        .into_iter()
        .flat_map(|items| {
            let of = move |version, class| {
                let note = format!("Version {version} behind the head of an array of {items}.");
                let name = format!("2.1-version-{version}-behind-{items}");
                case(name, Parse(class), note, move || claiming(items, version))
            };
            [of(1, MALFORMED), of(2, UNSUPPORTED)]
        })
        .collect()
}

/// The header of the small package, as if it had so many pairs.
fn header_of(forge: &Forge, pairs: u64) -> Vec<u8> {
    cat(&[&map(pairs), &forge.header()[1..]])
}

fn signed(header: &[u8]) -> Vec<u8> {
    let good = small();
    forge::sign(&good.signer, &forge::prefix(), header, &good.sealed(), b"")
}

/// How many pairs a map claims, and what its keys show.
fn pairs() -> Vec<Case> {
    let kind_4 = || small().set(5, cat(&[&array(1), &listed(4, &BOB.x())]));
    let over = || small().set(6, cat(&[&array(2), &uint(4097), &uint(0)]));
    let header = |name: &str, class, note: &str, pairs, make: fn() -> Forge| {
        case(format!("8.4-header-{name}"), Parse(class), note, move || {
            signed(&header_of(&make(), pairs))
        })
    };
    let half = |forge: &Forge| (forge.header().len() as u64 - 1) / 2;
    let claims = |name: &str, class, note: &str, more: u64| {
        case(format!("8.4-header-{name}"), Parse(class), note, move || {
            let forge = kind_4();
            signed(&header_of(&forge, half(&forge) - 1 + more))
        })
    };
    let entry_of = |pairs| {
        let pointer = text(&format!("aws-sm://{}", "x".repeat(1016)));
        cat(&[&map(pairs), &[0], &text("dev/a/b"), &[1, 1, 2], &pointer, &[3, 1]])
    };
    let entry = |name: &str, class, note: &str, pairs: u64| {
        case(format!("8.4-entry-{name}"), Open(class), note, move || odd(entry_of(pairs)))
    };
    // Behind the map's head, which is three bytes then, stand the pairs and empty padding.
    let left = entry_of(300).len() as u64 - 3 + 1;
    let half_of_entry = left >> 1;
    vec![
        header(
            "9-pairs-and-kind-4",
            UNSUPPORTED,
            "Two pairs are missing, behind a recipient of kind 4.",
            9,
            kind_4,
        ),
        header(
            "6-pairs-and-kind-4",
            UNSUPPORTED,
            "A pair too many, behind a recipient of kind 4.",
            6,
            kind_4,
        ),
        header("5-pairs-and-kind-4", MALFORMED, "The map ends before the recipients.", 5, kind_4),
        header("6-pairs-and-4097-entries", MALFORMED, "The map ends before the counts.", 6, over),
        header(
            "8-pairs-and-4097-entries",
            LIMIT,
            "4,097 entries, and a pair is missing behind them.",
            8,
            over,
        ),
        header("0-pairs-and-kind-4", MALFORMED, "The map ends at once.", 0, kind_4),
        // The map's head is a byte longer, or two.
        claims(
            "half-the-rest-and-kind-4",
            UNSUPPORTED,
            "As many pairs as can be there, and a recipient of kind 4.",
            0,
        ),
        claims(
            "over-half-and-kind-4",
            MALFORMED,
            "More pairs than can be there, and a recipient of kind 4.",
            3,
        ),
        entry(
            "9-pairs-and-pointer-over",
            LIMIT,
            "Pairs are missing, behind a pointer too long.",
            9,
        ),
        entry("3-pairs-and-pointer-over", LIMIT, "A pair too many, behind a pointer too long.", 3),
        entry("2-pairs-and-pointer-over", MALFORMED, "The map ends before the pointer.", 2),
        entry(
            "over-half-and-pointer-over",
            MALFORMED,
            "More pairs than can be there, and a pointer too long.",
            half_of_entry + 1,
        ),
        entry(
            "half-and-pointer-over",
            LIMIT,
            "As many pairs as can be there, and a pointer too long.",
            half_of_entry,
        ),
    ]
}

/// Maps whose values are all there, in their order and of their types, under other keys.
fn other_keys() -> Vec<Case> {
    let header = |name: &str, note: &str, key_of: fn(u64) -> u64| {
        case(format!("3.1-{name}"), Parse(MALFORMED), note, move || {
            let mut forge = small();
            (0..).zip(&mut forge.pairs).for_each(|(n, pair)| pair.0 = uint(key_of(n)));
            signed(&forge.header())
        })
        .rows(&[13])
    };
    let entry = |name: &str, note: &str, keys: [u64; 4]| {
        case(format!("4.2-{name}"), Open(MALFORMED), note, move || {
            let values = [text("dev/a/b"), uint(0), bytes(b"v"), uint(1)];
            let pairs =
                keys.iter().zip(values).flat_map(|(key, value)| [uint(*key), value].concat());
            odd(cat(&[&map(4), &pairs.collect::<Vec<u8>>()]))
        })
        .rows(&[13])
    };
    vec![
        header("keys-from-1", "Each value under the next key.", |n| n + 1),
        header("key-7-for-6", "The counts under key 7.", |n| if n == 6 { 7 } else { n }),
        header("keys-doubled", "Each value under twice its key.", |n| 2 * n),
        entry("keys-from-1", "Each value under the next key.", [1, 2, 3, 4]),
        entry("key-4-for-3", "The sensitivity under key 4.", [0, 1, 2, 4]),
        entry("key-5-for-3", "The sensitivity under key 5.", [0, 1, 2, 5]),
        entry("keys-doubled", "Each value under twice its key.", [0, 2, 4, 6]),
    ]
}

/// Two claims of one head, and a size before what is in the string.
fn heads() -> Vec<Case> {
    let long = "x".repeat(1016);
    let pointer = |bytes: &[u8], length: u64| {
        cat(&[&map(4), &[0], &text("dev/a/b"), &[1, 1, 2], &head(3, length), bytes, &[3, 1]])
    };
    let over = [b"aws-sm://", long.as_bytes()].concat();
    let broken = [b"aws-sm://", long.as_bytes(), b"\xff"].concat();
    let described = |length: u64, remark: &[u8]| {
        let start = cat(&[&map(5), &[0], &text("dev/a/b"), &[1, 0, 2], &bytes(b"v"), &[3, 1, 4]]);
        cat(&[&start, &head(3, length), remark])
    };
    let one = |name: &str, class, note: &str, entry: Vec<u8>| {
        case(format!("8.4-{name}"), Open(class), note, move || odd(entry.clone()))
    };
    let claim =
        cat(&[&map(4), &[0], &text("dev/a/b"), &[1, 0, 2], &head(2, 262_145), b"v", &[3, 1]]);
    vec![
        one(
            "literal-longer-than-the-rest",
            MALFORMED,
            "A literal too long, of which little is there.",
            claim,
        ),
        one(
            "pointer-longer-than-the-rest",
            MALFORMED,
            "A pointer too long, of which little is there.",
            pointer(b"aws-sm://x", 2000),
        ),
        one("pointer-over-not-utf-8", MALFORMED, "A pointer too long that is not UTF-8.", {
            pointer(&broken, broken.len() as u64)
        }),
        one(
            "pointer-over-utf-8",
            LIMIT,
            "A pointer too long, in UTF-8.",
            pointer(&over, over.len() as u64),
        ),
        one(
            "description-over-not-utf-8",
            MALFORMED,
            "A description too long that is not UTF-8.",
            described(513, &[0xff; 513]),
        ),
        one(
            "description-longer-than-the-rest",
            MALFORMED,
            "A description too long, of which little is there.",
            described(513, b"x"),
        ),
        case(
            "8.4-recipients-longer-than-the-rest",
            Parse(MALFORMED),
            "10,000 recipients, in 200 bytes.",
            || small().set(5, cat(&[&array(10_000), &listed(0, &BOB.x())])),
        ),
        case(
            "8.4-entries-longer-than-the-rest",
            Open(MALFORMED),
            "10,000 entries, in a short payload.",
            || {
                let start = cat(&[&array(6), &text("kovra-entries"), &uint(1), &uint(0)]);
                let hash = Sha256::digest(small().header());
                with_payload(&cat(&[&start, &bytes(&hash), &array(10_000), &[0; 99]]))
            },
        ),
    ]
}

/// What takes two values is judged where the later one ends.
fn orders() -> Vec<Case> {
    let pair = |kind, first: u8| cat(&[&array(2), &uint(kind), &bytes(&[first; 32])]);
    let list = |all: &[Vec<u8>]| cat(&[&array(all.len() as u64), &all.concat()]);
    let unsorted = list(&[pair(0, 2), pair(0, 1), pair(4, 9)]);
    let kind_first = list(&[pair(0, 2), pair(4, 1), pair(0, 1)]);
    let kinds = list(&[pair(2, 1), pair(1, 2), pair(4, 9)]);
    let one = |name: &str, class, note: &str, value: Vec<u8>| {
        case(format!("8.4-{name}"), Parse(class), note, move || small().set(5, value.clone()))
    };
    let late = |name: &str, class, note: &str, payload: fn() -> Forge| {
        case(format!("8.4-{name}"), Open(class), note, payload)
    };
    vec![
        one(
            "unsorted-before-kind-4",
            MALFORMED,
            "Two recipients out of order, then kind 4.",
            unsorted,
        ),
        one(
            "kind-4-before-unsorted",
            UNSUPPORTED,
            "Kind 4, then a recipient out of order.",
            kind_first,
        ),
        one("kinds-unsorted-before-kind-4", MALFORMED, "Kind 2, then 1, then 4.", kinds),
        late("mode-2-in-an-entry-out-of-order", MALFORMED, "c before b, whose mode is 2.", || {
            let mut second = literal("dev/a/b", b"v", 1).encode();
            second[11] = 2;
            odds(vec![literal("dev/a/c", b"v", 1).encode(), second], vec![])
        }),
        late(
            "entry-twice-before-literal-over",
            MALFORMED,
            "A coordinate twice, then a literal too long.",
            || {
                let over = literal("dev/a/c", &[0x55; (256 << 10) + 1], 1).encode();
                let one = literal("dev/a/b", b"v", 1).encode();
                odds(vec![one.clone(), one, over], vec![])
            },
        ),
        late(
            "grammar-behind-structure",
            MALFORMED,
            "A coordinate that is none, then a sensitivity of 4.",
            || {
                odds(
                    vec![literal("DEV", b"v", 1).encode(), literal("dev/a/b", b"v", 4).encode()],
                    vec![],
                )
            },
        ),
        case(
            "8.4-ext-before-times",
            Parse(MALFORMED),
            "Times that cannot be, and an ext that is null.",
            || small().set(4, uint(1)).set(8, vec![0xf6]),
        ),
        case(
            "8.4-crit-before-ext",
            Parse(MALFORMED),
            "An unknown crit, and an ext without a name.",
            || small().set(7, names(&["x"])).set(8, map(0)),
        ),
    ]
}

/// The end of an age header is looked for before its stanzas are.
fn ends() -> Vec<Case> {
    let sealed = |name: &str, class, note: &str, make: fn() -> Vec<u8>| {
        case(format!("5.2-{name}"), Parse(class), note, move || small().file_of(&make(), b""))
    };
    vec![
        sealed(
            "limit-before-stanza",
            LIMIT,
            "A stanza of no kind, and no end within 16 KiB.",
            || age_shape(&format!("-> scrypt x\n{}", "-> a\n\n".repeat(4000))),
        ),
        sealed(
            "limit-before-utf-8",
            LIMIT,
            "Bytes that are no text, and no end within 16 KiB.",
            || cat(&[b"age-encryption.org/v1\n", &[0xff; 20_000]]),
        ),
        sealed(
            "version-before-limit",
            MALFORMED,
            "Another version, and no end within 16 KiB.",
            || cat(&[b"age-encryption.org/v2\n", &[0x41; 20_000]]),
        ),
        sealed(
            "end-behind-the-first-line",
            MALFORMED,
            "The end stands behind the first line, and again behind a stanza.",
            || {
                let whole = age_shape("");
                cat(&[&whole[..22 + 48], &age_shape(&forge::x25519_stanza())[22..]])
            },
        ),
    ]
}

/// Clause 4.7, entry by entry: production, name, twice, one variable.
fn rules() -> Vec<Case> {
    let encode = |items: Vec<crate::entries::Item>| {
        items.iter().map(crate::entries::Item::encode).collect::<Vec<_>>()
    };
    let one = |name: &str, class, note: &str, make: fn() -> [Vec<crate::entries::Item>; 2]| {
        case(format!("4.7-{name}"), Open(class), note, move || {
            let [normal, high] = make();
            odds(encode(normal), encode(high))
        })
    };
    vec![
        one(
            "production-before-twice",
            POLICY,
            "A pointer of production, and a literal of its name in slot 1.",
            || [vec![reference("prod/a/b", "aws-sm://x", 2)], vec![literal("prod/a/b", b"v", 2)]],
        ),
        one(
            "one-variable-before-twice",
            POLICY,
            "Two that would be one variable, and in slot 1 one of them again.",
            || {
                let two = vec![literal("dev/a/b-c", b"1", 1), literal("dev/a/b_c", b"2", 1)];
                [two, vec![literal("dev/a/b-c", b"3", 2)]]
            },
        ),
        one(
            "twice-before-name",
            MALFORMED,
            "In slot 1 a coordinate of slot 0, then a name that changes how programs load.",
            || {
                let high = vec![literal("dev/a/b", b"2", 2), literal("dev/a/path", b"3", 2)];
                [vec![literal("dev/a/b", b"1", 1)], high]
            },
        ),
        one(
            "name-before-twice",
            POLICY,
            "A name that changes how programs load, then a coordinate of slot 0.",
            || {
                let high = vec![literal("dev/a/path", b"2", 2), literal("dev/a/z", b"3", 2)];
                [vec![literal("dev/a/z", b"1", 1)], high]
            },
        ),
        one(
            "slot-0-before-slot-1",
            POLICY,
            "The last of slot 0 is a name, the first of slot 1 is there twice.",
            || {
                let normal = vec![literal("dev/a/b", b"1", 1), literal("dev/z/path", b"2", 1)];
                [normal, vec![literal("dev/a/b", b"3", 2)]]
            },
        ),
        one(
            "twice-before-production",
            MALFORMED,
            "A coordinate twice, then a literal of production.",
            || {
                let high = vec![literal("dev/a/b", b"2", 2), literal("prod/a/b", b"3", 2)];
                [vec![literal("dev/a/b", b"1", 1)], high]
            },
        ),
    ]
}
