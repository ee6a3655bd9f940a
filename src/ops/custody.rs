//! Who is to keep the key of a vault: at its making, and when its lock is changed.

use super::Error;
use super::files::{is_there, read_key_file};
use super::output;
use crate::platform::Readers;
use crate::secret::Secret;
use crate::vault::{Custody, Kek, Vault, keyring};
use std::path::{Path, PathBuf};

/// The shortest passphrase of a vault, in characters.
pub const PASSPHRASE_MIN: usize = 12;

pub enum NewCustody {
    Keyring,
    Passphrase(Secret),
    KeyFile(PathBuf),
}

/// A custody, and the key that it keeps by now.
pub struct Kept {
    pub custody: Custody,
    pub kek: Kek,
}

impl NewCustody {
    /// Has the key of a vault that is to be made kept: a key file is made if it is not there, and used if it is.
    pub(super) fn keep(self, id: &[u8; 16]) -> Result<Kept, Error> {
        match self {
            Self::Keyring => in_keyring(Custody::Keyring { item: None }, id),
            Self::Passphrase(passphrase) => of_passphrase(&passphrase),
            Self::KeyFile(path) => {
                let path = absolute(&path)?;
                match is_there(&path)? {
                    true => {
                        let kek = read_key_file(&path)?;
                        Ok(Kept { custody: Custody::KeyFile { path }, kek })
                    }
                    false => of_key_file(path),
                }
            }
        }
    }

    /// Refuses what [`NewCustody::keep_another`] would, before anybody is asked.
    pub(super) fn check_another(&self) -> Result<(), Error> {
        match self {
            Self::Keyring => Ok(keyring::check()?),
            Self::Passphrase(passphrase) => check_passphrase(passphrase),
            Self::KeyFile(path) => output::check(path),
        }
    }

    /// Has another key kept, beside the one that opens the vault now and goes on to until the vault is written.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a key file that is there: it opens something already.
    pub(super) fn keep_another(self, id: &[u8; 16]) -> Result<Kept, Error> {
        match self {
            Self::Keyring => in_keyring(Custody::other_item(id)?, id),
            Self::KeyFile(path) => Ok(of_key_file(absolute(&path)?)?),
            other => other.keep(id),
        }
    }
}

fn in_keyring(custody: Custody, id: &[u8; 16]) -> Result<Kept, Error> {
    let kek = Kek::generate()?;
    if let Custody::Keyring { item } = &custody {
        keyring::store(Custody::item(item.as_deref(), id), &kek)?;
    }
    Ok(Kept { custody, kek })
}

/// [`Error::Usage`] if it is too short.
pub fn check_passphrase(passphrase: &Secret) -> Result<(), Error> {
    let length = String::from_utf8_lossy(passphrase.expose()).chars().count();
    let short = length < PASSPHRASE_MIN;
    if short {
        Err(Error::Usage(format!("a passphrase has at least {PASSPHRASE_MIN} characters")))
    } else {
        Ok(())
    }
}

fn of_passphrase(passphrase: &Secret) -> Result<Kept, Error> {
    check_passphrase(passphrase)?;
    let salt = Vault::new_id()?;
    let kek = Kek::from_passphrase(passphrase, &salt)?;
    Ok(Kept { custody: Custody::Passphrase { salt }, kek })
}

fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(Error::io(path))
}

/// Makes a key file for its owner alone: [`Error::Conflict`] for one that is there.
fn of_key_file(path: PathBuf) -> Result<Kept, Error> {
    let kek = Kek::generate()?;
    output::write(&path, Readers::Owner, kek.to_text().expose())?;
    Ok(Kept { custody: Custody::KeyFile { path }, kek })
}
