//! Operations: options in, a typed result out. Each composes the vault, packages, providers and
//! policy; none prints, prompts or reads the environment.

mod absence;
pub mod add;
pub mod allow;
pub mod backup;
pub mod causes;
pub mod copy;
pub mod custody;
pub mod device;
pub mod doctor;
pub mod edit;
mod error;
pub mod files;
pub mod generate;
mod hints;
pub mod import;
pub mod init;
pub mod inspect;
pub mod known;
pub mod list;
pub mod materialize;
pub mod output;
pub mod peer;
pub mod pin;
pub mod post_quantum;
pub mod put_back;
pub mod receipt;
pub mod recover;
pub mod recovery;
pub mod rekey;
pub mod rotate;
pub mod run;
pub mod seal;
mod select;
mod session;
pub mod shared;
pub mod show;
mod source;
pub mod transfer;
pub mod trust;
pub mod unlock;
mod values;
pub mod verify;
pub mod write;

pub use absence::{Absence, restoring};
pub use error::{Error, Missing, Replay};
pub use select::Selection;
pub use session::Session;
pub use source::{Listed, Source};
pub use values::Resolver;

use crate::clock::Moment;
use crate::coordinate::Coordinate;
use crate::entry::Sensitivity;
use crate::identity::SigningPublic;
use crate::policy::{Asker, Reason, Standing};
use crate::secret::Secret;
use crate::vault::{AllowedProgram, Peer, Proof, Recovery, Stored};
use std::ffi::OsString;
use std::path::Path;

/// A program that is about to be run.
#[derive(Clone, Copy)]
pub struct Program<'a> {
    /// Absolute.
    pub path: &'a Path,
    /// What it is called with, its own name left out.
    pub arguments: &'a [OsString],
    /// What makes it load code, in the environment that it gets from its caller.
    pub loaders: &'a [(OsString, OsString)],
}

/// The person at the controlling terminal, or their absence.
pub trait Approver {
    fn asker(&self) -> Asker;

    /// Puts a question that kovra made from facts. Called only if the asker is a person. A yes is
    /// what they typed to prove that they are the owner, empty for [`Proof::Nothing`].
    fn approve(&mut self, question: &Question<'_>, proof: Proof) -> Option<Secret>;
}

pub struct Question<'a> {
    pub about: &'a About<'a>,
    /// The entries that need the owner's yes, and why.
    pub why: &'a [Why],
}

/// Why an entry needs the owner's yes.
pub struct Why {
    pub at: Coordinate,
    pub sensitivity: Sensitivity,
    pub reason: Reason,
    /// The pointer that would be followed.
    pub leads_to: Option<String>,
    /// The variable that it would be the value of.
    pub variable: Option<String>,
}

/// What is about to be done.
pub enum About<'a> {
    Show,
    Run {
        program: Program<'a>,
        standing: Standing,
        /// SHA-256 of its file.
        digest: [u8; 32],
        /// How many entries it would get, with those that need no yes.
        entries: usize,
        /// Variables that change how programs load, which are let through.
        names: &'a [&'a str],
        /// The file that says so, if it is not trusted yet.
        untrusted: Option<trust::File<'a>>,
    },
    TrustFile(trust::File<'a>),
    Seal(seal::Sealing<'a>),
    /// To read what pointers lead to, and keep nothing.
    Resolve {
        /// Whether they are their owner's choice from then on.
        chooses: bool,
    },
    /// To keep a copy of what a pointer leads to.
    Capture,
    Write(&'a write::Change<'a>),
    Remove(&'a Stored),
    /// To erase so many earlier revisions for good.
    Prune {
        at: &'a Coordinate,
        revisions: usize,
    },
    /// Is this the fingerprint that the peer told you?
    Vouch {
        peer: &'a Peer,
        /// What was known under this name, or of this key.
        known: &'a [Peer],
    },
    /// A pinned signing key comes with new encryption keys.
    Rotation(&'a Peer),
    /// The peer has another identity, says the one that is pinned.
    Device {
        peer: &'a Peer,
        first: &'a Peer,
    },
    Rename {
        /// All their identities.
        peers: &'a [Peer],
        to: &'a str,
        /// Who was known under that name.
        known: &'a [Peer],
    },
    /// May this program get values of production, and high ones without a question?
    Allow {
        program: &'a AllowedProgram,
        loaders: &'a [(OsString, OsString)],
    },
    SetPin,
    AddRecovery(&'a Recovery),
    RemoveRecovery(&'a Recovery),
    /// Another lock for the vault.
    Rekey(rekey::Keys),
    /// New encryption keys for the identity.
    Rotate,
    /// That nothing but post-quantum packages is sealed from now on, or that anything may be.
    Require(bool),
    /// That this identity is mine, too.
    ClaimDevice(SigningPublic),
    /// That this identity is a device of that one's.
    AgreeDevice(SigningPublic),
    /// A vault of what still opens of a damaged one.
    Salvage,
    /// A fresh file for the vault's rows; what is wrong with the one that they are in.
    Repair(&'a str),
    /// To seal to, and not to trust.
    Pin(&'a Peer),
    /// All identities of a peer.
    Unpin(&'a [Peer]),
    /// Takes a program off the allowlist.
    Disallow(&'a Path),
    /// Trusts a file no longer.
    DistrustFile(&'a str),
    BackUp(backup::BackingUp<'a>),
    /// To tell which values of a package are new to these entries, whose own are closed.
    Compare(&'a [Coordinate]),
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
    /// What an import would overwrite; by whom it is sealed.
    Overwrite {
        changes: &'a [&'a import::Change],
        sender: &'a str,
    },
    /// What nobody is asked about.
    Nothing,
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
