//! The public string of an identity (`spec/identity.md` 2), rows 43-45; and by the same means, statements about
//! devices (7).

use bech32::{Bech32m, Hrp};
use ed25519_dalek::Signer;
use forge::{ALICE, BOB, Keys, MALLORY};
use kovra::identity::{DeviceStatement, IdentityError, PublicIdentity};
use std::fmt::Debug;
use std::str::FromStr;

/// Bob's 129 bytes, with this X25519 key.
fn data(x: &[u8; 32]) -> Vec<u8> {
    let message = [&b"kovra-identity-v1\x01"[..], &BOB.ed(), x].concat();
    let signature = BOB.signing().sign(&message).to_bytes();
    [&[1][..], &BOB.ed(), x, &signature].concat()
}

fn encoded(data: &[u8]) -> String {
    bech32::encode::<Bech32m>(Hrp::parse("kovra").unwrap(), data).unwrap()
}

/// The 193 bytes by which Alice and Bob are one person; the first 129 are a half.
fn both() -> Vec<u8> {
    let keys = [&[1][..], &ALICE.ed(), &BOB.ed()].concat();
    let part = |role: u8, who: &Keys| {
        who.signing().sign(&[b"kovra-device-v1", &[role][..], &keys].concat()).to_bytes()
    };
    [&keys[..], &part(1, &ALICE), &part(2, &BOB)].concat()
}

fn statement(data: &[u8]) -> String {
    bech32::encode::<Bech32m>(Hrp::parse("kovradev").unwrap(), data).unwrap()
}

fn error<T: FromStr<Err = IdentityError> + Debug>(text: &str) -> IdentityError {
    text.parse::<T>().expect_err(text)
}

#[test]
fn an_identity_shows_what_the_spec_says() {
    assert_eq!(BOB.identity().public().to_string(), encoded(&data(&BOB.x())));
}

#[test]
fn a_statement_shows_what_the_spec_says() {
    let [first, second] = [ALICE, BOB].map(|keys| keys.identity().signing);
    let half = DeviceStatement::claim(&first, second.public()).unwrap();
    assert_eq!(half.to_string(), statement(&both()[..129]));
    assert_eq!(half.agree(&second).unwrap().to_string(), statement(&both()));
}

/// Row 43.
#[test]
fn every_bit_of_the_self_signature_matters() {
    for bit in 65 * 8..129 * 8 {
        let mut data = data(&BOB.x());
        data[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(error::<PublicIdentity>(&encoded(&data)), IdentityError::Signature, "{bit}");
    }
}

/// Of a half and a whole. A key with another bit is none, or did not sign.
#[test]
fn every_bit_of_a_statement_matters() {
    for good in [&both()[..129], &both()] {
        for bit in 0..good.len() * 8 {
            let mut data = good.to_vec();
            data[bit / 8] ^= 1 << (bit % 8);
            let error = error::<DeviceStatement>(&statement(&data));
            let right = match (bit / 8, error) {
                (0, IdentityError::Version(version)) => version == data[0],
                (1..65, IdentityError::Key(_) | IdentityError::Signature) => true,
                (65.., IdentityError::Signature) => true,
                _ => false,
            };
            assert!(right, "{bit} of {}: {error:?}", good.len());
        }
    }
}

/// Of the cuts that have a checksum again, only a half says anything.
#[test]
fn a_statement_cut_between_its_bytes() {
    for length in 2..193 {
        let parsed = statement(&both()[..length]).parse::<DeviceStatement>();
        match length {
            129 => assert!(!parsed.unwrap().is_whole()),
            _ => assert_eq!(parsed, Err(IdentityError::Shape), "{length}"),
        }
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
    no_typo_or_cut_of::<PublicIdentity>(&encoded(&data(&BOB.x())));
    no_typo_or_cut_of::<DeviceStatement>(&statement(&both()[..129]));
    no_typo_or_cut_of::<DeviceStatement>(&statement(&both()));
}

fn no_typo_or_cut_of<T: FromStr<Err = IdentityError> + Debug>(text: &str) {
    for at in 0..text.len() {
        let mut typo = text.to_owned().into_bytes();
        typo[at] = if typo[at] == b'q' { b'p' } else { b'q' };
        let typo = String::from_utf8(typo).unwrap();
        assert!(typo.parse::<T>().is_err(), "{at}");
        assert_eq!(error::<T>(&text[..at]), IdentityError::Encoding, "{at}");
    }
}
