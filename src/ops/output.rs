//! New files that an operation gives: they must not be there yet, and that is known before anybody is asked.

use super::Error;
use super::files::is_there;
use crate::platform::{self, NewFile, Readers};
use crate::text::shown;
use std::io;
use std::path::Path;

/// Refuses a name that is taken, or a folder that no file gets into.
pub fn check(path: &Path) -> Result<(), Error> {
    if is_there(path)? {
        return Err(taken(path));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    platform::can_write_into(folder.unwrap_or(Path::new("."))).map_err(Error::io(path))
}

/// The file, which has no name yet.
pub fn draft(path: &Path, readers: Readers, bytes: &[u8]) -> Result<NewFile, Error> {
    NewFile::write(path, readers, bytes).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => taken(path),
        _ => Error::io(path)(e),
    })
}

pub fn write(path: &Path, readers: Readers, bytes: &[u8]) -> Result<(), Error> {
    draft(path, readers, bytes)?.keep().map_err(Error::io(path))
}

fn taken(path: &Path) -> Error {
    Error::Conflict(format!("{} exists already, and was left alone", shown(path)))
}
