//! Folders that never reach a disk.

use super::new_file::random_name;
use super::system;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder for its owner alone, in memory. It goes away with what is in it when it is dropped; a killed
/// process leaves it until the system starts anew.
pub struct MemoryFolder(PathBuf);

impl MemoryFolder {
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for MemoryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a fresh folder in memory. `None` where the system has no place for one.
pub fn memory_folder() -> Option<MemoryFolder> {
    system::memory_roots().into_iter().find_map(|root| in_root(&root))
}

fn in_root(root: &Path) -> Option<MemoryFolder> {
    root.metadata().ok().filter(system::keeps_names)?;
    let path = root.join(format!("kovra-{}", random_name().ok()?));
    system::new_private_folder(&path).ok()?;
    Some(MemoryFolder(path))
}

#[cfg(test)]
mod tests {
    use super::super::is_private;
    use super::*;

    #[test]
    fn a_place_where_others_could_put_something_else_is_none() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        for (mode, made) in [(0o700, true), (0o1777, true), (0o777, false), (0o770, false)] {
            fs::set_permissions(root.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(in_root(root.path()).is_some(), made, "{mode:o}");
        }
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_folder_in_memory_goes_away_with_what_is_in_it() {
        let Some(folder) = memory_folder() else { return };
        let path = folder.path().to_owned();
        assert!(is_private(&path).unwrap());
        fs::create_dir(path.join("a")).unwrap();
        fs::write(path.join("a/b"), b"1").unwrap();
        assert_ne!(memory_folder().unwrap().path(), path);
        drop(folder);
        assert!(!path.exists());
    }
}
