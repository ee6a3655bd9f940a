//! A copy in memory of a vault that cannot be written, since SQLite cannot read a log without writing
//! beside it.

use super::Error;
use super::files::{FILE, beside, io_at};
use crate::platform::{self, MemoryFolder};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The longest file, with its log, that is copied into memory, in bytes.
const COPIED: u64 = 256 << 20;

/// A copy in memory.
pub(super) struct Copied {
    /// Why the vault itself is not open.
    pub(super) why: String,
    /// Of the file and its log, in bytes.
    pub(super) length: u64,
    /// Until the files are open: then nobody has to find them any more.
    memory: Option<MemoryFolder>,
}

impl Copied {
    /// Copies the file at `path` and its log, for this reason. Gives where the copy is.
    pub(super) fn new(why: String, path: &Path) -> Result<(Self, PathBuf), Error> {
        let none = || Error::Storage(format!("{why}, and there is no memory to copy it to"));
        let memory = platform::memory_folder().ok_or_else(none)?;
        let to = memory.path().join(FILE);
        let length = copy_whole(path, &to)?;
        Ok((Self { why, length, memory: Some(memory) }, to))
    }

    /// What is in memory already, and is not to be written for this reason.
    pub(super) fn held(why: String, length: u64) -> Self {
        Self { why, length, memory: None }
    }

    /// Removes it from where others could find it, once its files are open.
    pub(super) fn hide(&mut self) {
        self.memory = None;
    }
}

/// Copies a file and its log, both of one moment, and gives how long they are. [`Error::Busy`] if somebody
/// goes on writing.
fn copy_whole(path: &Path, to: &Path) -> Result<u64, Error> {
    for _ in 0..3 {
        let before = state(path);
        let mut left = COPIED;
        for suffix in ["", "-wal"] {
            let (from, to) = (beside(path, suffix), beside(to, suffix));
            left = match copy_file(&from, &to, left) {
                Err(e) if e.kind() == io::ErrorKind::NotFound && suffix == "-wal" => left,
                other => other.map_err(io_at(&from))?,
            };
        }
        if state(path) == before {
            return Ok(COPIED - left);
        }
    }
    Err(Error::Busy)
}

/// How long a file and its log are, and when each was written last.
fn state(path: &Path) -> [Option<(u64, Option<SystemTime>)>; 2] {
    let of = |path: &Path| {
        let file = fs::metadata(path).ok()?;
        Some((file.len(), file.modified().ok()))
    };
    [of(path), of(&beside(path, "-wal"))]
}

/// Copies at most `most` bytes, and gives how many of them are left.
fn copy_file(from: &Path, to: &Path, most: u64) -> io::Result<u64> {
    let too_large =
        || io::Error::new(io::ErrorKind::FileTooLarge, "too large to read it in memory");
    let mut source = fs::File::open(from)?.take(most + 1);
    let copied = io::copy(&mut source, &mut fs::File::create(to)?)?;
    most.checked_sub(copied).ok_or_else(too_large)
}
