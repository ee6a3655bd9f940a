//! The public string of an identity (`spec/identity.md`): rows 41-45.

use super::forge::{ALICE, BOB, MALLORY, Person};
use bech32::{Bech32, Bech32m, Checksum, Hrp};
use ed25519_dalek::Signer;
use kovra::identity::{IdentityError, KeyError, PublicIdentity};

/// The 129 bytes for these keys, signed by `signer`.
fn data(version: u8, ed: &[u8; 32], x: &[u8; 32], signer: &Person) -> Vec<u8> {
    let message = [&b"kovra-identity-v1"[..], &[version], ed, x].concat();
    let signature = signer.signing().sign(&message).to_bytes();
    [&[version][..], ed, x, &signature].concat()
}

fn encoded<C: Checksum>(hrp: &str, data: &[u8]) -> String {
    bech32::encode::<C>(Hrp::parse(hrp).unwrap(), data).unwrap()
}

fn error(text: &str) -> IdentityError {
    text.parse::<PublicIdentity>().expect_err(text)
}

fn error_of(data: &[u8]) -> IdentityError {
    error(&encoded::<Bech32m>("kovra", data))
}

fn bobs() -> Vec<u8> {
    data(1, &BOB.ed(), &BOB.x(), &BOB)
}

#[test]
fn the_string_is_what_the_spec_says() {
    let text = encoded::<Bech32m>("kovra", &bobs());
    assert_eq!(text.len(), 219);
    let identity: PublicIdentity = text.parse().unwrap();
    assert_eq!(identity.signing().as_bytes(), &BOB.ed());
    assert_eq!(identity.agreement().as_bytes(), &BOB.x());
    assert_eq!(BOB.identity().public().to_string(), text);
}

#[test]
fn the_fingerprint_is_what_the_spec_says() {
    use sha2::{Digest, Sha512};
    let digest = Sha512::digest([&b"kovra-fingerprint-v1"[..], &BOB.ed()].concat());
    let groups: Vec<String> = (0..8)
        .map(|i| {
            let five = [&[0; 3], &digest[5 * i..5 * i + 5]].concat();
            format!("{:05}", u64::from_be_bytes(five.try_into().unwrap()) % 100_000)
        })
        .collect();
    assert_eq!(BOB.pinned().fingerprint(), groups.join(" "));
}

/// Row 41: sealing to one of these would panic in the age crate.
#[test]
fn agreement_keys_of_small_order() {
    let mut one = [0; 32];
    one[0] = 1;
    let mut p_less_1 = [0xff; 32];
    (p_less_1[0], p_less_1[31]) = (0xec, 0x7f);
    let order_8 = [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ];
    let order_8_too = [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ];
    for x in [[0; 32], one, p_less_1, order_8, order_8_too] {
        let data = data(1, &BOB.ed(), &x, &BOB);
        assert_eq!(error_of(&data), IdentityError::Key(KeyError::SmallOrder), "{x:02x?}");
    }
}

/// Row 42, and the other numbers that RFC 7748 would reduce.
#[test]
fn agreement_keys_that_are_not_canonical() {
    let mut high_bit = BOB.x();
    high_bit[31] |= 0x80;
    let near = |low: u8, high: u8| {
        let mut x = [0xff; 32];
        (x[0], x[31]) = (low, high);
        x
    };
    for x in [high_bit, near(0xed, 0x7f), near(0xee, 0x7f), near(0xff, 0x7f), near(0xff, 0xff)] {
        let data = data(1, &BOB.ed(), &x, &BOB);
        assert_eq!(error_of(&data), IdentityError::Key(KeyError::NotCanonical), "{x:02x?}");
    }
}

#[test]
fn signing_keys_of_small_order() {
    let mut one = [0; 32];
    one[0] = 1;
    let mut order_2 = [0xff; 32];
    (order_2[0], order_2[31]) = (0xec, 0x7f);
    for ed in [[0; 32], one, order_2] {
        let data = data(1, &ed, &BOB.x(), &BOB);
        assert_eq!(error_of(&data), IdentityError::Key(KeyError::SmallOrder), "{ed:02x?}");
    }
}

/// Row 43.
#[test]
fn an_exchanged_agreement_key() {
    let mut data = bobs();
    data[33..65].copy_from_slice(&MALLORY.x());
    assert_eq!(error_of(&data), IdentityError::SelfSignature);
    let signed_by_her = self::data(1, &BOB.ed(), &MALLORY.x(), &MALLORY);
    assert_eq!(error_of(&signed_by_her), IdentityError::SelfSignature);
    let mut other_signer = bobs();
    other_signer[1..33].copy_from_slice(&ALICE.ed());
    assert_eq!(error_of(&other_signer), IdentityError::SelfSignature);
    for bit in 65 * 8..129 * 8 {
        let mut data = bobs();
        data[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(error_of(&data), IdentityError::SelfSignature, "{bit}");
    }
}

/// A signature over something else that the key signs does not vouch for a key.
#[test]
fn a_self_signature_over_something_else() {
    let keys = [BOB.ed(), BOB.x()].concat();
    for message in [&keys[..], &[&b"kovra-identity-v1"[..], &keys].concat(), b""] {
        let mut data = bobs();
        data[65..].copy_from_slice(&BOB.signing().sign(message).to_bytes());
        assert_eq!(error_of(&data), IdentityError::SelfSignature);
    }
}

/// Row 44: a rotation is well-formed, keeps its fingerprint and differs, so it can be asked about.
#[test]
fn a_rotated_agreement_key() {
    let parse = |x: [u8; 32]| encoded::<Bech32m>("kovra", &data(1, &BOB.ed(), &x, &BOB)).parse();
    let old: PublicIdentity = parse(BOB.x()).unwrap();
    let new: PublicIdentity = parse(MALLORY.x()).unwrap();
    assert_eq!(old.signing().fingerprint(), new.signing().fingerprint());
    assert_ne!(old, new);
}

/// Row 45.
#[test]
fn other_encodings_and_typos() {
    let text = encoded::<Bech32m>("kovra", &bobs());
    assert_eq!(error(&encoded::<Bech32>("kovra", &bobs())), IdentityError::Encoding);
    assert_eq!(error(&text.to_uppercase()), IdentityError::Encoding);
    assert_eq!(error(&format!("K{}", &text[1..])), IdentityError::Encoding);
    assert_eq!(error(&text.replacen('q', "Q", 1)), IdentityError::Encoding);
    assert_eq!(error(""), IdentityError::Encoding);
    assert_eq!(error("kovra1"), IdentityError::Encoding);
    assert_eq!(error(&format!(" {text}")), IdentityError::Encoding);
    assert_eq!(error(&format!("{text}\n")), IdentityError::Encoding);
    for at in 0..text.len() {
        let mut typo = text.clone().into_bytes();
        typo[at] = if typo[at] == b'q' { b'p' } else { b'q' };
        let typo = String::from_utf8(typo).unwrap();
        assert!(typo.parse::<PublicIdentity>().is_err(), "{at}");
        assert_eq!(error(&text[..at]), IdentityError::Encoding, "{at}");
    }
}

#[test]
fn another_prefix_version_or_length() {
    assert_eq!(error(&encoded::<Bech32m>("age", &bobs())), IdentityError::Shape);
    assert_eq!(error(&encoded::<Bech32m>("kovrb", &bobs())), IdentityError::Shape);
    assert_eq!(error_of(&[]), IdentityError::Shape);
    assert_eq!(error_of(&bobs()[..128]), IdentityError::Shape);
    assert_eq!(error_of(&[&bobs()[..], &[0]].concat()), IdentityError::Shape);
    for version in [0, 2, 255] {
        let data = data(version, &BOB.ed(), &BOB.x(), &BOB);
        assert_eq!(error_of(&data), IdentityError::Version(version));
        assert_eq!(error_of(&data[..10]), IdentityError::Version(version));
    }
}
