//! Files that were not there before.

use super::system;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Who may read a new file. Only its owner may ever write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// For secrets.
    Owner,
    /// For what is sent to others.
    Everyone,
}

/// A file that was not there before, and is not there afterwards unless it is kept.
#[must_use = "it goes away when it is dropped"]
pub struct NewFile {
    path: PathBuf,
    kept: bool,
}

impl NewFile {
    /// Makes an empty file, and opens it. The open file stands apart, so that it can be closed
    /// before somebody else opens it who takes locks on it, as SQLite does.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if anything has that name, even a link to nowhere.
    pub fn create(path: &Path, readers: Readers) -> io::Result<(Self, File)> {
        let file = system::create_new(path, readers)?;
        Ok((Self { path: path.to_owned(), kept: false }, file))
    }

    /// [`NewFile::create`], and then `bytes` are written, and on the disk when this returns.
    pub fn write(path: &Path, readers: Readers, bytes: &[u8]) -> io::Result<Self> {
        let (new, mut file) = Self::create(path, readers)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(new)
    }

    pub fn keep(mut self) {
        self.kept = true;
    }

    /// Keeps the file under another name of the same folder. A link, and not a rename, which would
    /// replace what has taken that name meanwhile.
    ///
    /// # Errors
    /// Those of [`NewFile::create`]; the file is gone then.
    pub fn keep_as(self, path: &Path) -> io::Result<()> {
        fs::hard_link(&self.path, path)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_goes_away_unless_it_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new");
        let new = NewFile::write(&path, Readers::Owner, b"1").unwrap();
        assert!(super::super::is_private(&path).unwrap());
        drop(new);
        assert!(!path.exists());
        NewFile::write(&path, Readers::Everyone, b"2").unwrap().keep();
        assert!(!super::super::is_private(&path).unwrap());
        let taken = NewFile::write(&path, Readers::Owner, b"3").err().unwrap();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"2");
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (draft, path) = (folder.path().join("draft"), folder.path().join("final"));
        NewFile::write(&draft, Readers::Owner, b"1").unwrap().keep_as(&path).unwrap();
        let late = NewFile::write(&draft, Readers::Owner, b"2").unwrap().keep_as(&path);
        assert_eq!(late.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"1");
        assert!(!draft.exists());
    }
}
