//! The public string of an identity (`spec/identity.md`): rows 43-45.

use bech32::{Bech32m, Hrp};
use ed25519_dalek::Signer;
use forge::{BOB, MALLORY};
use kovra::identity::{IdentityError, PublicIdentity};

/// Bob's 129 bytes, with this X25519 key.
fn data(x: &[u8; 32]) -> Vec<u8> {
    let message = [&b"kovra-identity-v1\x01"[..], &BOB.ed(), x].concat();
    let signature = BOB.signing().sign(&message).to_bytes();
    [&[1][..], &BOB.ed(), x, &signature].concat()
}

fn encoded(data: &[u8]) -> String {
    bech32::encode::<Bech32m>(Hrp::parse("kovra").unwrap(), data).unwrap()
}

fn error(text: &str) -> IdentityError {
    text.parse::<PublicIdentity>().expect_err(text)
}

#[test]
fn an_identity_shows_what_the_spec_says() {
    assert_eq!(BOB.identity().public().to_string(), encoded(&data(&BOB.x())));
}

/// Row 43.
#[test]
fn every_bit_of_the_self_signature_matters() {
    for bit in 65 * 8..129 * 8 {
        let mut data = data(&BOB.x());
        data[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(error(&encoded(&data)), IdentityError::Signature, "{bit}");
    }
}

/// Row 44: a rotation is well-formed, keeps its fingerprint and differs, so it can be asked about.
#[test]
fn a_rotated_agreement_key() {
    let [old, new] =
        [BOB, MALLORY].map(|owner| encoded(&data(&owner.x())).parse::<PublicIdentity>().unwrap());
    assert_eq!(old.signing().fingerprint(), new.signing().fingerprint());
    assert_ne!(old, new);
}

/// Row 45.
#[test]
fn typos_and_cuts() {
    let text = encoded(&data(&BOB.x()));
    for at in 0..text.len() {
        let mut typo = text.clone().into_bytes();
        typo[at] = if typo[at] == b'q' { b'p' } else { b'q' };
        let typo = String::from_utf8(typo).unwrap();
        assert!(typo.parse::<PublicIdentity>().is_err(), "{at}");
        assert_eq!(error(&text[..at]), IdentityError::Encoding, "{at}");
    }
}
