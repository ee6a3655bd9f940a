//! The two keys of a vault, the sub-keys that come from them, and what they do.

use super::Error;
use super::place::Place;
use crate::secret::Secret;
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

/// 32 bytes that are a key. Which one, the name of the variable says. Boxed, so that whoever hands it on leaves
/// no copy on the stack.
pub(super) type Key = Box<Zeroizing<[u8; 32]>>;

/// A nonce of XChaCha20-Poly1305: long enough to be drawn at random, always. It also names the
/// revision of a row that it seals.
pub(super) type Nonce = [u8; 24];

pub(super) type Digest = Hmac<Sha256>;

/// The vault key and the guard key: neither follows from the other. A vault that was unlocked for a time has
/// the first alone.
#[derive(Clone)]
pub(super) struct MasterKeys {
    pub(super) vault: Key,
    pub(super) guard: Option<Key>,
}

impl MasterKeys {
    pub(super) fn generate() -> Result<Self, Error> {
        Ok(Self { vault: random_key()?, guard: Some(random_key()?) })
    }
}

/// The vault id and the sub-keys, each by HKDF-SHA-256 (RFC 5869) with the id as salt and its purpose
/// as info.
pub(super) struct Keys {
    pub(super) id: [u8; 16],
    master: MasterKeys,
    lookup: Key,
    metadata: Key,
    value: Key,
    digest: Key,
    trail: Key,
    guard: Option<Guard>,
}

/// The sub-keys of the guard key.
struct Guard {
    value: Key,
    digest: Key,
}

/// What a value is sealed under.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Lock {
    Vault,
    Guard,
}

impl Keys {
    pub(super) fn derive(master: MasterKeys, id: [u8; 16]) -> Self {
        let of = |key: &Key| Hkdf::<Sha256>::new(Some(&id), &key[..]);
        let vault = of(&master.vault);
        let guard = master.guard.as_ref().map(of).map(|guard| Guard {
            value: sub_key(&guard, "guard value"),
            digest: sub_key(&guard, "guard digest"),
        });
        Self {
            id,
            lookup: sub_key(&vault, "lookup"),
            metadata: sub_key(&vault, "metadata"),
            value: sub_key(&vault, "value"),
            digest: sub_key(&vault, "digest"),
            trail: sub_key(&vault, "trail"),
            guard,
            master,
        }
    }

    /// Both, or the vault key alone.
    pub(super) fn master(&self) -> &MasterKeys {
        &self.master
    }

    pub(super) fn has_guard(&self) -> bool {
        self.guard.is_some()
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

    /// The MAC over all rows, and, with the guard key, that over the guarded ones: for [`super::rows`].
    pub(super) fn digests(&self) -> (Digest, Option<Digest>) {
        (mac(&self.digest), self.guard.as_ref().map(|guard| mac(&guard.digest)))
    }

    /// The MAC that links the rows of the audit trail, for [`super::trail`].
    pub(super) fn trail(&self) -> Digest {
        mac(&self.trail)
    }

    pub(super) fn seal_metadata(&self, place: Place, nonce: &Nonce, plain: &[u8]) -> Vec<u8> {
        seal(&self.metadata, nonce, &self.associated(place), plain)
    }

    /// `None` if it is not what was sealed at this place under this nonce.
    pub(super) fn open_metadata(
        &self,
        place: Place,
        nonce: &Nonce,
        sealed: &[u8],
    ) -> Option<Vec<u8>> {
        let mut plain = open(&self.metadata, nonce, &self.associated(place), sealed)?;
        Some(std::mem::take(&mut *plain))
    }

    /// Seals a value that belongs to the sealed `metadata` of its row.
    pub(super) fn seal_value(
        &self,
        lock: Lock,
        (place, nonce): (Place, &Nonce),
        metadata: &[u8],
        plain: &[u8],
    ) -> Result<Vec<u8>, Error> {
        let associated = [&self.associated(place), metadata].concat();
        Ok(seal(self.lock(lock)?, nonce, &associated, plain))
    }

    pub(super) fn open_value(
        &self,
        lock: Lock,
        (place, nonce): (Place, &Nonce),
        metadata: &[u8],
        sealed: &[u8],
    ) -> Result<Option<Secret>, Error> {
        let associated = [&self.associated(place), metadata].concat();
        let plain = open(self.lock(lock)?, nonce, &associated, sealed);
        Ok(plain.map(|mut plain| Secret::new(std::mem::take(&mut *plain))))
    }

    /// [`Error::Guarded`] without the guard key.
    fn lock(&self, lock: Lock) -> Result<&Key, Error> {
        match lock {
            Lock::Vault => Ok(&self.value),
            Lock::Guard => self.guard.as_ref().map(|guard| &guard.value).ok_or(Error::Guarded),
        }
    }

    fn associated(&self, place: Place) -> [u8; 72] {
        let mut bytes = [0; 72];
        bytes[..16].copy_from_slice(&self.id);
        bytes[16..].copy_from_slice(&place.to_bytes());
        bytes
    }
}

#[expect(clippy::expect_used, reason = "only an output over 255 hashes long can fail")]
fn sub_key(hkdf: &Hkdf<Sha256>, purpose: &str) -> Key {
    let mut key = Key::default();
    hkdf.expand(format!("kovra-vault-v2 {purpose}").as_bytes(), &mut key[..]).expect("one hash");
    key
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
pub(super) fn mac(key: &Key) -> Digest {
    Hmac::new_from_slice(&key[..]).expect("a key of 32 bytes")
}

/// XChaCha20-Poly1305 under a random nonce.
#[expect(clippy::expect_used, reason = "only 256 GiB can fail, and entries are at most 256 KiB")]
pub(super) fn seal(key: &Key, nonce: &Nonce, associated: &[u8], plain: &[u8]) -> Vec<u8> {
    let payload = Payload { msg: plain, aad: associated };
    let cipher = XChaCha20Poly1305::new((&***key).into());
    cipher.encrypt(nonce.into(), payload).expect("a message that is not too long")
}

pub(super) fn open(
    key: &Key,
    nonce: &Nonce,
    associated: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let payload = Payload { msg: sealed, aad: associated };
    let plain = XChaCha20Poly1305::new((&***key).into()).decrypt(nonce.into(), payload).ok()?;
    Some(Zeroizing::new(plain))
}

pub(super) fn random_key() -> Result<Key, Error> {
    let mut key = Key::default();
    getrandom::fill(&mut key[..])?;
    Ok(key)
}

/// Random bytes from the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
