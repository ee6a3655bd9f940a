//! Files and folders that others could change or read.

use super::{Readers, system};
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::path::Path;

/// Why a file or a folder is not used, and what takes that away.
#[derive(Debug, thiserror::Error)]
pub enum Unsafe {
    #[error("it is {0}, and not a file")]
    NotFile(&'static str),
    #[error("it is not a folder")]
    NotFolder,
    /// The number of a user.
    #[error("it belongs to another user (number {0}); `chown` gives it to you")]
    Foreign(u32),
    #[error("others can write it; `chmod go-w` takes that away")]
    OthersWrite,
    #[error("others can read it; `chmod go-rwx` takes that away")]
    OthersRead,
    /// It could not be looked at.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Whether a file, or the one that a link leads to, is an ordinary one that only this user or root can
/// write; and for [`Readers::Owner`], that only its owner can read, or that is root's and not this
/// user's to change: so is a secret that is mounted into a container.
pub fn check_file(path: &Path, readers: Readers) -> Result<(), Unsafe> {
    let metadata = path.metadata()?;
    if let Some(kind) = system::odd_kind(&metadata) {
        return Err(Unsafe::NotFile(kind));
    }
    check(&metadata, path, readers)
}

/// Whether a folder, or the one that a link leads to, is one that only this user or root can write. A
/// sticky bit makes no difference: new names can be made in such a folder.
pub fn check_folder(path: &Path) -> Result<(), Unsafe> {
    let metadata = path.metadata()?;
    if !metadata.is_dir() {
        return Err(Unsafe::NotFolder);
    }
    check(&metadata, path, Readers::Everyone)
}

fn check(metadata: &Metadata, path: &Path, readers: Readers) -> Result<(), Unsafe> {
    if let Some(owner) = system::foreign_owner(metadata) {
        return Err(Unsafe::Foreign(owner));
    }
    if system::others_can_write(metadata) {
        return Err(Unsafe::OthersWrite);
    }
    let secret = readers == Readers::Owner && !system::is_handed_in(metadata, path);
    if secret && system::others_can_read(metadata) {
        return Err(Unsafe::OthersRead);
    }
    Ok(())
}

/// Whether others than its owner can read a file or a folder, or write it. `false` for what can't be looked at.
pub fn is_open_to_others(path: &Path) -> bool {
    let open = |metadata: Metadata| {
        system::others_can_read(&metadata) || system::others_can_write(&metadata)
    };
    path.metadata().is_ok_and(open)
}

/// Takes from all others what they can do with a file or a folder.
pub fn close_to_others(path: &Path) -> io::Result<()> {
    system::close_to_others(path)
}

/// Whether a name can be made in a folder: it can't on a read-only mount, and without the permission.
/// Nothing is made to find that out.
pub fn can_write_into(folder: &Path) -> io::Result<()> {
    system::can_write_into(folder)
}

/// Whether a file can be written, by its mode and its mount.
pub fn can_write(file: &Path) -> bool {
    system::can_write(file)
}

/// What the system tells a file from all others by, while somebody has it open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId(system::FileId);

impl FileId {
    /// Of the file that has a name, or that a link of this name leads to.
    pub fn of(path: &Path) -> io::Result<Self> {
        system::file_id(path).map(Self)
    }
}

/// Opens a file to be read, or a pipe that the caller handed over as a descriptor. A device or a pipe that
/// stands in a folder is neither: a link in somebody's checkout leads there as well, and it may be without
/// an end.
pub fn open(path: &Path) -> Result<impl Read, Unsafe> {
    open_with(path, |_| Ok(()))
}

/// [`open`], for a file that holds a secret of the owner: it passes [`check_file`]. Who can read a pipe does
/// not matter: it gives what is in it once.
pub fn open_secret(path: &Path) -> Result<impl Read, Unsafe> {
    open_with(path, |metadata| check(metadata, path, Readers::Owner))
}

/// Looks before it opens, since to open a device may be enough to move it; and again at what was opened.
fn open_with(path: &Path, check: impl Fn(&Metadata) -> Result<(), Unsafe>) -> Result<File, Unsafe> {
    let look = |metadata: &Metadata| match system::odd_kind(metadata) {
        None => check(metadata),
        Some(system::PIPE) if system::is_descriptor(path) => Ok(()),
        Some(kind) => Err(Unsafe::NotFile(kind)),
    };
    look(&path.metadata()?)?;
    let file = system::open(path)?;
    look(&file.metadata()?)?;
    Ok(file)
}

/// Reads what [`open`] opens: at most one byte more than `most`, so that what is too large is refused as
/// such and not read.
pub fn read(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let file = open_with(path, |_| Ok(())).map_err(|why| match why {
        Unsafe::Io(error) => error,
        why => io::Error::other(why),
    })?;
    // At once: a buffer that grows is copied and wiped each time.
    let length = file.metadata()?.len().min(most as u64) as usize;
    let mut bytes = Vec::with_capacity(length + 1);
    file.take(most as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::os::unix::net::UnixListener;
    use std::time::{Duration, Instant};
    use tempfile::tempdir;

    const NOBODY: u32 = 65534;

    fn am_root() -> bool {
        rustix::process::geteuid().is_root()
    }

    fn pipe(path: &Path) {
        let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
    }

    #[test]
    fn a_file_is_refused_for_who_else_can_write_or_read_it() {
        let folder = tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, b"1").unwrap();
        let found = |mode| {
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            [Readers::Owner, Readers::Everyone].map(|readers| match check_file(&path, readers) {
                Ok(()) => "ok",
                Err(Unsafe::OthersWrite) => "write",
                Err(Unsafe::OthersRead) => "read",
                Err(other) => panic!("{other}"),
            })
        };
        for mode in [0o600, 0o400, 0o700] {
            assert_eq!(found(mode), ["ok", "ok"], "{mode:o}");
        }
        for mode in [0o640, 0o604, 0o444] {
            assert_eq!(found(mode), ["read", "ok"], "{mode:o}");
        }
        for mode in [0o620, 0o602, 0o666] {
            assert_eq!(found(mode), ["write", "write"], "{mode:o}");
        }
    }

    #[test]
    fn what_belongs_to_another_user_is_refused() {
        if !am_root() {
            return;
        }
        let folder = tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, b"1").unwrap();
        chown(&path, Some(NOBODY), None).unwrap();
        assert!(matches!(check_file(&path, Readers::Everyone), Err(Unsafe::Foreign(NOBODY))));
        chown(folder.path(), Some(NOBODY), None).unwrap();
        let found = check_folder(folder.path()).unwrap_err();
        assert!(found.to_string().contains("number 65534"), "{found}");
    }

    #[test]
    fn a_folder_is_refused_for_who_else_can_write_into_it() {
        let folder = tempdir().unwrap();
        check_folder(folder.path()).unwrap();
        for mode in [0o1777, 0o770] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            assert!(matches!(check_folder(folder.path()), Err(Unsafe::OthersWrite)));
        }
        let file = folder.path().join("file");
        fs::write(&file, b"1").unwrap();
        assert!(matches!(check_folder(&file), Err(Unsafe::NotFolder)));
        assert!(matches!(check_folder(&folder.path().join("none")), Err(Unsafe::Io(_))));
    }

    #[test]
    fn what_is_no_file_is_named_and_never_waited_for() {
        let folder = tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        pipe(&at("pipe"));
        let _socket = UnixListener::bind(at("socket")).unwrap();
        symlink("pipe", at("to-pipe")).unwrap();
        symlink("/dev/zero", at("to-device")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        for (name, kind) in [
            ("pipe", "a pipe"),
            ("to-pipe", "a pipe"),
            ("socket", "a socket"),
            ("to-device", "a device"),
            ("folder", "a folder"),
        ] {
            let found = check_file(&at(name), Readers::Owner).unwrap_err();
            assert_eq!(found.to_string(), format!("it is {kind}, and not a file"));
            let opened = open_secret(&at(name)).err().unwrap();
            assert_eq!(opened.to_string(), found.to_string(), "{name}");
        }
        fs::write(at("key"), b"1").unwrap();
        fs::set_permissions(at("key"), Permissions::from_mode(0o600)).unwrap();
        symlink("key", at("to-key")).unwrap();
        check_file(&at("to-key"), Readers::Owner).unwrap();
    }

    #[test]
    fn a_pipe_is_read_only_as_a_descriptor() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        std::io::Write::write_all(&mut writer, b"text").unwrap();
        drop(writer);
        let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
        assert_eq!(read(Path::new(&format!("/dev/fd/{number}")), 3).unwrap(), b"text");
        for odd in ["/dev/fd/../zero", "/dev/fd/", "/dev/zero", "/dev/fd/0/x", "/dev/null"] {
            assert!(!system::is_descriptor(Path::new(odd)), "{odd}");
            assert!(read(Path::new(odd), 3).is_err(), "{odd}");
        }
        let folder = tempdir().unwrap();
        symlink(format!("/dev/fd/{number}"), folder.path().join("link")).unwrap();
        let start = Instant::now();
        let said = read(&folder.path().join("link"), 3).unwrap_err().to_string();
        assert_eq!(said, "it is a pipe, and not a file");
        assert!(start.elapsed() < Duration::from_secs(2));
    }

    #[test]
    fn whether_a_folder_can_be_written_into_is_known_without_trying() {
        let folder = tempdir().unwrap();
        assert!(can_write_into(folder.path()).is_ok());
        assert!(can_write_into(&folder.path().join("none")).is_err());
        fs::set_permissions(folder.path(), Permissions::from_mode(0o500)).unwrap();
        // Root may.
        assert_eq!(can_write_into(folder.path()).is_ok(), am_root());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
