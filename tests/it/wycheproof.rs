//! Project Wycheproof's vectors, which try what implementations got wrong: Ed25519 and X25519 through
//! the identity, ChaCha20-Poly1305, XChaCha20-Poly1305 and HKDF-SHA-256 through their crates.
//!
//! The vault derives its keys and seals its rows with these crates and shows nobody how
//! (`src/vault/keys.rs`), so they are called here as it calls them. The cipher with the shorter
//! nonce is that of age's bodies, with which the tests forge packages.

use chacha20poly1305::aead::{Aead, KeyInit, Nonce, Payload};
use chacha20poly1305::{ChaCha20Poly1305, XChaCha20Poly1305};
use hkdf::Hkdf;
use kovra::identity::{AgreementPublic, AgreementSecret, KeyError, SigningPublic};
use sha2::Sha256;
use wycheproof::{TestResult, aead, eddsa, hkdf as kdf, xdh};

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut valid, mut invalid, mut other_length) = (0, 0, 0);
    for group in set.test_groups {
        let key = SigningPublic::from_bytes(&group.key.pk[..].try_into().unwrap()).unwrap();
        for test in group.tests {
            // `verifies` takes 64 bytes, so another length cannot reach it: the package's own
            // signature item is refused before (1.3).
            let Ok(signature) = <[u8; 64]>::try_from(&test.sig[..]) else {
                assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
                other_length += 1;
                continue;
            };
            let wanted = test.result == TestResult::Valid;
            assert_eq!(key.verifies(&test.msg, &signature), wanted, "{}", test.tc_id);
            if wanted { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(valid >= 80 && invalid >= 40, "{valid} {invalid} {other_length}");
}

/// Which public keys may be used at all; and that a good one gives a recipient.
#[test]
fn x25519() {
    use xdh::TestFlag::{LowOrderPublic, NonCanonicalPublic, ZeroSharedSecret};
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut good, mut low, mut not_canonical) = (0, 0, 0);
    for test in set.test_groups.into_iter().flat_map(|g| g.tests) {
        let key: [u8; 32] = test.public_key[..].try_into().unwrap();
        let has = |flag| test.flags.contains(&flag);
        let got = AgreementPublic::from_bytes(&key);
        if has(NonCanonicalPublic) {
            assert_eq!(got, Err(KeyError::NotCanonical), "{}", test.tc_id);
            not_canonical += 1;
        } else if has(LowOrderPublic) || has(ZeroSharedSecret) {
            assert!(got.is_err(), "{}", test.tc_id);
            low += 1;
        } else {
            assert_eq!(got.unwrap().as_bytes(), &key, "{}", test.tc_id);
            good += 1;
        }
        // Any 32 bytes are a secret key, and its public half is one that may be used.
        let secret = AgreementSecret::from_bytes(&test.private_key[..].try_into().unwrap());
        assert!(AgreementPublic::from_bytes(secret.public().as_bytes()).is_ok());
    }
    assert!(good >= 300 && low >= 5 && not_canonical >= 10, "{good} {low} {not_canonical}");
}

/// How many cases there are that seal and open, that do not open, and whose nonce has another length.
struct Counts {
    valid: usize,
    invalid: usize,
    other_nonce: usize,
}

fn run_aead<A: Aead + KeyInit>(name: aead::TestName) -> Counts {
    let set = aead::TestSet::load(name).unwrap();
    let mut counts = Counts { valid: 0, invalid: 0, other_nonce: 0 };
    for test in set.test_groups.into_iter().flat_map(|g| g.tests) {
        let cipher = A::new_from_slice(&test.key).unwrap();
        // A nonce is an array of the cipher's own length, so another cannot reach it.
        let Ok(nonce) = <&Nonce<A>>::try_from(&test.nonce[..]) else {
            assert_eq!(test.flags, [aead::TestFlag::InvalidNonceSize], "{}", test.tc_id);
            assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
            counts.other_nonce += 1;
            continue;
        };
        let sealed = [&test.ct[..], &test.tag].concat();
        let opened = cipher.decrypt(nonce, Payload { msg: &sealed, aad: &test.aad });
        let resealed = cipher.encrypt(nonce, Payload { msg: &test.pt, aad: &test.aad }).unwrap();
        if test.result == TestResult::Valid {
            assert_eq!(opened.unwrap(), &test.pt[..], "{}", test.tc_id);
            assert_eq!(resealed, sealed, "{}", test.tc_id);
            counts.valid += 1;
        } else {
            assert!(opened.is_err(), "{}", test.tc_id);
            assert_ne!(resealed, sealed, "{}", test.tc_id);
            counts.invalid += 1;
        }
    }
    counts
}

#[test]
fn chacha20_poly1305() {
    let Counts { valid, invalid, other_nonce } =
        run_aead::<ChaCha20Poly1305>(aead::TestName::ChaCha20Poly1305);
    assert!(valid >= 256 && invalid >= 60 && other_nonce >= 9, "{valid} {invalid} {other_nonce}");
}

#[test]
fn xchacha20_poly1305() {
    let Counts { valid, invalid, other_nonce } =
        run_aead::<XChaCha20Poly1305>(aead::TestName::XChaCha20Poly1305);
    assert!(valid >= 246 && invalid >= 60 && other_nonce >= 9, "{valid} {invalid} {other_nonce}");
}

#[test]
fn hkdf_sha_256() {
    let set = kdf::TestSet::load(kdf::TestName::HkdfSha256).unwrap();
    let (mut valid, mut longest, mut too_long) = (0, 0, 0);
    for test in set.test_groups.into_iter().flat_map(|g| g.tests) {
        let mut key = vec![0; test.size];
        let expanded =
            Hkdf::<Sha256>::new(Some(&test.salt), &test.ikm).expand(&test.info, &mut key);
        // An output has at most 255 hashes.
        if test.size > 255 * 32 {
            assert_eq!(test.result, TestResult::Invalid, "{}", test.tc_id);
            assert!(expanded.is_err(), "{}", test.tc_id);
            too_long += 1;
            continue;
        }
        assert_eq!(test.result, TestResult::Valid, "{}", test.tc_id);
        assert!(expanded.is_ok(), "{}", test.tc_id);
        assert_eq!(key, &test.okm[..], "{}", test.tc_id);
        valid += 1;
        longest += usize::from(test.size == 255 * 32);
    }
    assert!(valid >= 83 && longest >= 3 && too_long >= 3, "{valid} {longest} {too_long}");
}
