//! Policy: one pure function that every surface calls and none decides again.

use crate::entry::{Mode, Sensitivity};
use std::fmt;

/// What is about to be done with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Look at its name, its pointer, whether it resolves.
    Metadata,
    /// Give its value to a process.
    Inject,
    /// Show its value.
    Reveal,
    /// Put it into a package.
    Seal,
    /// Keep a copy of what its pointer leads to. The copy is stored and not shown.
    Capture,
    /// Treat it less carefully from now on.
    Lower,
}

impl Operation {
    /// All of them.
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

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// Somebody at the controlling terminal.
    Person,
    /// A job: there is no terminal to ask at.
    Unattended,
    /// A program that may use values and must not see them.
    Agent,
}

/// The facts that decide.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// What is about to be done.
    pub operation: Operation,
    /// How carefully the entry is treated.
    pub sensitivity: Sensitivity,
    /// Whether it is of production.
    pub prod: bool,
    /// Literal or reference.
    pub mode: Mode,
    /// Whether the owner chose this content: `false` for a pointer that came in a package and has
    /// never been resolved on purpose.
    pub approved: bool,
    /// Whether the program that would get it is on the allowlist, unchanged.
    pub allowed_program: bool,
    /// Who asks.
    pub asker: Asker,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Go on.
    Allow,
    /// Go on if the person says so.
    Confirm(Reason),
    /// Do not.
    Deny(Reason),
}

/// Why an answer is not simply yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// Its sensitivity is high.
    High,
    /// It is of production.
    Prod,
    /// Its pointer came in a package and was never chosen here.
    Unapproved,
    /// Its sensitivity is inject-only.
    InjectOnly,
    /// A literal of production is never sealed.
    ProdLiteral,
    /// A cloud secret of production stays in its cloud.
    ProdCapture,
    /// It passes on a value that is never shown.
    PassesOn,
    /// It would be treated less carefully.
    Lowers,
    /// Production, and a program that is not on the allowlist.
    ProgramNotAllowed,
    /// An agent neither sees values nor passes them on.
    Agent,
    /// It needs a person, and nobody is at a terminal.
    NeedsPerson,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::High => "its sensitivity is high",
            Self::Prod => "it is of production",
            Self::Unapproved => {
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
pub fn decide(request: Request) -> Decision {
    let Request { operation, sensitivity, prod, mode, approved, allowed_program, asker } = request;
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
            let chosen = operation == Operation::Inject && allowed_program && !prod;
            if sensitivity == Sensitivity::High && !chosen {
                confirm(Reason::High)
            } else if prod {
                confirm(Reason::Prod)
            } else if mode == Mode::Reference && !approved {
                confirm(Reason::Unapproved)
            } else {
                Decision::Allow
            }
        }
    }
}

/// The decision table of `spec/policy.md`: every combination of facts that matters, one row each.
pub fn table() -> String {
    let mut text = String::from(
        "| operation | sensitivity | env | mode | chosen | program | person | unattended | agent |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows() {
        let answer = |asker| match decide(Request { asker, ..row }) {
            Decision::Allow => "allow",
            Decision::Confirm(_) => "confirm",
            Decision::Deny(_) => "deny",
        };
        let cells = [
            row.operation.name(),
            row.sensitivity.name(),
            if row.prod { "prod" } else { "other" },
            if row.mode == Mode::Literal { "literal" } else { "reference" },
            if row.approved { "yes" } else { "no" },
            if row.allowed_program { "allowed" } else { "any" },
            answer(Asker::Person),
            answer(Asker::Unattended),
            answer(Asker::Agent),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// Every combination that can occur, the asker left open. A literal is always chosen; only an
/// injection has a program, and only a reference can be captured.
fn rows() -> Vec<Request> {
    let mut rows = Vec::new();
    for operation in Operation::ALL {
        for sensitivity in Sensitivity::ALL {
            for bits in 0..16u8 {
                let bit = |n: u8| bits & 1 << n != 0;
                let (prod, approved, allowed_program) = (bit(3), !bit(1), bit(0));
                let mode = if bit(2) { Mode::Reference } else { Mode::Literal };
                let literal_unchosen = mode == Mode::Literal && !approved;
                let programless = allowed_program && operation != Operation::Inject;
                let captured = mode == Mode::Literal && operation == Operation::Capture;
                if !literal_unchosen && !programless && !captured {
                    let asker = Asker::Person;
                    rows.push(Request {
                        operation,
                        sensitivity,
                        prod,
                        mode,
                        approved,
                        allowed_program,
                        asker,
                    });
                }
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operation::{Capture, Inject, Lower, Metadata, Reveal, Seal};

    fn every_request() -> impl Iterator<Item = Request> {
        rows()
            .into_iter()
            .flat_map(|row| Asker::ALL.iter().map(move |&asker| Request { asker, ..row }))
    }

    /// The table is what people read, so it is compared with what the code does.
    #[test]
    fn the_spec_holds_the_table() {
        let spec = include_str!("../spec/policy.md");
        assert!(spec.contains(&table()), "spec/policy.md should hold:\n{}", table());
    }

    /// The promises, each over every combination.
    #[test]
    fn promises() {
        for r in every_request() {
            let answer = decide(r);
            let literal = r.mode == Mode::Literal;
            if r.operation == Metadata {
                assert_eq!(answer, Decision::Allow, "{r:?}");
            }
            if r.operation == Seal && literal && r.prod {
                assert_eq!(answer, Decision::Deny(Reason::ProdLiteral), "{r:?}");
            }
            if r.operation == Seal && literal && r.sensitivity >= Sensitivity::High {
                assert_ne!(answer, Decision::Allow, "{r:?}");
            }
            if r.operation == Seal && !literal {
                assert_eq!(answer, Decision::Allow, "{r:?}");
            }
            if r.operation == Reveal && r.sensitivity == Sensitivity::InjectOnly {
                assert_eq!(answer, Decision::Deny(Reason::InjectOnly), "{r:?}");
            }
            if r.operation == Reveal && (r.prod || r.sensitivity == Sensitivity::High) {
                assert_ne!(answer, Decision::Allow, "{r:?}");
            }
            if r.operation == Inject && r.prod {
                assert_ne!(answer, Decision::Allow, "{r:?}");
                let only_allowed = r.allowed_program || matches!(answer, Decision::Deny(_));
                assert!(only_allowed, "{r:?}");
            }
            if r.operation == Inject && r.sensitivity == Sensitivity::High && !r.allowed_program {
                assert_ne!(answer, Decision::Allow, "{r:?}");
            }
            if matches!(r.operation, Inject | Reveal) && !r.approved {
                assert_ne!(answer, Decision::Allow, "{r:?}");
            }
            if r.operation == Capture && r.prod {
                assert_eq!(answer, Decision::Deny(Reason::ProdCapture), "{r:?}");
            }
            if r.operation == Capture && r.sensitivity >= Sensitivity::High {
                assert_ne!(answer, Decision::Allow, "{r:?}");
            }
            if r.operation == Lower {
                assert_ne!(answer, Decision::Allow, "{r:?}");
            }
            if r.asker != Asker::Person {
                assert!(!matches!(answer, Decision::Confirm(_)), "nobody to ask: {r:?}");
            }
            if r.asker == Asker::Agent
                && (matches!(r.operation, Reveal | Capture) || r.operation == Seal && literal)
            {
                assert!(matches!(answer, Decision::Deny(_)), "{r:?}");
            }
        }
    }

    #[test]
    fn everyday_uses_are_direct() {
        for r in every_request() {
            let everyday = r.sensitivity < Sensitivity::High && !r.prod && r.approved;
            if everyday && r.asker != Asker::Agent && r.operation != Lower {
                assert_eq!(decide(r), Decision::Allow, "{r:?}");
            }
        }
    }

    #[test]
    fn an_agent_may_inject_what_it_may_not_see() {
        let request = |operation| Request {
            operation,
            sensitivity: Sensitivity::InjectOnly,
            prod: false,
            mode: Mode::Literal,
            approved: true,
            allowed_program: false,
            asker: Asker::Agent,
        };
        assert_eq!(decide(request(Inject)), Decision::Allow);
        assert_eq!(decide(request(Reveal)), Decision::Deny(Reason::InjectOnly));
    }
}
