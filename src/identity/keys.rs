//! Public keys, a newtype for each role. They exist only if they are safe to use.

use bech32::{Bech32, Hrp};
use ed25519_dalek::{Signature, VerifyingKey};

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("the key is not in canonical form")]
    NotCanonical,
    /// A point of small order, or with a small-order part: signatures and secrets under it prove
    /// nothing.
    #[error("the key is not in the prime-order group")]
    SmallOrder,
}

/// An Ed25519 public key: canonical, on the curve, torsion-free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SigningPublic([u8; 32]);

impl SigningPublic {
    /// Checks `bytes` (RFC 8032 §5.1.3, and stricter: no torsion).
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point =
            VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotCanonical)?.to_edwards();
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        if point.is_small_order() || !point.is_torsion_free() {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self(*bytes))
    }

    /// A key of ours, or out of a row that the vault has authenticated: it was checked before it went
    /// in, and the check takes 30 µs, which a vault of imported entries would pay for each.
    #[cfg(feature = "seal")]
    pub(crate) fn stored(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// The 32 bytes of RFC 8032.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Whether `signature` is this key's over `message`, by the strict rules of ed25519-dalek's
    /// `verify_strict`: S below the group order, R not of small order, cofactorless.
    pub fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.0)
            .is_ok_and(|key| key.verify_strict(message, &Signature::from_bytes(signature)).is_ok())
    }

    /// What people compare: 8 groups of 5 digits, from SHA-512 of the key (`spec/identity.md`).
    pub fn fingerprint(&self) -> String {
        groups(b"kovra-fingerprint-v1", &[&self.0])
    }
}

/// 8 groups of 5 digits, from SHA-512 of `label` and what follows (`spec/identity.md` 3).
pub(super) fn groups(label: &[u8], parts: &[&[u8]]) -> String {
    use sha2::Digest;
    let start = sha2::Sha512::new().chain_update(label);
    let digest = parts.iter().fold(start, |hash, part| hash.chain_update(part)).finalize();
    let group = |five: &[u8]| {
        let number = five.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        format!("{:05}", number % 100_000)
    };
    digest[..40].chunks_exact(5).map(group).collect::<Vec<_>>().join(" ")
}

/// The u-coordinates of order 1, 2, 4 and 8 on Curve25519 and its twist, of cofactors 8 and 4: 0, 1,
/// p - 1 and the two that double to 1. To look them up costs a hostile header of many keys nothing,
/// where an exchange with each would be 40 µs.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    near(0, 1, 0),
    near(0xff, 0xec, 0x7f),
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
];

/// 2^255 - 19, the first number that is no canonical coordinate.
const P: [u8; 32] = near(0xff, 0xed, 0x7f);

/// A little-endian number of one byte, with other bytes at its ends.
const fn near(all: u8, first: u8, last: u8) -> [u8; 32] {
    let mut bytes = [all; 32];
    (bytes[0], bytes[31]) = (first, last);
    bytes
}

/// An X25519 public key: canonical, and not of small order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgreementPublic([u8; 32]);

impl AgreementPublic {
    /// Checks `bytes`: below 2^255-19 (RFC 7748 §5 would reduce it), and not of small order, on
    /// which the age crate panics.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        if !bytes.iter().rev().lt(P.iter().rev()) {
            return Err(KeyError::NotCanonical);
        }
        if SMALL_ORDER.contains(bytes) {
            return Err(KeyError::SmallOrder);
        }
        Ok(Self(*bytes))
    }

    /// A key of ours, or out of a row that the vault has authenticated.
    #[cfg(feature = "seal")]
    pub(crate) fn stored(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// The u-coordinate of RFC 7748.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `age1...`: Bech32 (BIP 173).
    #[expect(clippy::expect_used, reason = "32 bytes are below any limit of Bech32")]
    pub fn to_age(self) -> String {
        bech32::encode::<Bech32>(Hrp::parse_unchecked("age"), &self.0).expect("32 bytes fit")
    }

    /// From what [`Self::to_age`] writes, and from no other text for the same key.
    pub fn from_age(text: &str) -> Option<Self> {
        let (hrp, bytes) = bech32::decode(text).ok()?;
        let bytes = <[u8; 32]>::try_from(bytes).ok()?;
        let key = Self::from_bytes(&bytes).ok()?;
        // Re-encoding pins the checksum to Bech32: `decode` takes Bech32m as well.
        (hrp.as_str() == "age" && key.to_age() == text).then_some(key)
    }
}

#[cfg(test)]
#[cfg(feature = "seal")]
mod tests {
    use super::super::{AgreementSecret, SigningSecret};
    use super::*;
    use x25519_dalek::StaticSecret;

    /// RFC 8032 §7.1, TEST 2.
    #[test]
    fn rfc_8032_vector() {
        let seed = [
            0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11,
            0x4e, 0x0f, 0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed,
            0x4f, 0xb8, 0xa6, 0xfb,
        ];
        let key = SigningSecret::from_bytes(&seed);
        let signature = key.sign(&[0x72]);
        assert_eq!(signature[..4], [0x92, 0xa0, 0x09, 0xa9]);
        assert!(key.public().verifies(&[0x72], &signature));
        assert!(!key.public().verifies(&[0x73], &signature));
    }

    #[test]
    fn a_malleated_signature_is_refused() {
        // L, the order of the group, little-endian.
        const L: [u8; 32] = [
            0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
            0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
        ];
        let key = SigningSecret::from_bytes(&[3; 32]);
        let mut signature = key.sign(b"m");
        let mut carry = 0;
        for (s, l) in signature[32..].iter_mut().zip(L) {
            carry += u16::from(*s) + u16::from(l);
            *s = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert!(!key.public().verifies(b"m", &signature));
    }

    #[test]
    fn weak_signing_keys_are_refused() {
        let mut identity = [0; 32];
        identity[0] = 1;
        assert_eq!(SigningPublic::from_bytes(&identity), Err(KeyError::SmallOrder));
        // y = p + 1: the identity again, in another encoding.
        let mut other = [0xff; 32];
        (other[0], other[31]) = (0xee, 0x7f);
        assert_eq!(SigningPublic::from_bytes(&other), Err(KeyError::NotCanonical));
        // -1 has order two.
        let mut order_two = [0xff; 32];
        (order_two[0], order_two[31]) = (0xec, 0x7f);
        assert_eq!(SigningPublic::from_bytes(&order_two), Err(KeyError::SmallOrder));
        // A good key plus the point of order two is -x, -y: of mixed order.
        let good = SigningSecret::from_bytes(&[5; 32]).public();
        let point = VerifyingKey::from_bytes(&order_two).unwrap().to_edwards();
        let mixed = VerifyingKey::from_bytes(good.as_bytes()).unwrap().to_edwards() + point;
        assert_eq!(
            SigningPublic::from_bytes(mixed.compress().as_bytes()),
            Err(KeyError::SmallOrder)
        );
        assert!(SigningPublic::from_bytes(good.as_bytes()).is_ok());
    }

    #[test]
    fn weak_agreement_keys_are_refused() {
        for low in SMALL_ORDER {
            assert_eq!(AgreementPublic::from_bytes(&low), Err(KeyError::SmallOrder));
            let exchange = StaticSecret::from([9; 32]).diffie_hellman(&low.into());
            assert!(!exchange.was_contributory(), "{low:02x?}");
        }
        // All multiples of a point of order 8, as Montgomery's u: the twist's p - 1 is the fifth.
        let generator = VerifyingKey::from_bytes(&[
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef,
            0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88,
            0x6d, 0x53, 0xfc, 0x05,
        ]);
        let generator = generator.unwrap().to_edwards();
        let multiples = std::iter::successors(Some(generator), |point| Some(point + generator));
        let torsion: Vec<[u8; 32]> = multiples.take(8).map(|p| p.to_montgomery().0).collect();
        assert!(torsion.iter().all(|u| SMALL_ORDER.contains(u)));
        assert_eq!(SMALL_ORDER.iter().filter(|u| torsion.contains(u)).count(), 4);
        let good = AgreementSecret::from_bytes(&[9; 32]).public();
        assert!(AgreementPublic::from_bytes(good.as_bytes()).is_ok());
        let mut high_bit = *good.as_bytes();
        high_bit[31] |= 0x80;
        assert_eq!(AgreementPublic::from_bytes(&high_bit), Err(KeyError::NotCanonical));
        let mut p = [0xff; 32];
        (p[0], p[31]) = (0xed, 0x7f);
        assert_eq!(AgreementPublic::from_bytes(&p), Err(KeyError::NotCanonical));
    }

    #[test]
    fn fingerprints_are_eight_groups_of_five_digits() {
        let print = SigningSecret::from_bytes(&[1; 32]).public().fingerprint();
        let groups: Vec<&str> = print.split(' ').collect();
        assert_eq!(groups.len(), 8);
        assert!(groups.iter().all(|g| g.len() == 5 && g.bytes().all(|b| b.is_ascii_digit())));
    }
}
