//! Clause 7 of `spec/identity.md`: two identities are one person's, good and bad. Alice is the first and Bob
//! the second, where nothing else is said.

use crate::case::{MALFORMED, hex};
use crate::signature::{plus_l, small_number, weak, with_r};
use crate::text::{Case, SIGNATURE, Versioned, bad, with_padding, with_zeros};
use bech32::Bech32m;
use ed25519_dalek::Signer;
use forge::{ALICE, BOB, CAROL, Keys, MALLORY};

/// What a text is taken for, by the word of its vector.
pub(crate) const DEVICE: &str = "device";

const STATEMENT: Versioned = Versioned {
    kind: DEVICE,
    clause: "7.4",
    prefix: "kovradev",
    another: "kovradex",
    sibling: "kovra",
    next: 2,
    data: |version| {
        let keys = [ALICE.ed(), BOB.ed()].concat();
        let part = |role, who| sign(who, &[b"kovra-device-v1", &[role, version], &keys]);
        [&[version][..], &keys, &part(1, &ALICE), &part(2, &BOB)].concat()
    },
};

pub(crate) fn cases() -> Vec<Case> {
    let groups =
        [good(), STATEMENT.cases(), encodings(), lengths(), keys(), signatures(), messages()];
    groups.into_iter().flatten().collect()
}

fn sign(who: &Keys, message: &[&[u8]]) -> [u8; 64] {
    who.signing().sign(&message.concat()).to_bytes()
}

/// What `who` signs in this role (7.3).
fn part(role: u8, who: &Keys, first: &Keys, second: &Keys) -> [u8; 64] {
    sign(who, &[b"kovra-device-v1", &[role, 1], &first.ed(), &second.ed()])
}

fn claim() -> [u8; 64] {
    part(1, &ALICE, &ALICE, &BOB)
}

fn consent() -> [u8; 64] {
    part(2, &BOB, &ALICE, &BOB)
}

/// The bytes of 7.2: a half with one signature, a whole with two.
fn data(first: &[u8; 32], second: &[u8; 32], signatures: &[[u8; 64]]) -> Vec<u8> {
    [&[1][..], first, second, &signatures.concat()].concat()
}

/// Alice's and Bob's, with these signatures.
fn signed(signatures: &[[u8; 64]]) -> Vec<u8> {
    data(&ALICE.ed(), &BOB.ed(), signatures)
}

fn refused(name: &str, class: &'static str, note: impl Into<String>, data: &[u8]) -> Case {
    bad(DEVICE, name, class, note, STATEMENT.string(data))
}

fn good() -> Vec<Case> {
    let of = |name, note, [first, second]: [&Keys; 2], agreed: bool| {
        let signatures = [part(1, first, first, second), part(2, second, first, second)];
        let data = data(&first.ed(), &second.ed(), &signatures[..1 + usize::from(agreed)]);
        let whole = if agreed { "yes" } else { "no" };
        refused(name, "ok", note, &data).good(vec![
            ("first", hex(&first.ed())),
            ("second", hex(&second.ed())),
            ("whole", whole.to_owned()),
        ])
    };
    vec![
        of("7.2-half", "Alice's half, which Bob has yet to sign.", [&ALICE, &BOB], false),
        of("7.2-whole", "Alice and Bob are one person.", [&ALICE, &BOB], true),
        of("7.2-whole-the-other-way", "Bob and Alice are one person.", [&BOB, &ALICE], true),
    ]
}

/// What only statements have: a half, and a length to which a character can be added that is no byte more.
fn encodings() -> Vec<Case> {
    let bad = |name, note, text: String| bad(DEVICE, name, MALFORMED, note, text);
    let whole = signed(&[claim(), consent()]);
    let half = signed(&[claim()]);
    let unsigned = signed(&[[0; 64]; 2]);
    let padded = |data: &[u8]| with_padding::<Bech32m>(STATEMENT.prefix, data);
    let longer = with_zeros(STATEMENT.prefix, &whole, 1);
    let identity = BOB.identity().public().to_string();
    vec![
        bad("7.4-half-padding-bits", "A half, and a bit is set behind it.", padded(&half)),
        bad("7.4-padding-before-signatures", "The same, and nobody signed.", padded(&unsigned)),
        bad("7.4-a-character-more", "Six padding bits, all of them zero.", longer),
        bad("7.4-an-identity", "An identity's string.", identity),
    ]
}

fn lengths() -> Vec<Case> {
    let three = signed(&[claim(), consent(), consent()]);
    let of = |length: usize, note| {
        refused(&format!("7.2-{length}-bytes"), MALFORMED, note, &three[..length])
    };
    vec![
        refused("7.2-no-keys", MALFORMED, "A version alone.", &three[..1]),
        of(65, "Two keys, and no signature."),
        of(128, "A byte too few for a half."),
        of(130, "A byte too many for a half."),
        of(161, "Half of the second's signature."),
        of(192, "A byte too few."),
        of(194, "A byte too many."),
        of(257, "A third signature."),
    ]
}

/// Keys that are refused, before anybody looks at the signatures.
fn keys() -> Vec<Case> {
    let weak = weak().into_iter().flat_map(|(name, what, key)| {
        [("first", [key, BOB.ed()]), ("second", [ALICE.ed(), key])].map(
            |(whose, [first, second])| {
                let data = data(&first, &second, &[claim(), consent()]);
                let note = format!("The {whose}'s key is {what}.");
                refused(&format!("1.2-device-{whose}-{name}"), MALFORMED, note, &data).rows(&[26])
            },
        )
    });
    let own = [1, 2].map(|role| part(role, &ALICE, &ALICE, &ALICE));
    let same = |name, note, signatures| {
        refused(name, MALFORMED, note, &data(&ALICE.ed(), &ALICE.ed(), signatures))
    };
    let same = [
        same("7.4-same-key", "Alice and Alice, who signed both parts.", &own),
        same("7.4-same-key-half", "A half of Alice and Alice.", &own[..1]),
    ];
    weak.chain(same).collect()
}

/// Signatures that do not hold, wherever one stands.
fn signatures() -> Vec<Case> {
    type Wrong = (&'static str, &'static [u8], &'static str, fn([u8; 64]) -> [u8; 64]);
    let wrong: [Wrong; 4] = [
        ("r", &[24], "A bit of R is another in", |signature| flipped(signature, 0, 1)),
        ("s", &[24], "The last bit of S is another in", |signature| flipped(signature, 63, 0x80)),
        ("zeros", &[], "Zeros are", |_| [0; 64]),
        ("s-plus-l", &[25], "S plus the order of the group is in", plus_l),
    ];
    let cases = wrong.into_iter().flat_map(|(name, rows, what, change)| {
        let (bad_claim, bad_consent) = (change(claim()), change(consent()));
        [
            ("half", "the signature of a half", vec![bad_claim]),
            ("first", "the first's signature", vec![bad_claim, consent()]),
            ("second", "the second's signature", vec![claim(), bad_consent]),
        ]
        .map(|(whose, place, signatures)| {
            let name = format!("7.4-{whose}-{name}");
            refused(&name, SIGNATURE, format!("{what} {place}."), &signed(&signatures)).rows(rows)
        })
    });
    let message = [&b"kovra-device-v1\x01\x01"[..], &ALICE.ed(), &BOB.ed()].concat();
    let neutral = with_r(&message, small_number(1, 0), None);
    let note = "R is the neutral point in the first's, and the equation holds.";
    let neutral = refused("7.4-r-neutral", SIGNATURE, note, &signed(&[neutral, consent()]));
    cases.chain([neutral.rows(&[25])]).collect()
}

fn flipped(mut signature: [u8; 64], at: usize, bit: u8) -> [u8; 64] {
    signature[at] ^= bit;
    signature
}

/// Good signatures by the wrong person, or of something else.
fn messages() -> Vec<Case> {
    let bad =
        |name, note, signatures: &[[u8; 64]]| refused(name, SIGNATURE, note, &signed(signatures));
    // Both sign this, with their role.
    let both = |name, note, message: &dyn Fn(u8) -> Vec<u8>| {
        bad(name, note, &[sign(&ALICE, &[&message(1)]), sign(&BOB, &[&message(2)])])
    };
    let by = |role, who| part(role, who, &ALICE, &BOB);
    let (keys, turned) = ([ALICE.ed(), BOB.ed()].concat(), [BOB.ed(), ALICE.ed()].concat());
    let of = |start: &[u8], keys: &[u8]| [start, keys].concat();
    let domain = |role: u8, version: u8| of(b"kovra-device-v1", &[role, version]);
    let anothers = part(1, &ALICE, &ALICE, &CAROL);
    let own = sign(&ALICE, &[b"kovra-identity-v1\x01", &ALICE.ed(), &ALICE.x()]);
    let elsewhere = part(2, &BOB, &MALLORY, &BOB);
    vec![
        bad("7.3-by-the-first", "Alice signed Bob's part.", &[claim(), by(2, &ALICE)]),
        bad("7.3-by-the-second", "Bob signed Alice's part.", &[by(1, &BOB), consent()]),
        bad("7.3-by-mallory", "Mallory signed both parts.", &[by(1, &MALLORY), by(2, &MALLORY)]),
        bad("7.3-first-twice", "The first's signature twice.", &[claim(), claim()]),
        bad("7.3-second-twice", "The second's signature twice.", &[consent(), consent()]),
        bad("7.3-exchanged", "The signatures are exchanged.", &[consent(), claim()]),
        bad("7.3-roles-exchanged", "Each signed the other's role.", &[by(2, &ALICE), by(1, &BOB)]),
        bad("7.3-half-of-the-second", "A half with Bob's signature.", &[consent()]),
        bad("7.3-half-by-mallory", "A half that Mallory signed.", &[by(1, &MALLORY)]),
        bad("7.3-half-role-2", "A half that Alice signed as the second.", &[by(2, &ALICE)]),
        bad("7.3-first-of-another", "Alice's signature of Carol.", &[anothers, consent()]),
        bad("7.3-second-of-another", "Bob agreed with Mallory.", &[claim(), elsewhere]),
        both("7.3-keys-turned", "Both signed the keys the other way.", &|role| {
            of(&domain(role, 1), &turned)
        }),
        both("7.3-no-domain", "Signed without the domain.", &|role| of(&[role, 1], &keys))
            .rows(&[27]),
        both("7.3-no-role", "Signed without a role.", &|_| of(b"kovra-device-v1\x01", &keys)),
        both("7.3-role-0", "Both signed role 0.", &|_| of(&domain(0, 1), &keys)),
        both("7.3-no-version", "Signed without the version.", &|role| {
            of(&of(b"kovra-device-v1", &[role]), &keys)
        }),
        both("7.3-version-2", "Version 1, signed as version 2.", &|role| {
            of(&domain(role, 2), &keys)
        }),
        both("7.3-version-before-role", "The version is signed before the role.", &|role| {
            of(&domain(1, role), &keys)
        }),
        both("7.3-over-nothing", "Signed over no bytes.", &|_| vec![]),
        both("7.3-as-an-identity", "Signed as an identity's string is.", &|_| {
            of(b"kovra-identity-v1\x01", &keys)
        })
        .rows(&[27]),
        both("7.3-as-a-package", "Signed as a package starts.", &|_| {
            of(b"\xd9\xd9\xf7\x86\x6dkovra-package\x01", &keys)
        })
        .rows(&[27]),
        bad("7.3-of-an-identity", "The signature of Alice's own string.", &[own]).rows(&[27]),
    ]
}
