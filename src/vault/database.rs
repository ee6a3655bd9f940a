//! The file of a vault, opened by SQLite.

use super::copied::Copied;
use super::files::{beside, check_files, file_ids, io_at};
use super::{Error, schema};
use crate::platform::{self, FileId};
use crate::text::shown;
use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use std::fs;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the log may get before it is folded into the file, in bytes.
const LOG_MAX: u64 = 256 * 1024;

pub(super) struct Database {
    db: Connection,
    /// `None` in memory, where nothing has a name.
    path: Option<PathBuf>,
    /// What had its names when it was opened.
    files: [Option<FileId>; 3],
    /// Where it cannot be written, this is a copy.
    copy: Option<Copied>,
}

/// The most that a scan takes into memory, in bytes: a million rows.
const ROWS: u64 = 256 << 20;

impl Deref for Database {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.db
    }
}

impl DerefMut for Database {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.db
    }
}

impl Database {
    /// Opens the vault in `folder`.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let path = check_files(folder)?;
        let parent = path.parent().unwrap_or(folder);
        let database = if platform::can_write_into(parent).is_ok() && platform::can_write(&path) {
            // Even to read takes files beside this one, and a disk may be full.
            match Self::connect(path.clone()) {
                Err(Error::Storage(why)) => Self::copy(why, &path)?,
                other => other?,
            }
        } else {
            Self::copy(format!("{} cannot be written", shown(&path)), &path)?
        };
        database.check_length()?;
        Ok(database)
    }

    /// Opens the vault in `folder` for this process alone, to write it: [`Error::Busy`] while another has it open.
    pub(super) fn open_alone(folder: &Path) -> Result<Self, Error> {
        let path = check_files(folder)?;
        let parent = path.parent().unwrap_or(folder);
        if platform::can_write_into(parent).is_err() || !platform::can_write(&path) {
            return Err(Error::ReadOnly(format!("{} cannot be written", shown(&path))));
        }
        let db = schema::connect_alone(&path)?;
        Self::connected(db, path)
    }

    fn copy(why: String, path: &Path) -> Result<Self, Error> {
        let (copy, to) = Copied::new(why, path)?;
        let mut database = Self::connect(to)?;
        database.copy = Some(copy);
        Ok(database)
    }

    /// Hides a copy, once its files are open.
    pub(super) fn hide(&mut self) {
        self.copy.iter_mut().for_each(Copied::hide);
    }

    /// [`Error::ReadOnly`] for a copy.
    pub(super) fn writable(&self) -> Result<(), Error> {
        match &self.copy {
            Some(copy) => Err(Error::ReadOnly(copy.why.clone())),
            None => Ok(()),
        }
    }

    /// Opens a file, and writes nothing to it: it may be anything. Nor is its log folded into it when it is
    /// closed, until [`Database::fold_at_close`].
    fn connect(path: PathBuf) -> Result<Self, Error> {
        let db = schema::connect(&path)?;
        Self::connected(db, path)
    }

    fn connected(db: Connection, path: PathBuf) -> Result<Self, Error> {
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        let mode: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        if mode != "wal" {
            return Err(Error::Damaged("its journal is not that of a vault".into()));
        }
        Self::opened(db, path)
    }

    /// Its first read needs all that any read needs: room for the log's index, and a name for it.
    fn opened(db: Connection, path: PathBuf) -> Result<Self, Error> {
        schema::number(&db, "schema_version")?;
        let files = file_ids(&path);
        Ok(Self { db, path: Some(path), files, copy: None })
    }

    /// Opens an empty file, to make a vault of it.
    pub(super) fn create(path: PathBuf) -> Result<Self, Error> {
        let db = schema::connect(&path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        Self::opened(db, path)
    }

    /// A `copy` is not written.
    pub(super) fn in_memory(db: Connection, copy: Option<Copied>) -> Self {
        Self { db, path: None, files: [None; 3], copy }
    }

    /// What is written to files that have lost their names is written for nobody, and a log that has come to
    /// have the name is not ours to fold: [`Error::Moved`].
    pub(super) fn check_names(&self) -> Result<(), Error> {
        if self.path.as_deref().is_none_or(|path| file_ids(path) == self.files) {
            return Ok(());
        }
        self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Err(Error::Moved("the vault's file".into()))
    }

    /// Of a file that has turned out to be ours.
    pub(super) fn fold_at_close(&self) -> Result<(), Error> {
        self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
        Ok(())
    }

    /// SQLite itself notices a missing page, but takes a part of one for a whole. While there is a log, the
    /// file may end in a part of a page, which the log has whole.
    fn check_length(&self) -> Result<(), Error> {
        let Some(path) = self.path.as_ref().filter(|_| self.log_length() == 0) else {
            return Ok(());
        };
        let page = u64::try_from(schema::number(&self.db, "page_size")?).unwrap_or(1);
        let length = fs::metadata(path).map_err(io_at(path))?.len();
        let whole = length.is_multiple_of(page.max(1));
        if whole { Ok(()) } else { Err(Error::Damaged("the file is cut short".into())) }
    }

    /// Of the file and its log, in bytes.
    pub(super) fn length(&self) -> u64 {
        match (&self.copy, &self.path) {
            (Some(copy), _) => copy.length,
            (None, Some(path)) => length(path) + self.log_length(),
            (None, None) => ROWS,
        }
    }

    /// How many bytes of rows there can be: what claims more is one page told many times.
    pub(super) fn most(&self) -> u64 {
        self.length().min(ROWS)
    }

    pub(super) fn log_length(&self) -> u64 {
        self.path.as_deref().map_or(0, |path| length(&beside(path, "-wal")))
    }

    /// A file of the same folder.
    pub(super) fn sibling(&self, name: &str) -> Option<PathBuf> {
        self.path.as_deref().map(|path| path.with_file_name(name))
    }

    /// Puts all pages of another database in place of all of these, in one transaction: whoever is cut short
    /// leaves these, and no page of them is left after it.
    pub(super) fn overwrite(&mut self, from: &Self) -> Result<(), Error> {
        self.check_names()?;
        let done = Backup::new(&from.db, &mut self.db)?.step(-1)?;
        if done != StepResult::Done {
            return Err(Error::Busy);
        }
        // It has landed; a log that could not be folded is folded by who comes next.
        let _ = self.fold();
        Ok(())
    }

    /// Counts the transactions of other processes.
    pub(super) fn version(&self) -> Result<i64, Error> {
        schema::number(&self.db, "data_version")
    }

    pub(super) fn begin(&self) -> Result<(), Error> {
        Ok(self.db.execute_batch("BEGIN")?)
    }

    /// Ends a transaction if there is one.
    pub(super) fn end(&self, how: &str) -> Result<(), Error> {
        if self.db.is_autocommit() { Ok(()) } else { Ok(self.db.execute_batch(how)?) }
    }

    /// From now on, what is written survives a crash of any process, and a power cut not yet: that
    /// spares a wait for the disk. Nor is the log folded into the file each time: it is read by whoever
    /// opens the vault next, and folded once it is long.
    pub(super) fn spare_the_disk(&self) -> Result<(), Error> {
        self.db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        self.db.execute_batch("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0")?;
        Ok(())
    }

    pub(super) fn use_the_disk(&self) -> Result<(), Error> {
        Ok(self.db.execute_batch("PRAGMA synchronous = FULL")?)
    }

    /// Writes a long log into the file and empties it. A process that is reading just now keeps it.
    pub(super) fn fold_long_log(&self) -> Result<(), Error> {
        if self.log_length() > LOG_MAX { self.fold_now().map(|_| ()) } else { Ok(()) }
    }

    /// [`Database::fold`], without waiting for anybody.
    pub(super) fn fold_now(&self) -> Result<bool, Error> {
        self.db.busy_timeout(Duration::ZERO)?;
        let folded = self.fold();
        self.db.busy_timeout(schema::BUSY)?;
        folded
    }

    /// Writes the log into the file and empties it. Gives whether that was so: a process that is
    /// reading just now keeps the log.
    pub(super) fn fold(&self) -> Result<bool, Error> {
        let busy: i64 =
            self.db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        Ok(busy == 0)
    }
}

/// Of a file, in bytes; 0 if there is none.
fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}
