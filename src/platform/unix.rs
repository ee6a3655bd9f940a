//! What all Unixes share.

use super::Readers;
use crate::secret::Secret;
use etcetera::BaseStrategy;
use rustix::fs::Access;
use rustix::termios::{self, LocalModes, OptionalActions, QueueSelector, Termios};
use std::ffi::{OsStr, OsString};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use zeroize::Zeroizing;

pub(super) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

pub(super) fn create_new(path: &Path, readers: Readers) -> io::Result<File> {
    let mode = match readers {
        Readers::Owner => 0o600,
        Readers::Everyone => 0o644,
    };
    OpenOptions::new().write(true).create_new(true).mode(mode).open(path)
}

#[cfg(test)]
pub(super) fn is_private(path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(path.metadata()?.permissions().mode() & 0o077 == 0)
}

pub(super) fn path_to_bytes(path: &Path) -> &[u8] {
    path.as_os_str().as_bytes()
}

pub(super) fn path_from_bytes(bytes: &[u8]) -> Option<PathBuf> {
    Some(OsStr::from_bytes(bytes).into())
}

pub(super) fn variable(value: &[u8]) -> Option<OsString> {
    Some(OsString::from_vec(value.to_vec()))
}

/// As execvp(3) does: a name with a slash is a path.
pub(super) fn candidates(name: &OsStr, search: &OsStr) -> Vec<PathBuf> {
    if name.as_bytes().contains(&b'/') {
        return vec![name.into()];
    }
    std::env::split_paths(search).map(|folder| folder.join(name)).collect()
}

pub(super) fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, Access::EXEC_OK).is_ok()
}

pub(super) fn become_program(
    path: &Path,
    name: &OsStr,
    arguments: &[OsString],
    variables: Vec<(String, OsString)>,
) -> io::Error {
    Command::new(path).arg0(name).args(arguments).envs(variables).exec()
}

/// XDG on every Unix, macOS too: where vaults stand since the first version.
pub(super) fn data_folder() -> Option<PathBuf> {
    etcetera::base_strategy::Xdg::new().ok().map(|folders| folders.data_dir())
}

pub(super) fn parent() -> Option<u32> {
    rustix::process::getppid().map(|pid| pid.as_raw_pid().unsigned_abs())
}

pub(super) fn stdout_width() -> Option<u16> {
    termios::tcgetwinsize(io::stdout()).ok().map(|size| size.ws_col).filter(|width| *width > 0)
}

/// Longer than anything that is typed, in bytes; a terminal itself takes 4,095 a line.
const LINE_MAX: usize = 4096;

/// The controlling terminal, to read and to write.
pub(super) struct Console(File);

impl Console {
    pub(super) fn foreground() -> Option<Self> {
        let tty = File::options().read(true).write(true).open("/dev/tty").ok()?;
        let foreground = termios::tcgetpgrp(&tty).is_ok_and(|g| g == rustix::process::getpgrp());
        foreground.then_some(Self(tty))
    }

    pub(super) fn discard_input(&self) {
        let _ = termios::tcflush(&self.0, QueueSelector::IFlush);
    }

    pub(super) fn write(&self, text: &str) -> io::Result<()> {
        (&self.0).write_all(text.as_bytes())
    }

    /// A terminal hands over whole lines, so no more than this one is read.
    pub(super) fn read_line(&self) -> io::Result<Secret> {
        let mut line = Zeroizing::new(vec![0; LINE_MAX]);
        let length = (&self.0).read(&mut line)?;
        if length == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut line = Secret::copy_of(&line[..length]);
        line.trim_newline();
        Ok(line)
    }

    /// Turns echo off, until what it gives is dropped. The end of the line still shows.
    pub(super) fn hide_input(&self) -> io::Result<Hidden<'_>> {
        let before = termios::tcgetattr(&self.0)?;
        let mut hidden = before.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        hidden.local_modes.insert(LocalModes::ECHONL);
        termios::tcsetattr(&self.0, OptionalActions::Now, &hidden)?;
        Ok(Hidden { tty: &self.0, before })
    }
}

/// Puts the terminal's settings back when it is dropped.
pub(super) struct Hidden<'a> {
    tty: &'a File,
    before: Termios,
}

impl Drop for Hidden<'_> {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(self.tty, OptionalActions::Now, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_value_need_not_be_text() {
        let path = Path::new(OsStr::from_bytes(b"/a/\xff"));
        assert_eq!(path_from_bytes(path_to_bytes(path)).as_deref(), Some(path));
        assert_eq!(variable(b"\xff\xfe").unwrap().as_bytes(), b"\xff\xfe");
    }
}
