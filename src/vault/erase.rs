//! Erasing for good: rows, and what the file and its log still hold of them.

use super::{Error, Looked, Revision, Vault};
use crate::audit::Event;
use crate::coordinate::Coordinate;

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
