//! What can go wrong with a vault.

use crate::platform::Unsafe;
use crate::text::{escape, shown};
use std::io;
use std::path::PathBuf;

/// A failure of the vault. No variant holds anything that was sealed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no vault at {}", shown(.0))]
    Missing(PathBuf),
    #[error("there is a vault at {} already, and it was left alone", shown(.0))]
    Exists(PathBuf),
    /// What should open the vault key did not.
    #[error("the vault did not open: {0}")]
    WrongKey(&'static str),
    /// What was given to open it is not what it is opened with.
    #[error("this is not the vault that you mean: {0}")]
    NotUsed(&'static str),
    /// What should open the vault key is not to be had.
    #[error("the vault is locked: {0}")]
    Locked(String),
    /// It takes the guard key, which a vault that was unlocked for a time is without.
    #[error(
        "the vault is unlocked for what is neither high nor of prod nor protected, and not for this"
    )]
    Guarded,
    /// A recovery code, or the key of a way back in, that this vault has none for.
    #[error("it is not the key of any way back into this vault")]
    NoSuchWay,
    #[error("a vault has at most {max} ways back in", max = super::RECOVERY_MAX)]
    TooManyWays,
    /// What only a later kovra could seal again.
    #[error("{0} is of a later kovra, which alone can seal it again; nothing was changed")]
    Later(&'static str),
    /// The system does not keep the vault key for a time, for this reason.
    #[error("the vault stays locked: {0}")]
    NotKept(&'static str),
    /// The file is not a whole vault, or a row of it was changed from outside.
    #[error("the vault is damaged: {0}")]
    Damaged(String),
    /// The file's schema is not a vault's, whatever its rows are.
    #[error("the vault is damaged: {0}")]
    Foreign(String),
    /// Of a schema that this kovra does not read.
    #[error("the vault has schema {0}, and this kovra reads schema {known}", known = super::schema::NUMBER)]
    Schema(i64),
    /// Too many wrong passphrases or PINs; so many seconds are left to wait.
    #[error("too many wrong tries; the next one is taken in {0} s")]
    TooManyTries(u64),
    /// What a decision was made on is not what is there now.
    #[error("{0} changed meanwhile, so nothing was done; look again")]
    Moved(String),
    /// Another process is writing and did not finish in time.
    #[error("another process is using the vault; try again")]
    Busy,
    /// The vault could only be read, for this reason, and this has to write to it.
    #[error("{0}, and this has to leave a row in the audit trail")]
    ReadOnly(String),
    /// A file or folder of the vault is not its owner's alone to change.
    #[error("{}: {why}", shown(.path))]
    Unsafe { path: PathBuf, why: Unsafe },
    #[error("{}: {source}", shown(.path))]
    Io { path: PathBuf, source: io::Error },
    /// SQLite or the system failed in a way that says nothing against the file.
    #[error("the vault could not be read or written: {0}")]
    Storage(String),
}

impl From<rusqlite::Error> for Error {
    /// What is damage is listed. Anything else says nothing against the file.
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{
            ConstraintViolation, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase,
            OperationInterrupted, TooBig, TypeMismatch, Unknown,
        };
        let what = escape(&error.to_string());
        match error.sqlite_error_code() {
            Some(DatabaseBusy | DatabaseLocked) => Self::Busy,
            Some(NotADatabase | TypeMismatch | TooBig) => Self::Damaged(what),
            Some(DatabaseCorrupt) => Self::Damaged(corrupt(&what).into()),
            Some(ConstraintViolation) => Self::Damaged("a row was added from outside".into()),
            Some(OperationInterrupted) => {
                Self::Damaged("reading it takes more work than a vault's schema can need".into())
            }
            // Our own statements are right, so it is the file that they do not fit.
            Some(Unknown) => Self::Damaged(NO_SCHEMA.into()),
            Some(_) => Self::Storage(cause(&error).unwrap_or(what)),
            None => odd(&error),
        }
    }
}

const NO_SCHEMA: &str = "its schema is none that can be read";

/// In our words: SQLite quotes what it can't read, which is whose who put it there.
fn corrupt(what: &str) -> &'static str {
    if what.starts_with("malformed database schema") {
        NO_SCHEMA
    } else {
        "database disk image is malformed"
    }
}

/// Errors of the binding and not of SQLite: a type or a length that is not the format's, or a row that
/// is not there.
fn odd(error: &rusqlite::Error) -> Error {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows,
        Utf8Error,
    };
    match error {
        FromSqlConversionFailure(..)
        | IntegralValueOutOfRange(..)
        | InvalidColumnType(..)
        | QueryReturnedNoRows
        | Utf8Error(..) => Error::Damaged("a row is not of the format".into()),
        other => Error::Storage(other.to_string()),
    }
}

/// The words of the system's last error are gone by now, but SQLite's code says which call failed.
fn cause(error: &rusqlite::Error) -> Option<String> {
    let rusqlite::Error::SqliteFailure(code, _) = error else { return None };
    let io = rusqlite::ffi::SQLITE_IOERR;
    (code.extended_code & 0xff == io).then(|| {
        format!("{error}; a full disk, a limit on file sizes or a failing medium does that")
    })
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
