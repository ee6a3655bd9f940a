//! The ways to the keys of a vault: the OS keyring, a passphrase, or a key file.
//!
//! Each way yields 32 bytes, the key-encryption key. It wraps the vault's two keys, each on its own, so
//! that a wrong one is noticed at once and a way can be exchanged without sealing every row again.

use super::Error;
use super::keys::{Key, MasterKeys, Nonce, open, random, random_key, seal};
use super::record::Fields;
use crate::cbor::{Reader, Writer};
use crate::secret::{Secret, to_bech32};
use argon2::{Algorithm, Argon2, Params, Version};
use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32m, Hrp};
use std::path::PathBuf;

/// Argon2id (RFC 9106): 64 MiB, 3 passes, one lane. Recorded, so that it can rise in a later schema; no
/// other value is taken from a file, which could make its reader work for hours.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;
const HRP: Hrp = Hrp::parse_unchecked("kovra-vault-key-");

/// What keeps the key of a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Custody {
    /// The Secret Service of the desktop session.
    Keyring,
    /// Argon2id of a passphrase.
    Passphrase { salt: [u8; 16] },
    KeyFile {
        /// Where it was when the vault was made. It is the file's word for it.
        path: PathBuf,
    },
}

/// The key-encryption key: 32 bytes.
pub struct Kek(Key);

impl Custody {
    /// [`Error::Storage`] for a path that is not UTF-8: a vault may be read on another system.
    fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut w = Writer::with_capacity(64);
        match self {
            Self::Keyring => w.array(1).uint(0),
            Self::Passphrase { salt } => {
                w.array(4).uint(1).bytes(salt).uint(MEMORY_KIB.into()).uint(PASSES.into())
            }
            Self::KeyFile { path } => {
                let odd = || Error::Storage("a key file's path has to be UTF-8".into());
                w.array(2).uint(2).text(path.to_str().ok_or_else(odd)?)
            }
        };
        Ok(w.finish())
    }

    /// `None` for a way of a later kovra.
    fn decode(bytes: &[u8]) -> Result<Option<Self>, Error> {
        let mut fields = Fields::of(bytes, "way")?;
        Ok(Some(match fields.next()?.uint()? {
            0 => Self::Keyring,
            1 => {
                let salt = *fields.next()?.fixed()?;
                let cost = (fields.next()?.uint()?, fields.next()?.uint()?);
                if cost != (MEMORY_KIB.into(), PASSES.into()) {
                    let what = "its Argon2id parameters are not those of this schema";
                    return Err(Error::Damaged(what.into()));
                }
                Self::Passphrase { salt }
            }
            2 => Self::KeyFile { path: fields.next()?.text()?.into() },
            _ => return Ok(None),
        }))
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
        random_key().map(Self)
    }

    /// From a passphrase or a PIN, which takes 64 MiB and about 0.15 s.
    pub fn from_passphrase(passphrase: &Secret, salt: &[u8; 16]) -> Result<Self, Error> {
        let odd = |error: argon2::Error| Error::Storage(format!("Argon2id: {error}"));
        let params = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(odd)?;
        let mut key = Key::default();
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.expose(), salt, &mut key[..])
            .map_err(odd)?;
        Ok(Self(key))
    }

    pub(super) fn key(&self) -> &Key {
        &self.0
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

    pub fn to_text(&self) -> Secret {
        let text = to_bech32::<Bech32m>(HRP, &self.0);
        let mut bytes = Vec::with_capacity(text.len() + 1);
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(b'\n');
        Secret::new(bytes)
    }
}

/// A custody and the keys that it wraps.
pub(super) struct Way {
    pub(super) custody: Custody,
    description: Vec<u8>,
    vault: (Nonce, Vec<u8>),
    guard: (Nonce, Vec<u8>),
}

/// Which of the two keys a blob holds.
const VAULT: u8 = 1;
const GUARD: u8 = 2;

impl Way {
    pub(super) fn wrap(
        custody: Custody,
        kek: &Kek,
        keys: &MasterKeys,
        id: &[u8; 16],
    ) -> Result<Self, Error> {
        let description = custody.encode()?;
        let wrap = |which, key: &Key| -> Result<_, Error> {
            let nonce = random()?;
            Ok((nonce, seal(&kek.0, &nonce, &associated(id, which, &description), &key[..])))
        };
        let (vault, guard) = (wrap(VAULT, &keys.vault)?, wrap(GUARD, &keys.guard)?);
        Ok(Self { custody, description, vault, guard })
    }

    pub(super) fn unwrap(&self, kek: &Kek, id: &[u8; 16]) -> Result<MasterKeys, Error> {
        let unwrap = |which, (nonce, sealed): &(Nonce, Vec<u8>)| -> Result<Key, Error> {
            let wrong = || Error::WrongKey(self.custody.wrong_key());
            let plain = open(&kek.0, nonce, &associated(id, which, &self.description), sealed);
            let mut key = Key::default();
            key.copy_from_slice(plain.as_deref().and_then(|p| p.get(..32)).ok_or_else(wrong)?);
            Ok(key)
        };
        Ok(MasterKeys { vault: unwrap(VAULT, &self.vault)?, guard: unwrap(GUARD, &self.guard)? })
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(256);
        w.array(5).bytes(&self.description);
        for (nonce, sealed) in [&self.vault, &self.guard] {
            w.bytes(nonce).bytes(sealed);
        }
        w.finish()
    }

    fn decode(mut fields: Fields<'_>) -> Result<Option<Self>, Error> {
        let description = fields.next()?.bytes()?.to_vec();
        let Some(custody) = Custody::decode(&description)? else { return Ok(None) };
        let mut wrapped = || -> Result<_, Error> {
            Ok((*fields.next()?.fixed()?, fields.next()?.bytes()?.to_vec()))
        };
        let (vault, guard) = (wrapped()?, wrapped()?);
        Ok(Some(Self { custody, description, vault, guard }))
    }
}

/// Writes the ways of a vault, each in a byte string.
pub(super) fn encode(ways: &[Way]) -> Vec<u8> {
    let mut w = Writer::with_capacity(300);
    w.array(ways.len());
    ways.iter().for_each(|way| {
        w.bytes(&way.encode());
    });
    w.finish()
}

/// The ways that this kovra knows; at least one.
pub(super) fn decode(bytes: &[u8]) -> Result<Vec<Way>, Error> {
    let mut reader = Reader::new(bytes, "ways");
    let count = reader.array()?;
    let mut ways = Vec::new();
    for _ in 0..count {
        ways.extend(Way::decode(Fields::of(reader.bytes()?, "way")?)?);
    }
    reader.finish()?;
    if ways.is_empty() {
        Err(Error::Damaged("no way to its keys is known".into()))
    } else {
        Ok(ways)
    }
}

fn associated(id: &[u8; 16], which: u8, description: &[u8]) -> Vec<u8> {
    [b"kovra-vault-v2 way".as_slice(), id, &[which], description].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: [u8; 16] = [1; 16];

    fn wrapped(custody: Custody, kek: &Kek) -> (Way, MasterKeys) {
        let keys = MasterKeys::generate().unwrap();
        (Way::wrap(custody, kek, &keys, &ID).unwrap(), keys)
    }

    #[test]
    fn a_key_file_reads_back_and_a_damaged_one_is_noticed() {
        let kek = Kek::generate().unwrap();
        let text = kek.to_text();
        assert_eq!(Kek::from_text(&text).unwrap().0, kek.0);
        let cut = Secret::copy_of(&text.expose()[..40]);
        assert!(matches!(Kek::from_text(&cut), Err(Error::WrongKey(_))));
    }

    #[test]
    fn ways_read_back_and_a_later_one_is_left_out() {
        let kek = Kek::generate().unwrap();
        for custody in [
            Custody::Keyring,
            Custody::Passphrase { salt: [2; 16] },
            Custody::KeyFile { path: "/a/b".into() },
        ] {
            let (way, keys) = wrapped(custody.clone(), &kek);
            let (mut later, _) = wrapped(Custody::Keyring, &kek);
            later.description = vec![0x82, 0x07, 0x00];
            let read = decode(&encode(&[later, way])).unwrap();
            assert_eq!((read.len(), &read[0].custody), (1, &custody));
            let found = read[0].unwrap(&kek, &ID).unwrap();
            assert!(found.vault == keys.vault && found.guard == keys.guard);
        }
        assert!(matches!(decode(&[0x80]), Err(Error::Damaged(_))));
    }

    #[test]
    fn argon2_costs_what_the_schema_says_and_no_more() {
        let mut w = Writer::with_capacity(64);
        w.array(4).uint(1).bytes(&[0; 16]).uint(1 << 20).uint(16);
        assert!(matches!(Custody::decode(w.as_bytes()), Err(Error::Damaged(_))));
    }

    #[test]
    fn a_changed_way_does_not_unwrap() {
        let kek = Kek::generate().unwrap();
        let (way, _) = wrapped(Custody::Keyring, &kek);
        assert!(way.unwrap(&kek, &[2; 16]).is_err());
        assert!(way.unwrap(&Kek::generate().unwrap(), &ID).is_err());
        let swapped = Way { vault: way.guard.clone(), guard: way.vault.clone(), ..way };
        assert!(swapped.unwrap(&kek, &ID).is_err());
        let moved = Custody::KeyFile { path: "/x".into() };
        let moved = Way { description: moved.encode().unwrap(), custody: moved, ..swapped };
        assert!(moved.unwrap(&kek, &ID).is_err());
    }
}
