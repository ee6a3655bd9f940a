//! What all Unixes share.

mod console;
mod files;
mod signals;

pub(super) use console::{Console, stdout_width};
#[cfg(test)]
pub(super) use files::is_private;
pub(super) use files::{
    FileId, PIPE, can_write, can_write_into, close_to_others, create_private, file_id,
    foreign_owner, is_descriptor, is_handed_in, keeps_names, let_everyone_read, new_private_folder,
    odd_kind, open, others_can_read, others_can_write, private_folder, sync_folder,
};
pub(super) use signals::survive_file_limit;

use etcetera::BaseStrategy;
use rustix::fs::Access;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    withheld: &[&str],
) -> io::Error {
    let mut command = Command::new(path);
    for name in withheld {
        command.env_remove(name);
    }
    command.arg0(name).args(arguments).envs(variables).exec()
}

/// XDG on every Unix, macOS too: where vaults stand since the first version.
pub(super) fn data_folder() -> Option<PathBuf> {
    etcetera::base_strategy::Xdg::new().ok().map(|folders| folders.data_dir())
}

pub(super) fn parent() -> Option<u32> {
    rustix::process::getppid().map(|pid| pid.as_raw_pid().unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_need_not_be_text() {
        assert_eq!(variable(b"\xff\xfe").unwrap().as_bytes(), b"\xff\xfe");
    }
}
