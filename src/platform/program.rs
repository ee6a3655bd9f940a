//! Finding a program, and becoming it.

use super::system;
use crate::text::shown;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum NoProgram {
    #[error("{0} was not found")]
    Missing(String),
    /// What has that name is no program, or not for this user.
    #[error("{0} is not an executable program")]
    NotExecutable(String),
    /// It has no absolute path, since the folder that this process stands in is gone.
    #[error("{0}: {1}")]
    Nowhere(String, io::Error),
}

/// Finds a program as the system does when it starts one, to be able to say which one would get the
/// secrets. `search` lists folders, as `PATH` does. Gives an absolute path.
pub fn find_program(name: &OsStr, search: Option<&OsStr>) -> Result<PathBuf, NoProgram> {
    let shown = shown(name);
    let candidates = system::candidates(name, search.unwrap_or_default());
    if let Some(found) = candidates.iter().find(|path| system::is_executable(path)) {
        return std::path::absolute(found).map_err(|e| NoProgram::Nowhere(shown, e));
    }
    if candidates.iter().any(|path| path.exists()) {
        return Err(NoProgram::NotExecutable(shown));
    }
    Err(NoProgram::Missing(shown))
}

/// Gives this process to a program, which is told that its name is `name`, with `variables` on top
/// of the environment, and without those that are `withheld`: stdin, terminal, signals and exit code are its own then. A system that can't
/// replace a process waits for the program and ends with its code.
///
/// Comes back only if the program did not start, with what the system says.
#[must_use]
pub fn become_program(
    path: &Path,
    name: &OsStr,
    arguments: &[OsString],
    variables: Vec<(String, OsString)>,
    withheld: &[&str],
) -> io::Error {
    system::become_program(path, name, arguments, variables, withheld)
}
