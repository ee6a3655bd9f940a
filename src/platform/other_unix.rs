//! Unixes other than Linux: no key store, no memory of keys, no names or
//! environments of other processes, no folders in memory, and no files
//! without a name yet.

pub(super) use super::no_key_store::KeyStore;
pub(super) use super::unix::*;

use super::{Keeper, Volume};
use crate::secret::Secret;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The limit outlasts `exec`, so a command that is run has it too.
pub(super) fn forbid_core_dumps() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: None });
}

pub(super) const KEEPS: bool = false;

pub(super) fn keep(_name: &str, _secret: &[u8], _seconds: u32) -> Result<Keeper, &'static str> {
    Err("this system keeps no secret for a time")
}

pub(super) fn kept(_name: &str) -> Vec<Secret> {
    Vec::new()
}

pub(super) fn forget(_name: &str) -> Result<bool, &'static str> {
    Ok(false)
}

pub(super) fn boot() -> Option<(String, Duration)> {
    None
}

pub(super) fn program_of(_process: u32) -> Option<String> {
    None
}

pub(super) const VARIABLE_LIMIT: Option<usize> = None;

pub(super) fn volume(path: &Path) -> io::Result<Volume> {
    let found = rustix::fs::statvfs(path)?;
    Ok(Volume { free: found.f_bavail.saturating_mul(found.f_frsize), is_network: false })
}

pub(super) fn an_ancestor_has(_name: &str) -> bool {
    false
}

/// None that is known: these systems tell it only to unsafe code.
pub(super) fn ignored_signals() -> u64 {
    0
}

pub(super) fn unnamed_file(_folder: &Path) -> Option<File> {
    None
}

pub(super) fn give_name(_file: &File, _path: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Takes the name first, and then replaces only what took it.
pub(super) fn rename_to_new(from: &Path, to: &Path) -> io::Result<()> {
    create_private(to)?;
    std::fs::rename(from, to)
}

pub(super) fn memory_roots() -> Vec<PathBuf> {
    Vec::new()
}
