//! The vault key, the sub-keys that come from it, and what they do.

use super::Error;
use crate::secret::Secret;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// 32 bytes that are a key. Which one, the name of the variable says.
pub(super) type Key = Zeroizing<[u8; 32]>;

/// A nonce of XChaCha20-Poly1305: long enough to be drawn at random, always.
pub(super) type Nonce = [u8; 24];

/// The vault id and the sub-keys, each by HKDF-SHA-256 (RFC 5869) from the vault key with the id as
/// salt and its purpose as info.
pub(super) struct Keys {
    pub(super) id: [u8; 16],
    lookup: Key,
    metadata: Key,
    value: Key,
    digest: Key,
    audit: Key,
    fingerprint: Key,
}

/// Where a row stands. It is the associated data of both its blobs, so that a row which is moved,
/// swapped or put back does not open.
#[derive(Clone, Copy)]
pub(super) struct RowPlace<'a> {
    pub(super) kind: &'a str,
    pub(super) lookup: &'a [u8; 32],
    pub(super) revision: u64,
}

impl Keys {
    pub(super) fn derive(vault_key: &Key, id: [u8; 16]) -> Self {
        let hkdf = Hkdf::<Sha256>::new(Some(&id), &**vault_key);
        let sub_key = |purpose| sub_key(&hkdf, purpose);
        Self {
            id,
            lookup: sub_key("lookup"),
            metadata: sub_key("metadata"),
            value: sub_key("value"),
            digest: sub_key("digest"),
            audit: sub_key("audit"),
            fingerprint: sub_key("fingerprint"),
        }
    }

    /// What stands in the file instead of a name. The parts are length-prefixed, so that no two
    /// lists of parts run together.
    pub(super) fn lookup(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = mac(&self.lookup);
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// The MAC over all rows' places, for [`super::rows`].
    pub(super) fn digest(&self) -> Hmac<Sha256> {
        mac(&self.digest)
    }

    /// The MAC that links the rows of the audit trail, for [`super::trail`].
    pub(super) fn audit(&self) -> Hmac<Sha256> {
        mac(&self.audit)
    }

    /// The first 32 bits of a MAC of `value`: equal for equal values in this vault, and useless for
    /// confirming a guess without its key.
    pub(super) fn fingerprint(&self, value: &Secret) -> [u8; 4] {
        let mut mac = mac(&self.fingerprint);
        mac.update(value.expose());
        let bytes = mac.finalize().into_bytes();
        [bytes[0], bytes[1], bytes[2], bytes[3]]
    }

    pub(super) fn seal_metadata(
        &self,
        place: RowPlace<'_>,
        nonce: &Nonce,
        plain: &[u8],
    ) -> Vec<u8> {
        seal(&self.metadata, nonce, &self.associated(place), plain)
    }

    pub(super) fn open_metadata(
        &self,
        place: RowPlace<'_>,
        nonce: &Nonce,
        sealed: &[u8],
    ) -> Result<Vec<u8>, Error> {
        open(&self.metadata, nonce, &self.associated(place), sealed)
            .map(|mut plain| std::mem::take(&mut *plain))
            .ok_or_else(|| moved(place))
    }

    pub(super) fn seal_value(&self, place: RowPlace<'_>, nonce: &Nonce, plain: &Secret) -> Vec<u8> {
        seal(&self.value, nonce, &self.associated(place), plain.expose())
    }

    pub(super) fn open_value(
        &self,
        place: RowPlace<'_>,
        nonce: &Nonce,
        sealed: &[u8],
    ) -> Result<Secret, Error> {
        open(&self.value, nonce, &self.associated(place), sealed)
            .map(|mut plain| Secret::new(std::mem::take(&mut *plain)))
            .ok_or_else(|| moved(place))
    }

    fn associated(&self, place: RowPlace<'_>) -> Vec<u8> {
        let kind = place.kind.as_bytes();
        [&self.id[..], &place.revision.to_be_bytes(), place.lookup, kind].concat()
    }
}

#[expect(clippy::expect_used, reason = "only an output over 255 hashes long can fail")]
fn sub_key(hkdf: &Hkdf<Sha256>, purpose: &str) -> Key {
    let mut key = Key::default();
    hkdf.expand(format!("kovra-vault-v1 {purpose}").as_bytes(), &mut *key).expect("one hash");
    key
}

fn moved(place: RowPlace<'_>) -> Error {
    Error::Damaged(format!("a row of {} was changed, moved or put back from outside", place.kind))
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn mac(key: &Key) -> Hmac<Sha256> {
    Hmac::new_from_slice(&**key).expect("a key of 32 bytes")
}

/// XChaCha20-Poly1305 under a random nonce.
#[expect(clippy::expect_used, reason = "only 256 GiB can fail, and entries are at most 256 KiB")]
pub(super) fn seal(key: &Key, nonce: &Nonce, associated: &[u8], plain: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad: associated };
    let cipher = XChaCha20Poly1305::new((&**key).into());
    cipher.encrypt(nonce.into(), payload).expect("a message that is not too long")
}

pub(super) fn open(
    key: &Key,
    nonce: &Nonce,
    associated: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let payload = Payload { msg: sealed, aad: associated };
    let plain = XChaCha20Poly1305::new((&**key).into()).decrypt(nonce.into(), payload).ok()?;
    Some(Zeroizing::new(plain))
}

/// Random bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
