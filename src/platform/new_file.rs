//! Files that were not there before.

use super::system;
use crate::text::hex;
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

/// A draft of a file. It gets its name when it is kept, and goes away unless it is; until then it is
/// its owner's alone.
#[must_use = "it goes away when it is dropped"]
pub struct NewFile {
    /// The name that it is kept under.
    path: PathBuf,
    draft: Draft,
    readers: Readers,
}

enum Draft {
    /// Gone with this process, even one that is killed.
    Unnamed(File),
    /// Where there are no files without a name, and for who must open it by one. A killed process leaves
    /// it behind.
    Named { name: PathBuf, file: Option<File> },
}

impl NewFile {
    /// A draft of what will be `path`: `bytes`, which are on the disk when this returns.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if anything has that name, even a link to nowhere.
    pub fn write(path: &Path, readers: Readers, bytes: &[u8]) -> io::Result<Self> {
        let (folder, path) = unused(path)?;
        let (draft, mut file) = match system::unnamed_file(&folder) {
            Some(file) => (Draft::Unnamed(file.try_clone()?), file),
            None => named(&folder)?,
        };
        let new = Self { path, draft, readers };
        file.write_all(bytes)?;
        file.sync_all()?;
        Ok(new)
    }

    /// An empty draft for its owner alone, which has a name: [`NewFile::draft_path`]. Nothing has it open, so
    /// that somebody can open it who takes locks on it, as SQLite does.
    ///
    /// # Errors
    /// Those of [`NewFile::write`].
    pub fn named(path: &Path) -> io::Result<Self> {
        let (folder, path) = unused(path)?;
        let name = draft_name(&folder)?;
        system::create_private(&name)?;
        let draft = Draft::Named { name, file: None };
        Ok(Self { path, draft, readers: Readers::Owner })
    }

    /// The name that the draft has, of the same folder. `None` for one that was written whole.
    pub fn draft_path(&self) -> Option<&Path> {
        match &self.draft {
            Draft::Named { name, .. } => Some(name),
            Draft::Unnamed(_) => None,
        }
    }

    /// Gives the file its name, which is on the disk when this returns.
    ///
    /// # Errors
    /// [`io::ErrorKind::AlreadyExists`] if something has taken the name meanwhile, which is left alone.
    /// The draft is gone then.
    pub fn keep(self) -> io::Result<()> {
        if let (Readers::Everyone, Some(file)) = (self.readers, self.draft.file()) {
            system::let_everyone_read(file)?;
        }
        match &self.draft {
            Draft::Unnamed(file) => system::give_name(file, &self.path)?,
            Draft::Named { name, .. } => publish(name, &self.path)?,
        }
        // It has its name now. A file system that cannot promise more is no reason to say that it has not.
        let _ = system::sync_folder(self.path.parent().unwrap_or(Path::new(".")));
        Ok(())
    }
}

impl Draft {
    fn file(&self) -> Option<&File> {
        match self {
            Self::Unnamed(file) => Some(file),
            Self::Named { file, .. } => file.as_ref(),
        }
    }
}

/// A draft's other name goes away too if the file was kept.
impl Drop for Draft {
    fn drop(&mut self) {
        if let Self::Named { name, .. } = self {
            let _ = fs::remove_file(name);
        }
    }
}

/// The folder of a path that nothing has, and the path itself.
fn unused(path: &Path) -> io::Result<(PathBuf, PathBuf)> {
    match fs::symlink_metadata(path) {
        Ok(_) => {
            let what = "it exists already, and was left alone";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, what));
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(e),
    }
    let no_name = || io::Error::new(io::ErrorKind::InvalidInput, "this names no file");
    let name = path.file_name().ok_or_else(no_name)?;
    if path.as_os_str().to_string_lossy().ends_with(std::path::is_separator) {
        return Err(no_name());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new(".")).to_owned();
    let path = folder.join(name);
    Ok((folder, path))
}

fn named(folder: &Path) -> io::Result<(Draft, File)> {
    let name = draft_name(folder)?;
    let file = system::create_private(&name)?;
    Ok((Draft::Named { name, file: Some(file.try_clone()?) }, file))
}

/// Random, since a killed process leaves its draft behind, and another may have its number.
fn draft_name(folder: &Path) -> io::Result<PathBuf> {
    Ok(folder.join(format!(".kovra-{}", random_name()?)))
}

pub(super) fn random_name() -> io::Result<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(hex(&bytes))
}

/// A link, and not a rename, which would replace what has taken that name meanwhile. Where a file has
/// one name only, as on FAT, a rename that replaces nothing.
fn publish(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => system::rename_to_new(draft, path),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use super::super::is_private;
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::{TempDir, tempdir};

    fn names(folder: &TempDir) -> Vec<String> {
        let names = fs::read_dir(folder.path()).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// A draft as it is where there are no files without a name.
    fn write_named(path: &Path, readers: Readers, bytes: &[u8]) -> NewFile {
        let (folder, path) = unused(path).unwrap();
        let (draft, mut file) = named(&folder).unwrap();
        file.write_all(bytes).unwrap();
        NewFile { path, draft, readers }
    }

    fn write(path: &Path, readers: Readers, bytes: &[u8]) -> NewFile {
        NewFile::write(path, readers, bytes).unwrap()
    }

    #[test]
    fn a_new_file_has_its_name_only_once_it_is_kept() {
        for write in [write, write_named] {
            let folder = tempdir().unwrap();
            let path = folder.path().join("new");
            let new = write(&path, Readers::Everyone, b"1");
            assert!(!path.exists());
            assert!(new.draft_path().is_none_or(|draft| is_private(draft).unwrap()));
            drop(new);
            assert_eq!(names(&folder), [""; 0]);
            write(&path, Readers::Everyone, b"2").keep().unwrap();
            assert!(!is_private(&path).unwrap());
            let secret = folder.path().join("secret");
            write(&secret, Readers::Owner, b"3").keep().unwrap();
            assert!(is_private(&secret).unwrap());
            assert_eq!(
                (fs::read(&path).unwrap(), fs::read(&secret).unwrap()),
                (vec![b'2'], vec![b'3'])
            );
            assert_eq!(names(&folder).len(), 2);
        }
    }

    #[test]
    fn a_name_that_is_taken_is_refused_at_once() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("taken");
        symlink("nowhere", &path).unwrap();
        let taken = NewFile::write(&path, Readers::Owner, b"1").err().unwrap();
        assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
        for none in ["..", "new/"] {
            let none = NewFile::write(&folder.path().join(none), Readers::Owner, b"1");
            assert!(none.is_err());
        }
        assert_eq!(names(&folder), ["taken"]);
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_left_alone() {
        for write in [write, write_named] {
            let folder = tempdir().unwrap();
            let path = folder.path().join("final");
            let late = write(&path, Readers::Owner, b"2");
            write(&path, Readers::Owner, b"1").keep().unwrap();
            assert_eq!(late.keep().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&path).unwrap(), b"1");
            let dangling = folder.path().join("dangling");
            let late = write(&dangling, Readers::Owner, b"2");
            symlink("nowhere", &dangling).unwrap();
            assert_eq!(late.keep().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(names(&folder).len(), 2);
        }
    }

    #[test]
    fn without_links_a_rename_replaces_nothing_either() {
        let folder = tempdir().unwrap();
        let [from, to, taken] = ["from", "to", "taken"].map(|name| folder.path().join(name));
        fs::write(&from, b"1").unwrap();
        fs::write(&taken, b"2").unwrap();
        let late = system::rename_to_new(&from, &taken).unwrap_err();
        assert_eq!(late.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&taken).unwrap(), b"2");
        system::rename_to_new(&from, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"1");
    }

    /// As SQLite has it, which opens the draft by its name.
    #[test]
    fn a_named_draft_is_filled_by_somebody_else() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("vault");
        let left_behind = NewFile::named(&path).unwrap();
        let new = NewFile::named(&path).unwrap();
        std::mem::forget(left_behind);
        let draft = new.draft_path().unwrap();
        assert!(is_private(draft).unwrap() && draft.parent() == path.parent());
        fs::write(draft, b"1").unwrap();
        new.keep().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"1");
        assert_eq!(names(&folder).len(), 2);
    }

    #[test]
    fn a_file_in_the_folder_of_this_process_needs_no_folder_in_its_name() {
        let (folder, path) = unused(Path::new("a-name-that-nothing-has")).unwrap();
        assert_eq!((folder.as_path(), path.parent()), (Path::new("."), Some(Path::new("."))));
    }
}
