//! Why a package is refused.

use crate::cbor::CborError;
use crate::identity::{IdentityError, RecipientError};

/// The classes of refusal, as `spec/package-v1.md` lists them. Each has its own exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    Malformed,
    /// The format, but too much of it.
    Limit,
    /// A version, a recipient kind or a critical extension that this reader does not know.
    Unsupported,
    /// The signature, or the key that should have made it.
    Signature,
    /// Intact, and by nobody we trust.
    Untrusted,
    /// Expired, or from the future.
    Time,
    NotForMe,
    /// High entries, and no token or the wrong one.
    Token,
    /// Parts that do not belong together.
    Binding,
    /// Seen before, or older than what is stored.
    Replay,
    /// Against a rule on what a package may carry.
    Policy,
}

words!(Class {
    Malformed = "malformed",
    Limit = "limit",
    Unsupported = "unsupported",
    Signature = "signature",
    Untrusted = "untrusted",
    Time = "time",
    NotForMe = "not-for-me",
    Token = "token",
    Binding = "binding",
    Replay = "replay",
    Policy = "policy",
});

/// `spec/identity.md` 2.3 and 7.4.
impl From<IdentityError> for Class {
    fn from(why: IdentityError) -> Self {
        match why {
            IdentityError::Version(_) => Self::Unsupported,
            IdentityError::Signature | IdentityError::OtherHybrid => Self::Signature,
            IdentityError::Encoding
            | IdentityError::Shape
            | IdentityError::Key(_)
            | IdentityError::Hybrid => Self::Malformed,
        }
    }
}

/// `spec/identity.md` 4.
impl From<&RecipientError> for Class {
    fn from(why: &RecipientError) -> Self {
        match why {
            RecipientError::Malformed => Self::Malformed,
            RecipientError::OtherKind(_) => Self::Unsupported,
        }
    }
}

impl Class {
    /// The words for it in messages.
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Limit => "over a limit",
            Self::Unsupported => "unsupported",
            Self::Signature => "bad signature",
            Self::Untrusted => "untrusted sender",
            Self::Time => "expired or not yet valid",
            Self::NotForMe => "not sealed to you",
            Self::Token => "token missing or wrong",
            Self::Binding => "not bound together",
            Self::Replay => "replay or rollback",
            Self::Policy => "refused by policy",
        }
    }
}

/// A refusal: its class, the place in the package, and what is wrong there. Text from the package
/// is in it only escaped, and never a value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Error {
    pub class: Class,
    pub place: &'static str,
    pub what: String,
}

impl Error {
    pub fn new(class: Class, place: &'static str, what: impl Into<String>) -> Self {
        Self { class, place, what: what.into() }
    }

    /// A class that names the place says it once.
    fn text(&self) -> String {
        let (class, what) = (self.class.phrase(), &self.what);
        match class.ends_with(self.place) {
            true => format!("{class}: {what}"),
            false => format!("{class}: {}: {what}", self.place),
        }
    }
}

impl From<CborError> for Error {
    fn from(e: CborError) -> Self {
        Self::new(Class::Malformed, e.place, format!("{} at byte {}", e.what, e.at))
    }
}
