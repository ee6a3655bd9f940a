//! Clause 6: the signature and the sender's key.

use crate::case::{At::Verify, Case, case};
use crate::entries::{fixed, full, small};
use ed25519_dalek::{Signer, Verifier, VerifyingKey};
use forge::cbor::{bytes, cat};
use forge::{ALICE, BOB, CAROL, Forge, MALLORY, To};
use sha2::{Digest, Sha512};

pub(crate) fn cases() -> Vec<Case> {
    [changed(), other_messages(), weak_keys(), equations()].into_iter().flatten().collect()
}

/// The small package with another signature.
fn signed_by(make: impl Fn(&[u8]) -> [u8; 64]) -> Vec<u8> {
    let mut file = small().file();
    let at = file.len() - 64;
    let signature = make(&file[..at]);
    file[at..].copy_from_slice(&signature);
    file
}

fn changed() -> Vec<Case> {
    type Place = fn(usize) -> usize;
    let flips: [(&str, &str, Place); 6] = [
        ("id", "A bit of the id", |_| 25),
        ("sender", "A bit of the sender's key", |_| 45),
        ("body", "A bit of slot 0's body", |length| length - 100),
        ("r", "A bit of the signature's R", |length| length - 50),
        ("s", "A bit of the signature's S", |length| length - 20),
        ("last", "The last bit of the file", |length| length - 1),
    ];
    let flips = flips.map(|(name, what, at)| {
        case(format!("6.1-changed-{name}"), Verify, format!("{what} is another."), move || {
            let mut file = small().file();
            let at = at(file.len());
            file[at] ^= 1;
            file
        })
        .rows(&[24])
    });
    let rest = [
        case("6.1-zeros", Verify, "A signature of zeros.", || signed_by(|_| [0; 64])),
        case("6.1-by-another", Verify, "Mallory's signature under Alice's name.", || {
            signed_by(|body| MALLORY.signing().sign(body).to_bytes())
        })
        .rows(&[28]),
        case("6.1-of-another-package", Verify, "Alice's signature of another package.", || {
            let other = full().file();
            signed_by(|_| *other.last_chunk().unwrap())
        })
        .rows(&[30]),
        case("6.1-payload-exchanged", Verify, "Carol, who can read it, exchanged slot 0.", || {
            let mut to = [To::kovra(&BOB), To::kovra(&CAROL)];
            to.sort_by(|a, b| a.listed.cmp(&b.listed));
            let good = fixed(Forge::with(&to, small().entries[0].clone(), vec![]));
            let other = fixed(Forge::with(&to, full().entries[0].clone(), vec![]));
            let alices = good.file();
            let mut file = good.file_of(&good.seal(&other.payload(0)), b"");
            let at = file.len() - 64;
            file[at..].copy_from_slice(&alices[alices.len() - 64..]);
            file
        })
        .rows(&[30]),
    ];
    flips.into_iter().chain(rest).collect()
}

fn other_messages() -> Vec<Case> {
    let over = |name: &str, note: &str, message: fn(&[u8]) -> Vec<u8>| {
        case(format!("6.1-over-{name}"), Verify, note, move || {
            signed_by(|body| ALICE.signing().sign(&message(body)).to_bytes())
        })
        .rows(&[27])
    };
    vec![
        over("identity", "Alice's signature of her identity string.", |_| {
            cat(&[b"kovra-identity-v1", &[1], &ALICE.ed(), &ALICE.x()])
        }),
        over("device", "Alice's signature of a statement about a device.", |_| {
            cat(&[b"kovra-device-v1\x01\x01", &ALICE.ed(), &BOB.ed()])
        }),
        over("receipt", "Alice's signature of what starts like a receipt.", |_| {
            b"\xd9\xd9\xf7\x87\x6dkovra-receipt\x01".to_vec()
        }),
        over("sshsig", "Alice's signature by ssh-keygen -Y sign.", |_| {
            cat(&[b"SSHSIG\0\0\0\x04file\0\0\0\0\0\0\0\x06sha512\0\0\0\x40", &[0; 64]])
        }),
        case("2.2-signed-hash", Verify, "Pure Ed25519 over a SHA-512 of the file.", || {
            signed_by(|body| ALICE.signing().sign(&Sha512::digest(body)).to_bytes())
        }),
        case("2.2-prehashed", Verify, "Ed25519ph in place of pure Ed25519.", || {
            signed_by(prehashed)
        }),
        over("nothing", "Alice's signature over no bytes.", |_| vec![]),
        over("no-head", "Over the file less its last 66 bytes.", |body| {
            body[..body.len() - 2].to_vec()
        }),
        over("no-tag", "Over the file without its tag.", |body| body[3..].to_vec()),
        over("header", "Over the header alone.", |_| small().header()),
        over("whole", "Over the file with its signature.", |_| small().file()),
        over("zeros", "Over the file with zeros for its signature.", |body| cat(&[body, &[0; 64]])),
    ]
}

/// Alice's Ed25519ph signature (RFC 8032 §5.1), with a fixed nonce.
fn prehashed(body: &[u8]) -> [u8; 64] {
    let (secret, nonce) = (ALICE.signing().to_scalar(), MALLORY.signing().to_scalar());
    let domain = b"SigEd25519 no Ed25519 collisions\x01\0";
    let challenge = Sha512::new()
        .chain_update(domain)
        .chain_update(MALLORY.ed())
        .chain_update(ALICE.ed())
        .chain_update(Sha512::digest(body))
        .finalize();
    let s = nonce + scalar(&secret, &challenge) * secret;
    *cat(&[&MALLORY.ed(), &s.to_bytes()]).first_chunk().unwrap()
}

/// The little-endian numbers near 2^255: `low` and then ones.
pub(crate) fn near_p(low: u8, high: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (low, high);
    bytes
}

pub(crate) fn small_number(low: u8, high: u8) -> [u8; 32] {
    let mut bytes = [0; 32];
    (bytes[0], bytes[31]) = (low, high);
    bytes
}

/// A point of order 8 and its y, which is no number that could be written shortly.
pub(crate) const ORDER_8: [u8; 32] = [
    0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
    0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
];

/// Alice's key plus the point of order 2.
pub(crate) fn mixed() -> [u8; 32] {
    let point = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).unwrap().to_edwards();
    (point(&ALICE.ed()) + point(&near_p(0xec, 0x7f))).compress().to_bytes()
}

/// Keys that nobody uses (1.2 of `spec/identity.md`), and what each is.
pub(crate) fn weak() -> [(&'static str, &'static str, [u8; 32]); 13] {
    [
        ("order-1", "the neutral point", small_number(1, 0)),
        ("order-2", "the point of order 2", near_p(0xec, 0x7f)),
        ("order-4", "a point of order 4", [0; 32]),
        ("order-4-negative", "the other point of order 4", small_number(0, 0x80)),
        ("order-8", "a point of order 8", ORDER_8),
        ("mixed", "Alice's plus the point of order 2", mixed()),
        ("p", "0, written as p", near_p(0xed, 0x7f)),
        ("p-and-1", "1, written as p + 1", near_p(0xee, 0x7f)),
        ("p-and-3", "a y of 3, written as p + 3", near_p(0xf0, 0x7f)),
        ("negative-zero", "the neutral point with a sign", small_number(1, 0x80)),
        ("negative-zero-2", "the point of order 2 with a sign", near_p(0xec, 0xff)),
        ("off-the-curve", "not on the curve", small_number(2, 0)),
        ("ones", "all ones", [0xff; 32]),
    ]
}

fn weak_keys() -> Vec<Case> {
    let make = |(name, what, key): (&str, &str, [u8; 32])| {
        let note = format!("The sender's key is {what}; R is the neutral point and S is zero.");
        case(format!("6.2-key-{name}"), Verify, note, move || {
            let mut file = small().set(1, bytes(&key)).file();
            let at = file.len() - 64;
            // Whoever uses a small-order key and the equation with a cofactor takes it.
            file[at..].fill(0);
            file[at] = 1;
            file
        })
        .rows(&[26])
    };
    let good = case(
        "6.2-key-mixed-and-signed",
        Verify,
        "It holds under Alice's key plus a point of \
        order 2, by the equation alone.",
        mixed_and_signed,
    )
    .rows(&[26]);
    weak().into_iter().map(make).chain([good]).collect()
}

/// Little-endian `bytes` as a scalar of the type that `like` has: curve25519-dalek is no dependency
/// whose types could be named here.
fn scalar<S>(_like: &S, bytes: &[u8]) -> S
where
    S: From<u64> + std::ops::Add<Output = S> + std::ops::Mul<Output = S>,
{
    bytes.iter().rev().fold(S::from(0), |n, b| n * S::from(256) + S::from(u64::from(*b)))
}

/// SHA-512 of R, A and the message: the challenge of RFC 8032 §5.1.6.
fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize().into()
}

/// One package of two senders: the torsion part cancels for every other challenge.
fn mixed_and_signed() -> Vec<u8> {
    let key = mixed();
    let (secret, nonce) = (ALICE.signing().to_scalar(), MALLORY.signing().to_scalar());
    let found = (0..64).find_map(|id| {
        let mut file = small().set(0, bytes(&[id; 16])).set(1, bytes(&key)).file();
        let at = file.len() - 64;
        let k = scalar(&secret, &challenge(&MALLORY.ed(), &key, &file[..at]));
        let even = k.to_bytes()[0] & 1 == 0;
        file[at..at + 32].copy_from_slice(&MALLORY.ed());
        file[at + 32..].copy_from_slice(&(nonce + k * secret).to_bytes());
        even.then_some(file)
    });
    let file = found.unwrap();
    let (message, signature) = file.split_last_chunk::<64>().unwrap();
    let holds = VerifyingKey::from_bytes(&key).unwrap().verify_strict(message, &signature.into());
    assert!(holds.is_ok(), "this signature is no test");
    file
}

/// The order of the group, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// The same signature with S plus the order of the group.
pub(crate) fn plus_l(mut signature: [u8; 64]) -> [u8; 64] {
    let mut carry = 0;
    for (s, l) in signature[32..].iter_mut().zip(L) {
        carry += u16::from(*s) + u16::from(l);
        *s = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    signature
}

/// Alice's signature with this R, which she can make hold up to what R has of small order.
pub(crate) fn with_r(body: &[u8], r: [u8; 32], nonce: Option<&forge::Keys>) -> [u8; 64] {
    let secret = ALICE.signing().to_scalar();
    let k = scalar(&secret, &challenge(&r, &ALICE.ed(), body));
    let s = match nonce {
        Some(person) => person.signing().to_scalar() + k * secret,
        None => k * secret,
    };
    *cat(&[&r, &s.to_bytes()]).first_chunk().unwrap()
}

fn equations() -> Vec<Case> {
    let malleated = || signed_by(|body| plus_l(ALICE.signing().sign(body).to_bytes()));
    let neutral = || {
        let file = signed_by(|body| with_r(body, small_number(1, 0), None));
        let (message, signature) = file.split_last_chunk::<64>().unwrap();
        let key = ALICE.signing().verifying_key();
        assert!(key.verify(message, &signature.into()).is_ok(), "this signature is no test");
        file
    };
    let torsion = || {
        let point = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).unwrap().to_edwards();
        let r = (point(&MALLORY.ed()) + point(&near_p(0xec, 0x7f))).compress().to_bytes();
        signed_by(|body| with_r(body, r, Some(&MALLORY)))
    };
    vec![
        case("6.3-s-plus-l", Verify, "S plus the order of the group.", malleated).rows(&[25]),
        case("6.3-s-of-ones", Verify, "S is 2^256 - 1.", || {
            signed_by(|body| {
                let mut signature = ALICE.signing().sign(body).to_bytes();
                signature[32..].fill(0xff);
                signature
            })
        })
        .rows(&[25]),
        case("6.3-r-neutral", Verify, "R is the neutral point, and the equation holds.", neutral)
            .rows(&[25]),
        case(
            "6.3-r-neutral-not-canonical",
            Verify,
            "R is the neutral point, written as p + 1.",
            || signed_by(|body| with_r(body, near_p(0xee, 0x7f), None)),
        )
        .rows(&[25]),
        case(
            "6.3-r-order-2",
            Verify,
            "R is the point of order 2: it holds with a cofactor.",
            || signed_by(|body| with_r(body, near_p(0xec, 0x7f), None)),
        )
        .rows(&[25]),
        case("6.3-cofactor", Verify, "R has a part of order 2: it holds with a cofactor.", torsion)
            .rows(&[25]),
    ]
}
