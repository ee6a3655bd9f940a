//! Clauses 5.5 and 5.6: whom the age layers open to, and what a body must be.

use crate::age_layer::{sealed_to, sealed_with, token_keys, with_high, with_inner, with_sealed};
use crate::case::{
    At::{self, Good, Open, Parse},
    BINDING, Case, LIMIT, MALFORMED, Made, NOT_FOR_ME, TOKEN, case,
};
use crate::entries::{both, for_bob, full, literal, one, small};
use forge::age::{self, Age, CHUNK};
use forge::cbor::cat;
use forge::{B32, BOB, CAROL, Forge, MALLORY, To, age_shape, stranger};

pub(crate) fn cases() -> Vec<Case> {
    let groups = [token_layer(), order(), opening(), bodies(), chunks(), inner_bodies()];
    groups.into_iter().flatten().collect()
}

/// Two stanzas for Bob, under the MAC of the first's file key: `order` gets the one with that key and
/// one with another.
fn two_for_bob(name: &str, at: At, note: &str, order: fn(String, String) -> Vec<String>) -> Case {
    case(format!("5.6-{name}"), at, note, move || {
        let made = one();
        let other = Age::of(&[BOB.age_recipient()], b"x").stanzas.remove(0);
        let file = sealed_with(|stanzas| *stanzas = order(stanzas[0].clone(), other.clone()));
        match at {
            Good => made.file(|_| file.clone()),
            _ => Made::from(file),
        }
    })
}

fn token_layer() -> Vec<Case> {
    let bad = |name: &str, note: &str, make: fn() -> Vec<u8>| {
        case(format!("5.5-{name}"), Open(MALFORMED), note, make)
    };
    vec![
        bad("two-tokens", "The token layer is sealed to two tokens.", || {
            let keys = [token_keys(), vec![stranger(9).age_recipient()]].concat();
            with_inner(&age::encrypt(&keys, &full().payload(1)))
        })
        .rows(&[21]),
        bad("ssh-beside", "The token layer is sealed to an SSH key too.", || {
            let keys = [token_keys(), vec![To::ssh(&MALLORY).key]].concat();
            with_inner(&age::encrypt(&keys, &full().payload(1)))
        })
        .rows(&[21]),
        bad("ssh-alone", "The token layer is sealed to an SSH key.", || {
            with_inner(&age::encrypt(&[To::ssh(&BOB).key], &full().payload(1)))
        }),
        bad("scrypt", "The token layer is sealed to a passphrase.", || {
            with_inner(&age_shape(&format!("-> scrypt {} 30\n{B32}\n", &B32[..22])))
        })
        .rows(&[20]),
        bad("grease-twice", "Two grease stanzas in the token layer.", || {
            let mut inner = Age::of(&token_keys(), &full().payload(1));
            inner.stanzas.extend(["-> a-grease\n\n".to_owned(), "-> b-grease\n\n".to_owned()]);
            with_inner(&inner.file())
        }),
        bad("deeper", "An age file inside of the token layer.", || {
            let deeper = age::encrypt(&token_keys(), &full().payload(1));
            with_inner(&age::encrypt(&token_keys(), &deeper))
        })
        .rows(&[40]),
        bad("none", "The payload stands where the token layer should be.", || {
            with_inner(&full().payload(1))
        }),
        bad("no-age", "One byte stands where the token layer should be.", || with_inner(b"x")),
        bad("not-a-payload", "The token layer holds text.", || {
            with_inner(&age::encrypt(&token_keys(), b"correct horse"))
        }),
        bad("body-32", "The token layer's plaintext is empty.", || {
            with_inner(&age::encrypt(&token_keys(), b""))
        }),
        case("5.5-stanzas-20-kib", Open(LIMIT), "20 KiB of stanzas in the token layer.", || {
            with_inner(&age_shape(&"-> a\n\n".repeat(20 * 1024 / 6)))
        })
        .rows(&[19]),
    ]
}

/// Which layer is judged first.
fn order() -> Vec<Case> {
    let hidden = || {
        let mut forge = full();
        forge.keys.push(MALLORY.age_recipient());
        forge
    };
    vec![
        case(
            "8-sealed-matched-before-high-scanned",
            Parse(BINDING),
            "Slot 0 does not match, and \
            slot 1 is no age file.",
            move || full().file_of(&hidden().sealed(), b"x"),
        ),
        case(
            "8-sealed-scanned-before-high-matched",
            Parse(MALFORMED),
            "Slot 0 is no age file, and \
            slot 1 does not match.",
            move || full().file_of(b"x", &hidden().high()),
        ),
        case(
            "8-presence-before-scan",
            Parse(BINDING),
            "Slot 1 is missing, and slot 0 is no age file.",
            || full().file_of(b"x", b""),
        ),
        case(
            "8-match-before-crit",
            Parse(BINDING),
            "A hidden stanza and an unknown crit.",
            move || {
                use forge::cbor::{bytes, map, text};
                hidden().set(7, cat(&[&map(1), &text("x"), &bytes(b"")]))
            },
        ),
        case(
            "8-payload-before-token",
            Open(BINDING),
            "Slot 0 is of another package, and there is \
            no token.",
            || {
                use forge::cbor::bytes;
                let (good, other) = (full(), full().set(0, bytes(&[0x2e; 16])));
                Made::from(good.file_of(&other.sealed(), &good.high())).token("no")
            },
        ),
        case(
            "8-token-before-high",
            Open(TOKEN),
            "Slot 1 is not sealed to Bob, and there is no \
            token.",
            || {
                let (good, mut other) = (full(), full());
                other.keys = vec![CAROL.age_recipient()];
                Made::from(good.file_of(&good.sealed(), &other.high())).token("no")
            },
        ),
        case(
            "8-shape-before-token",
            Open(MALFORMED),
            "Two tokens, and the reader has another.",
            || {
                let keys = [token_keys(), vec![stranger(9).age_recipient()]].concat();
                Made::from(with_inner(&age::encrypt(&keys, &full().payload(1)))).token("other")
            },
        ),
    ]
}

fn opening() -> Vec<Case> {
    vec![
        case(
            "5.6-listed-not-sealed-to",
            Open(NOT_FOR_ME),
            "Bob is listed; it is sealed to Carol.",
            || sealed_to(&[To::kovra(&BOB)], &[To::kovra(&CAROL)]),
        )
        .rows(&[39]),
        case("5.6-high-not-sealed-to", Open(NOT_FOR_ME), "Only slot 1 is sealed to Carol.", || {
            let (good, mut other) = (full(), full());
            other.keys = vec![CAROL.age_recipient()];
            good.file_of(&good.sealed(), &other.high())
        })
        .rows(&[39]),
        case("3.5-not-listed", Open(NOT_FOR_ME), "Carol is not listed.", || {
            Made::from(full()).reader("carol").token("no")
        })
        .rows(&[36]),
        case("3.5-token-without-key", Open(NOT_FOR_ME), "Carol has the token.", || {
            Made::from(full()).reader("carol")
        })
        .rows(&[36]),
        case("3.5-listed-as-age", Open(NOT_FOR_ME), "Bob's key is listed as kind 1 alone.", || {
            sealed_to(&[To::age(&BOB)], &[To::age(&BOB)])
        }),
        case("5.6-no-token", Open(TOKEN), "Slot 1 is to be opened, and there is no token.", || {
            Made::from(full()).token("no")
        })
        .rows(&[35]),
        case("5.6-other-token", Open(TOKEN), "The token of another package.", || {
            Made::from(full()).token("other")
        })
        .rows(&[37]),
        case(
            "5.6-recipient-for-token",
            Open(TOKEN),
            "The token layer is sealed to Bob again.",
            || with_inner(&full().seal(&full().payload(1))),
        ),
        case(
            "5.6-layers-exchanged",
            Open(NOT_FOR_ME),
            "The token's layer outside, Bob's inside.",
            || {
                let good = full();
                with_high(&age::encrypt(&token_keys(), &good.seal(&good.payload(1))))
            },
        ),
        case("8-high-left-closed", Good, "Slot 0 alone, without a token.", || both().skipped())
            .rows(&[35]),
        case("8-high-left-closed-and-bad", Good, "What is in slot 1 is not looked at.", || {
            let bad = with_inner(b"x");
            let made = both().skipped();
            made.file(bad)
        }),
        case("8-no-token-needed", Good, "There is no slot 1, and no token.", || {
            Made::from(one()).token("no")
        }),
        case("8-token-not-needed", Good, "There is no slot 1; a token is not looked at.", || {
            Made::from(one()).token("other")
        }),
        two_for_bob(
            "both-open",
            Good,
            "Carol's stanza is Bob's too; the first one counts.",
            |a, b| vec![a, b],
        ),
        two_for_bob(
            "another-first",
            Open(BINDING),
            "The first that Bob opens has another file key.",
            |a, b| vec![b, a],
        ),
        case("5.6-wrapped-key-changed", Open(NOT_FOR_ME), "A bit of the wrapped file key.", || {
            let mut sealed = small().sealed();
            // The second line of the first stanza.
            let at = sealed.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(1).unwrap().0 + 1;
            sealed[at] = if sealed[at] == b'A' { b'B' } else { b'A' };
            with_sealed(&sealed)
        }),
    ]
}

/// Where the body starts: behind the MAC line.
fn body_start(age: &[u8]) -> usize {
    age.windows(5).position(|w| w == b"\n--- ").unwrap() + 5 + 43 + 1
}

/// A literal in so many bytes of payload, so that the chunks are known.
fn long(length: usize) -> crate::entries::Known {
    let without = for_bob(&[literal("dev/a/long", &[0; 60_000], 1)]);
    let bare = without.but(|f| Forge { pad: |_| 0, ..f });
    let overhead = bare.payload_length() - 60_000;
    // Above 65,535 the literal's head is two bytes longer.
    let head = if length - overhead > 65_535 { 2 } else { 0 };
    let value = vec![0x55; length - overhead - head];
    for_bob(&[literal("dev/a/long", &value, 1)]).but(|f| Forge { pad: |_| 0, ..f })
}

fn bodies() -> Vec<Case> {
    let cut = |name: &str, note: &str, keep: fn(&[u8]) -> Vec<u8>| {
        case(format!("5.6-body-{name}"), Open(BINDING), note, move || {
            with_sealed(&keep(&small().sealed()))
        })
        .rows(&[38])
    };
    vec![
        cut("a-byte-short", "The last byte is missing.", |s| s[..s.len() - 1].to_vec()),
        cut("a-byte-long", "A byte behind the last chunk.", |s| cat(&[s, &[0]])),
        cut("last-bit", "The last bit is another.", |s| {
            cat(&[&s[..s.len() - 1], &[s[s.len() - 1] ^ 1]])
        }),
        cut("nonce", "A bit of the nonce is another.", |s| {
            let mut changed = s.to_vec();
            changed[body_start(s)] ^= 0x80;
            changed
        }),
        cut("half", "Half of the only chunk.", |s| s[..(s.len() + body_start(s)) / 2].to_vec()),
        cut("mac", "Another MAC.", |s| {
            let mut changed = s.to_vec();
            let at = body_start(s) - 44;
            changed[at..at + 43].copy_from_slice(B32.as_bytes());
            changed
        }),
        cut("mac-without-grease", "A grease stanza that the MAC does not cover.", |s| {
            cat(&[&s[..22], b"-> a-grease\n\n", &s[22..]])
        }),
        case(
            "9-file-16-mib",
            Open(BINDING),
            "A file of exactly 16 MiB, whose age body is zeros.",
            || {
                let good = small();
                let start = Age::of(&good.keys, b"x").header();
                // A head of five bytes in place of one, and the age header.
                let rest = good.file_of(b"", b"").len() + 4 + start.len();
                let sealed = cat(&[start.as_bytes(), &vec![0; (16 << 20) - rest]]);
                let file = good.file_of(&sealed, b"");
                assert_eq!(file.len(), 16 << 20);
                file
            },
        )
        .rows(&[10]),
    ]
}

fn chunks() -> Vec<Case> {
    let two_chunks = || long(CHUNK + 1000);
    let chunk = CHUNK + 16;
    vec![
        case("5.6-two-chunks", Good, "A payload of two chunks.", two_chunks),
        case("5.6-one-full-chunk", Good, "A payload of exactly 64 KiB: one chunk.", || long(CHUNK)),
        case(
            "5.6-body-last-chunk-missing",
            Open(BINDING),
            "Cut behind the first 64 KiB.",
            move || {
                two_chunks().file_only(|f, sealed| {
                    f.file_of(&sealed[..body_start(sealed) + 16 + chunk], b"")
                })
            },
        )
        .rows(&[38]),
        case("5.6-body-first-chunk-missing", Open(BINDING), "Only the last chunk.", move || {
            two_chunks().file_only(|f, sealed| {
                let body = body_start(sealed) + 16;
                f.file_of(&cat(&[&sealed[..body], &sealed[body + chunk..]]), b"")
            })
        })
        .rows(&[38]),
        case("5.6-body-chunks-exchanged", Open(BINDING), "The last chunk first.", move || {
            two_chunks().file_only(|f, sealed| {
                let (head, body) = sealed.split_at(body_start(sealed) + 16);
                f.file_of(&cat(&[head, &body[chunk..], &body[..chunk]]), b"")
            })
        })
        .rows(&[38]),
        case(
            "5.6-body-empty-last-chunk",
            Open(BINDING),
            "64 KiB, and a last chunk of no bytes.",
            || {
                long(CHUNK).file_only(|forge, _| {
                    let payload = forge.payload(0);
                    let mut sealed = Age::of(&forge.keys, &payload);
                    let nonce = *sealed.body.first_chunk().unwrap();
                    sealed.body = age::body(&sealed.file_key, &nonce, &[&payload, b""]);
                    forge.file_of(&sealed.file(), b"")
                })
            },
        )
        .rows(&[38]),
    ]
}

fn inner_bodies() -> Vec<Case> {
    let token = |name: &str, note: &str, change: fn(&mut Vec<u8>)| {
        case(format!("5.6-token-layer-{name}"), Open(BINDING), note, move || {
            let mut inner = age::encrypt(&token_keys(), &full().payload(1));
            change(&mut inner);
            with_inner(&inner)
        })
        .rows(&[38])
    };
    let inner = [
        token("short", "The token layer's last byte is missing.", |s| s.truncate(s.len() - 1)),
        token("mac", "The token layer's MAC is zeros.", |s| {
            let at = body_start(s) - 44;
            s[at..at + 43].copy_from_slice(B32.as_bytes());
        }),
    ];
    let high = case("5.6-high-short", Open(BINDING), "The last byte of slot 1 is missing.", || {
        let high = full().high();
        with_high(&high[..high.len() - 1])
    })
    .rows(&[38]);
    inner.into_iter().chain([high]).collect()
}
