//! Who keeps the key of a vault: the OS keyring, a passphrase, or a key file. Each yields 32 bytes, the
//! key-encryption key.

use super::Error;
use super::keys::{Key, random, random_key};
use super::record::Fields;
use crate::cbor::Writer;
use crate::secret::{Secret, to_bech32};
use crate::text::hex;
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
    Keyring {
        /// What the item is called; `None` for the vault's id.
        item: Option<String>,
    },
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
    pub(super) fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut w = Writer::with_capacity(64);
        match self {
            Self::Keyring { item: None } => w.array(1).uint(0),
            Self::Keyring { item: Some(item) } => w.array(2).uint(0).text(item),
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

    /// `None` for a way that is none of these.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Self>, Error> {
        let mut fields = Fields::of(bytes, "way")?;
        Ok(Some(match fields.next()?.uint()? {
            0 if !fields.more() => Self::Keyring { item: None },
            0 => Self::Keyring { item: Some(fields.next()?.text()?.to_owned()) },
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

    /// What the keyring's item of the vault `id` is called.
    pub fn item(item: Option<&str>, id: &[u8; 16]) -> String {
        item.map_or_else(|| hex(id), str::to_owned)
    }

    /// A keyring's item for another key of the vault `id`, beside the one that is there.
    pub fn other_item(id: &[u8; 16]) -> Result<Self, Error> {
        let other = random::<8>()?;
        Ok(Self::Keyring { item: Some(format!("{}-{}", hex(id), hex(&other))) })
    }

    /// What to say when the key that this custody gave does not fit.
    pub(super) fn wrong_key(&self) -> &'static str {
        match self {
            Self::Keyring { .. } => "the keyring holds another key than this vault's",
            Self::Passphrase { .. } => "that is not its passphrase",
            Self::KeyFile { .. } => {
                "the key file is of another vault, or of a lock that this one had before"
            }
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

    pub(super) fn of(key: Key) -> Self {
        Self(key)
    }

    pub(super) fn key(&self) -> &Key {
        &self.0
    }

    /// From the text of a key file: `KOVRA-VAULT-KEY-1...`, Bech32m, so that a damaged file is
    /// told from one of another vault.
    pub fn from_text(text: &Secret) -> Result<Self, Error> {
        let bad = || Error::WrongKey("the key file is not whole: its checksum does not match");
        let text = std::str::from_utf8(text.expose()).map_err(|_| bad())?.trim_ascii();
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
    fn a_custody_reads_back() {
        for custody in [
            Custody::Keyring { item: None },
            Custody::other_item(&[7; 16]).unwrap(),
            Custody::Passphrase { salt: [2; 16] },
            Custody::KeyFile { path: "/a/b".into() },
        ] {
            assert_eq!(Custody::decode(&custody.encode().unwrap()).unwrap(), Some(custody));
        }
    }

    #[test]
    fn argon2_costs_what_the_schema_says_and_no_more() {
        let mut w = Writer::with_capacity(64);
        w.array(4).uint(1).bytes(&[0; 16]).uint(1 << 20).uint(16);
        assert!(matches!(Custody::decode(w.as_bytes()), Err(Error::Damaged(_))));
    }
}
