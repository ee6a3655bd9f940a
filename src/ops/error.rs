//! Why an operation did not happen, and what the person at the program can do next.

use super::absence::Absence;
use super::causes::{by_cause, some};
use crate::backup;
use crate::clock::Moment;
use crate::coordinate::Coordinate;
use crate::identity::IdentityError;
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
    #[error("{class}: the package was sealed by another key: {fingerprint}", class = Class::Untrusted.phrase())]
    OtherSender { name: String, fingerprint: String },
    #[error(transparent)]
    Vault(#[from] vault::Error),
    /// Reading a backup.
    #[error(transparent)]
    Backup(#[from] backup::Error),
    #[error("{}: {error}", shown(.path))]
    Refs { path: PathBuf, error: refs::RefsError },
    #[error(transparent)]
    Identity(#[from] IdentityError),
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
        "this is not a peer's key, which is kovra1..., age1... or ssh-ed25519 AAAA..., and whole"
    )]
    NoKey,
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

    /// What the user of the program can do next, if that is known. Of [`Error::Vault`] the program knows
    /// more than an operation does.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Package(e) => reading(e.class).into(),
            Self::Sealing(e) => sealing(e.class).into(),
            Self::Receipt(e) => receipt(e.class).into(),
            Self::Clock { .. } => {
                "nothing was changed; import it once the clock is right, or at a \
                                   terminal, where you can confirm that it is"
                    .into()
            }
            Self::SealClock { .. } => "nothing was written; set the clock, or seal it at a \
                                       terminal, where you can confirm that it is right"
                .into(),
            Self::Replay(Replay::Older(_)) => "nothing was changed; if its sender's clock was \
                                               wrong, import it at a terminal and confirm it"
                .into(),
            Self::Replay(_) => "nothing was changed".into(),
            Self::Rotation(_)
            | Self::KnownBefore(_)
            | Self::Uncompared { .. }
            | Self::OtherSender { .. } => return self.untrusted(),
            Self::NoEntry(absence) => absence.hint(),
            Self::Missing(all) => return missing_hint(all),
            Self::Denied(denied) if denied.iter().any(|(_, why)| *why == Reason::ProdLiteral) => {
                "--pointers-only leaves the values out, and seals the pointers among them".into()
            }
            Self::Identity(e) => identity(e).into(),
            Self::CodeNotTaken => "run it again, and write the code down first".into(),
            Self::NoWay(_) => "`kovra recovery list` shows them".into(),
            Self::WrongProof("the vault's PIN") => {
                "`kovra recover` sets another, by a way back in".into()
            }
            Self::NoPeer(_) => "`kovra peer list` shows who is there".into(),
            Self::KeyNotName(Some(name)) => format!("it is pinned as {name}"),
            Self::KeyNotName(None) => "`kovra peer add NAME KEY` pins it under a name".into(),
            Self::NoKey => "ask for it again, and copy the whole of it".into(),
            Self::KeyFile => "`kovra peer add NAME KEY` pins a key".into(),
            Self::Exists(at) => format!(
                "`kovra set {at}`, `kovra generate {at} --replace` or `kovra import --overwrite` gives it \
                 another value"
            ),
            Self::Taken(at) => format!("choose another name, or `kovra rm {at}` first"),
            Self::WouldOverwrite(_) => "--overwrite allows it".into(),
            Self::OtherKey(name) => {
                format!("if they really have a new one, `kovra peer rm {name}` first")
            }
            Self::LeftOut(_) => "it is outside --env or --component".into(),
            Self::SenderOnly(name) => {
                format!(
                    "ask for their kovra1... string, and pin it: `kovra peer add {name} kovra1...`"
                )
            }
            Self::NoTokenFile => "say where to write it with --token-out, and send it by another \
                                  channel than the package"
                .into(),
            Self::Unwritten { .. } => "seal it again; `kovra shared` shows this one, too, which \
                                       nobody has"
                .into(),
            Self::Backup(e) => super::backup::hint(e).into(),
            Self::NoRecipient => {
                "`kovra recovery add` makes one, with a code; --to age1... seals it to \
                                  another key, --passphrase to a passphrase"
                    .into()
            }
            Self::BackupUnwritten { .. } => "make it again".into(),
            Self::Vault(_)
            | Self::Refs { .. }
            | Self::Denied(_)
            | Self::Declined
            | Self::WrongProof(_)
            | Self::Rule(_)
            | Self::Nothing(_)
            | Self::Conflict(_)
            | Self::Usage(_)
            | Self::Io { .. }
            | Self::Unsafe { .. }
            | Self::Unresolved(_) => return None,
        })
    }

    /// For who is to compare a peer's key.
    fn untrusted(&self) -> Option<String> {
        Some(match self {
            Self::Rotation(name) => {
                format!("nothing was changed; ask {name} about the new key before you confirm it")
            }
            Self::KnownBefore(name) => {
                format!(
                    "nothing was changed; ask {name} by another channel whether the key is theirs"
                )
            }
            Self::Uncompared { name, .. } => {
                format!("run this at a terminal, with the one that {name} told you")
            }
            Self::OtherSender { name, .. } => {
                format!("nothing was pinned; ask {name} for their fingerprint again")
            }
            _ => return None,
        })
    }
}

/// For who was given a package.
fn reading(class: Class) -> &'static str {
    match class {
        Class::Malformed | Class::Limit | Class::Signature | Class::Binding => {
            "do not use it; ask the sender for a new one"
        }
        Class::Unsupported => "a newer kovra may know it",
        Class::Untrusted => {
            "if the fingerprint is theirs, `kovra peer add NAME --from FILE` pins the key, or `kovra peer \
             confirm NAME` confirms one that is pinned"
        }
        Class::Time => "ask the sender for a new one",
        Class::NotForMe => "ask the sender to seal it to the string that `kovra id` prints",
        Class::Token => {
            "--token FILE gives what the sender sent by another channel, --skip-high leaves the high \
             literals out"
        }
        Class::Replay | Class::Policy => "nothing was changed",
    }
}

/// For who was told a key.
fn identity(error: &IdentityError) -> &'static str {
    match error {
        IdentityError::Version(_) => "a newer kovra may know it",
        IdentityError::Encoding | IdentityError::Shape => {
            "ask for it again, and copy the whole of it"
        }
        IdentityError::Key(_) | IdentityError::Signature => {
            "do not use it; ask its owner for it by another channel"
        }
    }
}

/// For who makes one.
fn sealing(class: Class) -> &'static str {
    match class {
        Class::Limit => "nothing was sealed; seal fewer entries at a time, or to fewer peers",
        _ => "nothing was changed",
    }
}

/// For who sealed a package, and was given a receipt of it.
fn receipt(class: Class) -> &'static str {
    match class {
        Class::Unsupported => "a newer kovra may know it",
        Class::Untrusted => {
            "if the fingerprint is theirs, pin their kovra1... string with `kovra peer add`"
        }
        Class::Binding => "nothing was recorded; ask them which package they imported",
        _ => "nothing was recorded; ask the recipient for a new one",
    }
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

/// One hint, if it is good for all.
fn missing_hint(entries: &[Missing]) -> Option<String> {
    let mut hints = entries.iter().filter_map(|entry| entry.why.hint());
    let first = hints.next()?;
    let all = "`kovra list` shows what is there, `kovra history` what was removed";
    Some(if hints.all(|hint| hint == first) { first } else { all.into() })
}

fn unresolved(faults: &[(Coordinate, Fault)]) -> Vec<String> {
    let causes = by_cause(faults.iter().map(|(at, fault)| (at.as_str(), fault)));
    let lines = |(fault, names): (&Fault, Vec<&str>)| {
        let what = format!("{} did not resolve: {}", some(&names), escape(&fault.what));
        [what, format!("  {}", escape(&fault.hint))]
    };
    indented(causes.into_iter().flat_map(lines))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vault::Origin;

    #[test]
    fn every_error_has_the_hint_of_what_was_being_done() {
        let at = || "dev/db/url".parse::<Coordinate>().unwrap();
        let of = |class| package::Error::new(class, "header", "odd");
        let moment = Moment::from_seconds(0);
        let bob = || "bob".to_owned();
        let absent = |at: &&str| Absence::new(&Origin::Global, &at.parse().unwrap());
        let missing = |names: &[&str]| {
            let lacks = |at| Missing { variable: "A".into(), line: 1, why: absent(at).into() };
            Error::Missing(names.iter().map(lacks).collect())
        };
        let cases = [
            (Error::Sealing(of(Class::Limit)), "seal fewer entries at a time, or to fewer peers"),
            (Error::Sealing(of(Class::Policy)), "nothing was changed"),
            (Error::Receipt(of(Class::Malformed)), "ask the recipient for a new one"),
            (Error::Receipt(of(Class::Limit)), "ask the recipient for a new one"),
            (Error::Receipt(of(Class::Signature)), "ask the recipient for a new one"),
            (Error::Receipt(of(Class::Unsupported)), "a newer kovra may know it"),
            (Error::Receipt(of(Class::Untrusted)), "pin their kovra1... string"),
            (Error::Receipt(of(Class::Binding)), "ask them which package they imported"),
            (Error::Clock { now: moment, seen: moment }, "import it once the clock is right"),
            (Error::Replay(Replay::Again), "nothing was changed"),
            (Error::Rotation(bob()), "ask bob about the new key"),
            (
                Error::Uncompared { name: bob(), fingerprint: String::new() },
                "run this at a terminal, with the one that bob told you",
            ),
            (Error::KnownBefore(bob()), "ask bob by another channel"),
            (
                Error::OtherSender { name: bob(), fingerprint: String::new() },
                "ask bob for their fingerprint again",
            ),
            (Absence::new(&Origin::Global, &at()).into(), "`kovra list`"),
            (missing(&["qa/a/b", "dev/a/b"]), "`kovra list` shows what is there"),
            (Error::NoPeer(bob()), "`kovra peer list`"),
            (Error::KeyNotName(Some(bob())), "it is pinned as bob"),
            (Error::KeyNotName(None), "`kovra peer add NAME KEY`"),
            (Error::NoKey, "copy the whole of it"),
            (Error::KeyFile, "`kovra peer add NAME KEY`"),
            (IdentityError::Encoding.into(), "copy the whole of it"),
            (IdentityError::Shape.into(), "copy the whole of it"),
            (IdentityError::Version(2).into(), "a newer kovra may know it"),
            (IdentityError::Signature.into(), "ask its owner for it by another channel"),
            (IdentityError::Key(crate::identity::KeyError::SmallOrder).into(), "do not use it"),
            (Error::Exists(at()), "`kovra set dev/db/url`"),
            (Error::Taken(at()), "`kovra rm dev/db/url` first"),
            (Error::WouldOverwrite(vec![at()]), "--overwrite allows it"),
            (Error::OtherKey(bob()), "`kovra peer rm bob` first"),
            (Error::LeftOut(at()), "--env or --component"),
            (Error::SenderOnly(bob()), "`kovra peer add bob kovra1...`"),
            (Error::NoTokenFile, "--token-out"),
            (
                Error::Unwritten { path: PathBuf::new(), source: io::ErrorKind::NotFound.into() },
                "seal it again",
            ),
        ];
        for (error, hint) in cases {
            let found = error.hint().unwrap_or_else(|| panic!("none: {error}"));
            assert!(found.contains(hint), "{error}: {found}");
            assert!(!found.contains("sender"), "{error}: {found}");
        }
        let line = refs::RefsError { line: 1, what: String::new() };
        for error in [
            Error::Refs { path: PathBuf::new(), error: line },
            Error::Vault(vault::Error::Busy),
            Error::Denied(Vec::new()),
            Error::Missing(Vec::new()),
            Error::Declined,
            Error::WrongProof("the PIN"),
            Error::Rule(String::new()),
            Error::Nothing(String::new()),
            Error::Conflict(String::new()),
            Error::Usage(String::new()),
            Error::io(Path::new("x"))(io::ErrorKind::NotFound.into()),
            Error::Unsafe { path: PathBuf::new(), why: Unsafe::OthersWrite },
            Error::Unresolved(Vec::new()),
        ] {
            assert_eq!(error.hint(), None, "{error}");
        }
    }

    /// Whoever was given a package, and nobody else, is sent to its sender.
    #[test]
    fn a_package_that_is_read_has_a_hint_for_each_class() {
        let hints = Class::ALL.iter().map(|class| {
            let hint = Error::Package(package::Error::new(*class, "header", "odd")).hint();
            (class.name(), hint.unwrap_or_default())
        });
        for (class, hint) in hints {
            let expected = match class {
                "malformed" | "limit" | "signature" | "binding" => {
                    "do not use it; ask the sender for a new one"
                }
                "time" => "ask the sender for a new one",
                "not-for-me" => "the string that `kovra id` prints",
                "unsupported" => "a newer kovra may know it",
                "untrusted" => "`kovra peer add NAME --from FILE` pins the key",
                "token" => "--token FILE gives what the sender sent by another channel",
                _ => "nothing was changed",
            };
            assert!(hint.contains(expected), "{class}: {hint}");
        }
    }
}
