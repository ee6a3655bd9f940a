//! How the `kovra` program ends: every exit code, by name.
//!
//! README has the table for users, `spec/package-v1.md` the classes; `tests/it/contracts.rs` holds all of
//! them together.

use crate::package::Class;

/// Gives `Exit` and its tables from one list.
macro_rules! exits {
    ($($(#[$doc:meta])* $exit:ident = $code:literal: $meaning:expr;)+) => {
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Exit {
            $($(#[$doc])* $exit = $code),+
        }

        impl Exit {
            /// In the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$exit),+];

            /// What it means, in a few words without a comma.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$exit => $meaning),+ }
            }
        }
    };
}

exits! {
    Done = 0: "done";
    /// For a reason that has no code of its own.
    Failed = 1: "failed";
    /// Options that do not fit together, or that say nothing that can be done.
    Usage = 2: "wrong usage";
    Malformed = 10: Class::Malformed.phrase();
    Limit = 11: Class::Limit.phrase();
    /// [`Class::Unsupported`]; also a vault of a newer format.
    Unsupported = 12: Class::Unsupported.phrase();
    Signature = 13: Class::Signature.phrase();
    Untrusted = 14: Class::Untrusted.phrase();
    Time = 15: Class::Time.phrase();
    NotForMe = 16: Class::NotForMe.phrase();
    Token = 17: Class::Token.phrase();
    Binding = 18: Class::Binding.phrase();
    Replay = 19: Class::Replay.phrase();
    /// [`Class::Policy`]; also the vault's own policy, and a person's no.
    Policy = 20: Class::Policy.phrase();
    /// Something is there already, or has changed meanwhile.
    Conflict = 21: "conflict";
    /// A pointer led to no value, for a reason of its own.
    Unresolved = 30: "a pointer did not resolve";
    NoIdentity = 31: "no cloud identity";
    /// A cloud that may answer later.
    Unreachable = 32: "cloud unreachable or throttling";
    /// The vault is closed, and what should open it did not.
    Locked = 40: "vault locked or wrong key";
    /// The vault is not as it was written.
    Damaged = 41: "vault damaged";
    /// Of `run`: anything that went wrong before the command, as env(1) has it.
    RunFailed = 125: "our failure";
    /// Of `run`: the command is no program.
    NotExecutable = 126: "not executable";
    /// Of `run`: there is no such command.
    NotFound = 127: "not found";
}

impl Exit {
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Malformed => Self::Malformed,
            Class::Limit => Self::Limit,
            Class::Unsupported => Self::Unsupported,
            Class::Signature => Self::Signature,
            Class::Untrusted => Self::Untrusted,
            Class::Time => Self::Time,
            Class::NotForMe => Self::NotForMe,
            Class::Token => Self::Token,
            Class::Binding => Self::Binding,
            Class::Replay => Self::Replay,
            Class::Policy => Self::Policy,
        }
    }
}
