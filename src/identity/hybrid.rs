//! The public key of a hybrid recipient: ML-KEM-768 with X25519 (`spec/identity.md` 1.4).

use super::keys::{AgreementPublic, KeyError};
use bech32::{Bech32, Checksum, Hrp};
use sha2::{Digest, Sha256};
use std::fmt;

/// The encapsulation key of ML-KEM-768 (FIPS 203), and an X25519 key, in bytes.
const ENCAPSULATION: usize = 1184;
/// Its polynomials, of 256 coefficients of 12 bits each; behind them stands a seed, which may be anything.
const POLYNOMIALS: usize = 3 * 256 * 12 / 8;
/// The modulus of ML-KEM.
const Q: u16 = 3329;

/// A hybrid public key, 1,216 bytes, that is safe to use. It is an age recipient, `age1pq1...`.
#[derive(Clone, PartialEq, Eq)]
pub struct HybridPublic(Box<[u8; Self::SIZE]>);

impl HybridPublic {
    /// Its size in bytes.
    pub const SIZE: usize = ENCAPSULATION + 32;

    /// Checks `bytes`: each coefficient is below the modulus (FIPS 203 §7.2; the ML-KEM crate would reduce it),
    /// and the X25519 key is as [`AgreementPublic::from_bytes`] wants it.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Result<Self, KeyError> {
        if !coefficients(&bytes[..POLYNOMIALS]).all(|coefficient| coefficient < Q) {
            return Err(KeyError::NotCanonical);
        }
        let key = Self::stored(bytes);
        AgreementPublic::from_bytes(key.agreement())?;
        Ok(key)
    }

    /// A key of ours, or out of a row that the vault has authenticated.
    pub(crate) fn stored(bytes: &[u8; Self::SIZE]) -> Self {
        Self(Box::new(*bytes))
    }

    /// The encapsulation key and the X25519 key.
    pub fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    #[expect(clippy::expect_used, reason = "32 of its bytes")]
    fn agreement(&self) -> &[u8; 32] {
        self.0.last_chunk().expect("a key is longer")
    }

    /// SHA-256 of it: how a header lists it, and what an identity's string commits to.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0[..]).into()
    }

    /// `age1pq1...`, 1,959 characters: Bech32 (BIP 173) without its limits of length.
    #[expect(clippy::expect_used, reason = "there is no limit")]
    pub fn to_age(&self) -> String {
        bech32::encode::<Long>(Hrp::parse_unchecked("age1pq"), &self.0[..]).expect("no limit")
    }

    /// From what [`Self::to_age`] writes, and from no other text for the same key.
    pub fn from_age(text: &str) -> Option<Self> {
        let decoded = bech32::primitives::decode::CheckedHrpstring::new::<Long>(text).ok()?;
        let bytes: Vec<u8> = decoded.byte_iter().collect();
        let key = Self::from_bytes(bytes.as_slice().try_into().ok()?).ok()?;
        // It pins the prefix, lower case and padding bits too.
        (key.to_age() == text).then_some(key)
    }
}

impl fmt::Debug for HybridPublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_age())
    }
}

/// Two in three bytes, little-endian.
fn coefficients(bytes: &[u8]) -> impl Iterator<Item = u16> {
    let (triples, _) = bytes.as_chunks();
    triples.iter().flat_map(|[a, b, c]| {
        let [a, b, c] = [*a, *b, *c].map(u16::from);
        [a | (b & 0xf) << 8, b >> 4 | c << 4]
    })
}

/// Bech32's checksum for a text of any length, as age has it for its keys.
enum Long {}

impl Checksum for Long {
    type MidstateRepr = <Bech32 as Checksum>::MidstateRepr;
    const CODE_LENGTH: usize = usize::MAX;
    const CHECKSUM_LENGTH: usize = Bech32::CHECKSUM_LENGTH;
    const GENERATOR_SH: [u32; 5] = Bech32::GENERATOR_SH;
    const TARGET_RESIDUE: u32 = Bech32::TARGET_RESIDUE;
}

#[cfg(test)]
#[cfg(feature = "seal")]
mod tests {
    use super::super::HybridSecret;
    use super::*;

    fn key() -> HybridPublic {
        HybridSecret::from_bytes(&[7; 32]).public()
    }

    #[test]
    fn reads_back() {
        let text = key().to_age();
        assert_eq!(text.len(), 1959);
        assert_eq!(HybridPublic::from_age(&text), Some(key()));
        assert_eq!(HybridPublic::from_bytes(key().as_bytes()), Ok(key()));
        for bad in [text.to_uppercase(), text[..1958].into(), text.replacen("pq1", "pr1", 1)] {
            assert_eq!(HybridPublic::from_age(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_coefficient_above_the_modulus_is_refused() {
        for at in [0, 383, 767] {
            for (value, good) in [(Q - 1, true), (Q, false), (4095, false)] {
                let mut bytes = *key().as_bytes();
                let [low, high] = value.to_le_bytes();
                let three = &mut bytes[at / 2 * 3..][..3];
                match at % 2 {
                    0 => (three[0], three[1]) = (low, three[1] & 0xf0 | high),
                    _ => (three[1], three[2]) = (three[1] & 0xf | low << 4, low >> 4 | high << 4),
                }
                let read = HybridPublic::from_bytes(&bytes);
                assert_eq!(read.is_ok(), good, "{at} {value}");
            }
        }
    }

    #[test]
    fn a_low_order_share_inside_is_refused() {
        let mut bytes = *key().as_bytes();
        bytes[ENCAPSULATION..].fill(0);
        assert_eq!(HybridPublic::from_bytes(&bytes), Err(KeyError::SmallOrder));
        bytes[ENCAPSULATION..].fill(0xff);
        assert_eq!(HybridPublic::from_bytes(&bytes), Err(KeyError::NotCanonical));
    }
}
