//! Clauses 7 and 8: who is trusted, when, and what is judged first.

use crate::case::{
    At::{Good, Open, Parse, Trust, Verify},
    BINDING, Case, MALFORMED, Made, NOT_FOR_ME, POLICY, TIME, UNSUPPORTED, UNTRUSTED, case,
};
use crate::entries::{full, literal, odds, one, small};
use forge::cbor::{bytes, cat, map, text, uint};
use forge::{ALICE, BOB, CAROL, CREATED, EXPIRES, MALLORY};

pub(crate) fn cases() -> Vec<Case> {
    [senders(), clocks(), order(), order_of_opening()].into_iter().flatten().collect()
}

/// Alice's package that Mallory signed, with her name in the header.
fn stolen() -> Vec<u8> {
    let good = small();
    let sealed = good.sealed();
    let mut stolen = good.set(1, bytes(&MALLORY.ed()));
    stolen.signer = MALLORY.signing();
    stolen.file_of(&sealed, b"")
}

fn senders() -> Vec<Case> {
    vec![
        case("7.1-nobody-pinned", Trust(UNTRUSTED), "The reader has pinned nobody.", || {
            Made::from(small()).trust(&[])
        })
        .rows(&[29]),
        case("7.1-others-pinned", Trust(UNTRUSTED), "The reader has pinned two others.", || {
            Made::from(small()).trust(&[BOB, CAROL])
        })
        .rows(&[29]),
        case("7.1-among-others", Good, "Alice is the second of three.", || {
            Made::from(one()).trust(&[BOB, ALICE, CAROL])
        }),
        case("7.1-signed-by-mallory", Trust(UNTRUSTED), "Mallory put her name on it.", stolen)
            .rows(&[28]),
        case(
            "4.5-signed-by-mallory",
            Open(BINDING),
            "And she is pinned: it is not bound to her.",
            || Made::from(stolen()).trust(&[MALLORY]),
        )
        .rows(&[28]),
    ]
}

fn clocks() -> Vec<Case> {
    let late = [
        ("at-expiry", EXPIRES),
        ("a-year-later", EXPIRES + 31_536_000),
        ("at-the-end", { u64::MAX / 1000 }),
    ];
    let early = [("301-s-ahead", CREATED - 301), ("in-1970", 0)];
    let good = [
        ("300-s-ahead", CREATED - 300),
        ("when-created", CREATED),
        ("a-second-before-expiry", EXPIRES - 1),
    ];
    let bad = late.into_iter().chain(early).map(|(name, now)| {
        case(format!("7.2-{name}"), Trust(TIME), "Not in its time.", move || {
            Made::from(small()).now(now)
        })
        .rows(&[47])
    });
    let good = good.into_iter().map(|(name, now)| {
        case(format!("7.2-{name}"), Good, "Just in its time.", move || Made::from(one()).now(now))
    });
    bad.chain(good).collect()
}

fn order() -> Vec<Case> {
    let broken = |mut file: Vec<u8>| {
        let at = file.len() - 64;
        file[at..].fill(0);
        file
    };
    let crit = || small().set(7, cat(&[&map(1), &text("x"), &bytes(b"")]));
    vec![
        case(
            "8-shape-before-signature",
            Parse(MALFORMED),
            "It expires at once, unsigned.",
            move || broken(small().set(4, uint(CREATED)).file()),
        ),
        case(
            "8-crit-before-signature",
            Parse(UNSUPPORTED),
            "An unknown crit, unsigned.",
            move || broken(crit().file()),
        ),
        case(
            "8-crit-before-trust",
            Parse(UNSUPPORTED),
            "An unknown crit, by nobody known.",
            move || Made::from(crit()).trust(&[]),
        ),
        case(
            "8-header-before-crit",
            Parse(MALFORMED),
            "An unknown crit and an unknown key.",
            move || crit().set(9, uint(0)),
        ),
        case(
            "8-key-before-signature",
            Verify,
            "A weak key, by nobody known, expired.",
            move || {
                let forge = small().set(1, bytes(&[0; 32]));
                Made::from(forge).trust(&[]).now(EXPIRES)
            },
        ),
        case(
            "8-signature-before-trust",
            Verify,
            "Unsigned, by nobody known, expired.",
            move || Made::from(broken(small().file())).trust(&[]).now(EXPIRES),
        ),
        case("8-trust-before-time", Trust(UNTRUSTED), "By nobody known, and expired.", || {
            Made::from(small()).trust(&[]).now(EXPIRES)
        }),
        case("8-time-before-recipient", Trust(TIME), "Expired, and not for Carol.", || {
            Made::from(small()).now(EXPIRES).reader("carol")
        }),
    ]
}

fn order_of_opening() -> Vec<Case> {
    vec![
        case(
            "8-recipient-before-payload",
            Open(NOT_FOR_ME),
            "Not for Carol, and the slot is \
            of another package.",
            || {
                let (good, other) = (small(), small().set(0, bytes(&[0x2e; 16])));
                Made::from(good.file_of(&other.sealed(), b"")).reader("carol")
            },
        ),
        case(
            "8-binding-before-policy",
            Open(BINDING),
            "Of another package, and a bad coordinate.",
            || {
                let bad = || odds(vec![literal("../a/b", b"v", 1).encode()], vec![]);
                let other = bad().set(0, bytes(&[0x2e; 16]));
                bad().file_of(&other.sealed(), b"")
            },
        ),
        case(
            "8-grammar-before-token",
            Open(POLICY),
            "A bad coordinate in slot 0, and no token.",
            || {
                let normal = literal("../a/b", b"v", 1).encode();
                let high = literal("dev/a/b", b"v", 2).encode();
                Made::from(odds(vec![normal], vec![high])).token("no")
            },
        ),
        case("8-nothing-of-slot-0", Open(MALFORMED), "Slot 0 is good, slot 1 is not.", || {
            let good = full();
            let high = good.seal_high(b"\xf6");
            good.file_of(&good.sealed(), &high)
        }),
    ]
}
