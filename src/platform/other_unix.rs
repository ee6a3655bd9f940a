//! Unixes other than Linux: no key store and no names of processes yet.

pub(super) use super::no_key_store::{load_key, store_key};
pub(super) use super::unix::*;

use rustix::process::{Resource, Rlimit, setrlimit};

/// The limit outlasts `exec`, so a command that is run has it too.
pub(super) fn forbid_core_dumps() {
    let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: None });
}

pub(super) fn program_of(_process: u32) -> Option<String> {
    None
}
