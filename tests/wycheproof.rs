//! Project Wycheproof's vectors of Ed25519 and X25519, which try what implementations got wrong.

// A test says what is wrong by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use kovra::identity::{AgreementPublic, AgreementSecret, KeyError, SigningPublic};
use wycheproof::{TestResult, eddsa, xdh};

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
