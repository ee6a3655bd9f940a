//! The file of a vault, opened: what has its name, what it may be, and what is erased when it is closed.

use super::{Error, schema};
use crate::platform::{self, MemoryFolder, Readers, Unsafe};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::fs;
use std::io::{self, Read, Write};
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The file's name in the vault's folder.
pub const FILE: &str = "vault.db";
/// Stands in the folder while the log may hold what was erased from the file.
const PENDING: &str = "erase.pending";
/// What is still to be done, in [`PENDING`].
const TO_REBUILD: &[u8] = b"rebuild the file\n";
const TO_FOLD: &[u8] = b"";
/// How long the log may get before it is folded into the file, in bytes.
const LOG_MAX: u64 = 256 * 1024;

/// What is left of an erasure.
#[derive(PartialEq, Eq)]
pub(super) enum Left {
    /// To write the file anew, and then the rest.
    Rebuild,
    /// To empty the log.
    Fold,
}

pub(super) struct Database {
    db: Connection,
    path: PathBuf,
    /// Where it cannot be written, this is a copy.
    copy: Option<Copy>,
}

/// A copy in memory.
struct Copy {
    /// Why the vault itself is not open.
    why: String,
    /// Of the file and its log, in bytes.
    length: u64,
    /// Until the files are open: then nobody has to find them any more.
    memory: Option<MemoryFolder>,
}

/// The longest file, with its log, that is copied into memory or looked through for a fault of its
/// medium, in bytes.
const COPIED: u64 = 256 << 20;
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
        let database = if platform::can_write_into(parent) && platform::can_write(&path) {
            // Even to read takes files beside this one, and a disk may be full.
            match Self::connect(path.clone()) {
                Err(Error::Storage(why)) => Self::copy(why, &path)?,
                other => other?,
            }
        } else {
            Self::copy(format!("{} cannot be written", path.display()), &path)?
        };
        database.check_length()?;
        Ok(database)
    }

    /// Copies the file and its log into memory, since SQLite cannot read a log without writing beside it.
    fn copy(why: String, path: &Path) -> Result<Self, Error> {
        let none = || Error::Storage(format!("{why}, and there is no memory to copy it to"));
        let memory = platform::memory_folder().ok_or_else(none)?;
        let to = memory.path().join(FILE);
        let length = copy_whole(path, &to)?;
        let mut database = Self::connect(to)?;
        database.copy = Some(Copy { why, length, memory: Some(memory) });
        Ok(database)
    }

    /// Removes a copy from where others could find it, once its files are open.
    pub(super) fn hide(&mut self) {
        if let Some(copy) = &mut self.copy {
            copy.memory = None;
        }
    }

    /// [`Error::ReadOnly`] for a copy.
    pub(super) fn writable(&self) -> Result<(), Error> {
        match &self.copy {
            Some(copy) => Err(Error::ReadOnly(copy.why.clone())),
            None => Ok(()),
        }
    }

    /// Opens a file, and writes nothing to it: it may be anything.
    fn connect(path: PathBuf) -> Result<Self, Error> {
        let db = schema::connect(&path)?;
        let mode: String = db.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        if mode != "wal" {
            return Err(Error::Damaged("its journal is not that of a vault".into()));
        }
        // Its first read needs all that any read needs: room for the log's index, and a name for it.
        schema::number(&db, "schema_version")?;
        Ok(Self { db, path, copy: None })
    }

    /// Opens an empty file, to make a vault of it.
    pub(super) fn create(path: PathBuf) -> Result<Self, Error> {
        let db = schema::connect(&path)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        Ok(Self { db, path, copy: None })
    }

    /// SQLite itself notices a missing page, but takes a part of one for a whole.
    /// While there is a log, the file may end in a part of a page, which the log has whole.
    fn check_length(&self) -> Result<(), Error> {
        if fs::metadata(beside(&self.path, "-wal")).is_ok_and(|log| log.len() > 0) {
            return Ok(());
        }
        let page = u64::try_from(schema::number(&self.db, "page_size")?).unwrap_or(1);
        let length = fs::metadata(&self.path).map_err(io_at(&self.path))?.len();
        let whole = length.is_multiple_of(page.max(1));
        if whole { Ok(()) } else { Err(Error::Damaged("the file is cut short".into())) }
    }

    /// Of the file and its log, in bytes.
    fn length(&self) -> u64 {
        if let Some(copy) = &self.copy {
            return copy.length;
        }
        [self.path.clone(), beside(&self.path, "-wal")]
            .iter()
            .filter_map(|path| fs::metadata(path).ok())
            .map(|file| file.len())
            .sum()
    }

    /// How many bytes of rows there can be: what claims more is one page told many times.
    pub(super) fn most(&self) -> u64 {
        self.length().min(ROWS)
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
        let log = beside(&self.path, "-wal");
        if fs::metadata(log).is_ok_and(|log| log.len() > LOG_MAX) {
            self.fold_now()?;
        }
        Ok(())
    }

    /// [`Database::fold`], without waiting for anybody.
    fn fold_now(&self) -> Result<bool, Error> {
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

    /// Sets a mark before something is erased: if this process does not come to the end of it, another
    /// does the rest.
    pub(super) fn plan_to_erase(&self) -> Result<(), Error> {
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
    pub(super) fn rebuild(&self) -> Result<(), Error> {
        self.db.execute_batch("VACUUM")?;
        self.set_mark(TO_FOLD)
    }

    /// Does what is left to be done of an erasure. Gives whether the log had to be kept.
    pub(super) fn erase(&self) -> Result<bool, Error> {
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
    pub(super) fn left_to_erase(&self) -> Option<Left> {
        let mark = fs::symlink_metadata(self.mark()).ok()?;
        Some(if mark.len() == TO_FOLD.len() as u64 { Left::Fold } else { Left::Rebuild })
    }

    fn mark(&self) -> PathBuf {
        self.path.with_file_name(PENDING)
    }
}

/// The folder and each file that is there are ordinary, and nobody else can change them. Gives the
/// file's own path, where a link leads to it: its log stands beside that.
fn check_files(folder: &Path) -> Result<PathBuf, Error> {
    let named = folder.join(FILE);
    let path = fs::canonicalize(&named).map_err(|e| match e.kind() {
        io::ErrorKind::NotFound => Error::Missing(named.clone()),
        _ => io_at(&named)(e),
    })?;
    for folder in [Some(folder), path.parent()].into_iter().flatten() {
        check_folder(folder)?;
    }
    platform::check_file(&path, Readers::Everyone).map_err(unsafe_at(&path))?;
    for suffix in ["-wal", "-shm", "-journal"] {
        check_beside(&beside(&path, suffix), suffix)?;
    }
    // SQLite would not say why it cannot.
    fs::File::open(&path).map_err(io_at(&path))?;
    Ok(path)
}

/// Why the vault in `folder` cannot be read to its end, if it can't. SQLite calls a file corrupt where its
/// medium failed, and that is no damage of the vault's.
pub fn medium_fault(folder: &Path) -> Option<Error> {
    let path = folder.join(FILE);
    let failed = read_through(&path).err()?;
    (failed.kind() != io::ErrorKind::NotFound).then(|| io_at(&path)(failed))
}

fn read_through(path: &Path) -> io::Result<()> {
    let mut file = fs::File::open(path)?.take(COPIED);
    let mut page = [0; 4096];
    while file.read(&mut page)? > 0 {}
    Ok(())
}

pub(super) fn check_folder(folder: &Path) -> Result<(), Error> {
    platform::check_folder(folder).map_err(unsafe_at(folder))
}

/// Removes what SQLite left beside a file that was not finished.
pub(super) fn remove_log(path: &Path) {
    for suffix in ["-wal", "-shm", "-journal"] {
        let _ = fs::remove_file(beside(path, suffix));
    }
}

/// A file of the log's: its own, and no link. A vault leaves no journal, and SQLite would play any back.
fn check_beside(path: &Path, suffix: &str) -> Result<(), Error> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if found.is_symlink() {
        return Err(unsafe_at(path)(Unsafe::NotFile("a link")));
    }
    platform::check_file(path, Readers::Everyone).map_err(unsafe_at(path))?;
    let foreign = suffix == "-journal" && found.len() > 0;
    let odd = || Error::Damaged(format!("{} is not a vault's", path.display()));
    if foreign { Err(odd()) } else { Ok(()) }
}

fn unsafe_at(path: &Path) -> impl FnOnce(Unsafe) -> Error {
    let path = path.to_owned();
    move |why| match why {
        Unsafe::Io(source) => Error::Io { path, source },
        why => Error::Unsafe { path, why },
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

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}
