//! Why an operation did not happen, and what the person at the program can do next.

use super::absence::Absence;
use super::causes::{by_cause, some};
use super::post_quantum::Hinders;
use crate::backup;
use crate::clock::Moment;
use crate::coordinate::Coordinate;
use crate::identity::{IdentityError, RecipientError};
use crate::package::{self, Class};
use crate::platform::Unsafe;
use crate::policy::Reason;
use crate::provider::Fault;
use crate::text::{escape, shown};
use crate::{refs, vault};
use std::io;
use std::path::{Path, PathBuf};

/// Why an operation did not happen. Nothing was changed, but for what is on record of the refusal.
///
/// A refusal by a class is told apart by what was being done: what helps who reads a package does not
/// help who seals one. Only hints name commands and options of the program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Reading a package.
    #[error(transparent)]
    Package(#[from] package::Error),
    /// Sealing one that no reader would accept.
    #[error(transparent)]
    Sealing(package::Error),
    /// Reading a receipt.
    #[error(transparent)]
    Receipt(package::Error),
    /// Importing by a clock that was set back.
    #[error(
        "{class}: clock: it is {now} here, and this vault has seen {seen}",
        class = Class::Time.phrase()
    )]
    Clock {
        now: Moment,
        /// The latest time of an import.
        seen: Moment,
    },
    /// Sealing by a clock that is far behind the latest package.
    #[error(
        "{class}: clock: it is {now} here, and the latest package was sealed at {seen}; \
         a package of now would be refused by whoever has that one",
        class = Class::Time.phrase()
    )]
    SealClock { now: Moment, seen: Moment },
    #[error("{class}: {0}", class = Class::Replay.phrase())]
    Replay(Replay),
    #[error(
        "{class}: {0}'s pinned key comes with a new X25519 key, which is confirmed at a \
         terminal",
        class = Class::Untrusted.phrase()
    )]
    Rotation(String),
    #[error(
        "{class}: nobody is here to compare the fingerprint {fingerprint}",
        class = Class::Untrusted.phrase()
    )]
    Uncompared {
        /// Whose it should be.
        name: String,
        /// The package's.
        fingerprint: String,
    },
    /// A name or a key of a peer was known before, in another pair.
    #[error(
        "{class}: {0}: this name or this key was known before, with another, which is confirmed at a \
         terminal",
        class = Class::Untrusted.phrase()
    )]
    KnownBefore(String),
    /// Keys of a peer that gave way to others.
    #[error(
        "{class}: these keys of {0} are older than those that are known here, or others of the same time",
        class = Class::Replay.phrase()
    )]
    OlderKeys(String),
    #[error("{class}: the package was sealed by another key: {fingerprint}", class = Class::Untrusted.phrase())]
    OtherSender { name: String, fingerprint: String },
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// Reading a backup.
    #[error(transparent)]
    Backup(#[from] backup::Error),
    #[error("{}: {error}", shown(.path))]
    Refs { path: PathBuf, error: refs::RefsError },
    #[error("the kovra1... string: {0}")]
    Identity(#[from] IdentityError),
    #[error("the kovradev1... statement: {0}")]
    Statement(IdentityError),
    /// It has one of its two signatures.
    #[error("the statement about {0} is a half: the device itself has yet to agree to it")]
    HalfStatement(String),
    #[error("the statement is about other keys than those of {0}")]
    OtherStatement(String),
    /// Somebody is to agree to a statement about another identity.
    #[error("the statement is about another identity than this one: {0}")]
    OtherDevice(String),
    /// A peer is to be more than somebody to seal to.
    #[error("{0} was pinned to seal to, and never confirmed")]
    Unconfirmed(String),
    /// Policy says no, for everything that is listed.
    #[error("{}", self.lines().join("\n"))]
    Denied(Vec<(String, Reason)>),
    #[error("you did not confirm, so nothing was done")]
    Declined,
    /// A recovery code was shown, and its owner did not show that they have it.
    #[error(
        "what you typed is not of the recovery code, so it was thrown away and nothing was done"
    )]
    CodeNotTaken,
    /// Of the ways back in, none or more than one is meant.
    #[error("{0} names no way back into this vault, or more than one")]
    NoWay(String),
    /// Somebody said yes who could not show that they are the owner.
    #[error("that is not {0}, so nothing was done")]
    WrongProof(&'static str),
    /// Against a rule, in words.
    #[error("policy: {0}")]
    Rule(String),
    #[error("{0}")]
    NoEntry(Box<Absence>),
    /// Of `.env.refs`, every one.
    #[error("{}", self.lines().join("\n"))]
    Missing(Vec<Missing>),
    #[error("there is no peer named {0}")]
    NoPeer(String),
    /// Where a peer's name was expected.
    #[error("this is a key, and not a peer's name")]
    KeyNotName(
        /// Under which it is pinned.
        Option<String>,
    ),
    #[error(
        "this is neither a file nor a key, which is kovra1..., age1... or ssh-ed25519 AAAA..., and whole"
    )]
    NoKey,
    /// A recipient of another program's, by how it begins.
    #[error("nothing is sealed to a key of this kind: {0}")]
    OtherKind(String),
    /// Where a package was expected.
    #[error("this file holds a key, and no package")]
    KeyFile,
    /// What was asked for is not there, and is neither one entry nor a peer.
    #[error("{0}")]
    Nothing(String),
    /// What is to be added is there, and may get a new value.
    #[error("{0} exists already")]
    Exists(Coordinate),
    /// Another entry has the name.
    #[error("{0} is another entry's name already")]
    Taken(Coordinate),
    /// An import would overwrite entries, and nobody said that it may.
    #[error("{} would be overwritten", names(.0))]
    WouldOverwrite(Vec<Coordinate>),
    #[error("{0} is pinned with another key")]
    OtherKey(String),
    /// Something is there already, or has changed meanwhile.
    #[error("{0}")]
    Conflict(String),
    /// No package is sealed to a hybrid key beside another.
    #[error("{hybrid} has a hybrid key alone, and {classical} has none: no package is for both")]
    Mixed { hybrid: String, classical: String },
    /// It was to be post-quantum.
    #[error("policy: a quantum computer would open it, since no hybrid key is known of {}", some(&names_of(.0)))]
    NotPostQuantum(Vec<Hinders>),
    #[error("{0} is left out by the filters")]
    LeftOut(Coordinate),
    /// The peer's key is not one that can be sealed to.
    #[error("{0} is known only as a sender")]
    SenderOnly(String),
    /// High literals need a token, and there is no place for it.
    #[error("there are high literals among them, which a token opens")]
    NoTokenFile,
    /// A backup for the ways back in, of a vault that has none.
    #[error("there is nobody to seal a backup to: this vault has no way back in")]
    NoRecipient,
    /// The options do not fit together, or one is malformed.
    #[error("{0}")]
    Usage(String),
    #[error("{}: {source}", shown(.path))]
    Io { path: PathBuf, source: io::Error },
    /// A file of secrets that others could change or read, or that is none.
    #[error("{}: {why}", shown(.path))]
    Unsafe { path: PathBuf, why: Unsafe },
    /// A package that is on record as given, and whose files are not there.
    #[error("the package is on record, but was not written: {}: {source}", shown(.path))]
    Unwritten { path: PathBuf, source: io::Error },
    /// A backup that is on record, and whose file is not there.
    #[error("the backup is on record, but was not written: {}: {source}", shown(.path))]
    BackupUnwritten { path: PathBuf, source: io::Error },
    #[error("{}", self.lines().join("\n"))]
    Unresolved(Vec<(Coordinate, Fault)>),
}

/// A variable that has no value.
#[derive(Debug)]
pub struct Missing {
    pub variable: String,
    /// Of `.env.refs`, from 1.
    pub line: usize,
    pub why: Error,
}

/// Why a package is not new.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Replay {
    /// The same file.
    #[error("package id: this package was imported before")]
    Again,
    #[error(
        "package id: ALARM: another package with this id was imported before; its sender's key may \
         be in other hands, ask them"
    )]
    OtherFile,
    #[error("seq: the same sender's later package is already in the vault for {0}")]
    Older(Coordinate),
}
impl From<RecipientError> for Error {
    fn from(why: RecipientError) -> Self {
        match why {
            RecipientError::Malformed => Self::NoKey,
            RecipientError::OtherKind(kind) => Self::OtherKind(escape(&kind)),
        }
    }
}

impl Error {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    /// The message, line by line: it has more than one if it is about many entries. Text from outside is
    /// escaped in it.
    pub fn lines(&self) -> Vec<String> {
        match self {
            Self::Denied(denied) => denials(denied),
            Self::Missing(entries) => missing(entries),
            Self::Unresolved(faults) => unresolved(faults),
            other => vec![other.to_string()],
        }
    }
}

fn names_of(hinders: &[Hinders]) -> Vec<&str> {
    hinders.iter().map(|peer| &*peer.name).collect()
}

fn names(coordinates: &[Coordinate]) -> String {
    coordinates.iter().map(Coordinate::as_str).collect::<Vec<_>>().join(", ")
}

fn denials(denied: &[(String, Reason)]) -> Vec<String> {
    let causes = by_cause(denied.iter().map(|(what, why)| (what.as_str(), why)));
    let mut lines = indented(causes.iter().map(|(why, all)| format!("{}: {why}", some(all))));
    lines.iter_mut().take(1).for_each(|first| first.insert_str(0, "policy: "));
    lines
}

/// All but the first stand under it.
fn indented(lines: impl IntoIterator<Item = String>) -> Vec<String> {
    let start = |n| if n == 0 { "" } else { "  " };
    lines.into_iter().enumerate().map(|(n, line)| start(n).to_owned() + &line).collect()
}

fn missing(entries: &[Missing]) -> Vec<String> {
    const SHOWN: usize = 20;
    let line =
        |Missing { variable, line, why }: &Missing| format!("{variable} (line {line}): {why}");
    let mut lines: Vec<String> = entries.iter().take(SHOWN).map(line).collect();
    if entries.len() > SHOWN {
        lines.push(format!("and {} more", entries.len() - SHOWN));
    }
    indented(lines)
}

fn unresolved(faults: &[(Coordinate, Fault)]) -> Vec<String> {
    let causes = by_cause(faults.iter().map(|(at, fault)| (at.as_str(), fault)));
    let lines = |(fault, names): (&Fault, Vec<&str>)| {
        let what = format!("{} did not resolve: {}", some(&names), escape(&fault.what));
        [what, format!("  {}", escape(&fault.hint))]
    };
    indented(causes.into_iter().flat_map(lines))
}
