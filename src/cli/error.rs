//! From what failed to an exit code, and to what is shown of it.

use super::ui::{Said, Say, said};
use kovra::backup;
use kovra::exit::Exit;
use kovra::ops::Error;
use kovra::ops::causes::{by_cause, some};
use kovra::package::Class;
use kovra::provider::{Fault, FaultKind};
use kovra::vault;
use std::io::ErrorKind;

/// A failure, ready to be shown.
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// What failed, and where.
    pub(super) what: Said,
    pub(super) hint: Option<Said>,
}

impl Failure {
    pub(super) fn new(exit: Exit, what: impl Into<Said>) -> Self {
        Self { exit, what: what.into(), hint: None }
    }

    pub(super) fn usage(what: impl Into<Said>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// Of pointers or clouds, each with its fault: one exit for all, and each cause on lines of its own.
    pub(super) fn of_faults(what: impl Into<Said>, faults: &[(&str, &Fault)]) -> Self {
        let causes = by_cause(faults.iter().map(|(at, fault)| (*at, *fault)));
        let lines = causes.iter().map(|(fault, all)| line(&some(all), fault));
        let exit = clouds(faults.iter().map(|(_, fault)| *fault));
        Self::new(exit, Said::join([what.into()].into_iter().chain(lines), "\n  "))
    }

    /// What is damaged of a vault whose other rows have been shown; `Ok` if nothing is.
    pub(super) fn of_damage(damage: Vec<vault::Error>) -> Result<(), Self> {
        let what = Said::join(damage.iter().map(Say::say), "\n  ");
        let Some(first) = damage.into_iter().next() else { return Ok(()) };
        let hint = "what else was shown is as it was written; `kovra doctor` names all that is not, and what helps";
        Err(Self { what, ..first.into() }.hint(hint))
    }

    pub(super) fn hint(mut self, hint: impl Into<Said>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn with_exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// How `run` ends, which leaves the command's own codes free: two of its are about the command,
    /// anything else is our own failure.
    pub(super) fn of_run(&self) -> Exit {
        match self.exit {
            exit @ (Exit::NotExecutable | Exit::NotFound) => exit,
            _ => Exit::RunFailed,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (what, hint) = (error.say(), error.hint().as_deref().map(Said::one_line));
        let exit = match error {
            Error::Vault(e) => return e.into(),
            Error::Backup(e) => of_backup(e),
            Error::Package(e) | Error::Sealing(e) | Error::Receipt(e) => e.class.into(),
            Error::Clock { .. } | Error::SealClock { .. } => Exit::Time,
            Error::Replay(_) | Error::OlderKeys(_) => Exit::Replay,
            Error::Rotation(_)
            | Error::KnownBefore(_)
            | Error::Uncompared { .. }
            | Error::OtherSender { .. }
            | Error::HalfStatement(_)
            | Error::OtherStatement(_)
            | Error::OtherDevice(_)
            | Error::Unconfirmed(_) => Exit::Untrusted,
            Error::Identity(e) | Error::Statement(e) => Class::from(e).into(),
            Error::NoKey => Exit::Malformed,
            Error::OtherKind(_) => Exit::Unsupported,
            Error::Denied(_)
            | Error::Declined
            | Error::CodeNotTaken
            | Error::WrongProof(_)
            | Error::NotPostQuantum(_)
            | Error::Rule(_) => Exit::Policy,
            Error::Exists(_)
            | Error::Taken(_)
            | Error::WouldOverwrite(_)
            | Error::OtherKey(_)
            | Error::Conflict(_) => Exit::Conflict,
            Error::Unresolved(faults) => clouds(faults.iter().map(|(_, fault)| fault)),
            Error::Refs { .. }
            | Error::LeftOut(_)
            | Error::SenderOnly(_)
            | Error::KeyNotName(_)
            | Error::KeyFile
            | Error::Mixed { .. }
            | Error::NoTokenFile
            | Error::NoRecipient
            | Error::Usage(_) => Exit::Usage,
            Error::Unsafe { .. } => Exit::Locked,
            Error::Unwritten { source, .. } | Error::BackupUnwritten { source, .. }
                if source.kind() == ErrorKind::AlreadyExists =>
            {
                Exit::Conflict
            }
            Error::NoEntry(_)
            | Error::Missing(_)
            | Error::NoPeer(_)
            | Error::NoWay(_)
            | Error::Nothing(_)
            | Error::Io { .. }
            | Error::Unwritten { .. }
            | Error::BackupUnwritten { .. } => Exit::Failed,
        };
        Self { exit, what, hint }
    }
}

impl From<vault::Error> for Failure {
    fn from(error: vault::Error) -> Self {
        use vault::Error::{
            Busy, Damaged, Exists, Foreign, Guarded, Io, Later, Locked, Missing, Moved, NoSuchWay,
            NotKept, NotUsed, ReadOnly, Schema, Storage, TooManyTries, TooManyWays, Unsafe,
            WrongKey,
        };
        let (exit, hint) = match &error {
            Missing(_) => (Exit::Failed, Some("`kovra init` makes one")),
            Exists(_) => (Exit::Conflict, None),
            Moved(_) => (Exit::Conflict, None),
            NotUsed(_) => (Exit::Locked, Some("leave it out if this is the vault that you mean")),
            NotKept(_) => (
                Exit::Failed,
                Some("each command asks for the passphrase, or takes --passphrase-file FILE"),
            ),
            ReadOnly(_) => {
                (Exit::Failed, Some("`list`, `verify` and all else that only looks work here"))
            }
            Guarded => (
                Exit::Locked,
                Some("give the passphrase, at a terminal or with --passphrase-file FILE"),
            ),
            NoSuchWay => (
                Exit::Locked,
                Some("a code is replaced by each `kovra recover`, and may be of another vault"),
            ),
            TooManyWays => (Exit::Conflict, Some("`kovra recovery rm` removes one")),
            Later(_) => (Exit::Unsupported, Some("use the kovra that wrote it")),
            TooManyTries(_) => (Exit::Policy, None),
            WrongKey(_) | Locked(_) | Unsafe { .. } => (Exit::Locked, None),
            Damaged(_) => (
                Exit::Damaged,
                Some(
                    "nothing was changed; move the folder away, and `kovra recover --salvage DIR` saves what \
                         still opens, or `kovra recover --from FILE` puts a backup in its place",
                ),
            ),
            Foreign(_) => (
                Exit::Damaged,
                Some(
                    "nothing was changed; `kovra doctor --fix`, at a terminal, copies the rows into a fresh file if all of \
                         them are as they were written",
                ),
            ),
            Schema(1) => (
                Exit::Unsupported,
                Some("schema 1 was never released; `kovra init --home DIR` makes a new vault"),
            ),
            Schema(_) => (Exit::Unsupported, Some("use the kovra that wrote it")),
            Busy | Io { .. } | Storage(_) => (Exit::Failed, None),
        };
        Self { exit, what: error.say(), hint: hint.map(Said::from) }
    }
}

fn of_backup(error: backup::Error) -> Exit {
    match error {
        backup::Error::File(e) => e.class.into(),
        backup::Error::Foreign(_) => Exit::Malformed,
        backup::Error::Locked(_) => Exit::Locked,
        backup::Error::Damaged(_) => Exit::Damaged,
        backup::Error::Vault(e) => Failure::from(e).exit,
    }
}

/// A fault and its hint, for a list of them.
pub(super) fn line(at: &str, fault: &Fault) -> Said {
    said!("{}: {}\n    {}", at, fault.what, fault.hint)
}

/// One exit for many faults: without an identity nothing else can be right, and what is worth
/// trying again is worth knowing.
fn clouds<'a>(faults: impl Iterator<Item = &'a Fault>) -> Exit {
    let exits = faults.map(|fault| match fault.kind {
        FaultKind::NoIdentity => (2, Exit::NoIdentity),
        FaultKind::Throttled | FaultKind::Unreachable | FaultKind::Certificate => {
            (1, Exit::Unreachable)
        }
        FaultKind::Denied
        | FaultKind::NotFound
        | FaultKind::Disabled
        | FaultKind::Misled
        | FaultKind::Malformed
        | FaultKind::Unsupported => (0, Exit::Unresolved),
    });
    exits.max().map_or(Exit::Unresolved, |(_, exit)| exit)
}
