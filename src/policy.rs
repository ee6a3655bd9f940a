//! Policy: one pure function from facts to an answer. `spec/policy.md` is the reference, and a test
//! compares its table with what the function does.

use crate::coordinate::Coordinate;
use crate::entry::{Mode, Sensitivity};
use std::fmt;

/// What is about to be done with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Look at its name, its pointer, whether it resolves. Always allowed, so nobody asks.
    Metadata,
    /// Give its value to a process.
    Inject,
    Reveal,
    Seal,
    /// Keep a copy of what its pointer leads to. The copy is stored and not shown.
    Capture,
    /// Treat it less carefully from now on. `edit`, its one command, puts the question by itself.
    Lower,
}

impl Operation {
    pub const ALL: [Self; 6] =
        [Self::Metadata, Self::Inject, Self::Reveal, Self::Seal, Self::Capture, Self::Lower];

    /// The word for it, in the spec's table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Inject => "inject",
            Self::Reveal => "reveal",
            Self::Seal => "seal",
            Self::Capture => "capture",
            Self::Lower => "lower",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Somebody at the controlling terminal.
    Person,
    /// A job: there is no terminal to ask at.
    Unattended,
    /// A program that may use values and must not see them.
    Agent,
}

/// An entry as policy looks at it, wherever it is kept.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub coordinate: &'a Coordinate,
    pub sensitivity: Sensitivity,
    pub mode: Mode,
    /// Whether the owner chose this content: `false` for a pointer that came in a package and has
    /// never been resolved on purpose.
    pub chosen: bool,
}

/// The facts that decide.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub operation: Operation,
    pub subject: Subject<'a>,
    /// Whether the program that would get it is on the allowlist, unchanged.
    pub allowed_program: bool,
    pub asker: Asker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// Go on if the person says so.
    Confirm(Reason),
    Deny(Reason),
}

/// Why an answer is not simply yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    High,
    Prod,
    NotChosen,
    InjectOnly,
    ProdLiteral,
    ProdCapture,
    /// Sealing an inject-only literal: its receiver could read it.
    PassesOn,
    Lowers,
    /// Production, and a program that is not on the allowlist.
    ProgramNotAllowed,
    Agent,
    NeedsPerson,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::High => "its sensitivity is high",
            Self::Prod => "it is of production",
            Self::NotChosen => {
                "its pointer came in a package and you have not materialized it yet"
            }
            Self::InjectOnly => "it is inject-only: it may be given to a process, never shown",
            Self::ProdLiteral => "literals of prod are never sealed",
            Self::ProdCapture => "what prod pointers lead to is never copied into a vault",
            Self::PassesOn => "it is inject-only, and its receiver could read it",
            Self::Lowers => "it would be treated less carefully from now on",
            Self::ProgramNotAllowed => {
                "it is of production, and the program is not on the allowlist; `kovra allow add` puts it there"
            }
            Self::Agent => "an agent may use a value but not see it or pass it on",
            Self::NeedsPerson => "it needs a person's yes, and there is no terminal to ask at",
        })
    }
}

/// Decides. Total: every combination of facts has an answer.
pub fn decide(request: Request<'_>) -> Decision {
    let Request { operation, subject, allowed_program, asker } = request;
    let Subject { coordinate, sensitivity, mode, chosen } = subject;
    let prod = coordinate.is_prod();
    let confirm = |reason| match asker {
        Asker::Person => Decision::Confirm(reason),
        Asker::Unattended | Asker::Agent => Decision::Deny(Reason::NeedsPerson),
    };
    match operation {
        Operation::Metadata => Decision::Allow,
        Operation::Seal => match mode {
            Mode::Reference => Decision::Allow,
            Mode::Literal if prod => Decision::Deny(Reason::ProdLiteral),
            Mode::Literal if asker == Asker::Agent => Decision::Deny(Reason::Agent),
            // Whoever may seal to a key of their own could read what they may not be shown.
            Mode::Literal => match sensitivity {
                Sensitivity::Low | Sensitivity::Medium => Decision::Allow,
                Sensitivity::High => confirm(Reason::High),
                Sensitivity::InjectOnly => confirm(Reason::PassesOn),
            },
        },
        Operation::Capture => match sensitivity {
            _ if prod => Decision::Deny(Reason::ProdCapture),
            _ if asker == Asker::Agent => Decision::Deny(Reason::Agent),
            // A copy outlives rotation and the provider's own watch, shown or not.
            Sensitivity::High => confirm(Reason::High),
            Sensitivity::InjectOnly => confirm(Reason::InjectOnly),
            Sensitivity::Low | Sensitivity::Medium => Decision::Allow,
        },
        Operation::Lower => confirm(Reason::Lowers),
        Operation::Reveal if sensitivity == Sensitivity::InjectOnly => {
            Decision::Deny(Reason::InjectOnly)
        }
        Operation::Reveal if asker == Asker::Agent => Decision::Deny(Reason::Agent),
        Operation::Inject if prod && !allowed_program => Decision::Deny(Reason::ProgramNotAllowed),
        Operation::Reveal | Operation::Inject => {
            // A person's yes to a program, on the allowlist, is a yes to its use of high values,
            // though not to those of production.
            let vouched_for = operation == Operation::Inject && allowed_program && !prod;
            if sensitivity == Sensitivity::High && !vouched_for {
                confirm(Reason::High)
            } else if prod {
                confirm(Reason::Prod)
            } else if mode == Mode::Reference && !chosen {
                confirm(Reason::NotChosen)
            } else {
                Decision::Allow
            }
        }
    }
}

#[cfg(test)]
mod tests;
