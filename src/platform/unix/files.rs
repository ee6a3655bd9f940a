//! Files and folders: made for their owner, read without waiting for ever, and who else can get at
//! them.

use rustix::fs::{Access, Mode, OFlags};
use rustix::process::{geteuid, umask};
use std::fs::{DirBuilder, File, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Mutex;

const GROUP_AND_OTHERS_READ: u32 = 0o044;
const GROUP_AND_OTHERS_WRITE: u32 = 0o022;

pub(in super::super) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// One that must not be there yet.
pub(in super::super) fn new_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// A file for its owner alone, which must not be there yet.
pub(in super::super) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// Lets everyone read a file that its umask does not keep from.
pub(in super::super) fn let_everyone_read(file: &File) -> io::Result<()> {
    let mode = Mode::from_raw_mode(0o644).difference(masked());
    Ok(rustix::fs::fchmod(file, mode)?)
}

/// What new files of this process are not to have. It can be asked for only by setting it, so one
/// asks at a time.
fn masked() -> Mode {
    static ASKING: Mutex<()> = Mutex::new(());
    let _alone = ASKING.lock();
    let mask = umask(Mode::from_raw_mode(0o077));
    umask(mask);
    mask
}

/// What stands in a folder survives a power cut once that is on the disk, too. A folder that can't be
/// opened, and a file system that has nothing of that kind, is as good as it gets.
pub(in super::super) fn sync_folder(folder: &Path) -> io::Result<()> {
    let Ok(folder) = File::open(folder) else { return Ok(()) };
    match folder.sync_all() {
        Err(e) if matches!(e.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Ok(())
        }
        other => other,
    }
}

#[cfg(test)]
pub(in super::super) fn is_private(path: &Path) -> io::Result<bool> {
    Ok(path.metadata()?.mode() & (GROUP_AND_OTHERS_READ | GROUP_AND_OTHERS_WRITE) == 0)
}

/// The number of the disk, and of the file on it.
pub(in super::super) type FileId = (u64, u64);

pub(in super::super) fn file_id(path: &Path) -> io::Result<FileId> {
    let metadata = path.metadata()?;
    Ok((metadata.dev(), metadata.ino()))
}

pub(in super::super) const PIPE: &str = "a pipe";

/// What a file is, if it is none with bytes of its own.
pub(in super::super) fn odd_kind(metadata: &Metadata) -> Option<&'static str> {
    let kind = metadata.file_type();
    match kind {
        _ if kind.is_file() => None,
        _ if kind.is_dir() => Some("a folder"),
        _ if kind.is_fifo() => Some(PIPE),
        _ if kind.is_socket() => Some("a socket"),
        _ => Some("a device"),
    }
}

/// The number of the owner, if that is neither this user nor root.
pub(in super::super) fn foreign_owner(metadata: &Metadata) -> Option<u32> {
    let owner = metadata.uid();
    (owner != 0 && owner != geteuid().as_raw()).then_some(owner)
}

pub(in super::super) fn others_can_write(metadata: &Metadata) -> bool {
    metadata.mode() & GROUP_AND_OTHERS_WRITE != 0
}

pub(in super::super) fn others_can_read(metadata: &Metadata) -> bool {
    metadata.mode() & GROUP_AND_OTHERS_READ != 0
}

pub(in super::super) fn close_to_others(path: &Path) -> io::Result<()> {
    let mode = path.metadata()?.mode() & 0o700;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Whether what is made in a folder stays what it is: nobody else may write there, or only with a sticky
/// bit, which keeps everybody's hands off what is another's.
pub(in super::super) fn keeps_names(metadata: &Metadata) -> bool {
    const STICKY: u32 = 0o1000;
    let shared = others_can_write(metadata) && metadata.mode() & STICKY == 0;
    foreign_owner(metadata).is_none() && !shared
}

/// Whether whoever gave a file keeps it from being changed here: it is root's, and this user, who may
/// be root, can't write it. So is a secret that is mounted into a container.
pub(in super::super) fn is_handed_in(metadata: &Metadata, path: &Path) -> bool {
    metadata.uid() == 0 && rustix::fs::access(path, Access::WRITE_OK).is_err()
}

/// Why no name can be made in a folder. Root may write everywhere but on a read-only mount, and the
/// system's answer knows both.
pub(in super::super) fn can_write_into(folder: &Path) -> io::Result<()> {
    if !folder.metadata()?.is_dir() {
        return Err(io::ErrorKind::NotADirectory.into());
    }
    Ok(rustix::fs::access(folder, Access::WRITE_OK | Access::EXEC_OK)?)
}

pub(in super::super) fn can_write(file: &Path) -> bool {
    rustix::fs::access(file, Access::WRITE_OK).is_ok()
}

/// Opens a file or a pipe to be read, without waiting for who writes into that.
pub(in super::super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::from_ne_bytes(flags.bits().to_ne_bytes());
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let flags = rustix::fs::fcntl_getfl(&file)?;
    rustix::fs::fcntl_setfl(&file, flags.difference(OFlags::NONBLOCK))?;
    Ok(file)
}

/// Whether a path names a descriptor of this process, which its caller opened: `<(command)` is one.
pub(in super::super) fn is_descriptor(path: &Path) -> bool {
    let number = ["/dev/fd", "/proc/self/fd"].iter().find_map(|dir| path.strip_prefix(dir).ok());
    let number = number.and_then(Path::to_str);
    path == Path::new("/dev/stdin")
        || number.is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
