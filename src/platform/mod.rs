//! What the program needs from its system: private files, paths and values as the system writes
//! them, a store for keys, a memory of keys until a time is over, the terminal, a program that takes its
//! place, memory that is not dumped, the user's folders, and the name of whoever called.
//!
//! This is the interface. How a system does it stands in one file, and its name nowhere else: a new
//! system is a new file here with the same functions. All of it is public for the `kovra` program
//! alone, and comes without a promise of stability.

mod memory_folder;
mod new_file;
#[cfg(not(all(feature = "keyring", target_os = "linux")))]
mod no_key_store;
mod program;
mod safety;
mod terminal;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(all(unix, not(target_os = "linux")))]
mod other_unix;
#[cfg(all(unix, not(target_os = "linux")))]
use other_unix as system;

#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
compile_error!("kovra does not know this system: it has no file in src/platform yet");

pub use memory_folder::{MemoryFolder, memory_folder};
pub use new_file::{NewFile, Readers};
pub use program::{NoProgram, become_program, find_program};
pub use safety::{
    FileId, Unsafe, can_write, can_write_into, check_file, check_folder, close_to_others,
    is_open_to_others, open, open_secret, read,
};
pub use terminal::{Terminal, stdout_width};

use crate::secret::Secret;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Makes a folder for its owner alone, and those above it that are missing. One that is there
/// already stays as it is.
pub fn private_folder(path: &Path) -> io::Result<()> {
    system::private_folder(path)
}

/// Whether a file or folder is closed to everyone but its owner.
#[cfg(test)]
pub(crate) fn is_private(path: &Path) -> io::Result<bool> {
    system::is_private(path)
}

/// A value as the environment of a process holds it, which is a copy that nobody wipes. `None` if
/// this system's environment takes text only, and the value is none.
pub fn variable(value: &Secret) -> Option<OsString> {
    system::variable(value.expose())
}

/// The user's key store.
pub struct KeyStore(system::KeyStore);

impl KeyStore {
    /// Connects to the store, or says why there is none. Nobody is asked for that, so one that does not
    /// answer soon does not work; but then this may never end.
    pub fn open() -> Result<Self, &'static str> {
        system::KeyStore::open().map(Self)
    }

    /// Gives the store a secret under a name, or says why not. It waits for a person to unlock the
    /// store, and may never end.
    pub fn store(&self, name: &str, key: &Secret) -> Result<(), &'static str> {
        self.0.store(name, key)
    }

    /// Removes a secret; one that is not there is removed.
    pub fn forget(&self, name: &str) -> Result<(), &'static str> {
        self.0.forget(name)
    }

    /// Reads a secret, or says why there is none. It waits as [`KeyStore::store`] does.
    pub fn load(&self, name: &str) -> Result<Secret, &'static str> {
        self.0.load(name)
    }
}

/// Where a secret is kept for a time: in the system's memory, never in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeper {
    /// This login session alone.
    Session,
    /// All sessions of the user.
    User,
}

/// Whether this system can keep a secret for a time, where nothing forbids it.
pub const KEEPS: bool = system::KEEPS;

/// Keeps a secret under a name, for the user's programs, for so many seconds; or says why not.
pub fn keep(name: &str, secret: &Secret, seconds: u32) -> Result<Keeper, &'static str> {
    system::keep(name, secret.expose(), seconds)
}

/// What is kept under a name, the session's first. Whatever keeps this system from telling, nothing is kept then.
pub fn kept(name: &str) -> Vec<Secret> {
    system::kept(name)
}

/// Forgets what is kept under a name, wherever it is. Gives whether there was anything.
pub fn forget(name: &str) -> Result<bool, &'static str> {
    system::forget(name)
}

/// This run of the machine: its name, and how long it has lasted, which goes on while the machine sleeps. `None`
/// where no system tells.
pub fn boot() -> Option<(String, Duration)> {
    system::boot()
}

/// Keeps the memory of this process out of files that a crash leaves behind.
pub fn forbid_core_dumps() {
    system::forbid_core_dumps();
}

/// Makes a write over the limit for the size of files (`ulimit -f`) an error, and not the end of this
/// process.
pub fn survive_file_limit() {
    system::survive_file_limit();
}

/// Where a file lies.
pub struct Volume {
    /// How much room is left for this user, in bytes.
    pub free: u64,
    /// Whether it is another machine's, as far as the system tells.
    pub is_network: bool,
}

/// What a file or a folder lies on.
pub fn volume(path: &Path) -> io::Result<Volume> {
    system::volume(path)
}

/// The folder for data of the user's programs. `None` if no home is known.
pub fn data_folder() -> Option<PathBuf> {
    system::data_folder()
}

/// How large a variable can be for a program that is started here, in bytes: with its name, the `=` and
/// what ends it. `None` where only all of them together are limited.
pub fn variable_limit() -> Option<usize> {
    system::VARIABLE_LIMIT
}

/// Whether a process from which this one comes was started with something in the variable `name`. Its
/// environment as it was then is all that a system shows, and only of the same user's processes; one that
/// left its parents behind has other ancestors. So it finds who did not hide. `false` where no system tells.
pub fn an_ancestor_has(name: &str) -> bool {
    system::an_ancestor_has(name)
}

/// The process that started this one.
pub struct Caller {
    pub process: u32,
    /// The program's name as the system has it, where it can be had. Any process can choose its own.
    pub program: Option<String>,
}

/// Who started this process. `None` if it was the system itself.
pub fn caller() -> Option<Caller> {
    let process = system::parent()?;
    Some(Caller { process, program: system::program_of(process) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_folder_is_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        private_folder(&inner).unwrap();
        assert!(is_private(&inner).unwrap() && is_private(&folder.path().join("a")).unwrap());
        private_folder(&inner).unwrap();
    }
}
