//! Opening the vault by whatever keeps its key.

use super::Context;
use super::error::Failure;
use super::ui;
use super::ui::{Said, said};
use kovra::exit::Exit;
use kovra::identity::AgreementSecret;
use kovra::ops;
use kovra::ops::files::{self, read_key_file};
use kovra::platform::KEEPS;
use kovra::secret::Secret;
use kovra::vault::{self, Custody, Kek, Locked, Vault, keyring};
use std::path::Path;

impl Context {
    pub(super) fn vault(&self) -> Result<Vault, Failure> {
        self.unlock().map(|(vault, _)| vault)
    }

    /// Opens and unlocks the vault, by what is given, by what is kept, or by what somebody types; and gives the
    /// passphrase if it was typed for that: who typed it need not type it again to prove who they are.
    pub(super) fn unlock(&self) -> Result<(Vault, Option<Secret>), Failure> {
        let locked = Locked::open(&self.home)?;
        let kept = match locked.custody() {
            Custody::Passphrase { .. } if self.passphrase_file.is_none() => locked.kept(),
            _ => None,
        };
        let Some(kept) = kept else { return self.open(locked) };
        self.check_used(locked.custody())?;
        match locked.unlock_kept(kept)? {
            Some(vault) => Ok((vault, None)),
            None => self.open(Locked::open(&self.home)?),
        }
    }

    /// [`Context::unlock`], whatever is kept.
    pub(super) fn open(&self, locked: Locked) -> Result<(Vault, Option<Secret>), Failure> {
        let (kek, typed) = self.kek(locked.id(), locked.custody())?;
        Ok((locked.unlock(&kek)?, typed))
    }

    /// The key that a custody keeps; and the passphrase if it was typed.
    pub(super) fn kek(
        &self,
        id: &[u8; 16],
        custody: &Custody,
    ) -> Result<(Kek, Option<Secret>), Failure> {
        self.check_used(custody)?;
        let mut typed = None;
        let kek = match custody {
            Custody::Keyring { item } => {
                let item = Custody::item(item.as_deref(), id);
                keyring::load(item).map_err(|e| {
                    let hint = "unlock the keyring of your desktop session, then try again";
                    Failure::from(e).hint(hint)
                })?
            }
            Custody::Passphrase { salt } => {
                let passphrase = match &self.passphrase_file {
                    Some(file) => read_passphrase(file)?,
                    None => ui::ask_secret(PROMPT).map_err(|why| {
                        let what = said!("the vault is locked by a passphrase, and {}", why.what);
                        Failure::new(Exit::Locked, what).hint(HINT)
                    })?,
                };
                let kek = Kek::from_passphrase(&passphrase, salt)?;
                typed = Some(passphrase).filter(|_| self.passphrase_file.is_none());
                kek
            }
            Custody::KeyFile { path } => {
                let path = self.key_file.as_deref().unwrap_or(path);
                read_key_file(path).map_err(|e| no_key(e, path))?
            }
        };
        Ok((kek, typed))
    }

    /// What is given to open a vault and has no use for it is meant for another one: it would take the
    /// next secret in its place.
    pub(super) fn check_used(&self, custody: &Custody) -> Result<(), vault::Error> {
        match custody {
            Custody::Passphrase { .. } if self.key_file.is_some() => {
                Err(vault::Error::NotUsed("it is kept by a passphrase, and a key file was given"))
            }
            Custody::Keyring { .. } | Custody::KeyFile { .. } if self.passphrase_file.is_some() => {
                Err(vault::Error::NotUsed("no passphrase keeps it, and one was given"))
            }
            Custody::Keyring { .. } if self.key_file.is_some() => {
                Err(vault::Error::NotUsed("the keyring keeps it, and a key file was given"))
            }
            _ => Ok(()),
        }
    }
}

const HINT: &str = if KEEPS {
    "`kovra unlock` at a terminal keeps it open for a time; or give --passphrase-file FILE \
     (KOVRA_PASSPHRASE_FILE)"
} else {
    "give --passphrase-file FILE or set KOVRA_PASSPHRASE_FILE"
};

/// It offers what saves the next one.
const PROMPT: &str = if KEEPS {
    "Passphrase of the vault (`kovra unlock` asks once for 8 hours)"
} else {
    "Passphrase of the vault"
};

fn no_key(error: ops::Error, path: &Path) -> Failure {
    let hint = match &error {
        ops::Error::Unsafe { .. } => None,
        ops::Error::Io { .. } => {
            Some(Said::from("say where the key file is with --key-file or KOVRA_KEY_FILE"))
        }
        _ => Some(said!("it is {}; --key-file names another", path)),
    };
    Failure { hint, ..Failure::from(error).with_exit(Exit::Locked) }
}

/// The first identity of an age identity file. Lines that start with `#` are comments.
pub(super) fn read_identity(path: &Path) -> Result<AgreementSecret, Failure> {
    let failed = |what: &'static str| Failure::new(Exit::Locked, said!("{}: {}", path, what));
    let text =
        files::read_passphrase(path).map_err(|e| Failure::from(e).with_exit(Exit::Locked))?;
    let text = text.ok_or_else(|| failed("an age identity is at most 4096 bytes"))?;
    let found = AgreementSecret::of_file(&text);
    found.ok_or_else(|| failed("there is no AGE-SECRET-KEY-1... in it"))
}

/// The passphrase is the whole file, less one newline at its end.
pub(super) fn read_passphrase(path: &Path) -> Result<Secret, Failure> {
    let failed = |what: &'static str| Failure::new(Exit::Locked, said!("{}: {}", path, what));
    let text =
        files::read_passphrase(path).map_err(|e| Failure::from(e).with_exit(Exit::Locked))?;
    let mut text = text.ok_or_else(|| failed("a passphrase is at most 4096 bytes"))?;
    text.trim_newline();
    if text.is_empty() { Err(failed("the passphrase is empty")) } else { Ok(text) }
}
