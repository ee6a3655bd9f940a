//! Receipts: a recipient's signed word that a package was imported (`spec/receipt.md`).

use super::{Class, Error};
#[cfg(feature = "seal")]
use crate::cbor::Writer;
use crate::cbor::{Reader, SELF_DESCRIBED};
use crate::clock::Moment;
use crate::identity::SigningPublic;
#[cfg(feature = "seal")]
use crate::identity::SigningSecret;
use crate::limits;

const NAME: &str = "kovra-receipt";
const VERSION: u64 = 1;
const PLACE: &str = "receipt";

/// What a receipt states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Receipt {
    /// Who imported: the key that signs the receipt.
    pub recipient: SigningPublic,
    /// The package's id.
    pub package: [u8; 16],
    /// SHA-256 of the package's file.
    pub digest: [u8; 32],
    /// By the recipient's clock, in whole seconds.
    pub imported: Moment,
}

impl Receipt {
    #[cfg(feature = "seal")]
    /// Gives the file: a statement that `package` was imported (`spec/receipt.md` 1).
    pub fn sign(
        secret: &SigningSecret,
        package: [u8; 16],
        digest: [u8; 32],
        imported: Moment,
    ) -> Vec<u8> {
        let mut w = Writer::with_capacity(limits::RECEIPT);
        w.tag(SELF_DESCRIBED).array(7).text(NAME).uint(VERSION);
        w.bytes(secret.public().as_bytes()).bytes(&package).bytes(&digest);
        w.uint(imported.seconds()).bytes(&[0; 64]);
        let mut bytes = w.finish();
        let body = bytes.len() - 64;
        let signature = secret.sign(&bytes[..body]);
        bytes[body..].copy_from_slice(&signature);
        bytes
    }

    /// Parses a receipt and checks its signature, over the file less its last 64 bytes. Whether it
    /// is a peer's, about a package sealed here, is the caller's to check (`spec/receipt.md` 2).
    pub fn verify(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = |what| Error::new(Class::Malformed, PLACE, what);
        if bytes.len() > limits::RECEIPT {
            return Err(Error::new(Class::Limit, PLACE, "larger than any receipt"));
        }
        let not_ours = |_| malformed("this is not a kovra receipt");
        let mut r = Reader::new(bytes, PLACE);
        if r.tag().map_err(not_ours)? != SELF_DESCRIBED {
            return Err(malformed("this is not a kovra receipt"));
        }
        let items = r.array()?;
        if r.text().map_err(not_ours)? != NAME {
            return Err(malformed("this is not a kovra receipt"));
        }
        let version = r.uint()?;
        if version != VERSION {
            return Err(Error::new(Class::Unsupported, PLACE, format!("version {version}")));
        }
        if items != 7 {
            return Err(malformed("a receipt is an array of seven"));
        }
        let key = r.fixed()?;
        let (package, digest, seconds) = (*r.fixed()?, *r.fixed()?, r.uint()?);
        let signature = r.fixed()?;
        r.finish()?;
        if seconds > limits::LATEST {
            return Err(malformed("it was imported after the year 9999"));
        }
        let recipient = SigningPublic::from_bytes(key)
            .map_err(|e| Error::new(Class::Signature, "receipt's key", e.to_string()))?;
        if !recipient.verifies(&bytes[..bytes.len() - 64], signature) {
            let what = "its signature does not match; it was changed, or not made by this key";
            return Err(Error::new(Class::Signature, PLACE, what));
        }
        Ok(Self { recipient, package, digest, imported: Moment::from_seconds(seconds) })
    }
}

#[cfg(test)]
#[cfg(feature = "seal")]
mod tests {
    use super::*;

    fn receipt() -> (SigningSecret, Vec<u8>) {
        let secret = SigningSecret::from_bytes(&[3; 32]);
        let bytes = Receipt::sign(&secret, [7; 16], [9; 32], Moment::from_seconds(1_800_000_000));
        (secret, bytes)
    }

    #[test]
    fn reads_back() {
        let (secret, bytes) = receipt();
        let read = Receipt::verify(&bytes).unwrap();
        assert_eq!((read.recipient, read.package), (secret.public(), [7; 16]));
        assert_eq!((read.digest, read.imported.seconds()), ([9; 32], 1_800_000_000));
        assert!(bytes.len() <= limits::RECEIPT);
    }

    #[test]
    fn any_flipped_bit_and_any_cut_is_refused() {
        let (_, bytes) = receipt();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(Receipt::verify(&flipped).is_err(), "bit {bit}");
        }
        for end in 0..bytes.len() {
            assert!(Receipt::verify(&bytes[..end]).is_err(), "cut at {end}");
        }
        assert!(Receipt::verify(&[&bytes[..], &[0]].concat()).is_err());
    }
}
