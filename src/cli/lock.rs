//! What is to keep a vault's keys from now on: for `rekey` and `recover`.

use super::error::Failure;
use super::init::Keeper;
use super::ui;
use super::ui::said;
use super::unlock::read_passphrase;
use kovra::ops::custody::{NewCustody, check_passphrase};
use kovra::secret::Secret;
use kovra::vault::Custody;
use std::path::PathBuf;

#[derive(clap::Args)]
pub(super) struct Lock {
    /// Who keeps the vault's keys from now on [default: who keeps them now, by another key;
    /// for a backup a passphrase]
    #[arg(long, value_enum)]
    custody: Option<Keeper>,
    /// The key file to make
    #[arg(long, value_name = "FILE")]
    new_key_file: Option<PathBuf>,
    /// Read the new passphrase from this file instead of asking
    #[arg(long, value_name = "FILE", conflicts_with = "new_key_file")]
    new_passphrase_file: Option<PathBuf>,
}

impl Lock {
    /// The new custody, of this kind if none is named.
    pub(super) fn chosen(&self, default: impl Into<Keeper>) -> Result<NewCustody, Failure> {
        match self.keeper(default.into())? {
            Keeper::Keyring => Ok(NewCustody::Keyring),
            Keeper::Passphrase => {
                let passphrase = match &self.new_passphrase_file {
                    Some(file) => read_passphrase(file)?,
                    None => ask_twice(
                        "give --new-passphrase-file FILE, or --new-key-file FILE for custody by key file",
                    )?,
                };
                Ok(NewCustody::Passphrase(passphrase))
            }
            Keeper::KeyFile => {
                let path = self.new_key_file.clone().ok_or_else(|| {
                    Failure::usage("a new key file needs a name").hint(
                        "give --new-key-file FILE, which is made; the old one opens nothing afterwards",
                    )
                })?;
                Ok(NewCustody::KeyFile(path))
            }
        }
    }

    fn keeper(&self, default: Keeper) -> Result<Keeper, Failure> {
        let given = match (&self.new_key_file, &self.new_passphrase_file) {
            (Some(_), _) => Some(Keeper::KeyFile),
            (_, Some(_)) => Some(Keeper::Passphrase),
            (None, None) => None,
        };
        match (self.custody, given) {
            (Some(named), Some(given)) if named != given => {
                Err(Failure::usage("a vault has one custody, and here are two"))
            }
            (named, given) => Ok(named.or(given).unwrap_or(default)),
        }
    }
}

/// What a vault has now.
impl From<&Custody> for Keeper {
    fn from(custody: &Custody) -> Self {
        match custody {
            Custody::Keyring { .. } => Self::Keyring,
            Custody::Passphrase { .. } => Self::Passphrase,
            Custody::KeyFile { .. } => Self::KeyFile,
        }
    }
}

/// A new passphrase, typed twice; with what helps where nobody can type.
pub(super) fn ask_twice(hint: &'static str) -> Result<Secret, Failure> {
    let no_terminal =
        |why: Failure| Failure::usage(said!("a passphrase is needed, and {}", why.what)).hint(hint);
    let first = ui::ask_secret("New passphrase").map_err(no_terminal)?;
    if first.is_empty() {
        return Err(Failure::usage("the passphrase is empty, so nothing was done"));
    }
    check_passphrase(&first)?;
    if !ui::typed_again(&first).map_err(no_terminal)? {
        return Err(Failure::usage("the two passphrases differ, so nothing was done"));
    }
    Ok(first)
}
