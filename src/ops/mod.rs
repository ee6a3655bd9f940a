//! Operations: options in, a typed result out. Each composes the vault, packages, providers and
//! policy; none prints, prompts or reads the environment.

pub mod add;
pub mod allow;
pub mod copy;
pub mod edit;
mod error;
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

pub use error::{Error, Missing, Replay};
pub use select::Selection;
pub use session::Session;
pub use source::{Listed, Source};
pub use values::Resolver;

use crate::clock::Moment;
use crate::coordinate::Coordinate;
use crate::entry::Sensitivity;
use crate::policy::{Asker, Operation, Reason};
use crate::secret::Secret;
use crate::vault::{AllowedProgram, Proof};
use std::ffi::OsString;
use std::path::Path;

/// A program that is about to be run.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// Absolute.
    pub path: &'a Path,
    /// What it is called with, its own name left out.
    pub arguments: &'a [OsString],
}

/// The person at the controlling terminal, or their absence.
pub trait Approver {
    fn asker(&self) -> Asker;

    /// Puts a question that kovra made from facts. Called only if the asker is a person. A yes is
    /// what they typed to prove that they are the owner, empty for [`Proof::Nothing`].
    fn approve(&mut self, question: &Question<'_>, proof: Proof) -> Option<Secret>;
}

pub enum Question<'a> {
    /// May these entries be used?
    Use {
        operation: Operation,
        entries: &'a [(Coordinate, Sensitivity, Reason)],
        /// The program that would get them.
        program: Option<Program<'a>>,
    },
    /// May variables take these names, which change how this program loads or whom it talks to?
    Names {
        names: &'a [&'a str],
        program: Program<'a>,
    },
    /// Is this the fingerprint that the peer told you?
    Pin {
        name: &'a str,
        /// 8 groups of 5 digits.
        fingerprint: &'a str,
    },
    /// A pinned signing key comes with a new X25519 key: is that so?
    Rotation {
        name: &'a str,
        fingerprint: &'a str,
    },
    /// May this program get values of production, and high ones without a question?
    Allow(&'a AllowedProgram),
    /// May this entry be treated less carefully?
    Lower {
        at: &'a Coordinate,
        from: Sensitivity,
        to: Sensitivity,
    },
    /// May so many earlier revisions be erased for good?
    Prune {
        at: &'a Coordinate,
        revisions: usize,
    },
    ChangePin,
    /// The latest package was sealed later than it is now: is this clock right?
    SealClock {
        now: Moment,
        seen: Moment,
    },
    /// The latest import was later than it is now: is this clock right?
    ImportClock {
        now: Moment,
        seen: Moment,
    },
    /// A later package of the same sender has been imported: is this one meant all the same?
    Older(&'a [Older]),
    /// May an import overwrite all these entries?
    Overwrite(&'a [&'a import::Change]),
    /// May an import overwrite this one entry, which is not the sender's, or changes its mode?
    Replace(&'a import::Change),
}

/// An entry of a package that is older than what its sender gave before.
pub struct Older {
    pub at: Coordinate,
    /// When the latest package with it was sealed, by its sender's clock.
    pub latest: Moment,
    /// When this one was.
    pub this: Moment,
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
