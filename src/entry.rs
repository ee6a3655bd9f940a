//! What a coordinate names: a literal value or a pointer, and how carefully to treat it.

use crate::coordinate::Coordinate;
use crate::pointer::Pointer;
use crate::secret::Secret;
use std::fmt;
use std::str::FromStr;

/// How carefully a value is treated, from least to most (`spec/policy.md`). The numbers are the
/// package format's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sensitivity {
    /// No reason to ask before a use.
    Low = 0,
    /// No reason to ask either; `run` names it on stderr.
    Medium = 1,
    /// Confirmed by the owner before its value is shown, sealed, captured, or given to a program
    /// that is not on the allowlist.
    High = 2,
    /// May be given to a process, is never shown.
    InjectOnly = 3,
}

impl Sensitivity {
    pub const ALL: [Self; 4] = [Self::Low, Self::Medium, Self::High, Self::InjectOnly];

    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|s| *s as u64 == number)
    }

    /// The least that an entry at `coordinate` can have: production is born high.
    pub fn floor(coordinate: &Coordinate) -> Self {
        if coordinate.is_prod() { Self::High } else { Self::Low }
    }

    /// As it is written on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::InjectOnly => "inject-only",
        }
    }

    /// Whether a literal of this sensitivity needs the package's token.
    pub fn needs_token(self) -> bool {
        self >= Self::High
    }
}

impl fmt::Display for Sensitivity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Sensitivity {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|s| s.name() == text);
        found.ok_or("a sensitivity is low, medium, high or inject-only")
    }
}

/// Whether an entry holds a value or points at one. The numbers are the package format's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Literal = 0,
    Reference = 1,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Literal => "literal",
            Self::Reference => "reference",
        })
    }
}

/// The value itself, or where it is.
pub enum Content {
    /// At most [`crate::limits::LITERAL`] bytes.
    Literal(Secret),
    Reference(Pointer),
}

impl Content {
    pub fn mode(&self) -> Mode {
        match self {
            Self::Literal(_) => Mode::Literal,
            Self::Reference(_) => Mode::Reference,
        }
    }

    /// `None` for a literal.
    pub fn pointer(&self) -> Option<&Pointer> {
        match self {
            Self::Literal(_) => None,
            Self::Reference(pointer) => Some(pointer),
        }
    }
}

/// An entry as it travels, and as it is put into a vault.
pub struct Entry {
    pub coordinate: Coordinate,
    pub content: Content,
    pub sensitivity: Sensitivity,
    /// A note for people, plain text of 1 to [`crate::limits::DESCRIPTION`] bytes.
    pub description: Option<String>,
}

impl Entry {
    /// Whether it travels in the slot that the token opens: literals of `high` and above do,
    /// pointers never, since they hold no secret.
    pub fn needs_token(&self) -> bool {
        self.content.mode() == Mode::Literal && self.sensitivity.needs_token()
    }
}
