//! `init`: a vault with a fresh identity in it.

use super::Error;
use crate::identity::{Identity, PublicIdentity};
use crate::platform::{NewFile, Readers};
use crate::secret::Secret;
use crate::vault::{self, Custody, Kek, NewVault, Vault, keyring};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

/// Who shall keep the key of the new vault.
pub enum NewCustody {
    Keyring,
    Passphrase(Secret),
    /// A key file: made if it is not there, used if it is.
    KeyFile(PathBuf),
}

/// Makes a vault in `folder`, and an identity in it. If that fails, nothing is left behind but perhaps
/// a key in the keyring or a key file, which open nothing.
pub fn init(folder: &Path, custody: NewCustody) -> Result<PublicIdentity, Error> {
    let path = folder.join(vault::FILE);
    if path.exists() {
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
    let identity = Identity::generate().map_err(vault::Error::from)?;
    let new = NewVault { folder, id, custody, kek: &kek };
    Vault::create(new, |batch| batch.put_identity(&identity))?;
    Ok(identity.public())
}

/// Reads the key file at `path`, or makes one for its owner alone.
fn key_file(path: &Path) -> Result<Kek, Error> {
    if path.exists() {
        return read_key_file(path);
    }
    let kek = Kek::generate()?;
    let file = NewFile::write(path, Readers::Owner, kek.to_text().expose());
    file.map_err(Error::io(path))?.keep();
    Ok(kek)
}

/// [`vault::Error::WrongKey`] for a file that holds no key.
pub fn read_key_file(path: &Path) -> Result<Kek, Error> {
    let text = read_secret(path).map_err(Error::io(path))?;
    let text = text.ok_or(vault::Error::WrongKey("the key file is larger than a key"))?;
    Ok(Kek::from_text(&text)?)
}

/// Reads a file that holds a key, a token or a passphrase. `None` for one of more than 4096 bytes,
/// which is longer than any of them.
pub fn read_secret(path: &Path) -> io::Result<Option<Secret>> {
    Secret::read(&mut File::open(path)?, 4096)
}
