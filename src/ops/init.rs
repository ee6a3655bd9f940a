//! `init`: a vault with a fresh identity in it.

use super::Error;
use crate::identity::{Identity, PublicIdentity};
use crate::platform::{self, NewFile, Readers, Unsafe};
use crate::secret::Secret;
use crate::vault::{self, Custody, Kek, NewVault, Pin, Vault, keyring};
use std::io;
use std::path::{Path, PathBuf};

/// Who shall keep the key of the new vault.
pub enum NewCustody {
    Keyring,
    Passphrase(Secret),
    /// A key file: made if it is not there, used if it is.
    KeyFile(PathBuf),
}

/// Makes a vault in `folder`, and an identity in it. Where no passphrase keeps it, `pin` is called for a PIN
/// once its key is kept, and before there is a vault. If anything fails, nothing is left behind but perhaps a
/// key in the keyring or a key file, which open nothing.
pub fn init(
    folder: &Path,
    custody: NewCustody,
    pin: impl FnOnce() -> Option<Secret>,
) -> Result<PublicIdentity, Error> {
    let (id, custody, kek) = keep_key(folder, custody)?;
    let pin = match custody {
        Custody::Passphrase { .. } => None,
        Custody::Keyring | Custody::KeyFile { .. } => pin(),
    };
    make(NewVault { folder, id, custody, kek: &kek }, pin.as_ref())
}

/// Draws an id and a key, and has the key kept.
fn keep_key(folder: &Path, custody: NewCustody) -> Result<([u8; 16], Custody, Kek), Error> {
    let path = folder.join(vault::FILE);
    if is_there(&path)? {
        return Err(vault::Error::Exists(path).into());
    }
    let id = Vault::new_id()?;
    let (custody, kek) = match custody {
        NewCustody::Keyring => {
            let kek = Kek::generate()?;
            keyring::store(&id, &kek)?;
            (Custody::Keyring, kek)
        }
        NewCustody::Passphrase(passphrase) => {
            let salt = Vault::new_id()?;
            (Custody::Passphrase { salt }, Kek::from_passphrase(&passphrase, &salt)?)
        }
        NewCustody::KeyFile(path) => {
            let path = std::path::absolute(&path).map_err(Error::io(&path))?;
            let kek = key_file(&path)?;
            (Custody::KeyFile { path }, kek)
        }
    };
    Ok((id, custody, kek))
}

fn make(new: NewVault<'_>, pin: Option<&Secret>) -> Result<PublicIdentity, Error> {
    let identity = Identity::generate().map_err(vault::Error::from)?;
    let pin = pin.map(Pin::new).transpose()?;
    Vault::create(new, |batch| {
        batch.put_identity(&identity)?;
        let Some(pin) = &pin else { return Ok(()) };
        let none = batch.view().pin()?.basis;
        batch.set_pin(&none, pin)
    })?;
    Ok(identity.public())
}

/// Whether anything has this name, even a link to nowhere. That nobody may look is an error, and no "no".
pub fn is_there(path: &Path) -> Result<bool, Error> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::io(path)(e)),
    }
}

/// Reads the key file at `path`, or makes one for its owner alone.
fn key_file(path: &Path) -> Result<Kek, Error> {
    if is_there(path)? {
        return read_key_file(path);
    }
    let kek = Kek::generate()?;
    let file = NewFile::write(path, Readers::Owner, kek.to_text().expose());
    file.and_then(NewFile::keep).map_err(Error::io(path))?;
    Ok(kek)
}

/// [`vault::Error::WrongKey`] for a file that holds no key; [`Error::Unsafe`] for one that others could
/// change or read, or that is none.
pub fn read_key_file(path: &Path) -> Result<Kek, Error> {
    let text = read_own_secret(path)?;
    let text = text.ok_or(vault::Error::WrongKey("the key file is larger than a key"))?;
    Ok(Kek::from_text(&text)?)
}

/// Reads a file that holds a passphrase. `None` for one of more than 4096 bytes.
///
/// # Errors
/// [`Error::Unsafe`] for a file that others could change or read, or that is none.
pub fn read_passphrase(path: &Path) -> Result<Option<Secret>, Error> {
    read_own_secret(path)
}

fn read_own_secret(path: &Path) -> Result<Option<Secret>, Error> {
    let mut file = platform::open_secret(path).map_err(not_opened(path))?;
    Secret::read(&mut file, SECRET).map_err(Error::io(path))
}

fn not_opened(path: &Path) -> impl FnOnce(Unsafe) -> Error {
    move |why| match why {
        Unsafe::Io(e) => Error::io(path)(e),
        why => Error::Unsafe { path: path.to_owned(), why },
    }
}

/// Longer than any key, token or passphrase, in bytes.
const SECRET: usize = 4096;

/// Reads a file that holds a token. `None` for one of more than 4096 bytes, which is longer than any.
pub fn read_token(path: &Path) -> Result<Option<Secret>, Error> {
    let mut file = platform::open(path).map_err(not_opened(path))?;
    Secret::read(&mut file, SECRET).map_err(Error::io(path))
}
