//! Operations: options in, a typed result out. Each composes the vault, packages, providers and
//! policy; none prints, prompts or reads the environment.

pub mod add;
pub mod allow;
pub mod copy;
pub mod edit;
pub mod generate;
pub mod import;
pub mod init;
pub mod inspect;
pub mod list;
pub mod materialize;
pub mod peer;
pub mod pin;
pub mod receipt;
pub mod run;
pub mod seal;
mod select;
mod session;
pub mod shared;
pub mod show;
mod source;
mod values;
pub mod verify;

pub use select::Selection;
pub use session::Session;
pub use source::{Listed, Source};
pub use values::Resolver;

use crate::coordinate::Coordinate;
use crate::entry::Sensitivity;
use crate::identity::IdentityError;
use crate::policy::{Asker, Operation, Reason};
use crate::provider::Fault;
use crate::secret::Secret;
use crate::vault::{AllowedProgram, Proof};
use crate::{package, refs, vault};
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// Why an operation did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The package.
    #[error(transparent)]
    Package(#[from] package::Error),
    /// The vault.
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// The `.env.refs` file.
    #[error("{}: {error}", .path.display())]
    Refs {
        /// Which.
        path: PathBuf,
        /// The line.
        error: refs::RefsError,
    },
    /// A public identity string.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Policy says no, for every entry that is listed.
    #[error("policy: {}", denials(.0))]
    Denied(Vec<(Coordinate, Reason)>),
    /// The person said no.
    #[error("you did not confirm, so nothing was done")]
    Declined,
    /// Somebody said yes who could not show that they are the owner.
    #[error("that is not {0}, so nothing was done")]
    WrongProof(&'static str),
    /// Against a rule, in words.
    #[error("policy: {0}")]
    Rule(String),
    /// There is no such entry.
    #[error("{0} is not in the vault")]
    NoEntry(Coordinate),
    /// There is no such peer.
    #[error("there is no peer named {0}")]
    NoPeer(String),
    /// A selection that selects nothing.
    #[error("nothing matches: {0}")]
    Nothing(String),
    /// Something is there already, or has changed meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// The options do not fit together, or one is malformed.
    #[error("{0}")]
    Usage(String),
    /// A file operation failed.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Pointers did not resolve.
    #[error("{}", unresolved(.0))]
    Unresolved(Vec<(Coordinate, Fault)>),
}

impl Error {
    fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}

fn denials(denied: &[(Coordinate, Reason)]) -> String {
    let lines: Vec<String> = denied.iter().map(|(at, why)| format!("{at}: {why}")).collect();
    lines.join("\n  ")
}

fn unresolved(faults: &[(Coordinate, Fault)]) -> String {
    let line = |(at, fault): &(Coordinate, Fault)| {
        format!("{at} did not resolve: {}\n    {}", fault.what, fault.hint)
    };
    faults.iter().map(line).collect::<Vec<_>>().join("\n  ")
}

/// A program that is about to be run.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// Its absolute path.
    pub path: &'a Path,
    /// What it is called with, its own name left out.
    pub arguments: &'a [OsString],
}

/// The person at the controlling terminal, or their absence.
pub trait Approver {
    /// Who asks.
    fn asker(&self) -> Asker;

    /// Puts a question that kovra made from facts. Called only if the asker is a person. A yes is
    /// what they typed to prove that they are the owner, empty for [`Proof::Nothing`].
    fn approve(&mut self, question: &Question<'_>, proof: Proof) -> Option<Secret>;
}

/// What a person can be asked.
pub enum Question<'a> {
    /// May these entries be used?
    Use {
        /// For what.
        operation: Operation,
        /// Which, and why it has to be asked.
        entries: &'a [(Coordinate, Sensitivity, Reason)],
        /// The program that would get them.
        program: Option<Program<'a>>,
    },
    /// Is this the fingerprint that the peer told you?
    Pin {
        /// The local name.
        name: &'a str,
        /// 8 groups of 5 digits.
        fingerprint: &'a str,
    },
    /// A pinned signing key comes with a new X25519 key: is that so?
    Rotation {
        /// The local name.
        name: &'a str,
        /// 8 groups of 5 digits.
        fingerprint: &'a str,
    },
    /// May this program get values of production, and high ones without a question?
    Allow(&'a AllowedProgram),
    /// May this entry be treated less carefully?
    Lower {
        /// Which.
        at: &'a Coordinate,
        /// How it is treated now.
        from: Sensitivity,
        /// How it would be.
        to: Sensitivity,
    },
    /// May so many earlier revisions be erased for good?
    Prune {
        /// Of which entry.
        at: &'a Coordinate,
        /// How many.
        revisions: usize,
    },
    /// May the PIN be exchanged?
    ChangePin,
    /// May an import overwrite all these entries?
    Overwrite(&'a [&'a import::Change]),
    /// May an import overwrite this one entry, which is not the sender's, or changes its mode?
    Replace(&'a import::Change),
}

/// Who asks when nobody can be asked.
pub struct Nobody;

impl Approver for Nobody {
    fn asker(&self) -> Asker {
        Asker::Unattended
    }

    fn approve(&mut self, _question: &Question<'_>, _proof: Proof) -> Option<Secret> {
        None
    }
}
