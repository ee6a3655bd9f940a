//! The files of a vault, before SQLite opens them: what may have their names, and who may write them.

use super::Error;
use crate::platform::{self, FileId, Readers, Unsafe};
use crate::text::shown;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The file's name in the vault's folder.
pub const FILE: &str = "vault.db";
/// How far a file is looked through for a fault of its medium, in bytes.
const LOOKED_THROUGH: u64 = 256 << 20;

/// The folder and each file that is there are ordinary, and nobody else can change them. Gives the
/// file's own path, where a link leads to it: its log stands beside that.
pub(super) fn check_files(folder: &Path) -> Result<PathBuf, Error> {
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

/// Where a new vault's file goes, in a folder that is made if it is not there.
pub(super) fn place_for_new(folder: &Path) -> Result<PathBuf, Error> {
    platform::private_folder(folder).map_err(io_at(folder))?;
    check_folder(folder)?;
    Ok(folder.join(FILE))
}

/// Why a new vault's file did not come to be.
pub(super) fn not_new(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| match source.kind() {
        io::ErrorKind::AlreadyExists => Error::Exists(path.to_owned()),
        _ => Error::Io { path: path.to_owned(), source },
    }
}

/// Which files have the names of the one at `path`, of its log and of its index.
pub(super) fn file_ids(path: &Path) -> [Option<FileId>; 3] {
    ["", "-wal", "-shm"].map(|suffix| FileId::of(&beside(path, suffix)).ok())
}

/// Why the vault in `folder` cannot be read to its end, if it can't. SQLite calls a file corrupt where its
/// medium failed, and that is no damage of the vault's.
pub fn medium_fault(folder: &Path) -> Option<Error> {
    let path = folder.join(FILE);
    let failed = read_through(&path).err()?;
    (failed.kind() != io::ErrorKind::NotFound).then(|| io_at(&path)(failed))
}

fn read_through(path: &Path) -> io::Result<()> {
    let mut file = fs::File::open(path)?.take(LOOKED_THROUGH);
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
    match platform::check_file(path, Readers::Everyone) {
        // Whoever closed the vault last has taken it away meanwhile.
        Err(Unsafe::Io(e)) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        checked => checked.map_err(unsafe_at(path))?,
    }
    let foreign = suffix == "-journal" && found.len() > 0;
    let odd = || Error::Damaged(format!("{} is not a vault's", shown(path)));
    if foreign { Err(odd()) } else { Ok(()) }
}

fn unsafe_at(path: &Path) -> impl FnOnce(Unsafe) -> Error {
    let path = path.to_owned();
    move |why| match why {
        Unsafe::Io(source) => Error::Io { path, source },
        why => Error::Unsafe { path, why },
    }
}

pub(super) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn io_at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}
