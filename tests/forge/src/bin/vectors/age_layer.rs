//! Clauses 5.1 to 5.4: the age layers as a reader without a key sees them.

use crate::case::{
    At::{Good, Open, Parse},
    BINDING, Case, LIMIT, MALFORMED, Made, case,
};
use crate::entries::{both, fixed, full, literal, of, one, small};
use crate::identity::U_ORDER_8;
use crate::signature::{near_p, small_number};
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use forge::age::Age;
use forge::cbor::cat;
use forge::hybrid::enc;
use forge::{B32, BOB, CAROL, Forge, MALLORY, ONE_TAG, To, age_shape, x25519_stanza};

pub(crate) fn cases() -> Vec<Case> {
    let groups = [presence(), framing(), good_stanzas(), stanzas(), shares(), matching()];
    groups.into_iter().flatten().collect()
}

/// The small package with these bytes for slot 0, signed.
pub(crate) fn with_sealed(sealed: &[u8]) -> Vec<u8> {
    small().file_of(sealed, b"")
}

/// The package of both slots with these bytes for slot 1, signed.
pub(crate) fn with_high(high: &[u8]) -> Vec<u8> {
    let good = full();
    good.file_of(&good.sealed(), high)
}

/// The package of both slots with `inner` as what the recipient's key gets out of slot 1.
pub(crate) fn with_inner(inner: &[u8]) -> Vec<u8> {
    with_high(&full().seal(inner))
}

pub(crate) fn token_keys() -> Vec<String> {
    vec![full().token.to_public().to_string()]
}

fn presence() -> Vec<Case> {
    vec![
        case("5.1-high-missing", Parse(BINDING), "The header counts an entry in slot 1.", || {
            with_high(b"")
        }),
        case("5.1-high-not-counted", Parse(BINDING), "The header counts none in slot 1.", || {
            small().file_of(&small().sealed(), &full().high())
        }),
        case("5.1-sealed-empty", Parse(MALFORMED), "Slot 0 is no bytes.", || with_sealed(b"")),
        case("5.1-not-encrypted", Parse(MALFORMED), "Slot 0 is the payload itself.", || {
            with_sealed(&small().payload(0))
        }),
    ]
}

/// Slot 0 as text, with something else in place of a part of it.
fn replaced(from: &str, to: &str) -> Vec<u8> {
    let sealed = small().sealed();
    let at = sealed.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
    with_sealed(&cat(&[&sealed[..at], to.as_bytes(), &sealed[at + from.len()..]]))
}

/// These stanzas, and more that fill the header so that its `--- ` ends `end` bytes behind the start of the file.
pub(crate) fn filled(first: &str, end: usize) -> Vec<u8> {
    let (stanza, intro) = (x25519_stanza(), 22);
    let count = (end - 4 - intro - first.len()) / stanza.len() - 1;
    let stanzas = first.to_owned() + &stanza.repeat(count);
    let room = end - 4 - intro - stanzas.len();
    let grease = format!("-> x-grease {}\n\n", "x".repeat(room - 14));
    age_shape(&(stanzas + &grease))
}

fn framing() -> Vec<Case> {
    let bad = |name: &str, note: &str, make: fn() -> Vec<u8>| {
        case(format!("5.2-{name}"), Parse(MALFORMED), note, make)
    };
    let over = |name: &str, note: &str, make: fn() -> Vec<u8>| {
        case(format!("5.2-{name}"), Parse(LIMIT), note, make).rows(&[19])
    };
    vec![
        bad("armor", "Slot 0 is armored.", || with_sealed(b"-----BEGIN AGE ENCRYPTED FILE-----\n")),
        bad("no-line-feed", "No line feed behind the first line.", || replaced("/v1\n", "/v1 ")),
        bad("carriage-return", "The first line ends in CR LF.", || replaced("/v1\n", "/v1\r\n")),
        bad("no-stanza", "No stanza between the first line and the MAC.", || {
            with_sealed(&age_shape(""))
        })
        .rows(&[22]),
        bad("no-mac-line", "A header that ends before its MAC line.", || {
            let whole = small().sealed();
            let at = whole.windows(5).position(|w| w == b"\n--- ").unwrap();
            with_sealed(&whole[..at + 1])
        }),
        bad("no-end-in-16-kib", "16 KiB without an end: there is no more to look at.", || {
            with_sealed(&cat(&[b"age-encryption.org/v1\n", &[b'A'; (16 << 10) - 22]]))
        }),
        over("no-end-in-16-kib-and-a-byte", "16 KiB and a byte without an end.", || {
            with_sealed(&cat(&[b"age-encryption.org/v1\n", &[b'A'; (16 << 10) - 21]]))
        }),
        bad("mac-42", "A MAC of 42 characters.", || with_sealed(&mac_line(&B32[..42]))),
        bad("mac-44", "A MAC with padding.", || with_sealed(&mac_line(&format!("{B32}=")))),
        bad("mac-not-canonical", "A MAC whose last bits are not zero.", || {
            with_sealed(&mac_line(&format!("{}B", &B32[1..])))
        }),
        bad("mac-carriage-return", "A MAC line that ends in CR LF.", || {
            with_sealed(&mac_line(&format!("{B32}\r")))
        }),
        bad("mac-missing", "A MAC line of three hyphens.", || {
            let text = format!("age-encryption.org/v1\n{}---\n", x25519_stanza());
            with_sealed(&cat(&[text.as_bytes(), &[0; 33]]))
        }),
        bad("no-body", "Nothing behind the MAC line.", || {
            let shape = age_shape(&x25519_stanza());
            with_sealed(&shape[..shape.len() - 33])
        }),
        bad("body-32", "A nonce and a tag, and no byte between.", || {
            with_sealed(&small().seal(b""))
        }),
        over("stanzas-20-kib", "20 KiB of short stanzas.", || {
            with_sealed(&age_shape(&"-> a\n\n".repeat(20 * 1024 / 6)))
        }),
        over("line-20-kib", "One line of 20 KiB.", || {
            with_sealed(&age_shape(&"-> a ".repeat(20 * 1024 / 5)))
        }),
        over("grease-20-kib", "One grease stanza of 20 KiB.", || {
            let body = format!("{}\n", "A".repeat(64)).repeat(320);
            with_sealed(&age_shape(&format!("-> a-grease\n{body}\n")))
        }),
        over("no-end", "A MiB without an end.", || {
            with_sealed(&cat(&[b"age-encryption.org/v1\n", &[b'A'; 1 << 20]]))
        }),
        over("high-20-kib", "20 KiB of stanzas in slot 1.", || {
            with_high(&age_shape(&"-> a\n\n".repeat(20 * 1024 / 6)))
        }),
        over("16-kib-and-a-byte", "`--- ` ends one byte behind the first 16 KiB.", || {
            with_sealed(&filled("", 16385))
        }),
        case("5.2-16-kib", Parse(BINDING), "`--- ` ends with the first 16 KiB.", || {
            with_sealed(&filled("", 16384))
        })
        .rows(&[19]),
    ]
}

/// An age file with this behind `--- `.
fn mac_line(mac: &str) -> Vec<u8> {
    let text = format!("age-encryption.org/v1\n{}--- {mac}\n", x25519_stanza());
    cat(&[text.as_bytes(), &[0; 48]])
}

/// The small package with more stanzas in slot 0, under the MAC.
fn with_stanzas(change: impl Fn(&mut Vec<String>)) -> Made {
    one().file(|forge| {
        let mut sealed = Age::of(&forge.keys, &forge.payload(0));
        change(&mut sealed.stanzas);
        forge.file_of(&sealed.file(), b"")
    })
}

/// A grease stanza of `size` bytes, not counting `-> ` and the first line feed.
pub(crate) fn grease(size: usize) -> String {
    let tag = "example-grease";
    let mut stanza = format!("-> {tag}\n");
    let mut room = size - tag.len();
    while room > 65 {
        stanza += &format!("{}\n", "A".repeat(64));
        room -= 65;
    }
    // A line of base64 is never one character more than a multiple of four.
    assert_ne!(room % 4, 2);
    stanza + &"A".repeat(room - 1) + "\n"
}

fn good_stanzas() -> Vec<Case> {
    let full_line = "A".repeat(64);
    let greases = [
        ("first", 0, "-> a-grease\n\n".to_owned()),
        ("last", 1, "-> a-grease\n\n".to_owned()),
        ("words", 1, "-> !-grease ~ -> --- X25519\n\n".to_owned()),
        ("bare", 0, "-> -grease\nAAAA\n".to_owned()),
        ("two-lines", 0, format!("-> a-grease b\n{full_line}\nAA\n")),
        ("full-line", 1, format!("-> a-grease b\n{full_line}\n\n")),
        ("64-and-2", 1, format!("-> a-grease\n{full_line}\nAA\n")),
        ("64-and-3", 1, format!("-> a-grease\n{full_line}\nAAA\n")),
        ("64-and-4", 1, format!("-> a-grease\n{full_line}\nAAAA\n")),
        ("63", 0, format!("-> a-grease\n{}\n", &full_line[1..])),
        ("1024", 0, grease(1024)),
    ];
    let greases = greases.map(|(name, at, stanza)| {
        let note = "A grease stanza, which an encryptor may add and every reader ignores.";
        case(format!("5.3-grease-{name}"), Good, note, move || {
            with_stanzas(|stanzas| stanzas.insert(at, stanza.clone()))
        })
    });
    let three = || {
        let to = [To::kovra(&BOB), To::ssh(&CAROL), To::ssh(&MALLORY)];
        let mut to = to.to_vec();
        to.sort_by(|a, b| a.listed.cmp(&b.listed));
        of(&to, &[literal("dev/db/host", b"db.internal", 1)])
    };
    let more = [
        case(
            "5.4-any-order",
            Good,
            "The stanzas stand in another order than the header.",
            move || {
                three().file(|forge| {
                    let mut sealed = Age::of(&forge.keys, &forge.payload(0));
                    sealed.stanzas.reverse();
                    forge.file_of(&sealed.file(), b"")
                })
            },
        ),
        case(
            "5.4-one-tag-for-two",
            Good,
            "Two of the SSH keys that are listed have one tag.",
            || {
                let mut to = one_tag();
                to.sort_by(|a, b| a.listed.cmp(&b.listed));
                of(&to, &[literal("dev/db/host", b"db.internal", 1)])
            },
        ),
        case("5.3-grease-in-high", Good, "Grease in slot 1 and in its token layer.", || {
            both().file(|forge| {
                let mut inner = Age::of(&token_keys(), &forge.payload(1));
                inner.stanzas.push(grease(1024));
                let mut outer = Age::of(&forge.keys, &inner.file());
                outer.stanzas.insert(0, grease(66));
                forge.file_of(&forge.sealed(), &outer.file())
            })
        }),
    ];
    greases.into_iter().chain(more).collect()
}

fn stanzas() -> Vec<Case> {
    let full_line = "A".repeat(64);
    let rows = [
        ("x25519-no-body", 22, format!("-> X25519 {B32}\n")),
        ("x25519-empty-body", 22, format!("-> X25519 {B32}\n\n")),
        ("x25519-64-in-body", 0, format!("-> X25519 {B32}\n{full_line}\n\n")),
        ("x25519-two-lines", 0, format!("-> X25519 {B32}\n{full_line}\n{B32}\n")),
        ("x25519-31-bytes-in-body", 0, format!("-> X25519 {B32}\n{}\n", &B32[..42])),
        ("x25519-no-share", 0, format!("-> X25519\n{B32}\n")),
        ("x25519-two-shares", 0, format!("-> X25519 {B32} {B32}\n{B32}\n")),
        ("x25519-31-bytes-in-share", 0, format!("-> X25519 {}\n{B32}\n", &B32[..42])),
        ("x25519-share-not-canonical", 0, format!("-> X25519 {}B\n{B32}\n", &B32[1..])),
        ("x25519-body-not-canonical", 0, format!("-> X25519 {B32}\n{}B\n", &B32[1..])),
        ("x25519-share-padded", 0, format!("-> X25519 {B32}=\n{B32}\n")),
        ("x25519-url-base64", 0, format!("-> X25519 _{}\n{B32}\n", &B32[1..])),
        ("x25519-space-behind", 0, format!("-> X25519 {B32} \n{B32}\n")),
        ("x25519-two-spaces", 0, format!("-> X25519  {B32}\n{B32}\n")),
        ("x25519-small-letter", 0, format!("-> x25519 {B32}\n{B32}\n")),
        ("x25519-carriage-return", 0, format!("-> X25519 {B32}\r\n{B32}\r\n")),
        ("no-space", 0, format!("->X25519 {B32}\n{B32}\n")),
        ("scrypt", 20, format!("-> scrypt {} 30\n{B32}\n", &B32[..22])),
        ("scrypt-cheap", 20, format!("-> scrypt {} 1\n{B32}\n", &B32[..22])),
        ("scrypt-beside", 20, format!("{}-> scrypt {} 30\n{B32}\n", x25519_stanza(), &B32[..22])),
        ("ssh-rsa", 0, format!("-> ssh-rsa AAAAAA\n{B32}\n")),
        ("ssh-tag-3-bytes", 0, format!("-> ssh-ed25519 AAAA {B32}\n{B32}\n")),
        ("ssh-tag-not-canonical", 0, format!("-> ssh-ed25519 AAAAAB {B32}\n{B32}\n")),
        ("ssh-no-tag", 0, format!("-> ssh-ed25519 {B32}\n{B32}\n")),
        ("piv", 0, format!("-> piv-p256 AAAAAA {B32}\n{B32}\n")),
        ("tagged", 0, format!("-> p256tag AAAAAA {B32}\n{B32}\n")),
        ("tagged-hybrid", 0, format!("-> mlkem768p256tag AAAAAA {}\n{B32}\n", enc(&[9]))),
        ("unknown", 0, format!("{}-> x {B32}\n{B32}\n", x25519_stanza())),
        ("no-word", 0, "-> \n\n".to_owned()),
        ("bare-arrow", 0, "->\n\n".to_owned()),
        ("no-stanza", 0, "x\n".to_owned()),
        ("empty-line", 0, "\n".to_owned()),
        ("empty-line-between", 0, format!("{0}\n{0}", x25519_stanza())),
        ("grease-twice", 0, format!("{}-> a-grease\n\n-> b-grease\n\n", x25519_stanza())),
        ("grease-no-body", 0, "-> a-grease\n".to_owned()),
        ("grease-64-and-no-more", 0, format!("-> a-grease\n{full_line}\n")),
        ("grease-66", 0, format!("-> a-grease\n{full_line}AA\n\n")),
        ("grease-67", 0, format!("-> a-grease\n{full_line}AAA\n\n")),
        ("grease-68", 0, format!("-> a-grease\n{full_line}AAAA\n\n")),
        ("grease-1-in-the-last-line", 0, format!("-> a-grease\n{full_line}\nA\n")),
        ("grease-without-a-hyphen", 0, "-> grease\n\n".to_owned()),
        ("grease-line-feed-in-words", 0, "-> a-grease\tb\n\n".to_owned()),
        ("grease-not-base64", 0, "-> a-grease\n????\n".to_owned()),
        ("grease-padded", 0, "-> a-grease\nAA==\n".to_owned()),
        ("grease-not-canonical", 0, "-> a-grease\nAB\n".to_owned()),
        ("grease-not-ascii", 0, format!("{}-> a-grease \u{fc}\n\n", x25519_stanza())),
        ("grease-not-utf-8", 0, "-> a-grease \u{fffd}\n\n".to_owned()),
        ("grease-control", 0, "-> a-grease \u{7f}\n\n".to_owned()),
        ("grease-two-spaces", 0, "-> a-grease  b\n\n".to_owned()),
        ("grease-space-behind", 0, "-> a-grease \n\n".to_owned()),
        ("grease-not-at-the-end", 0, "-> grease-x\n\n".to_owned()),
        ("grease-1025", 0, format!("{}{}", grease(1025), x25519_stanza())),
        ("grease-1025-of-words", 0, format!("-> a-grease{}\n\n", " x".repeat(508))),
    ];
    let make = |(name, row, text): (&str, u8, String)| {
        let note = "A stanza of a shape or a kind that no package has.";
        let made = case(format!("5.3-{name}"), Parse(MALFORMED), note, move || {
            with_sealed(&age_shape(&text))
        });
        made.rows(match row {
            20 => &[20],
            22 => &[22],
            _ => &[],
        })
    };
    let in_high = case("5.3-scrypt-in-high", Parse(MALFORMED), "scrypt in slot 1.", || {
        with_high(&age_shape(&format!("-> scrypt {} 30\n{B32}\n", &B32[..22])))
    })
    .rows(&[20]);
    rows.into_iter().map(make).chain([in_high]).collect()
}

/// Shares that are no good public keys, where every age implementation would refuse them or some.
fn shares() -> Vec<Case> {
    let zeros = "A".repeat(43);
    let of = |u: [u8; 32]| BASE64_STANDARD_NO_PAD.encode(u);
    let rows = [
        ("0", format!("-> X25519 {zeros}\n{B32}\n")),
        ("p-less-1", format!("-> X25519 {}\n{B32}\n", of(near_p(0xec, 0x7f)))),
        ("p", format!("-> X25519 {}\n{B32}\n", of(near_p(0xed, 0x7f)))),
        ("order-8", format!("-> X25519 {}\n{B32}\n", of(U_ORDER_8))),
        ("bit-255", format!("-> X25519 {}\n{B32}\n", of(small_number(9, 0x80)))),
        ("second", format!("{}-> X25519 {zeros}\n{B32}\n", x25519_stanza())),
        ("ssh", format!("{}-> ssh-ed25519 AAAAAA {zeros}\n{B32}\n", x25519_stanza())),
    ];
    let make = |(name, text): (&str, String)| {
        let note = "A share that is not canonical, or of small order.";
        case(format!("5.3-share-{name}"), Parse(MALFORMED), note, move || {
            with_sealed(&age_shape(&text))
        })
    };
    let behind =
        || sealed_with(|stanzas| stanzas[1] = format!("-> X25519 {}\n{B32}\n", "A".repeat(43)));
    let more = [
        case("5.3-share-behind-one-that-opens", Parse(MALFORMED), "The second share is 0.", behind),
        case("5.5-share-0", Open(MALFORMED), "The token layer's share is 0.", || {
            with_inner(&age_shape(&format!("-> X25519 {}\n{B32}\n", "A".repeat(43))))
        }),
    ];
    rows.into_iter().map(make).chain(more).collect()
}

/// Bob, two whose SSH keys have one tag, and Carol by hers.
fn one_tag() -> [To; 4] {
    let [a, too] = ONE_TAG.map(|person| To::ssh(&person));
    [To::kovra(&BOB), a, too, To::ssh(&CAROL)]
}

/// To Bob and Carol in this order, with other stanzas, under the MAC.
pub(crate) fn sealed_with(change: impl Fn(&mut Vec<String>)) -> Vec<u8> {
    let mut to = [To::kovra(&BOB), To::kovra(&CAROL)];
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let mut forge = fixed(Forge::with(&to, small().entries[0].clone(), vec![]));
    forge.keys = vec![BOB.age_recipient(), CAROL.age_recipient()];
    let mut sealed = Age::of(&forge.keys, &forge.payload(0));
    change(&mut sealed.stanzas);
    forge.file_of(&sealed.file(), b"")
}

/// The small package for these, sealed to those keys.
pub(crate) fn sealed_to(listed: &[To], keys: &[To]) -> Vec<u8> {
    let mut listed = listed.to_vec();
    listed.sort_by(|a, b| a.listed.cmp(&b.listed));
    let mut forge = fixed(Forge::with(&listed, small().entries[0].clone(), vec![]));
    forge.keys = keys.iter().map(|t| t.key.clone()).collect();
    forge.file()
}

fn matching() -> Vec<Case> {
    let bad = |name: &str, note: &str, row: &'static [u8], make: fn() -> Vec<u8>| {
        case(format!("5.4-{name}"), Parse(BINDING), note, make).rows(row)
    };
    vec![
        bad("hidden-x25519", "Mallory can open it too, and is not listed.", &[21], || {
            sealed_to(&[To::kovra(&BOB)], &[To::kovra(&BOB), To::age(&MALLORY)])
        }),
        bad("hidden-ssh", "Mallory's SSH key can open it too.", &[21], || {
            sealed_to(&[To::kovra(&BOB)], &[To::kovra(&BOB), To::ssh(&MALLORY)])
        }),
        bad("hidden-in-high", "Mallory can open slot 1 too.", &[21], || {
            let (good, mut other) = (full(), full());
            other.keys.push(MALLORY.age_recipient());
            good.file_of(&good.sealed(), &other.high())
        }),
        bad("missing-x25519", "Carol is listed, and there is no stanza for her.", &[], || {
            sealed_to(&[To::kovra(&BOB), To::kovra(&CAROL)], &[To::kovra(&BOB)])
        }),
        bad("missing-ssh", "Carol's SSH key is listed, and there is no stanza.", &[], || {
            sealed_to(&[To::kovra(&BOB), To::ssh(&CAROL)], &[To::kovra(&BOB)])
        }),
        bad("another-ssh", "Carol's SSH key is listed, the stanza is Mallory's.", &[23], || {
            sealed_to(&[To::kovra(&BOB), To::ssh(&CAROL)], &[To::kovra(&BOB), To::ssh(&MALLORY)])
        }),
        bad(
            "ssh-one-tag",
            "Of a, a' and b, of which the first two have one tag, a, b and b.",
            &[23],
            || {
                let [bob, a, _, b] = one_tag();
                sealed_to(&one_tag(), &[bob, a, b.clone(), b])
            },
        ),
        bad("ssh-twice", "Two stanzas for one SSH key of the two listed.", &[23], || {
            let listed = [To::kovra(&BOB), To::ssh(&CAROL), To::ssh(&MALLORY)];
            sealed_to(&listed, &[To::kovra(&BOB), To::ssh(&CAROL), To::ssh(&CAROL)])
        }),
        bad(
            "ssh-for-age",
            "An age recipient is listed, the stanza is of its owner's SSH key.",
            &[],
            {
                || {
                    sealed_to(
                        &[To::kovra(&BOB), To::age(&CAROL)],
                        &[To::kovra(&BOB), To::ssh(&CAROL)],
                    )
                }
            },
        ),
        bad("only-grease", "A grease stanza and no other.", &[], || {
            with_sealed(&age_shape("-> a-grease\n\n"))
        }),
    ]
}
