//! Policy: one pure function from facts to an answer. `spec/policy.md` is the reference; its tables are
//! compared with this function, and each row is reached by a command.

use crate::coordinate::Coordinate;
use crate::entry::{Mode, Sensitivity};
use std::fmt;

/// What is about to be done with an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Give its value to a process.
    Inject,
    Reveal,
    Seal,
    /// Read what its pointer leads to, and keep nothing of it.
    Resolve,
    /// Keep a copy of what its pointer leads to. The copy is stored and not shown.
    Capture,
    /// Put it where none is.
    Add,
    /// Give it another content or description.
    Change,
    Remove,
    /// Only treat it more carefully from now on.
    Raise,
    /// Treat it less carefully from now on.
    Lower,
}

words!(Operation {
    Inject = "inject",
    Reveal = "reveal",
    Seal = "seal",
    Resolve = "resolve",
    Capture = "capture",
    Add = "add",
    Change = "change",
    Remove = "remove",
    Raise = "raise",
    Lower = "lower",
});

/// What is about to be done with what is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Pin a key that was never known, under a name that never was, to seal to.
    Pin,
    /// Take a peer for who they say they are: their packages are trusted from then on.
    Vouch,
    /// Take another key for a name that is or was known, or another name for a key.
    Exchange,
    Rename,
    Unpin,
    /// Put a program on the allowlist.
    Allow,
    Disallow,
    /// Let an `.env.refs` name what is not just one's own.
    TrustFile,
    DistrustFile,
    /// Let an import overwrite what another sender gave, or turn a literal into a pointer or back.
    Overwrite,
    /// Give a variable a name that changes how programs load.
    Name,
    /// Erase earlier revisions for good.
    Prune,
    SetPin,
    /// Say of another identity that it is this one's owner's, too.
    Device,
    /// Have the system keep the vault key for a time.
    Keep,
    /// Copy the whole vault into a file for recipients of ways back in, which its owner has chosen.
    BackUp,
    /// Copy it for anybody else, or for a passphrase.
    HandOut,
    /// Take the time of this machine for right, where the vault knows a later one.
    Clock,
    /// Make or remove a way back into the vault.
    Recovery,
    /// Change who keeps the vault's keys, and the keys.
    Rekey,
    /// Take new encryption keys.
    Rotate,
    /// Have nothing but post-quantum packages sealed, or anything.
    Require,
    /// Come in by a way back in, which is the owner's proof.
    Recover,
    /// Make a vault of what still opens of a damaged one, by what keeps it, which is no proof.
    Salvage,
    /// Put the vault's rows, which are proved, into a fresh file.
    Repair,
}

words!(Trust {
    Pin = "pin",
    Vouch = "vouch",
    Exchange = "exchange",
    Rename = "rename",
    Unpin = "unpin",
    Allow = "allow",
    Disallow = "disallow",
    TrustFile = "trust",
    DistrustFile = "distrust",
    Overwrite = "overwrite",
    Name = "name",
    Prune = "prune",
    SetPin = "set-pin",
    Keep = "keep",
    BackUp = "back-up",
    HandOut = "hand-out",
    Clock = "clock",
    Recovery = "recovery",
    Rekey = "rekey",
    Rotate = "rotate",
    Require = "require",
    Recover = "recover",
    Salvage = "salvage",
    Device = "device",
    Repair = "repair",
});

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

impl Subject<'_> {
    /// Whether only the owner's proof changes it.
    pub fn is_protected(&self) -> bool {
        self.sensitivity >= Sensitivity::High || self.coordinate.is_prod()
    }

    /// Whether its value is not given without the owner's yes: to a program, that to the program.
    fn is_asked_for(&self) -> bool {
        self.sensitivity == Sensitivity::High || self.coordinate.is_prod()
    }
}

/// How the allowlist stands to a program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is on the list, and all is as it was then.
    Allowed,
    Unlisted,
    /// It is on the list, and its file is another.
    Changed,
    /// It is on the list, and what makes programs load code is set otherwise than it was then.
    OtherEnvironment,
}

/// What somebody is about to do.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    Entry {
        operation: Operation,
        subject: Subject<'a>,
        /// Of the program that would get it.
        program: Standing,
    },
    Trust(Trust),
}

impl Act<'_> {
    /// Whether it takes the key that comes with the owner's proof alone: it gives a value that is high or of prod,
    /// or changes what is guarded whatever stood there before.
    pub fn takes_guard(self) -> bool {
        use Operation::{
            Add, Capture, Change, Inject, Lower, Raise, Remove, Resolve, Reveal, Seal,
        };
        match self {
            Act::Trust(trust) => {
                use Trust::{Clock, Keep, Name, Overwrite, Prune};
                !matches!(trust, Clock | Keep | Name | Overwrite | Prune)
            }
            Act::Entry { operation, subject, .. } => match operation {
                Inject | Reveal => subject.is_asked_for(),
                Seal => subject.is_asked_for() && subject.mode == Mode::Literal,
                Resolve => false,
                Add | Change | Remove | Raise | Lower | Capture => subject.is_protected(),
            },
        }
    }

    /// Whether it changes the row of an entry, which may be guarded for what it once was.
    pub fn writes_entry(self) -> bool {
        use Operation::{Inject, Resolve, Reveal, Seal};
        match self {
            Act::Trust(trust) => matches!(trust, Trust::Overwrite | Trust::Prune),
            Act::Entry { operation, .. } => !matches!(operation, Inject | Reveal | Seal | Resolve),
        }
    }
}

/// Who is about to do it.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    pub asker: Asker,
    /// Whether the vault has a passphrase or a PIN, by which its owner is known.
    pub has_proof: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// Go on if the owner says so.
    Confirm(Reason),
    Deny(Reason),
}

/// Why an answer is not simply yes. Of several, the one that matters most.
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
    ProgramChanged,
    OtherEnvironment,
    Agent,
    /// An agent would change what is protected or trusted.
    AgentChanges,
    NeedsPerson,
    /// A person's yes, which an agent's question does not get.
    AgentAsks,
    NeedsProof,
    /// A file of a checkout names what is not just one's own.
    Untrusted,
    /// It is a matter of trust.
    Trust,
    /// It takes the key that a vault which was unlocked for a time is without.
    Guarded,
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
            Self::ProgramChanged => {
                "the program has changed since it was allowed; `kovra allow add` allows it as it is now"
            }
            Self::OtherEnvironment => {
                "what makes programs load code is set otherwise than when the program was allowed; \
                 `kovra allow add` allows it as it is now"
            }
            Self::Agent => "an agent may use a value but not see it or pass it on",
            Self::AgentChanges => "an agent changes nothing that is protected or trusted",
            Self::NeedsPerson => "it needs a person's yes, and there is no terminal to ask at",
            Self::AgentAsks => "it needs a person's yes, and nobody is asked on behalf of an agent",
            Self::NeedsProof => {
                "only its owner may do that, and this vault has nothing to know them by; `kovra pin set` \
                 sets a PIN"
            }
            Self::Untrusted => {
                "it names a project, a global entry, or what would be given without a question, and you have \
                 not trusted it; `kovra refs trust` does, at a terminal"
            }
            Self::Trust => "it is a matter of trust",
            Self::Guarded => "the vault is unlocked for a time, and this takes your passphrase",
        })
    }
}

/// Decides. Total: every combination of facts has an answer.
pub fn decide(act: Act<'_>, caller: Caller) -> Decision {
    match act {
        Act::Trust(trust) => of_trust(trust, caller),
        Act::Entry { operation, subject, program } => {
            use Operation::{Add, Capture, Change, Inject, Lower, Raise, Remove, Resolve, Reveal};
            match operation {
                Inject => injection(subject, program, caller.asker),
                Reveal => revelation(subject, caller.asker),
                Operation::Seal => sealing(subject, caller.asker),
                Resolve => of_pointer(subject, caller.asker),
                Capture => capture(subject, caller.asker),
                Add | Raise if subject.is_protected() && caller.asker == Asker::Agent => {
                    Decision::Deny(Reason::AgentChanges)
                }
                // Inject-only is given to any program without a question, and high is not.
                Raise
                    if subject.sensitivity == Sensitivity::High
                        && !subject.coordinate.is_prod() =>
                {
                    confirm(caller.asker, Reason::High)
                }
                Add | Raise => Decision::Allow,
                Change | Remove if !subject.is_protected() => Decision::Allow,
                Change | Remove => confirm(caller.asker, why_protected(subject)),
                Lower => confirm(caller.asker, Reason::Lowers),
            }
        }
    }
}

/// Needs the owner's yes.
fn confirm(asker: Asker, reason: Reason) -> Decision {
    match asker {
        Asker::Person => Decision::Confirm(reason),
        Asker::Unattended => Decision::Deny(Reason::NeedsPerson),
        Asker::Agent => Decision::Deny(Reason::AgentAsks),
    }
}

fn why_protected(subject: Subject<'_>) -> Reason {
    match subject.sensitivity {
        _ if subject.coordinate.is_prod() => Reason::Prod,
        Sensitivity::InjectOnly => Reason::InjectOnly,
        _ => Reason::High,
    }
}

fn injection(subject: Subject<'_>, program: Standing, asker: Asker) -> Decision {
    let prod = subject.coordinate.is_prod();
    // A person's yes to a program, on the allowlist, is a yes to its use of high values, though not to
    // those of production.
    let allowed = program == Standing::Allowed;
    match program {
        Standing::Unlisted if prod => Decision::Deny(Reason::ProgramNotAllowed),
        Standing::Changed if prod => Decision::Deny(Reason::ProgramChanged),
        Standing::OtherEnvironment if prod => Decision::Deny(Reason::OtherEnvironment),
        _ if !subject.chosen => confirm(asker, Reason::NotChosen),
        _ if prod => confirm(asker, Reason::Prod),
        _ if subject.sensitivity == Sensitivity::High && !allowed => {
            match (confirm(asker, Reason::High), program) {
                // It ran without anybody until it changed, so that is what its owner has to know.
                (Decision::Deny(_), Standing::Changed) => Decision::Deny(Reason::ProgramChanged),
                (Decision::Deny(_), Standing::OtherEnvironment) => {
                    Decision::Deny(Reason::OtherEnvironment)
                }
                (answer, _) => answer,
            }
        }
        _ => Decision::Allow,
    }
}

fn revelation(subject: Subject<'_>, asker: Asker) -> Decision {
    match subject.sensitivity {
        Sensitivity::InjectOnly => Decision::Deny(Reason::InjectOnly),
        _ if asker == Asker::Agent => Decision::Deny(Reason::Agent),
        _ if !subject.chosen => confirm(asker, Reason::NotChosen),
        _ if subject.coordinate.is_prod() => confirm(asker, Reason::Prod),
        Sensitivity::High => confirm(asker, Reason::High),
        Sensitivity::Low | Sensitivity::Medium => Decision::Allow,
    }
}

fn sealing(subject: Subject<'_>, asker: Asker) -> Decision {
    match (subject.mode, subject.sensitivity) {
        (Mode::Reference, _) => Decision::Allow,
        _ if subject.coordinate.is_prod() => Decision::Deny(Reason::ProdLiteral),
        _ if asker == Asker::Agent => Decision::Deny(Reason::Agent),
        (_, Sensitivity::Low | Sensitivity::Medium) => Decision::Allow,
        // Whoever may seal to a key of their own could read what they may not be shown.
        (_, Sensitivity::High) => confirm(asker, Reason::High),
        (_, Sensitivity::InjectOnly) => confirm(asker, Reason::PassesOn),
    }
}

/// Nobody's pointer is followed because it came in a package.
fn of_pointer(subject: Subject<'_>, asker: Asker) -> Decision {
    if subject.chosen { Decision::Allow } else { confirm(asker, Reason::NotChosen) }
}

fn capture(subject: Subject<'_>, asker: Asker) -> Decision {
    match subject.sensitivity {
        _ if subject.coordinate.is_prod() => Decision::Deny(Reason::ProdCapture),
        _ if asker == Asker::Agent => Decision::Deny(Reason::Agent),
        _ if !subject.chosen => confirm(asker, Reason::NotChosen),
        // A copy outlives rotation and the provider's own watch, shown or not.
        Sensitivity::High => confirm(asker, Reason::High),
        Sensitivity::InjectOnly => confirm(asker, Reason::InjectOnly),
        Sensitivity::Low | Sensitivity::Medium => Decision::Allow,
    }
}

fn of_trust(trust: Trust, Caller { asker, has_proof }: Caller) -> Decision {
    use Trust::{
        Allow, BackUp, Clock, Device, Disallow, DistrustFile, Exchange, HandOut, Keep, Name,
        Overwrite, Pin, Prune, Recover, Recovery, Rekey, Rename, Repair, Require, Rotate, Salvage,
        SetPin, TrustFile, Unpin, Vouch,
    };
    match (trust, asker) {
        (_, Asker::Agent) => Decision::Deny(Reason::AgentChanges),
        (Pin | Unpin | Disallow | DistrustFile | Keep | BackUp, _) => Decision::Allow,
        (TrustFile, Asker::Unattended) => Decision::Deny(Reason::Untrusted),
        (_, Asker::Unattended) => Decision::Deny(Reason::NeedsPerson),
        (SetPin, Asker::Person) if !has_proof => Decision::Allow,
        (Recover, Asker::Person) => Decision::Allow,
        (
            Vouch | Exchange | Rename | Allow | TrustFile | HandOut | Recovery | Rekey | Rotate
            | Device,
            _,
        ) if !has_proof => Decision::Deny(Reason::NeedsProof),
        (Vouch | Exchange | Rename | Allow | TrustFile | HandOut, _)
        | (SetPin | Recovery | Rekey | Rotate | Device, _)
        | (Overwrite | Name | Prune | Clock | Salvage | Repair | Require, _) => {
            Decision::Confirm(Reason::Trust)
        }
    }
}

#[cfg(test)]
mod tests;
