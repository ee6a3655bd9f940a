//! The signature, trust and time (clauses 6 and 7): rows 24-31, 47.

use super::forge::cbor::{array, bytes, cat, uint};
use super::forge::{
    ALICE, BOB, CAROL, CREATED, EXPIRES, Forge, MALLORY, NOW, Person, To, sign_again,
};
use super::{accepts, intact, open_error, parse_class, verify_class};
use ed25519_dalek::{Signer, Verifier, VerifyingKey};
use kovra::clock::Moment;
use kovra::identity::SigningPublic;
use kovra::package::Class::{self, Binding, Malformed, Signature, Time, Untrusted};
use kovra::package::{High, Package};

/// Row 24.
#[test]
fn every_single_bit_matters() {
    let good = Forge::good().file();
    assert!(accepts(&good).is_ok());
    let mut classes = std::collections::HashSet::new();
    for bit in 0..good.len() * 8 {
        let mut file = good.clone();
        file[bit / 8] ^= 1 << (bit % 8);
        match Package::parse(&file).and_then(Package::verify) {
            Ok(_) => panic!("bit {bit} does not matter"),
            Err(e) => classes.insert(e.class),
        };
    }
    assert!(classes.contains(&Signature) && classes.contains(&Malformed));
    assert!(!classes.contains(&Untrusted) && !classes.contains(&Class::Policy));
}

/// The order of the group, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// Row 25: S + L is the same scalar, and another signature.
#[test]
fn a_malleated_signature() {
    let mut file = Forge::good().file();
    let at = file.len() - 32;
    let mut carry = 0;
    for (s, l) in file[at..].iter_mut().zip(L) {
        carry += u16::from(*s) + u16::from(l);
        *s = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(verify_class(&file), Signature);
}

/// The little-endian numbers near 2^255: `low` and then ones.
fn near_p(low: u8, high: u8) -> [u8; 32] {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (low, high);
    bytes
}

/// Row 26: keys under which a signature proves nothing, or has more than one.
#[test]
fn weak_sender_keys() {
    let mut one = [0; 32];
    one[0] = 1;
    let order_two = near_p(0xec, 0x7f);
    let point = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).unwrap().to_edwards();
    let mixed = (point(&ALICE.ed()) + point(&order_two)).compress().to_bytes();
    let mut identity_with_sign = one;
    identity_with_sign[31] = 0x80;
    let not_on_the_curve = {
        let mut bytes = [0; 32];
        bytes[0] = 2;
        bytes
    };
    for (what, key) in [
        ("of order 4", [0; 32]),
        ("the identity", one),
        ("of order 2", order_two),
        ("of mixed order", mixed),
        ("the identity as p + 1", near_p(0xee, 0x7f)),
        ("the identity with a sign", identity_with_sign),
        ("zero as p", near_p(0xed, 0x7f)),
        ("not on the curve", not_on_the_curve),
    ] {
        let mut file = Forge::good().set(1, bytes(&key)).file();
        assert_eq!(verify_class(&file), Signature, "{what}");
        // R the identity and S zero: accepted under a small-order key by a verifier with cofactor.
        let end = file.len();
        file[end - 64..].fill(0);
        file[end - 64] = 1;
        assert_eq!(verify_class(&file), Signature, "{what}");
    }
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
    use sha2::{Digest, Sha512};
    Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize().into()
}

/// Row 26, where it would bite: Alice makes a signature that holds under her key plus a point of
/// order 2. One package would have two senders, and who is trusted would depend on the verifier.
#[test]
fn a_good_signature_under_a_key_of_mixed_order() {
    let point = |bytes: &[u8; 32]| VerifyingKey::from_bytes(bytes).unwrap().to_edwards();
    let mixed = (point(&ALICE.ed()) + point(&near_p(0xec, 0x7f))).compress().to_bytes();
    let (secret, nonce) = (ALICE.signing().to_scalar(), MALLORY.signing().to_scalar());
    let good = Forge::good();
    let (sealed, high) = (good.sealed(), good.high());
    let forge = good.set(1, bytes(&mixed));
    // The torsion part cancels for every other challenge.
    let found = (0..64).find_map(|id| {
        let mut file = Forge { pairs: forge.pairs.clone(), ..Forge::good() }
            .set(0, bytes(&[id; 16]))
            .file_of(&sealed, &high);
        let end = file.len();
        let k = scalar(&secret, &challenge(&MALLORY.ed(), &mixed, &file[..end - 64]));
        let even = k.to_bytes()[0] & 1 == 0;
        file[end - 64..end - 32].copy_from_slice(&MALLORY.ed());
        file[end - 32..].copy_from_slice(&(nonce + k * secret).to_bytes());
        even.then_some(file)
    });
    let file = found.expect("every other challenge is even");
    let (message, signature) = file.split_last_chunk::<64>().unwrap();
    let holds = VerifyingKey::from_bytes(&mixed).unwrap().verify_strict(message, &signature.into());
    assert!(holds.is_ok(), "this signature is no test");
    assert_eq!(verify_class(&file), Signature);
}

/// Clause 6.3: R the identity. It holds by the equation alone, for whoever skips the check of R.
#[test]
fn a_signature_whose_nonce_is_nothing() {
    let mut file = Forge::good().file();
    let end = file.len();
    let mut r = [0; 32];
    r[0] = 1;
    let secret = ALICE.signing().to_scalar();
    let k = scalar(&secret, &challenge(&r, &ALICE.ed(), &file[..end - 64]));
    file[end - 64..end - 32].copy_from_slice(&r);
    file[end - 32..].copy_from_slice(&(k * secret).to_bytes());
    let (message, signature) = file.split_last_chunk::<64>().unwrap();
    let key = ALICE.signing().verifying_key();
    assert!(key.verify(message, &signature.into()).is_ok(), "this signature is no test");
    assert_eq!(verify_class(&file), Signature);
}

/// Row 27: the same key, over something that starts otherwise.
#[test]
fn signatures_over_something_else() {
    let good = Forge::good().file();
    let body = &good[..good.len() - 64];
    let key = ALICE.signing();
    let identity = cat(&[b"kovra-identity-v1", &[1], &ALICE.ed(), &ALICE.x()]);
    let sshsig = cat(&[b"SSHSIG\0\0\0\x04file\0\0\0\0\0\0\0\x06sha512\0\0\0\x40", &[0; 64]]);
    let hashed = <sha2::Sha512 as sha2::Digest>::digest(body);
    for message in [&identity[..], &sshsig, &hashed, &good, &body[..body.len() - 2], b""] {
        let mut file = good.clone();
        let at = file.len() - 64;
        file[at..].copy_from_slice(&key.sign(message).to_bytes());
        assert_eq!(verify_class(&file), Signature);
    }
}

/// Row 28: Mallory puts her name on Alice's package and cannot put it inside.
#[test]
fn signed_again_by_somebody_else() {
    let good = Forge::good();
    let (sealed, high) = (good.sealed(), good.high());
    let mut stolen = good.set(1, bytes(&MALLORY.ed()));
    stolen.signer = MALLORY.signing();
    let file = stolen.file_of(&sealed, &high);
    assert_eq!(trust_class(&file, &[ALICE], NOW), Untrusted);
    let pinned = intact(&file).trust(&[MALLORY.pinned()], NOW).unwrap();
    let error = pinned.open(&BOB.identity(), High::Skip).err().unwrap();
    assert_eq!((error.class, error.place), (Binding, "payload of slot 0"));

    let mut name_kept = Forge::good();
    name_kept.signer = MALLORY.signing();
    assert_eq!(verify_class(&name_kept.file()), Signature);
}

fn trust_class(file: &[u8], pinned: &[Person], now: Moment) -> Class {
    let keys: Vec<SigningPublic> = pinned.iter().map(Person::pinned).collect();
    intact(file).trust(&keys, now).err().expect("it was trusted").class
}

/// Row 29.
#[test]
fn a_sender_that_nobody_pinned() {
    let file = Forge::good().file();
    assert_eq!(trust_class(&file, &[], NOW), Untrusted);
    assert_eq!(trust_class(&file, &[BOB, CAROL], NOW), Untrusted);
    let error = intact(&file).trust(&[], NOW).err().unwrap();
    assert!(error.what.contains(&ALICE.pinned().fingerprint()), "{error}");
    assert!(intact(&file).trust(&[BOB.pinned(), ALICE.pinned()], NOW).is_ok());
}

/// Row 30: Carol, who may read the package, puts another payload into it for Bob.
#[test]
fn a_payload_exchanged_by_a_recipient() {
    let mut to = [To::kovra(&BOB), To::kovra(&CAROL)];
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let good = Forge::with(&to, Forge::good().entries[0].clone(), vec![]);
    let alices = good.file();
    let mut file = good.file_of(&good.seal(&good.payload(0)), b"");
    let at = file.len() - 64;
    file[at..].copy_from_slice(&alices[alices.len() - 64..]);
    assert_eq!(verify_class(&file), Signature);
}

/// Row 31: Bob hands Alice's payload on to Carol as if it came from him, or for her.
#[test]
fn a_payload_sealed_on_to_somebody_else() {
    let alices = Forge::good();
    let mut bobs = Forge::with(&[To::kovra(&CAROL)], alices.entries[0].clone(), vec![])
        .set(1, bytes(&BOB.ed()));
    bobs.signer = BOB.signing();
    let file = bobs.file_of(&bobs.seal(&alices.payload(0)), b"");
    let verified = intact(&file).trust(&[BOB.pinned()], NOW).unwrap();
    let error = verified.open(&CAROL.identity(), High::Skip).err().unwrap();
    assert_eq!((error.class, error.place), (Binding, "payload of slot 0"));
}

/// Every field of the header is bound: a change that Alice signs still is not what she sealed.
#[test]
fn a_header_changed_and_signed_again() {
    let counts = |n, h| cat(&[&array(2), &uint(n), &uint(h)]);
    for (key, value) in [
        (0, bytes(&[0x1e; 16])),
        (2, uint(CREATED * 1000 + 18)),
        (3, uint(CREATED + 1)),
        (4, uint(EXPIRES + 1)),
        (5, cat(&[&array(1), &To::age(&BOB).listed])),
        (6, counts(1, 2)),
        (8, cat(&[&[0xa1, 0x61, b'x', 0x40]])),
    ] {
        let good = Forge::good();
        let (sealed, high) = (good.sealed(), good.high());
        let file = good.set(key, value).file_of(&sealed, &high);
        if key == 5 {
            assert_eq!(open_error(&file).class, Class::NotForMe);
        } else {
            assert_eq!(open_error(&file).class, Binding, "{key}");
        }
    }
}

/// Row 47.
#[test]
fn expired_or_from_the_future() {
    let file = Forge::good().file();
    let at = Moment::from_seconds;
    for now in [EXPIRES, EXPIRES + 1, u64::MAX] {
        assert_eq!(trust_class(&file, &[ALICE], at(now)), Time, "{now}");
    }
    for now in [CREATED - 301, 0] {
        assert_eq!(trust_class(&file, &[ALICE], at(now)), Time, "{now}");
    }
    for now in [CREATED - 300, CREATED, EXPIRES - 1] {
        assert!(intact(&file).trust(&[ALICE.pinned()], at(now)).is_ok(), "{now}");
    }
    assert_eq!(trust_class(&file, &[MALLORY], at(EXPIRES)), Untrusted, "trust comes first");
}

#[test]
fn a_signature_made_again_is_the_same() {
    let good = Forge::good().file();
    let mut file = good.clone();
    let at = file.len() - 64;
    file[at..].fill(0);
    assert_eq!(verify_class(&file), Signature);
    sign_again(&ALICE.signing(), &mut file);
    assert!(file == good);
    assert_eq!(parse_class(&file[..at]), Malformed);
}
