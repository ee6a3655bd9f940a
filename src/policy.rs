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
            Self::Agent => "an agent may use a value but not see it or pass it on",
            Self::NeedsPerson => "it needs a person's yes, and there is no terminal to ask at",
        })
    }
}

/// Decides. Total: every combination of facts has an answer.
pub fn decide(request: Request) -> Decision {
    let Request { operation, sensitivity, prod, mode, approved, asker } = request;
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
            Mode::Literal => Decision::Allow,
        },
        Operation::Reveal if sensitivity == Sensitivity::InjectOnly => {
            Decision::Deny(Reason::InjectOnly)
        }
        Operation::Reveal if asker == Asker::Agent => Decision::Deny(Reason::Agent),
        Operation::Reveal | Operation::Inject => {
            if sensitivity == Sensitivity::High {
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

#[cfg(test)]
mod tests {
    use super::*;
    use Operation::{Inject, Metadata, Reveal, Seal};

    const OPERATIONS: [Operation; 4] = [Metadata, Inject, Reveal, Seal];
    const ASKERS: [Asker; 3] = [Asker::Person, Asker::Unattended, Asker::Agent];

    fn every_request() -> Vec<Request> {
        let mut all = Vec::new();
        for operation in OPERATIONS {
            for sensitivity in Sensitivity::ALL {
                for asker in ASKERS {
                    for bits in 0..8 {
                        let mode = if bits & 1 == 0 { Mode::Literal } else { Mode::Reference };
                        let (prod, approved) = (bits & 2 != 0, bits & 4 != 0);
                        all.push(Request { operation, sensitivity, prod, mode, approved, asker });
                    }
                }
            }
        }
        all
    }

    /// The promises, each over all 384 combinations.
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
            if r.operation == Seal && !literal {
                assert_eq!(answer, Decision::Allow, "{r:?}");
            }
            if r.operation == Reveal && r.sensitivity == Sensitivity::InjectOnly {
                assert_eq!(answer, Decision::Deny(Reason::InjectOnly), "{r:?}");
            }
            let uses = matches!(r.operation, Inject | Reveal);
            if uses && (r.prod || r.sensitivity == Sensitivity::High) {
                assert_ne!(answer, Decision::Allow, "{r:?}");
            }
            if r.asker != Asker::Person {
                assert!(!matches!(answer, Decision::Confirm(_)), "nobody to ask: {r:?}");
            }
            if r.asker == Asker::Agent && r.operation == Reveal {
                assert!(matches!(answer, Decision::Deny(_)), "{r:?}");
            }
        }
    }

    #[test]
    fn everyday_uses_are_direct() {
        for sensitivity in [Sensitivity::Low, Sensitivity::Medium] {
            for asker in [Asker::Person, Asker::Unattended] {
                for operation in OPERATIONS {
                    for mode in [Mode::Literal, Mode::Reference] {
                        let (prod, approved) = (false, true);
                        let request =
                            Request { operation, sensitivity, prod, mode, approved, asker };
                        assert_eq!(decide(request), Decision::Allow);
                    }
                }
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
            asker: Asker::Agent,
        };
        assert_eq!(decide(request(Inject)), Decision::Allow);
        assert_eq!(decide(request(Reveal)), Decision::Deny(Reason::InjectOnly));
    }
}
