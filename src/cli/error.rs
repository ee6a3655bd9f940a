//! From what failed to an exit code and to what the user can do next.

use kovra::identity::IdentityError;
use kovra::ops::Error;
use kovra::package::{self, Class};
use kovra::provider::{Fault, FaultKind};
use kovra::vault;

/// A failure, ready to be shown.
#[derive(Debug)]
pub(super) struct Failure {
    /// The exit code.
    pub(super) code: u8,
    /// What failed, and where.
    pub(super) what: String,
    /// What to do next.
    pub(super) hint: Option<String>,
}

impl Failure {
    pub(super) fn new(code: u8, what: impl Into<String>) -> Self {
        Self { code, what: what.into(), hint: None }
    }

    pub(super) fn usage(what: impl Into<String>) -> Self {
        Self::new(2, what)
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The code of `run`: 126 and 127 are about the command, anything else is our own failure.
    pub(super) fn run_code(&self) -> u8 {
        if matches!(self.code, 126 | 127) { self.code } else { 125 }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let what = error.to_string();
        match error {
            Error::Package(e) => e.into(),
            Error::Vault(e) => e.into(),
            Error::Identity(e) => Self::new(identity_code(e), what),
            Error::Refs { .. } | Error::Usage(_) => Self::new(2, what),
            Error::Denied(_) | Error::Declined | Error::WrongProof(_) | Error::Rule(_) => {
                Self::new(20, what)
            }
            Error::Conflict(_) => Self::new(21, what),
            Error::Unresolved(faults) => Self::new(cloud_code(faults.iter().map(|(_, f)| f)), what),
            Error::NoEntry(_) => Self::new(1, what).hint("`kovra list` shows what is there"),
            Error::NoPeer(_) => Self::new(1, what).hint("`kovra peer list` shows who is there"),
            Error::Nothing(_) | Error::Io { .. } => Self::new(1, what),
        }
    }
}

impl From<package::Error> for Failure {
    fn from(error: package::Error) -> Self {
        let hint = match error.class {
            Class::Malformed | Class::Limit | Class::Signature | Class::Binding => {
                "do not use it; ask the sender for a new one"
            }
            Class::Unsupported => "a newer kovra may know it",
            Class::Untrusted => {
                "if the fingerprint is theirs, `kovra peer add NAME --from FILE` pins the key"
            }
            Class::Time | Class::NotForMe => "ask the sender for a new one",
            Class::Token => "--token FILE gives it, --skip-high leaves the high literals out",
            Class::Replay | Class::Policy => "nothing was changed",
        };
        Self::new(class_code(error.class), error.to_string()).hint(hint)
    }
}

impl From<vault::Error> for Failure {
    fn from(error: vault::Error) -> Self {
        use vault::Error::{
            Busy, Damaged, Exists, Io, Locked, Missing, Newer, Storage, TooManyTries, WrongKey,
        };
        let (code, hint) = match &error {
            Missing(_) => (1, Some("`kovra init` makes one")),
            Exists(_) => (21, None),
            TooManyTries(_) => (20, None),
            WrongKey(_) | Locked(_) => (40, None),
            Damaged(_) => (41, Some("restore the folder from a backup; nothing was changed")),
            Newer(_) => (12, Some("use the kovra that wrote it")),
            Busy | Io { .. } | Storage(_) => (1, None),
        };
        Self { code, what: error.to_string(), hint: hint.map(str::to_owned) }
    }
}

fn identity_code(error: IdentityError) -> u8 {
    class_code(match error {
        IdentityError::Version(_) => Class::Unsupported,
        IdentityError::SelfSignature => Class::Signature,
        IdentityError::Encoding | IdentityError::Shape | IdentityError::Key(_) => Class::Malformed,
    })
}

fn class_code(class: Class) -> u8 {
    match class {
        Class::Malformed => 10,
        Class::Limit => 11,
        Class::Unsupported => 12,
        Class::Signature => 13,
        Class::Untrusted => 14,
        Class::Time => 15,
        Class::NotForMe => 16,
        Class::Token => 17,
        Class::Binding => 18,
        Class::Replay => 19,
        Class::Policy => 20,
    }
}

/// A fault and its hint, for a list of them.
pub(super) fn line(at: impl std::fmt::Display, fault: &Fault) -> String {
    format!("{at}: {}\n    {}", fault.what, fault.hint)
}

/// One code for many faults: without an identity nothing else can be right, and what is worth
/// trying again is worth knowing.
pub(super) fn cloud_code<'a>(faults: impl Iterator<Item = &'a Fault>) -> u8 {
    faults
        .map(|fault| match fault.kind {
            FaultKind::NoIdentity => (2, 31),
            FaultKind::Throttled | FaultKind::Unreachable | FaultKind::Certificate => (1, 32),
            FaultKind::Denied
            | FaultKind::NotFound
            | FaultKind::Disabled
            | FaultKind::Misled
            | FaultKind::Malformed
            | FaultKind::Unsupported => (0, 30),
        })
        .max()
        .map_or(30, |(_, code)| code)
}
