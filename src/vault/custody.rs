//! Who keeps the key of the vault: the OS keyring, a passphrase, or a key file.
//!
//! Each custody yields 32 bytes, the key-encryption key. It wraps the vault key, so that a wrong
//! one is noticed at once and a custody can be exchanged without sealing every row again.

use super::Error;
use super::keys::{Key, Nonce, open, random, seal};
use crate::cbor::{Reader, Writer};
use crate::platform;
use crate::secret::Secret;
use argon2::{Algorithm, Argon2, Params, Version};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use std::path::PathBuf;
use zeroize::{Zeroize, Zeroizing};

/// Argon2id (RFC 9106): 64 MiB, 3 passes, one lane. Recorded, so that it can rise later.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const HRP: Hrp = Hrp::parse_unchecked("kovra-vault-key-");

/// A custody as it is recorded beside the wrapped key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Custody {
    /// The Secret Service of the desktop session.
    Keyring,
    /// Argon2id of a passphrase.
    Passphrase { salt: [u8; 16], memory_kib: u32, passes: u32 },
    KeyFile {
        /// Where it was when the vault was made.
        path: PathBuf,
    },
}

/// The key-encryption key: 32 bytes.
pub struct Kek(Key);

impl Custody {
    /// Custody by passphrase, with a fresh salt and today's parameters.
    pub fn passphrase() -> Result<Self, Error> {
        Ok(Self::Passphrase { salt: random()?, memory_kib: MEMORY_KIB, passes: PASSES })
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(64);
        match self {
            Self::Keyring => w.array(1).uint(0),
            Self::Passphrase { salt, memory_kib, passes } => {
                w.array(4).uint(1).bytes(salt).uint((*memory_kib).into()).uint((*passes).into())
            }
            Self::KeyFile { path } => w.array(2).uint(2).bytes(platform::path_to_bytes(path)),
        };
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut r = Reader::new(bytes, "custody");
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        let custody = match (r.array()?, r.uint()?) {
            (1, 0) => Self::Keyring,
            (4, 1) => Self::Passphrase {
                salt: *r.fixed()?,
                memory_kib: small(r.uint()?),
                passes: small(r.uint()?),
            },
            (2, 2) => {
                let path = platform::path_from_bytes(r.bytes()?);
                let foreign = || Error::Damaged("its key file's path is of another system".into());
                Self::KeyFile { path: path.ok_or_else(foreign)? }
            }
            _ => return Err(Error::Damaged("an unknown custody".into())),
        };
        r.finish()?;
        Ok(custody)
    }

    /// What to say when the key that this custody gave does not fit.
    fn wrong_key(&self) -> &'static str {
        match self {
            Self::Keyring => "the keyring holds the key of another vault",
            Self::Passphrase { .. } => "the passphrase is not the one it was made with",
            Self::KeyFile { .. } => "the key file is of another vault",
        }
    }
}

impl Kek {
    /// A fresh key, for the keyring or a key file.
    pub fn generate() -> Result<Self, Error> {
        random().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// From a passphrase, by the parameters of `custody`.
    ///
    /// # Errors
    /// [`Error::Damaged`] if they are none, or ask for over 1 GiB or 16 passes.
    pub fn from_passphrase(passphrase: &Secret, custody: &Custody) -> Result<Self, Error> {
        let damaged = || Error::Damaged("its Argon2id parameters are out of range".into());
        let Custody::Passphrase { salt, memory_kib, passes } = custody else {
            return Err(damaged());
        };
        if *memory_kib > 1 << 20 || *passes > 16 {
            return Err(damaged());
        }
        let params = Params::new(*memory_kib, *passes, 1, Some(32)).map_err(|_| damaged())?;
        let mut key = Key::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose(), salt, &mut *key)
            .map_err(|_| damaged())?;
        Ok(Self(key))
    }

    /// From the text of a key file: `KOVRA-VAULT-KEY-1...`, Bech32m, so that a damaged file is
    /// told from one of another vault.
    pub fn from_text(text: &Secret) -> Result<Self, Error> {
        let bad = || Error::WrongKey("the key file is not whole: its checksum does not match");
        let text = std::str::from_utf8(text.expose()).map_err(|_| bad())?.trim();
        let decoded = CheckedHrpstring::new::<Bech32m>(text).map_err(|_| bad())?;
        if decoded.hrp() != HRP {
            return Err(bad());
        }
        let mut key = Key::default();
        let mut bytes = decoded.byte_iter();
        for byte in key.iter_mut() {
            *byte = bytes.next().ok_or_else(bad)?;
        }
        if bytes.next().is_some() { Err(bad()) } else { Ok(Self(key)) }
    }

    #[expect(clippy::expect_used, reason = "32 bytes cannot exceed Bech32's length limit")]
    pub fn to_text(&self) -> Secret {
        let mut text = bech32::encode_upper::<Bech32m>(HRP, &*self.0).expect("52 characters");
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'\n');
        text.zeroize();
        Secret::new(bytes)
    }
}

/// A custody and the vault key that it wraps, as it stands in the file.
pub(super) struct Wrapped {
    pub(super) custody: Custody,
    nonce: Nonce,
    sealed: Vec<u8>,
}

impl Wrapped {
    pub(super) fn wrap(
        custody: Custody,
        kek: &Kek,
        vault_key: &Key,
        id: &[u8; 16],
    ) -> Result<Self, Error> {
        let nonce = random()?;
        let sealed = seal(&kek.0, &nonce, &associated(&custody, id), &**vault_key);
        Ok(Self { custody, nonce, sealed })
    }

    pub(super) fn unwrap(&self, kek: &Kek, id: &[u8; 16]) -> Result<Key, Error> {
        let wrong = || Error::WrongKey(self.custody.wrong_key());
        let plain = open(&kek.0, &self.nonce, &associated(&self.custody, id), &self.sealed)
            .ok_or_else(wrong)?;
        let mut key = Key::default();
        key.copy_from_slice(plain.get(..32).ok_or_else(wrong)?);
        Ok(key)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(256);
        w.array(3).bytes(&self.custody.encode()).bytes(&self.nonce).bytes(&self.sealed);
        w.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut r = Reader::new(bytes, "custody");
        if r.array()? != 3 {
            return Err(Error::Damaged("an unknown custody".into()));
        }
        let custody = Custody::decode(r.bytes()?)?;
        let (nonce, sealed) = (*r.fixed()?, r.bytes()?.to_vec());
        r.finish()?;
        Ok(Self { custody, nonce, sealed })
    }
}

fn associated(custody: &Custody, id: &[u8; 16]) -> Vec<u8> {
    [b"kovra-vault-v1 custody".as_slice(), id, &custody.encode()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_reads_back_and_a_damaged_one_is_noticed() {
        let kek = Kek::generate().unwrap();
        let text = kek.to_text();
        assert_eq!(Kek::from_text(&text).unwrap().0, kek.0);
        let cut = Secret::copy_of(&text.expose()[..40]);
        assert!(matches!(Kek::from_text(&cut), Err(Error::WrongKey(_))));
    }

    #[test]
    fn custody_records_read_back() {
        for custody in [
            Custody::Keyring,
            Custody::passphrase().unwrap(),
            Custody::KeyFile { path: "/a/b".into() },
        ] {
            assert_eq!(Custody::decode(&custody.encode()).unwrap(), custody);
        }
    }

    #[test]
    fn a_changed_custody_record_does_not_unwrap() {
        let (kek, key, id) = (Kek::generate().unwrap(), Zeroizing::new([7; 32]), [1; 16]);
        let wrapped = Wrapped::wrap(Custody::Keyring, &kek, &key, &id).unwrap();
        assert_eq!(*wrapped.unwrap(&kek, &id).unwrap(), [7; 32]);
        assert!(wrapped.unwrap(&kek, &[2; 16]).is_err());
        assert!(wrapped.unwrap(&Kek::generate().unwrap(), &id).is_err());
        let moved = Wrapped { custody: Custody::KeyFile { path: "/x".into() }, ..wrapped };
        assert!(moved.unwrap(&kek, &id).is_err());
    }
}
