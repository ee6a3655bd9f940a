//! Erasing for good: rows, and what the file and its log still hold of them.

use super::database::Database;
use super::files::io_at;
use super::{Error, Looked, Revision, Vault};
use crate::audit::Event;
use crate::coordinate::Coordinate;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

/// Stands in the folder while the log may hold what was erased from the file.
const PENDING: &str = "erase.pending";
/// What is still to be done, in [`PENDING`].
const TO_REBUILD: &[u8] = b"rebuild the file\n";
const TO_FOLD: &[u8] = b"";

/// What was erased of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pruned {
    pub revisions: usize,
    /// Why the files still hold it, if they do. Whoever closes the vault next tries again.
    pub pending: Option<String>,
}

impl Vault {
    /// Erases what is beneath the latest revision of an entry, and the whole of a removed one, with
    /// `event` on record. What a file system, a snapshot or a backup keeps of it, nobody here knows.
    pub fn prune(
        &mut self,
        history: &Looked<Vec<Revision>>,
        at: &Coordinate,
        event: Event,
    ) -> Result<Pruned, Error> {
        self.db.writable()?;
        self.db.plan_to_erase()?;
        let revisions = self.write(|batch| {
            batch.audit(&[event])?;
            batch.prune(history, at)
        })?;
        self.db.end("COMMIT")?;
        // The rows are gone by now, whatever comes of the files.
        let pending = match self.db.rebuild().and_then(|()| self.db.erase()) {
            Ok(false) => None,
            Ok(true) | Err(Error::Busy) => Some("another process still uses an older state".into()),
            Err(error) => Some(error.to_string()),
        };
        self.version = None;
        self.take_snapshot()?;
        Ok(Pruned { revisions, pending })
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
        if self.db.left_to_erase().is_some() && self.db.writable().is_ok() {
            // Nobody is left to tell; the mark stays, and the next one tries again.
            let _ = self.finish_erasing();
        }
    }
}

/// What is left of an erasure.
#[derive(PartialEq, Eq)]
enum Left {
    /// To write the file anew, and then the rest.
    Rebuild,
    /// To empty the log.
    Fold,
}

impl Database {
    /// Sets a mark before something is erased: if this process does not come to the end of it, another
    /// does the rest.
    fn plan_to_erase(&self) -> Result<(), Error> {
        self.set_mark(TO_REBUILD)
    }

    /// In one step, and never through a link, which would lead it to another file.
    fn set_mark(&self, what: &[u8]) -> Result<(), Error> {
        let mark = self.mark();
        let draft = mark.with_extension(std::process::id().to_string());
        let _ = fs::remove_file(&draft);
        let file = fs::File::create_new(&draft).and_then(|mut file| file.write_all(what));
        file.and_then(|()| fs::rename(&draft, &mark)).map_err(io_at(&mark))
    }

    /// Writes the file anew, without what was deleted from it. Then only the log has to be emptied.
    fn rebuild(&self) -> Result<(), Error> {
        self.execute_batch("VACUUM")?;
        self.set_mark(TO_FOLD)
    }

    /// Does what is left to be done of an erasure. Gives whether the log had to be kept.
    fn erase(&self) -> Result<bool, Error> {
        if self.left_to_erase() == Some(Left::Rebuild) {
            self.rebuild()?;
        }
        let folded = self.fold_now()?;
        // Unless another process has planned to erase meanwhile.
        if folded && self.left_to_erase() == Some(Left::Fold) {
            let mark = self.mark();
            fs::remove_file(&mark).map_err(io_at(&mark))?;
        }
        Ok(!folded)
    }

    /// What the mark says is still to be done, if there is one.
    fn left_to_erase(&self) -> Option<Left> {
        let mark = fs::symlink_metadata(self.mark()).ok()?;
        Some(if mark.len() == TO_FOLD.len() as u64 { Left::Fold } else { Left::Rebuild })
    }

    fn mark(&self) -> PathBuf {
        self.beside(PENDING)
    }
}
