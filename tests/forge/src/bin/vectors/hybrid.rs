//! Clauses 3.5 and 5.2 to 5.4 of post-quantum packages: kinds that do not mix, and hybrid stanzas as a reader without a
//! key sees them.

use crate::age_layer::{filled, grease, sealed_to};
use crate::case::{
    At::{Good, Parse},
    BINDING, Case, LIMIT, MALFORMED, Made, UNSUPPORTED, case,
};
use crate::entries::{Known, fixed, literal, of};
use crate::identity::{U_ORDER_8, U_ORDER_8_TOO};
use crate::signature::{near_p, small_number};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use forge::age::Age;
use forge::cbor::{array, bytes, cat, map, text, uint};
use forge::hybrid::enc;
use forge::{
    B32, BOB, CAROL, Forge, Keys, MALLORY, To, age_shape, hybrid_stanza, listed, stranger,
    x25519_stanza,
};

pub(crate) fn cases() -> Vec<Case> {
    let groups =
        [good(), good_stanzas(), kinds(), two_faults(), limits(), stanzas(), shares(), matching()];
    groups.into_iter().flatten().collect()
}

/// These by their hybrid keys, in order.
pub(crate) fn sorted(people: &[Keys]) -> Vec<To> {
    let mut to: Vec<To> = people.iter().map(To::hybrid).collect();
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    to
}

/// One entry, in slot 0.
pub(crate) fn one_to(people: &[Keys]) -> Known {
    of(&sorted(people), &[literal("dev/db/host", b"db.internal", 1)])
}

/// An entry in each slot.
pub(crate) fn both_to(people: &[Keys]) -> Known {
    let high = literal("dev/db/password", b"correct horse", 2);
    let known = of(&sorted(people), &[literal("dev/db/host", b"db.internal", 1), high]);
    known.but(Forge::with_hybrid_token)
}

/// The same for Bob, with these bytes for slot 1.
fn with_high(high: &[u8]) -> Vec<u8> {
    let good = both_to(&[BOB]).bare();
    good.file_of(&good.sealed(), high)
}

/// The package for Bob with these bytes for slot 0.
fn with_sealed(sealed: &[u8]) -> Vec<u8> {
    one_to(&[BOB]).bare().file_of(sealed, b"")
}

/// Bob and 63 others.
fn sixty_four() -> Vec<Keys> {
    (1..64).map(stranger).chain([BOB]).collect()
}

fn good() -> Vec<Case> {
    vec![
        case("3.5-hybrid", Good, "A hybrid key, and no slot 1.", || {
            Made::from(one_to(&[BOB])).token("no")
        }),
        case("3.5-hybrid-two", Good, "Bob and Carol by their hybrid keys, in both slots.", || {
            Made::from(both_to(&[BOB, CAROL])).token("hybrid")
        }),
        case("3.5-hybrid-of-age", Good, "Bob, and a hybrid key that is no identity's.", || {
            Made::from(one_to(&[BOB, stranger(9)])).token("no")
        }),
        case("3.5-hybrid-64", Good, "As many hybrid keys as there may be, in both slots.", || {
            Made::from(both_to(&sixty_four())).token("hybrid")
        })
        .rows(&[11]),
        case("8-hybrid-high-left-closed", Good, "Slot 0 alone, without a token.", || {
            both_to(&[BOB]).skipped()
        })
        .rows(&[35]),
    ]
}

fn good_stanzas() -> Vec<Case> {
    let greases = [
        ("first", 0, "-> a-grease\n\n".to_owned()),
        ("between", 1, "-> mlkem768x25519-grease ~\nAAAA\n".to_owned()),
        ("last", 2, grease(1024)),
    ];
    let greases = greases.map(|(name, at, stanza)| {
        let note = "Grease, which has no place in the order of key 5.";
        case(format!("5.3-hybrid-grease-{name}"), Good, note, move || {
            one_to(&[BOB, CAROL]).file(|forge| {
                let mut sealed = Age::of(&forge.keys, &forge.payload(0));
                sealed.stanzas.insert(at, stanza.clone());
                forge.file_of(&sealed.file(), b"")
            })
        })
    });
    let in_high = || {
        let made = both_to(&[BOB]).file(|forge| {
            let mut inner = Age::of(&[forge.token_recipient()], &forge.payload(1));
            inner.stanzas.insert(0, grease(1024));
            let mut outer = Age::of(&forge.keys, &inner.file());
            outer.stanzas.insert(0, grease(66));
            forge.file_of(&forge.sealed(), &outer.file())
        });
        made.token("hybrid")
    };
    let note = "Grease in slot 1 and in its token layer.";
    let in_high = case("5.3-hybrid-grease-in-high", Good, note, in_high);
    greases.into_iter().chain([in_high]).collect()
}

fn list(recipients: &[Vec<u8>]) -> Vec<u8> {
    cat(&[&array(recipients.len() as u64), &recipients.concat()])
}

/// A package whose header lists these, and nothing else is made for them.
fn listing(recipients: &[Vec<u8>]) -> Forge {
    one_to(&[BOB]).bare().set(5, list(recipients))
}

fn kinds() -> Vec<Case> {
    let bad = |name: &str, note: &str, to: Vec<To>| {
        case(format!("3.5-{name}"), Parse(MALFORMED), note, move || {
            fixed(Forge::with(&to, one_to(&[BOB]).bare().entries[0].clone(), vec![]))
        })
    };
    let mixed = |name: &str, note: &str, others: &[To]| {
        bad(name, note, [others, &[To::hybrid(&BOB)]].concat()).rows(&[69])
    };
    let [bob, carol] = [To::kovra(&BOB), To::kovra(&CAROL)];
    let mut back = sorted(&[BOB, CAROL]);
    back.reverse();
    vec![
        mixed("hybrid-behind-kovra", "Bob by both of his keys.", &[bob]),
        mixed("hybrid-behind-age", "Carol by kind 1, Bob by kind 3.", &[To::age(&CAROL)]),
        mixed("hybrid-behind-ssh", "Carol by kind 2, Bob by kind 3.", &[To::ssh(&CAROL)]),
        mixed("four-kinds", "Each kind.", &[carol, To::age(&CAROL), To::ssh(&CAROL)]),
        bad("hybrid-before-kovra", "Kind 3, then kind 0.", {
            vec![To::hybrid(&BOB), To::kovra(&CAROL)]
        })
        .rows(&[12, 69]),
        bad("hybrid-unsorted", "The higher fingerprint first.", back).rows(&[12]),
        bad("hybrid-twice", "The same recipient twice.", vec![To::hybrid(&BOB); 2]).rows(&[12]),
        case("3.5-hybrid-65", Parse(LIMIT), "65 of kind 3.", || {
            let people: Vec<Keys> = sixty_four().into_iter().chain([CAROL]).collect();
            let all: Vec<Vec<u8>> = sorted(&people).into_iter().map(|to| to.listed).collect();
            listing(&all)
        })
        .rows(&[11]),
    ]
}

/// The first in the order of bytes decides (8.4).
fn two_faults() -> Vec<Case> {
    let one = |name: &str, class, note: &str, recipients: Vec<Vec<u8>>| {
        case(format!("8.4-{name}"), Parse(class), note, move || listing(&recipients))
    };
    let [kovra, hybrid] = [To::kovra(&BOB), To::hybrid(&BOB)].map(|to| to.listed);
    let unknown = || listed(4, &BOB.x());
    vec![
        one("mixed-before-kind-4", MALFORMED, "Kinds 0, 3 and 4.", {
            vec![kovra.clone(), hybrid.clone(), unknown()]
        }),
        one("kind-4-before-mixed", UNSUPPORTED, "Kinds 0, 4 and 3.", {
            vec![kovra, unknown(), hybrid]
        }),
        case("8.4-mixed-before-4097-entries", Parse(MALFORMED), "And too many entries.", || {
            let mixed = [To::kovra(&BOB), To::hybrid(&BOB)].map(|to| to.listed);
            listing(&mixed).set(6, cat(&[&array(2), &uint(4097), &uint(0)]))
        }),
        case("8-hybrid-match-before-crit", Parse(BINDING), "No stanza fits, and a crit.", || {
            let crit = cat(&[&map(1), &text("x"), &bytes(b"")]);
            let good = one_to(&[BOB]).bare().set(7, crit);
            good.file_of(&age_shape(&x25519_stanza()), b"")
        }),
    ]
}

/// The most that an age header may have, of one hybrid recipient and of 64.
const ONE: usize = 16_384 + 1_557;
const MANY: usize = 16_384 + 64 * 1_557;

/// More than one, and less than the least limit.
fn ten() -> String {
    hybrid_stanza().repeat(10)
}

/// Bytes of an age file without an end.
fn endless(size: usize) -> Vec<u8> {
    cat(&[b"age-encryption.org/v1\n", &vec![b'A'; size - 22]])
}

fn limits() -> Vec<Case> {
    let row = |class| -> &'static [u8] { if class == LIMIT { &[19] } else { &[] } };
    let one = |name: &str, class, note: &str, make: fn() -> Vec<u8>| {
        case(format!("5.2-hybrid-{name}"), Parse(class), note, make).rows(row(class))
    };
    let many = |name: &str, class, note: &str, end: usize| {
        case(format!("9-{name}"), Parse(class), note, move || {
            let good = one_to(&sixty_four()).bare();
            good.file_of(&filled(&hybrid_stanza().repeat(64), end), b"")
        })
        .rows(row(class))
    };
    let of_kovra = |name: &str, class, note: &str, end: usize| {
        case(format!("5.2-{name}"), Parse(class), note, move || {
            crate::age_layer::with_sealed(&filled(&ten(), end))
        })
        .rows(row(class))
    };
    let (fits, over) = ("`--- ` ends with the limit.", "`--- ` ends one byte behind the limit.");
    let classical = "No kind 3 is listed, so hybrid stanzas give no room.";
    vec![
        one("header-most", BINDING, fits, || with_sealed(&filled(&ten(), ONE))),
        one("header-over", LIMIT, over, || with_sealed(&filled(&ten(), ONE + 1))),
        one("header-in-high-most", BINDING, fits, || with_high(&filled(&ten(), ONE))),
        one("header-in-high-over", LIMIT, over, || with_high(&filled(&ten(), ONE + 1))),
        one("no-end", MALFORMED, "As many bytes as the limit, and no end in them.", || {
            with_sealed(&endless(ONE))
        }),
        one("no-end-and-a-byte", LIMIT, "A byte more than the limit, and no end.", || {
            with_sealed(&endless(ONE + 1))
        }),
        many("hybrid-header-of-64-most", BINDING, fits, MANY),
        many("hybrid-header-of-64-over", LIMIT, over, MANY + 1),
        of_kovra("header-of-kovra-most", BINDING, classical, 16_384),
        of_kovra("header-of-kovra-over", LIMIT, classical, 16_385),
    ]
}

/// ENC of so many bytes, with a good share at its end.
fn enc_of(size: usize) -> String {
    let mut enc = vec![0; size];
    enc[size - 32] = 9;
    BASE64_STANDARD_NO_PAD.encode(enc)
}

fn stanzas() -> Vec<Case> {
    let enc = enc(&[9]);
    let full_line = "A".repeat(64);
    let b33 = BASE64_STANDARD_NO_PAD.encode([9; 33]);
    let lines: Vec<&str> =
        enc.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let wrapped = lines.join("\n");
    // What stands behind the kind, with its line feeds.
    let rows = [
        ("enc-1119-bytes", format!(" {}\n{B32}\n", enc_of(1119))),
        ("enc-1121-bytes", format!(" {}\n{B32}\n", enc_of(1121))),
        ("enc-1088-bytes", format!(" {}\n{B32}\n", enc_of(1088))),
        ("enc-32-bytes", format!(" {B32}\n{B32}\n")),
        ("enc-of-two", format!(" {}\n{B32}\n", enc_of(2240))),
        ("enc-empty", format!(" \n{B32}\n")),
        ("no-enc", format!("\n{B32}\n")),
        ("enc-not-canonical", format!(" {}B\n{B32}\n", &enc[..1493])),
        ("enc-padded", format!(" {enc}==\n{B32}\n")),
        ("enc-url-base64", format!(" _{}\n{B32}\n", &enc[1..])),
        ("enc-not-base64", format!(" {}?{}\n{B32}\n", &enc[..700], &enc[701..])),
        ("enc-in-lines", format!(" {wrapped}\n{B32}\n")),
        ("third-word", format!(" {enc} x\n{B32}\n")),
        ("tag-before", format!(" AAAAAA {enc}\n{B32}\n")),
        ("share-apart", format!(" {} {B32}\n{B32}\n", enc_of(1088))),
        ("two-spaces", format!("  {enc}\n{B32}\n")),
        ("space-behind", format!(" {enc} \n{B32}\n")),
        ("tab", format!("\t{enc}\n{B32}\n")),
        ("no-space", format!("{enc}\n{B32}\n")),
        ("carriage-return", format!(" {enc}\r\n{B32}\r\n")),
        ("no-body", format!(" {enc}\n")),
        ("empty-body", format!(" {enc}\n\n")),
        ("31-bytes-in-body", format!(" {enc}\n{}\n", &B32[..42])),
        ("33-bytes-in-body", format!(" {enc}\n{b33}\n")),
        ("body-not-canonical", format!(" {enc}\n{}B\n", &B32[1..])),
        ("body-padded", format!(" {enc}\n{B32}=\n")),
        ("two-lines", format!(" {enc}\n{full_line}\n{B32}\n")),
        ("line-behind", format!(" {enc}\n{B32}\n\n")),
    ];
    let bad = |name: &str, note: &str, text: String| {
        case(format!("5.3-hybrid-{name}"), Parse(MALFORMED), note, move || {
            with_sealed(&age_shape(&text))
        })
    };
    let note = "A hybrid stanza of another shape.";
    let rows = rows.map(|(name, rest)| bad(name, note, format!("-> mlkem768x25519{rest}")));
    let more = [
        bad("in-capitals", note, format!("-> MLKEM768X25519 {enc}\n{B32}\n")),
        bad("without-x25519", note, format!("-> mlkem768 {enc}\n{B32}\n")),
        bad("behind-a-good-one", "The second is a byte short.", {
            format!("{}-> mlkem768x25519 {}\n{B32}\n", hybrid_stanza(), enc_of(1119))
        }),
        bad("and-scrypt", "scrypt beside it.", {
            format!("{}-> scrypt {} 30\n{B32}\n", hybrid_stanza(), &B32[..22])
        })
        .rows(&[20]),
        case("5.3-hybrid-short-in-high", Parse(MALFORMED), "A byte short, in slot 1.", || {
            with_high(&age_shape(&format!("-> mlkem768x25519 {}\n{B32}\n", enc_of(1119))))
        }),
        case("5.3-short-in-a-classical-package", Parse(MALFORMED), "Of a kind not listed.", || {
            let short = format!("-> mlkem768x25519 {}\n{B32}\n", enc_of(1119));
            crate::age_layer::with_sealed(&age_shape(&short))
        }),
    ];
    rows.into_iter().chain(more).collect()
}

/// What is no X25519 public key (1.2 of `spec/identity.md`).
pub(crate) fn no_shares() -> [(&'static str, [u8; 32]); 9] {
    [
        ("0", [0; 32]),
        ("1", small_number(1, 0)),
        ("p-less-1", near_p(0xec, 0x7f)),
        ("order-8", U_ORDER_8),
        ("order-8-too", U_ORDER_8_TOO),
        ("p", near_p(0xed, 0x7f)),
        ("p-and-1", near_p(0xee, 0x7f)),
        ("bit-255", small_number(9, 0x80)),
        ("ones", [0xff; 32]),
    ]
}

fn shares() -> Vec<Case> {
    let note = "The share in ENC is not canonical, or of small order.";
    let alone = no_shares().map(|(name, share)| {
        case(format!("5.3-hybrid-share-{name}"), Parse(MALFORMED), note, move || {
            with_sealed(&age_shape(&format!("-> mlkem768x25519 {}\n{B32}\n", enc(&share))))
        })
        .rows(&[71])
    });
    let behind = || {
        let good = one_to(&[BOB, CAROL]).bare();
        let mut sealed = Age::of(&good.keys, &good.payload(0));
        let mine = usize::from(good.keys[0] == BOB.hybrid_recipient());
        sealed.stanzas[mine] = format!("-> mlkem768x25519 {}\n{B32}\n", enc(&[0; 32]));
        good.file_of(&sealed.file(), b"")
    };
    let note = "Carol's share is 0, and Bob's stanza opens.";
    let beside = case("5.3-hybrid-share-beside-mine", Parse(MALFORMED), note, behind).rows(&[71]);
    alone.into_iter().chain([beside]).collect()
}

fn matching() -> Vec<Case> {
    let bad = |name: &str, note: &str, row: &'static [u8], make: fn() -> Vec<u8>| {
        case(format!("5.4-{name}"), Parse(BINDING), note, make).rows(row)
    };
    let [bob, carol, mallory] = [BOB, CAROL, MALLORY].map(|person| To::hybrid(&person));
    let to = |name: &str, note: &str, row: &'static [u8], listed: &[&To], keys: &[&To]| {
        let (listed, keys) = (owned(listed), owned(keys));
        case(format!("5.4-{name}"), Parse(BINDING), note, move || sealed_to(&listed, &keys))
            .rows(row)
    };
    let (kovra, age, ssh) = (To::kovra(&BOB), To::age(&MALLORY), To::ssh(&MALLORY));
    vec![
        to("hybrid-by-x25519", "The stanza is of Bob's X25519 key.", &[70], &[&bob], &[&kovra]),
        to("kovra-by-hybrid", "Kind 0 is listed, the stanza is hybrid.", &[], &[&kovra], &[&bob]),
        to("age-by-hybrid", "Kind 1, and a hybrid stanza.", &[], &[&age], &[&mallory]),
        to("ssh-by-hybrid", "Kind 2, and a hybrid stanza.", &[], &[&ssh], &[&mallory]),
        to("hidden-x25519-beside-hybrid", "Mallory's X25519.", &[21, 70], &[&bob], &[&bob, &age]),
        to("hidden-ssh-beside-hybrid", "Mallory's SSH key.", &[21, 70], &[&bob], &[&bob, &ssh]),
        to("hidden-hybrid", "Mallory can open it too.", &[21], &[&bob], &[&bob, &mallory]),
        to("hidden-hybrid-beside-kovra", "Mallory, hybrid.", &[21], &[&kovra], &[&kovra, &mallory]),
        to("hybrid-twice", "Two stanzas for one that is listed.", &[21], &[&bob], &[&bob, &bob]),
        to("hybrid-missing", "Carol is listed and has none.", &[], &[&bob, &carol], &[&bob]),
        to("hybrid-and-x25519-for-two", "One of each.", &[70], &[&bob, &carol], &[&bob, &kovra]),
        bad("hybrid-only-grease", "A grease stanza and no other.", &[], || {
            with_sealed(&age_shape("-> mlkem768x25519-grease\n\n"))
        }),
        bad("hidden-hybrid-in-high", "Mallory can open slot 1 too.", &[21], || {
            let (good, mut other) = (both_to(&[BOB]).bare(), both_to(&[BOB]).bare());
            other.keys.push(MALLORY.hybrid_recipient());
            good.file_of(&good.sealed(), &other.high())
        }),
        bad("x25519-in-high-of-hybrid", "Slot 1 is sealed to Bob's X25519 key.", &[70], || {
            let (good, mut other) = (both_to(&[BOB]).bare(), both_to(&[BOB]).bare());
            other.keys = vec![BOB.age_recipient()];
            good.file_of(&good.sealed(), &other.high())
        }),
    ]
}

fn owned(to: &[&To]) -> Vec<To> {
    to.iter().map(|to| (*to).clone()).collect()
}
