//! Small files from outside: keys, passphrases, tokens.

use super::Error;
use crate::platform::{self, Unsafe};
use crate::secret::Secret;
use crate::vault::{self, Kek};
use std::io;
use std::path::Path;

/// Longer than any key, token or passphrase, in bytes.
const SECRET: usize = 4096;

/// Whether anything has this name, even a link to nowhere. That nobody may look is an error, and no "no".
pub fn is_there(path: &Path) -> Result<bool, Error> {
    match path.symlink_metadata() {
        Ok(_) => Ok(true),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(Error::io(path)(e)),
    }
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

/// Reads a file that holds a token. `None` for one of more than 4096 bytes, which is longer than any.
pub fn read_token(path: &Path) -> Result<Option<Secret>, Error> {
    let mut file = platform::open(path).map_err(not_opened(path))?;
    Secret::read(&mut file, SECRET).map_err(Error::io(path))
}
