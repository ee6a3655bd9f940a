//! All tests of the library and of the program, a module for each subject.
//!
//! They are one program, which links the clouds' SDKs once. Tests run side by side in it, so none
//! changes what belongs to the process: where that is wanted, a child process is started.

// A test that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod answers;
mod attacker;
mod backup;
mod cli;
mod clocks;
mod consent;
mod contracts;
mod corpora;
mod devices;
mod disks;
mod doctor;
mod documents;
mod erasing;
mod faults;
mod files;
mod hostile;
mod identities;
mod import;
mod kills;
mod materialize;
#[cfg(target_os = "linux")]
mod memory;
mod messages;
mod outside;
mod owner;
mod policy;
mod post_quantum;
mod programs;
mod providers;
mod put_back;
mod races;
mod receipts;
mod recovery;
mod repair;
mod rollback;
mod run;
mod salvage;
mod schemas;
mod screen;
mod seam;
mod secrecy;
mod tampering;
mod terminal;
mod through;
mod trail;
#[cfg(target_os = "linux")]
mod unlock;
mod vault_file;
mod vectors;
mod wycheproof;
