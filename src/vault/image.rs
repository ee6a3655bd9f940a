//! The file of a vault as bytes, which SQLite reads and writes in memory: nothing of it gets to a disk, or has
//! a name.

use super::copied::Copied;
use super::database::Database;
use super::{Error, schema};
use crate::limits;
use rusqlite::{MAIN_DB, ffi};
use std::io;

/// Where the header of a database names its journal, by two versions of the format (SQLite's file format, 1.3).
const JOURNAL: std::ops::Range<usize> = 18..20;
const ROLLBACK: [u8; 2] = [1, 1];
/// As a vault's is. SQLite has none in memory.
const LOG: [u8; 2] = [2, 2];
/// In bytes.
const PAGE: usize = 4096;
/// The number of a page's size in the header, of two bytes.
const PAGE_SIZE: std::ops::Range<usize> = 16..18;

impl Database {
    /// An empty one, which grows as large as a backup may be.
    pub(super) fn empty() -> Result<Self, Error> {
        let db = schema::connect_in_memory(|_| Ok(()))?;
        let pages = limits::BACKUP / PAGE;
        db.execute_batch(&format!("PRAGMA page_size = {PAGE}; PRAGMA max_page_count = {pages}"))?;
        Ok(Self::in_memory(db, None))
    }

    /// The file that this would be.
    pub(super) fn image(&mut self) -> Result<Vec<u8>, Error> {
        let mut image = self.serialize(MAIN_DB)?.to_vec();
        header(&mut image, JOURNAL)?.copy_from_slice(&LOG);
        Ok(image)
    }

    /// A file that is to be read, and may be anything.
    pub(super) fn of_image(image: &mut [u8]) -> Result<Self, Error> {
        let journal = header(image, JOURNAL)?;
        if journal != LOG {
            return Err(Error::Damaged("its journal is not that of a vault".into()));
        }
        journal.copy_from_slice(&ROLLBACK);
        if !image.len().is_multiple_of(page_size(image)?) {
            return Err(Error::Damaged("the file is cut short".into()));
        }
        let length = image.len();
        let db = schema::connect_in_memory(|db| {
            db.deserialize_read_exact(MAIN_DB, io::Cursor::new(image), length, true)
        })?;
        let held = Copied::held("it is a backup".into(), length as u64);
        Ok(Self::in_memory(db, Some(held)))
    }
}

fn page_size(image: &mut [u8]) -> Result<usize, Error> {
    let size = header(image, PAGE_SIZE)?;
    // 65,536 does not fit, and stands there as 1.
    let size = usize::from(size[0]) << 8 | usize::from(size[1]);
    Ok(if size == 1 { 1 << 16 } else { size.max(1) })
}

fn header(image: &mut [u8], at: std::ops::Range<usize>) -> Result<&mut [u8], Error> {
    image.get_mut(at).ok_or_else(|| Error::Damaged("the file is cut short".into()))
}

/// Of a database that may grow no further.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| error.extended_code == ffi::SQLITE_FULL)
}
