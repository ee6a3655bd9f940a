//! Clauses 4.1 to 4.5: payloads, entries, padding and binding.

use crate::case::{
    At::{Good, Open},
    BINDING, Case, LIMIT, MALFORMED, Made, case,
};
use crate::entries::{for_bob, full, literal, odd, odds, one, reference, small, with_payload};
use forge::cbor::{array, bytes, cat, map, text, uint};
use forge::{self, BOB, CAROL, CREATED, EXPIRES, Forge, MALLORY, To};
use sha2::{Digest, Sha256};

pub(crate) fn cases() -> Vec<Case> {
    [
        shapes(),
        good_entries(),
        bad_entries(),
        sizes(),
        two_faults(),
        order(),
        padding(),
        binding(),
        wrong_slots(),
        header_bound(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn bad<M: Into<Made> + 'static>(
    name: &str,
    class: &'static str,
    note: &str,
    make: fn() -> M,
) -> Case {
    case(name, Open(class), note, make)
}

/// The items of the small package's payload behind its slot.
fn hash() -> Vec<u8> {
    bytes(&Sha256::digest(small().header()))
}

fn list() -> Vec<u8> {
    cat(&[&array(1), &small().entries[0][0]])
}

fn shapes() -> Vec<Case> {
    let start = |items, name, version| {
        cat(&[&array(items), &text(name), &uint(version), &uint(0), &hash()])
    };
    let of = move |name: &str, note: &str, make: fn() -> Vec<u8>| {
        case(format!("4.1-{name}"), Open(MALFORMED), note, move || with_payload(&make()))
    };
    let pad = || bytes(&[0; 8]);
    vec![
        of("null", "A payload that is null.", || vec![0xf6]),
        of("zeros", "A payload of zeros.", || vec![0; 1024]),
        case("4.1-another-name", Open(MALFORMED), "The name of another structure.", move || {
            with_payload(&cat(&[&start(6, "kovra-package", 1), &list(), &pad()]))
        }),
        case("4.1-version-0", Open(MALFORMED), "A payload of version 0.", move || {
            with_payload(&cat(&[&start(6, "kovra-entries", 0), &list(), &pad()]))
        }),
        case("4.1-version-2", Open(MALFORMED), "A payload of version 2.", move || {
            with_payload(&cat(&[&start(6, "kovra-entries", 2), &list(), &pad()]))
        }),
        case("4.1-five-items", Open(MALFORMED), "A payload without padding.", move || {
            with_payload(&cat(&[&start(5, "kovra-entries", 1), &list()]))
        }),
        case("4.1-seven-items", Open(MALFORMED), "A payload with padding twice.", move || {
            with_payload(&cat(&[&start(7, "kovra-entries", 1), &list(), &pad(), &pad()]))
        }),
        case("4.1-entries-as-map", Open(MALFORMED), "A map of entries.", move || {
            with_payload(&cat(&[&start(6, "kovra-entries", 1), &map(0), &pad()]))
        }),
        case("4.1-pad-as-text", Open(MALFORMED), "Padding that is text.", move || {
            with_payload(&cat(&[&start(6, "kovra-entries", 1), &list(), &text("")]))
        }),
        of("hash-31", "A header hash of 31 bytes.", || {
            let start = cat(&[&array(6), &text("kovra-entries"), &uint(1), &uint(0)]);
            cat(&[&start, &bytes(&[0; 31]), &list(), &bytes(&[0; 8])])
        }),
        of("slot-as-text", "A slot that is text.", || {
            let start = cat(&[&array(6), &text("kovra-entries"), &uint(1), &text("0")]);
            cat(&[&start, &hash(), &list(), &bytes(&[0; 8])])
        }),
        bad("4.1-files-exchanged", MALFORMED, "Each slot's age file in the other's place.", || {
            full().file_of(&full().high(), &full().sealed())
        })
        .rows(&[32]),
        of("cut", "A payload that ends in the padding.", || {
            let whole = small().payload(0);
            whole[..whole.len() - 1].to_vec()
        }),
    ]
}

fn good_entries() -> Vec<Case> {
    let values: [(&str, &[u8]); 5] = [
        ("empty", b""),
        ("nul", b"a\0b"),
        ("lines", b"one\r\ntwo\n"),
        ("no-text", b"\xff\xfe\x80"),
        ("escapes", b"\x1b[2J$(reboot)`id`"),
    ];
    let values = values.map(|(name, value)| {
        let note = "A literal may hold any byte.";
        case(format!("4.2-literal-{name}"), Good, note, move || {
            for_bob(&[literal("dev/a/b", value, 1)])
        })
        .rows(&[58])
    });
    let more = [
        case(
            "4.2-every-kind",
            Good,
            "Modes, sensitivities and descriptions, as they may be.",
            || {
                for_bob(&[
                    literal("dev/a/inject-only", b"3", 3)
                        .described("Gr\u{fc}\u{df}e, \u{65e5}\u{672c}"),
                    literal("dev/a/low", b"0", 0).described("x"),
                    literal("dev/a/medium", b"1", 1),
                    reference("dev/b/low", "aws-sm://a", 0),
                    reference("dev/b/medium", "aws-sm://b", 1).described("a pointer"),
                    reference("prod/b/high", "aws-sm://c", 2),
                    reference("prod/b/inject-only", "aws-sm://d", 3),
                    literal("qa/a/high", b"2", 2),
                ])
            },
        ),
        case("4.2-description-512", Good, "A description of 512 bytes.", || {
            for_bob(&[literal("dev/a/b", b"v", 1).described(&"\u{fc}".repeat(256))])
        }),
        case("4.2-literal-256-kib", Good, "A literal of 262,144 bytes.", || {
            for_bob(&[literal("dev/a/b", &[0x55; 256 << 10], 1)])
        })
        .rows(&[66]),
        case("4.2-pointer-1024", Good, "A pointer of 1,024 bytes.", || {
            let region = format!("{}10", format!("{}-", "r".repeat(12)).repeat(4));
            let arn = "arn:aws-iso-abcdefghijkl:secretsmanager";
            let arn = format!("{arn}:{region}:123456789012:secret:{}", "x".repeat(512));
            let query = format!("region={region}&version-stage={}", "y".repeat(256));
            let pointer = format!("aws-sm://{arn}?{query}#");
            let field = "f".repeat(1024 - pointer.len());
            for_bob(&[reference("dev/a/b", &format!("{pointer}{field}"), 1)])
        }),
        case("4.2-4096-entries", Good, "As many entries as there may be.", || {
            let items: Vec<_> =
                (0..4096).map(|i| literal(&format!("d/a/{i:04}"), b"", 0)).collect();
            for_bob(&items)
        })
        .rows(&[66]),
        case("4.2-only-slot-1", Good, "Slot 0 has no entries.", || {
            for_bob(&[literal("dev/a/b", b"v", 3)])
        }),
    ];
    values.into_iter().chain(more).collect()
}

fn bad_entries() -> Vec<Case> {
    let name = || cat(&[&[0], &text("dev/a/b")]);
    let value = || cat(&[&[2], &bytes(b"v")]);
    let note_of = || cat(&[&[4], &text("x")]);
    let entries: [(&str, &str, Vec<u8>); 19] = [
        ("no-coordinate", "No key 0.", cat(&[&map(3), &[1, 0], &value(), &[3, 1]])),
        ("no-mode", "No key 1.", cat(&[&map(3), &name(), &value(), &[3, 1]])),
        ("no-value", "No key 2.", cat(&[&map(3), &name(), &[1, 0, 3, 1]])),
        ("no-sensitivity", "No key 3.", cat(&[&map(3), &name(), &[1, 0], &value()])),
        ("description-for-sensitivity", "Key 4 in place of key 3.", {
            cat(&[&map(4), &name(), &[1, 0], &value(), &note_of()])
        }),
        ("key-6", "A key 6.", cat(&[&map(5), &name(), &[1, 0], &value(), &[3, 1, 6, 0]])),
        ("six-pairs", "A key 6 behind a description.", {
            cat(&[&map(6), &name(), &[1, 0], &value(), &[3, 1], &note_of(), &[6, 0]])
        }),
        ("unsorted", "Key 1 before key 0.", cat(&[&map(4), &[1, 0], &name(), &value(), &[3, 1]])),
        ("coordinate-twice", "Key 0 twice.", {
            cat(&[&map(5), &name(), &name(), &[1, 0], &value(), &[3, 1]])
        }),
        ("mode-2", "A mode of 2.", cat(&[&map(4), &name(), &[1, 2], &value(), &[3, 1]])),
        ("literal-as-text", "A literal that is text.", {
            cat(&[&map(4), &name(), &[1, 0, 2], &text("v"), &[3, 1]])
        }),
        ("pointer-in-bytes", "A pointer that is a byte string.", {
            cat(&[&map(4), &name(), &[1, 1, 2], &bytes(b"aws-sm://x"), &[3, 1]])
        }),
        ("sensitivity-4", "A sensitivity of 4.", {
            cat(&[&map(4), &name(), &[1, 0], &value(), &[3, 4]])
        }),
        ("sensitivity-as-text", "A sensitivity that is text.", {
            cat(&[&map(4), &name(), &[1, 0], &value(), &[3], &text("low")])
        }),
        ("coordinate-in-bytes", "A coordinate that is a byte string.", {
            cat(&[&map(4), &[0], &bytes(b"dev/a/b"), &[1, 0], &value(), &[3, 1]])
        }),
        ("description-in-bytes", "A description that is a byte string.", {
            cat(&[&map(5), &name(), &[1, 0], &value(), &[3, 1, 4], &bytes(b"x")])
        }),
        ("description-empty", "A description of no bytes.", {
            cat(&[&map(5), &name(), &[1, 0], &value(), &[3, 1, 4], &text("")])
        }),
        ("an-array", "An array of the four values.", {
            cat(&[&array(4), &text("dev/a/b"), &[0], &bytes(b"v"), &[1]])
        }),
        ("null", "An entry that is null.", vec![0xf6]),
    ];
    let make = |(name, note, entry): (&str, &str, Vec<u8>)| {
        case(format!("4.2-{name}"), Open(MALFORMED), note, move || odd(entry.clone()))
    };
    entries.into_iter().map(make).collect()
}

fn sizes() -> Vec<Case> {
    let over = |name: &str, note: &str, make: fn() -> Forge| bad(name, LIMIT, note, make);
    vec![
        over("4.2-literal-over", "A literal of 262,145 bytes.", || {
            odd(literal("dev/a/b", &[0x55; (256 << 10) + 1], 1).encode())
        })
        .rows(&[66]),
        over("4.2-pointer-over", "A pointer of 1,025 bytes.", || {
            odd(reference("dev/a/b", &format!("aws-sm://{}", "x".repeat(1016)), 1).encode())
        }),
        over("4.2-description-over", "A description of 513 bytes.", || {
            odd(literal("dev/a/b", b"v", 1).described(&"x".repeat(513)).encode())
        }),
        over("4.2-description-over-in-characters", "257 characters of two bytes.", || {
            odd(literal("dev/a/b", b"v", 1).described(&"\u{fc}".repeat(257)).encode())
        }),
        bad("4.2-4097-entries", LIMIT, "4,097 entries where the header counts one.", || {
            let good = small();
            let entry = |i| literal(&format!("d/a/{i:04}"), b"", 0).encode();
            let entries: Vec<_> = (0..4097).map(entry).collect();
            let payload = forge::payload(0, &Sha256::digest(good.header()), &entries, &[]);
            with_payload(&payload)
        })
        .rows(&[66]),
    ]
}

/// Faults of two classes in one payload: the first in the order of bytes decides (8.4).
fn two_faults() -> Vec<Case> {
    let name = |name: &str| cat(&[&[0], &text(name)]);
    let pointer = || cat(&[&[1, 1, 2], &text(&format!("aws-sm://{}", "x".repeat(1016)))]);
    let value = || cat(&[&[1, 0, 2], &bytes(b"v")]);
    let remark = || cat(&[&[4], &text(&"x".repeat(513))]);
    let good = |coordinate: &str| literal(coordinate, b"v", 1).encode();
    let one = |name: &str, class, note: &str, entries: Vec<Vec<u8>>| {
        case(format!("8.4-{name}"), Open(class), note, move || odds(entries.clone(), vec![]))
    };
    let over = move |coordinate: &str| cat(&[&map(4), &name(coordinate), &pointer(), &[3, 1]]);
    vec![
        one(
            "pointer-over-before-sensitivity-4",
            LIMIT,
            "A pointer too long, then a sensitivity of 4.",
            vec![cat(&[&map(4), &name("dev/a/b"), &pointer(), &[3, 4]])],
        ),
        one("pointer-over-before-no-sensitivity", LIMIT, "A pointer too long, then no key 3.", {
            vec![cat(&[&map(3), &name("dev/a/b"), &pointer()])]
        }),
        one("mode-2-before-pointer-over", MALFORMED, "A mode of 2, and a pointer too long.", {
            let value = pointer();
            vec![cat(&[&map(4), &name("dev/a/b"), &[1, 2], &value[2..], &[3, 1]])]
        }),
        one(
            "sensitivity-4-before-description-over",
            MALFORMED,
            "A sensitivity of 4, then a description too long.",
            vec![cat(&[&map(5), &name("dev/a/b"), &value(), &[3, 4], &remark()])],
        ),
        one("description-over-before-key-6", LIMIT, "A description too long, then a key 6.", {
            vec![cat(&[&map(6), &name("dev/a/b"), &value(), &[3, 1], &remark(), &[6, 0]])]
        }),
        one(
            "pointer-over-in-an-entry-out-of-order",
            LIMIT,
            "c before b, whose pointer is too long.",
            vec![good("dev/a/c"), over("dev/a/b")],
        ),
        one(
            "out-of-order-before-pointer-over",
            MALFORMED,
            "c before b, then d with a pointer too long.",
            vec![good("dev/a/c"), good("dev/a/b"), over("dev/a/d")],
        ),
        bad(
            "8.4-pointer-over-before-padding",
            LIMIT,
            "A pointer too long, then padding of ones.",
            || {
                let good = small();
                let entry = reference("dev/a/b", &format!("aws-sm://{}", "x".repeat(1016)), 1);
                let hash = Sha256::digest(good.header());
                with_payload(&forge::payload(0, &hash, &[entry.encode()], &[1; 8]))
            },
        ),
        bad(
            "8.4-slot-1-and-padding",
            MALFORMED,
            "The payload of slot 1 in slot 0, with padding of ones.",
            || {
                let good = small();
                let hash = Sha256::digest(good.header());
                with_payload(&forge::payload(1, &hash, &good.entries[0], &[1; 8]))
            },
        ),
    ]
}

fn order() -> Vec<Case> {
    let of = |names: [&str; 2]| names.map(|n| literal(n, b"v", 1).encode()).to_vec();
    vec![
        case("4.3-order-of-text", Good, "The order is that of the text: bb before c.", || {
            for_bob(&[literal("dev/a/bb", b"1", 1), literal("dev/a/c", b"2", 1)])
        }),
        case(
            "4.3-order-of-encoding",
            Open(MALFORMED),
            "The order of the encoding: c before bb.",
            move || odds(of(["dev/a/c", "dev/a/bb"]), vec![]),
        )
        .rows(&[52]),
        case("4.3-unsorted", Open(MALFORMED), "c before b.", move || {
            odds(of(["dev/a/c", "dev/a/b"]), vec![])
        })
        .rows(&[52]),
        case("4.3-twice", Open(MALFORMED), "The same coordinate twice in slot 0.", move || {
            odds(of(["dev/a/b", "dev/a/b"]), vec![])
        })
        .rows(&[52]),
        case("4.3-prefix-first", Good, "A name before the longer one that it begins.", || {
            for_bob(&[literal("dev/a/b", b"1", 1), literal("dev/a/b0", b"2", 1)])
        }),
    ]
}

fn padding() -> Vec<Case> {
    let padded = |pad: Vec<u8>| {
        let good = small();
        let hash = Sha256::digest(good.header());
        with_payload(&forge::payload(0, &hash, &good.entries[0], &pad))
    };
    let good = [("none", 0), ("short", 23), ("of-any-length", 700)].map(|(name, length)| {
        let note = format!("{length} bytes of padding: a reader does not check how many.");
        case(format!("4.4-padding-{name}"), Good, note, move || {
            one().file(|_| padded(vec![0; length]))
        })
    });
    let bad = [("first", 0), ("middle", 300), ("last", 599)].map(|(name, at)| {
        let note = format!("Byte {at} of 600 of the padding is one.");
        case(format!("4.4-padding-{name}-byte"), Open(MALFORMED), note, move || {
            let mut pad = vec![0; 600];
            pad[at] = 1;
            padded(pad)
        })
        .rows(&[67])
    });
    let large =
        case("4.4-padme-above-1-kib", Good, "A payload that is padded to 5,120 bytes.", || {
            for_bob(&[literal("dev/a/b", &[0x55; 4800], 1)])
        });
    good.into_iter().chain(bad).chain([large]).collect()
}

fn binding() -> Vec<Case> {
    let bad = |name: &str, note: &str, make: fn() -> Vec<u8>| bad(name, BINDING, note, make);
    let counts = [(1, 1), (3, 1), (2, 2), (2, 4094), (0, 1)].map(|(normal, high)| {
        let note = format!("The header counts {normal} and {high}; there are 2 and 1.");
        case(format!("4.5-counts-{normal}-and-{high}"), Open(BINDING), note, move || {
            full().set(6, cat(&[&array(2), &uint(normal), &uint(high)]))
        })
        .rows(&[33])
    });
    let rest = [
        bad("4.5-slots-exchanged", "Each payload in the other's place.", || {
            let good = full();
            good.file_of(&good.seal(&good.payload(1)), &good.seal_high(&good.payload(0)))
        })
        .rows(&[32]),
        bad("4.5-slot-2", "A payload of slot 2.", || {
            let good = small();
            let hash = Sha256::digest(good.header());
            with_payload(&forge::payload(2, &hash, &good.entries[0], &[0; 600]))
        })
        .rows(&[32]),
        bad("4.5-slot-1-in-sealed", "Slot 0's payload says that it is slot 1's.", || {
            let good = small();
            let hash = Sha256::digest(good.header());
            with_payload(&forge::payload(1, &hash, &good.entries[0], &[]))
        })
        .rows(&[32]),
        bad("4.5-slot-0-in-high", "Slot 1's payload says that it is slot 0's.", || {
            let good = full();
            let hash = Sha256::digest(good.header());
            let payload = forge::payload(0, &hash, &good.entries[1], &[]);
            good.file_of(&good.sealed(), &good.seal_high(&payload))
        })
        .rows(&[32]),
        bad("4.5-high-of-another-package", "Slot 1 was sealed under another header.", || {
            let (good, other) = (full(), full().set(0, bytes(&[0x2e; 16])));
            good.file_of(&good.sealed(), &other.high())
        })
        .rows(&[32]),
        bad("4.5-sealed-of-another-package", "Slot 0 was sealed under another header.", || {
            let (good, other) = (full(), full().set(0, bytes(&[0x2e; 16])));
            good.file_of(&other.sealed(), &good.high())
        })
        .rows(&[32]),
        bad("4.5-hash-of-zeros", "A header hash of zeros.", || {
            with_payload(&forge::payload(0, &[0; 32], &small().entries[0], &[0; 600]))
        })
        .rows(&[31]),
        bad("4.5-hash-with-head", "The hash is over the byte string with its head.", || {
            let good = small();
            let hash = Sha256::digest(bytes(&good.header()));
            with_payload(&forge::payload(0, &hash, &good.entries[0], &[0; 600]))
        })
        .rows(&[31]),
    ];
    counts.into_iter().chain(rest).collect()
}

/// Entries in the slot that is not theirs.
fn wrong_slots() -> Vec<Case> {
    let slots: [(&str, &str, Vec<_>, Vec<_>); 6] = [
        ("high-in-slot-0", "A high literal in slot 0.", vec![literal("dev/a/b", b"v", 2)], vec![]),
        (
            "inject-only-in-slot-0",
            "An inject-only literal in slot 0.",
            vec![literal("dev/a/b", b"v", 3)],
            vec![],
        ),
        ("low-in-slot-1", "A low literal in slot 1.", vec![], vec![literal("dev/a/b", b"v", 0)]),
        ("medium-in-slot-1", "A medium literal in slot 1.", vec![literal("dev/a/a", b"v", 1)], {
            vec![literal("dev/a/b", b"v", 1)]
        }),
        (
            "reference-in-slot-1",
            "A high reference in slot 1.",
            vec![literal("dev/a/a", b"v", 1)],
            vec![reference("dev/a/b", "aws-sm://x", 2)],
        ),
        ("inject-only-reference-in-slot-1", "An inject-only reference in slot 1.", vec![], {
            vec![reference("dev/a/b", "aws-sm://x", 3)]
        }),
    ];
    let slots = slots.map(|(name, note, normal, high)| {
        let encode = |items: Vec<crate::entries::Item>| -> Vec<_> {
            items.iter().map(crate::entries::Item::encode).collect()
        };
        let (normal, high) = (encode(normal), encode(high));
        case(format!("4.5-{name}"), Open(BINDING), note, move || odds(normal.clone(), high.clone()))
            .rows(&[34])
    });
    slots.into_iter().collect()
}

/// A header that Alice changed and signed, and the payloads of before.
fn header_bound() -> Vec<Case> {
    let fields = [
        ("id", 0, bytes(&[0x1e; 16])),
        ("seq", 2, uint(CREATED * 1000 + 18)),
        ("created", 3, uint(CREATED + 1)),
        ("expires", 4, uint(EXPIRES + 1)),
        ("counts", 6, cat(&[&array(2), &uint(1), &uint(2)])),
        ("ext", 8, cat(&[&map(1), &text("x"), &bytes(b"")])),
    ];
    let make = |(name, key, value): (&str, u64, Vec<u8>)| {
        let note = format!("The {name} was changed after the payloads were made.");
        case(format!("4.5-{name}-changed"), Open(BINDING), note, move || {
            let good = full();
            let (sealed, high) = (good.sealed(), good.high());
            good.set(key, value.clone()).file_of(&sealed, &high)
        })
        .rows(&[31])
    };
    let resealed =
        case("4.5-resealed", Open(BINDING), "Bob's own package of Alice's payload.", || {
            let alices = small();
            let mut bobs = Forge::with(&[To::kovra(&CAROL)], alices.entries[0].clone(), vec![]);
            bobs = crate::entries::fixed(bobs).set(1, bytes(&BOB.ed()));
            bobs.signer = BOB.signing();
            let file = bobs.file_of(&bobs.seal(&alices.payload(0)), b"");
            Made::from(file).trust(&[BOB]).reader("carol")
        })
        .rows(&[31]);
    let recipients = case(
        "4.5-recipients-changed",
        Open(BINDING),
        "Mallory is listed in Carol's place.",
        || {
            let to = |other| {
                let mut to = [To::kovra(&BOB), To::kovra(other)];
                to.sort_by(|a, b| a.listed.cmp(&b.listed));
                crate::entries::fixed(Forge::with(&to, small().entries[0].clone(), vec![]))
            };
            to(&MALLORY).file_of(&to(&CAROL).sealed(), b"")
        },
    )
    .rows(&[31]);
    fields.into_iter().map(make).chain([resealed, recipients]).collect()
}
