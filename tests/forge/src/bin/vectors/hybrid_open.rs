//! Clauses 5.5 to 5.8 of post-quantum packages: whom hybrid stanzas open to, and the token layer.

use crate::age_layer::{self, sealed_to};
use crate::case::{
    At::{Good, Open},
    BINDING, Case, LIMIT, MALFORMED, Made, NOT_FOR_ME, TOKEN, case,
};
use crate::entries::full;
use crate::hybrid::{both_to, no_shares, one_to};
use forge::age::{self, Age};
use forge::cbor::bytes;
use forge::hybrid::enc;
use forge::{B32, BOB, CAROL, Forge, MALLORY, To, age_shape, hybrid_stanza, stranger};

pub(crate) fn cases() -> Vec<Case> {
    let groups = [listed(), places(), damage(), token_layer(), tokens(), kinds_of_token(), order()];
    groups.into_iter().flatten().collect()
}

/// Bob's package of both slots.
fn both() -> Forge {
    both_to(&[BOB]).bare()
}

/// The same with `inner` as what Bob's key gets out of slot 1.
fn with_inner(inner: &[u8]) -> Made {
    let good = both();
    Made::from(good.file_of(&good.sealed(), &good.seal(inner))).token("hybrid")
}

fn listed() -> Vec<Case> {
    let refused =
        |name: &str, note: &str, make: fn() -> Made| case(name, Open(NOT_FOR_ME), note, make);
    vec![
        refused("3.5-hybrid-not-listed", "Carol is not listed.", || {
            Made::from(both_to(&[BOB, MALLORY]).bare()).reader("carol").token("hybrid")
        })
        .rows(&[36]),
        refused("5.6-hybrid-listed-not-sealed-to", "Bob is listed; it is sealed to Carol.", || {
            sealed_to(&[To::hybrid(&BOB)], &[To::hybrid(&CAROL)]).into()
        })
        .rows(&[39]),
        refused("5.6-hybrid-high-not-sealed-to", "Only slot 1 is sealed to Carol.", || {
            let (good, mut other) = (both(), both());
            other.keys = vec![CAROL.hybrid_recipient()];
            Made::from(good.file_of(&good.sealed(), &other.high())).token("hybrid")
        })
        .rows(&[39]),
        refused("3.5-x25519-key-as-hybrid", "Kind 3, over Bob's X25519 key.", || {
            let listed = To { listed: forge::listed(3, &BOB.x()), ..To::hybrid(&BOB) };
            sealed_to(&[listed], &[To::hybrid(&BOB)]).into()
        }),
        refused("3.5-hybrid-key-as-kovra", "Kind 0, over Bob's hybrid key.", || {
            let listed = To { listed: forge::listed(0, &BOB.hybrid()), ..To::kovra(&BOB) };
            sealed_to(&[listed], &[To::kovra(&BOB)]).into()
        }),
    ]
}

/// The package for Bob and Carol with other stanzas: `change` gets them, and Bob's place.
fn changed(change: fn(&mut Vec<String>, usize)) -> Vec<u8> {
    let good = one_to(&[BOB, CAROL]).bare();
    let mut sealed = Age::of(&good.keys, &good.payload(0));
    let bob = usize::from(good.keys[0] != BOB.hybrid_recipient());
    change(&mut sealed.stanzas, bob);
    good.file_of(&sealed.file(), b"")
}

/// A stanza for Bob of another file key.
fn another() -> String {
    Age::of(&[BOB.hybrid_recipient()], b"x").stanzas.remove(0)
}

fn places() -> Vec<Case> {
    let bad = |name: &str, class, note: &str, change: fn(&mut Vec<String>, usize)| {
        case(format!("5.6-hybrid-{name}"), Open(class), note, move || changed(change))
    };
    let good = |name: &str, note: &str, change: fn(&mut Vec<String>, usize)| {
        case(format!("5.6-hybrid-{name}"), Good, note, move || {
            one_to(&[BOB, CAROL]).file(|_| changed(change))
        })
    };
    vec![
        bad("exchanged", NOT_FOR_ME, "The stanzas stand in another order than key 5.", |all, _| {
            all.swap(0, 1);
        }),
        bad("exchanged-round-grease", NOT_FOR_ME, "The same, with grease between.", |all, _| {
            all.swap(0, 1);
            all.insert(1, "-> a-grease\n\n".to_owned());
        }),
        good("other-place-is-mine-too", "Carol's stanza is Bob's too, of another file key.", {
            |all, bob| all[1 - bob] = another()
        }),
        good("other-place-is-nobodys", "Carol's stanza opens to nobody.", |all, bob| {
            all[1 - bob] = hybrid_stanza();
        }),
        bad("another-file-key", BINDING, "Bob's stanza has another file key than the MAC.", {
            |all, bob| all[bob] = another()
        }),
        bad("mine-at-another-place", BINDING, "And Carol's is Bob's, of the right one.", {
            |all, bob| {
                all[1 - bob] = std::mem::replace(&mut all[bob], another());
            }
        }),
    ]
}

/// One character of base64 is another.
fn turn(text: &mut String, at: usize) {
    let other = if text.as_bytes()[at] == b'A' { "B" } else { "A" };
    text.replace_range(at..=at, other);
}

/// Where the body of a hybrid stanza starts.
const BODY: usize = 18 + 1494 + 1;

fn damage() -> Vec<Case> {
    let bad = |name: &str, note: &str, change: fn(&mut Vec<String>, usize)| {
        let name = format!("5.8-{name}");
        case(name, Open(NOT_FOR_ME), note, move || changed(change))
    };
    let cut = |name: &str, note: &str, change: fn(&mut Vec<u8>)| {
        case(format!("5.6-hybrid-{name}"), Open(BINDING), note, move || {
            let good = one_to(&[BOB]).bare();
            let mut sealed = good.sealed();
            change(&mut sealed);
            good.file_of(&sealed, b"")
        })
        .rows(&[38])
    };
    vec![
        bad("ct-first", "The first of CT is another.", |all, bob| turn(&mut all[bob], 18)),
        bad("ct-last", "One of its last is another.", |all, bob| turn(&mut all[bob], 18 + 1449)),
        bad("share", "The share is another, and a good one.", |all, bob| {
            turn(&mut all[bob], 18 + 1460);
        }),
        bad("share-of-another", "ENC ends as that of another stanza.", |all, bob| {
            // From the second byte of the share on: a character holds bits of its first and of CT.
            let end = 18 + 1452..18 + 1494;
            all[bob].replace_range(end.clone(), &another()[end]);
        }),
        bad("body", "The body is another.", |all, bob| turn(&mut all[bob], BODY)),
        bad("enc-of-another", "ENC is that of another stanza.", |all, bob| {
            all[bob].replace_range(18..BODY, &another()[18..BODY]);
        }),
        bad("enc-repeated", "Carol's ENC before Bob's body.", |all, bob| {
            let carol = all[1 - bob][18..BODY].to_owned();
            all[bob].replace_range(18..BODY, &carol);
        }),
        cut("body-a-byte-short", "The last byte is missing.", |file| file.truncate(file.len() - 1)),
        cut("body-last-bit", "The last bit is another.", |file| *file.last_mut().unwrap() ^= 1),
        cut("mac", "Another MAC.", |file| {
            let at = file.windows(5).position(|w| w == b"\n--- ").unwrap() + 5;
            file[at..at + 43].copy_from_slice(B32.as_bytes());
        }),
    ]
}

/// The token layer of Bob's package, sealed to these and to the token.
fn sealed_beside(more: &[String]) -> Vec<u8> {
    let good = both();
    let keys = [&[good.token_recipient()], more].concat();
    age::encrypt(&keys, &good.payload(1))
}

fn token_layer() -> Vec<Case> {
    let bad = |name: &str, note: &str, inner: fn() -> Vec<u8>| {
        case(format!("5.5-hybrid-{name}"), Open(MALFORMED), note, move || with_inner(&inner()))
    };
    let over = |name: &str, class, note: &str, end: usize| {
        case(format!("5.5-hybrid-{name}"), Open(class), note, move || {
            let good = both_to(&[BOB, CAROL]).bare();
            let inner = age_layer::filled(&hybrid_stanza(), end);
            Made::from(good.file_of(&good.sealed(), &good.seal(&inner))).token("hybrid")
        })
    };
    let share = no_shares().map(|(name, share)| {
        let note = "The token layer's share is not canonical, or of small order.";
        case(format!("5.5-hybrid-share-{name}"), Open(MALFORMED), note, move || {
            with_inner(&age_shape(&format!("-> mlkem768x25519 {}\n{B32}\n", enc(&share))))
        })
        .rows(&[71])
    });
    let rows = vec![
        bad("two-tokens", "The token layer is sealed to two hybrid tokens.", || {
            sealed_beside(&[stranger(9).hybrid_recipient()])
        })
        .rows(&[21]),
        bad("x25519-beside", "It is sealed to an X25519 key too.", || {
            sealed_beside(&[stranger(9).age_recipient()])
        })
        .rows(&[21, 70]),
        bad("ssh-beside", "It is sealed to an SSH key too.", || {
            sealed_beside(&[To::ssh(&MALLORY).key])
        })
        .rows(&[21, 70]),
        bad("ssh-alone", "It is sealed to an SSH key.", || {
            age::encrypt(&[To::ssh(&BOB).key], &both().payload(1))
        }),
        bad("only-grease", "It has grease and no other stanza.", || age_shape("-> a-grease\n\n")),
        bad("none", "The payload stands where it should be.", || both().payload(1)),
        bad("deeper", "An age file inside of it.", || {
            let token = [both().token_recipient()];
            age::encrypt(&token, &age::encrypt(&token, &both().payload(1)))
        })
        .rows(&[40]),
        over("header-most", MALFORMED, "As long as it may be, whoever is listed.", 16_384 + 1_557),
        over("header-over", LIMIT, "A byte longer, and two are listed.", 16_384 + 1_557 + 1),
    ];
    rows.into_iter().chain(share).collect()
}

fn tokens() -> Vec<Case> {
    let read = |name: &str, class, note: &str, token: &'static str, make: fn() -> Made| {
        case(format!("5.6-{name}"), Open(class), note, move || make().token(token))
    };
    let good = || Made::from(both());
    vec![
        read("hybrid-no-token", TOKEN, "There is no token.", "no", good).rows(&[35]),
        read("hybrid-other-token", TOKEN, "The token of another package.", "other-hybrid", good)
            .rows(&[37]),
        read("hybrid-token-of-x25519", TOKEN, "A token of X25519.", "yes", good).rows(&[37]),
        read(
            "x25519-token-of-hybrid",
            TOKEN,
            "A hybrid token for a classical package.",
            "hybrid",
            || Made::from(full()),
        )
        .rows(&[37]),
        read("hybrid-recipient-for-token", TOKEN, "The token layer is sealed to Bob.", "hybrid", {
            || with_inner(&both().seal(&both().payload(1)))
        }),
        read("hybrid-token-layer-changed", TOKEN, "Its CT is another.", "hybrid", || {
            let mut inner = Age::of(&[both().token_recipient()], &both().payload(1));
            turn(&mut inner.stanzas[0], 18);
            with_inner(&inner.file())
        }),
        read("hybrid-token-layer-short", BINDING, "Its last byte is missing.", "hybrid", || {
            let inner = sealed_beside(&[]);
            with_inner(&inner[..inner.len() - 1])
        })
        .rows(&[38]),
        read("hybrid-layers-exchanged", NOT_FOR_ME, "The token's layer outside.", "hybrid", || {
            let good = both();
            let inner = good.seal(&good.payload(1));
            let outer = age::encrypt(&[good.token_recipient()], &inner);
            good.file_of(&good.sealed(), &outer).into()
        }),
    ]
}

/// The token layer is of the kind of the package, whatever token the reader has.
fn kinds_of_token() -> Vec<Case> {
    let hybrid = || {
        let x25519 = Forge { hybrid_token: None, ..both() };
        Made::from(x25519.file_of(&x25519.sealed(), &x25519.high()))
    };
    let classical = || Made::from(full().with_hybrid_token());
    let one = |name: &str, note: &str, token: &'static str, make: fn() -> Made| {
        case(format!("5.5-{name}"), Open(MALFORMED), note, move || make().token(token)).rows(&[70])
    };
    let over = |name: &str, class, end: usize| {
        let note = "Hybrid stanzas give the token layer of a classical package no room.";
        case(format!("5.5-{name}"), Open(class), note, move || {
            age_layer::with_inner(&age_layer::filled(&hybrid_stanza(), end))
        })
    };
    vec![
        one("x25519-in-hybrid", "A token of X25519, which would open.", "yes", hybrid),
        one("x25519-in-hybrid-and-hybrid", "The reader's is hybrid.", "hybrid", hybrid),
        one("hybrid-in-classical", "A hybrid token, which would open.", "hybrid", classical),
        one("hybrid-in-classical-and-x25519", "The reader's is of X25519.", "yes", classical),
        over("header-of-hybrid-most", MALFORMED, 16_384),
        over("header-of-hybrid-over", LIMIT, 16_385),
    ]
}

/// Which refusal counts first.
fn order() -> Vec<Case> {
    let other_token = |made: Made| made.token("yes");
    vec![
        case("8-hybrid-payload-before-token", Open(BINDING), "Slot 0 of another package.", || {
            let (good, other) = (both(), both().set(0, bytes(&[0x2e; 16])));
            Made::from(good.file_of(&other.sealed(), &good.high())).token("no")
        }),
        case(
            "8-not-for-me-before-token-of-x25519",
            Open(NOT_FOR_ME),
            "Slot 1 is sealed to Carol, and the token is of the other kind.",
            move || {
                let (good, mut other) = (both(), both());
                other.keys = vec![CAROL.hybrid_recipient()];
                other_token(good.file_of(&good.sealed(), &other.high()).into())
            },
        ),
        case(
            "8-shape-before-token-of-x25519",
            Open(MALFORMED),
            "Two hybrid tokens, and the reader's is of the other kind.",
            move || other_token(with_inner(&sealed_beside(&[stranger(9).hybrid_recipient()]))),
        ),
        case("4.5-hybrid-resealed", Open(BINDING), "Slot 0 is of a package for Carol.", || {
            // Whoever can open one can seal what is in it to others, and the header hash tells.
            let (good, other) = (one_to(&[BOB]).bare(), one_to(&[CAROL]).bare());
            good.file_of(&good.seal(&other.payload(0)), b"")
        })
        .rows(&[31]),
        case("4.5-hybrid-of-classical", Open(BINDING), "Slot 0 is of a classical package.", || {
            let good = one_to(&[BOB]).bare();
            good.file_of(&good.seal(&crate::entries::small().payload(0)), b"")
        })
        .rows(&[31, 70]),
    ]
}
