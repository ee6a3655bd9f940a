//! What can go wrong with a vault.

use std::io;
use std::path::PathBuf;

/// A failure of the vault. No variant holds anything that was sealed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no vault at {}", .0.display())]
    Missing(PathBuf),
    #[error("there is a vault at {} already, and it was left alone", .0.display())]
    Exists(PathBuf),
    /// What should open the vault key did not.
    #[error("the vault did not open: {0}")]
    WrongKey(&'static str),
    /// What should open the vault key is not to be had.
    #[error("the vault is locked: {0}")]
    Locked(String),
    /// The file is not a whole vault, or a row of it was changed from outside. Also every failure
    /// of SQLite that is not known to be one of the others.
    #[error("the vault is damaged: {0}")]
    Damaged(String),
    /// Of a format that this kovra does not know.
    #[error("the vault has format {0}, and this kovra knows only format 1")]
    Newer(i64),
    /// Too many wrong passphrases or PINs; so many seconds are left to wait.
    #[error("too many wrong tries; the next one is taken in {0} s")]
    TooManyTries(u64),
    /// Another process is writing and did not finish in time.
    #[error("another process is using the vault; try again")]
    Busy,
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// SQLite failed in a way that says nothing against the file (no space, no permission), or the
    /// system gave no randomness.
    #[error("the vault could not be read or written: {0}")]
    Storage(String),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, OutOfMemory, PermissionDenied,
            ReadOnly,
        };
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(CannotOpen | DiskFull | OutOfMemory | PermissionDenied | ReadOnly) => {
                Self::Storage(error.to_string())
            }
            _ => Self::Damaged(error.to_string()),
        }
    }
}

/// Nothing random can be had from the system.
impl From<getrandom::Error> for Error {
    fn from(error: getrandom::Error) -> Self {
        Self::Storage(format!("no randomness: {error}"))
    }
}

/// Metadata that was sealed by us and does not parse: a bug or a forged key, never a typo.
impl From<crate::cbor::CborError> for Error {
    fn from(error: crate::cbor::CborError) -> Self {
        Self::Damaged(error.to_string())
    }
}
