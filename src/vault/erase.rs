//! Erasing for good: rows, and what the file and its log still hold of them.

use super::database::Database;
use super::files::io_at;
use super::{Basis, Batch, Error, Vault};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

/// Stands in the folder while the log may hold what was erased from the file.
const PENDING: &str = "erase.pending";
/// What is still to be done, in [`PENDING`].
const TO_REBUILD: &[u8] = b"rebuild the file\n";
const TO_FOLD: &[u8] = b"";

/// A change that has landed, and what became of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased<T> {
    pub done: T,
    /// Why the files still hold it, if they do. Whoever closes the vault next tries again.
    pub pending: Option<String>,
}

impl Vault {
    /// [`Vault::write_on`], for a change that leaves nothing in the files of what it takes out. What a file
    /// system, a snapshot or a backup keeps of it, nobody here knows.
    pub fn erase_on<T, E: From<Error>>(
        &mut self,
        on: &[Basis],
        change: impl FnOnce(&mut Batch<'_>) -> Result<T, E>,
    ) -> Result<Erased<T>, E> {
        let mark = self.db.mark();
        let done = self.write_on(on, |batch| {
            // Before the first row goes, and under the lock of a writer: nobody takes it for done.
            mark.set(Left::Rebuild)?;
            change(batch)
        })?;
        self.db.end("COMMIT")?;
        // The rows are gone by now, whatever comes of the files.
        let pending = match self.db.erase() {
            Ok(false) => None,
            Ok(true) | Err(Error::Busy) => Some("another process still uses an older state".into()),
            Err(error) => Some(error.to_string()),
        };
        self.version = None;
        self.settle();
        Ok(Erased { done, pending })
    }

    /// Whether the files still hold what was erased.
    pub fn is_erasing(&self) -> bool {
        self.db.mark().left().is_some()
    }

    fn finish_erasing(&mut self) -> Result<(), Error> {
        self.db.end("ROLLBACK")?;
        self.take_snapshot()?;
        self.db.end("ROLLBACK")?;
        self.db.erase().map(|_| ())
    }
}

impl Drop for Vault {
    /// Does what an erasure left to be done, in a file that is still the one whose digest holds.
    fn drop(&mut self) {
        if self.db.mark().left().is_some() && self.db.writable().is_ok() {
            // Nobody is left to tell; the mark stays, and the next one tries again.
            let _ = self.finish_erasing();
        }
    }
}

/// What is left of an erasure.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Left {
    /// To write the file anew, and then the rest.
    Rebuild,
    /// To empty the log.
    Fold,
}

/// A file that says what is left of an erasure, for whoever closes the vault next. It changes only under the
/// lock of a writer, so that nobody takes it away from another's erasure. A vault in memory has none.
struct Mark(Option<PathBuf>);

impl Mark {
    /// In one step, and never through a link, which would lead it to another file.
    fn set(&self, left: Left) -> Result<(), Error> {
        let Some(mark) = &self.0 else { return Ok(()) };
        let draft = mark.with_extension(std::process::id().to_string());
        let _ = fs::remove_file(&draft);
        let text = if left == Left::Rebuild { TO_REBUILD } else { TO_FOLD };
        let file = fs::File::create_new(&draft).and_then(|mut file| file.write_all(text));
        file.and_then(|()| fs::rename(&draft, mark)).map_err(io_at(mark))
    }

    fn left(&self) -> Option<Left> {
        let mark = fs::symlink_metadata(self.0.as_ref()?).ok()?;
        Some(if mark.len() == TO_FOLD.len() as u64 { Left::Fold } else { Left::Rebuild })
    }

    fn remove(&self) -> Result<(), Error> {
        let Some(mark) = &self.0 else { return Ok(()) };
        match fs::remove_file(mark) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(io_at(mark)(e)),
            _ => Ok(()),
        }
    }
}

impl Database {
    fn mark(&self) -> Mark {
        Mark(self.sibling(PENDING))
    }

    /// Does what is left to be done of an erasure. Gives whether the log had to be kept.
    fn erase(&self) -> Result<bool, Error> {
        self.check_names()?;
        if self.mark().left() == Some(Left::Rebuild) {
            self.rebuild()?;
        }
        let folded = self.fold_now()?;
        // What was committed since is in the log, and may be another erasure.
        let done = || self.log_length() == 0 && self.mark().left() == Some(Left::Fold);
        if folded {
            self.locked(|| if done() { self.mark().remove() } else { Ok(()) })?;
        }
        Ok(!folded)
    }

    /// Writes the file anew, without what was deleted from it. Then only the log has to be emptied, unless
    /// somebody has written meanwhile.
    fn rebuild(&self) -> Result<(), Error> {
        let before = self.version()?;
        self.execute_batch("VACUUM")?;
        self.locked(|| match self.version()? == before {
            true => self.mark().set(Left::Fold),
            false => Ok(()),
        })
    }

    /// Runs `act` while nobody else can write.
    fn locked<T>(&self, act: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
        self.execute_batch("BEGIN IMMEDIATE")?;
        let done = act();
        self.end("ROLLBACK")?;
        done
    }
}
