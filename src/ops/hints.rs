//! What the person at the program can do next.

use super::Error;
use super::causes::{by_cause, some};
use super::error::{Missing, Replay};
use super::post_quantum::Hinders;
use crate::identity::{IdentityError, person};
use crate::package::Class;
use crate::policy::Reason;

impl Error {
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
            | Self::OtherSender { .. }
            | Self::SenderOnly(_)
            | Self::OtherKey(_)
            | Self::OlderKeys(_)
            | Self::Mixed { .. }
            | Self::NotPostQuantum(_)
            | Self::KeyNotName(_)
            | Self::HalfStatement(_)
            | Self::OtherStatement(_)
            | Self::OtherDevice(_)
            | Self::Unconfirmed(_) => return self.of_peer(),
            Self::NoEntry(absence) => absence.hint(),
            Self::Missing(all) => return missing_hint(all),
            Self::Denied(denied) if denied.iter().any(|(_, why)| *why == Reason::ProdLiteral) => {
                "--pointers-only leaves the values out, and seals the pointers among them".into()
            }
            Self::Identity(e) | Self::Statement(e) => identity(e).into(),
            Self::CodeNotTaken => "run it again, and write the code down first".into(),
            Self::NoWay(_) => "`kovra recovery list` shows them".into(),
            Self::WrongProof("the vault's PIN") => {
                "`kovra recover` sets another, by a way back in".into()
            }
            Self::NoPeer(_) => "`kovra peer list` shows who is there".into(),
            Self::NoKey => "ask for it again, and copy the whole of it".into(),
            Self::OtherKind(_) => "ask for their kovra1..., age1... or ssh-ed25519 key".into(),
            Self::KeyFile => "`kovra peer add NAME KEY` pins a key".into(),
            Self::Exists(at) => format!(
                "`kovra set {at}`, `kovra generate {at} --replace` or `kovra import --overwrite` gives it \
                 another value"
            ),
            Self::Taken(at) => format!("choose another name, or `kovra rm {at}` first"),
            Self::WouldOverwrite(_) => "--overwrite allows it".into(),
            Self::LeftOut(_) => "it is outside --env or --component".into(),
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

    /// For who has to do with a peer's key.
    fn of_peer(&self) -> Option<String> {
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
            Self::SenderOnly(name) => {
                format!(
                    "they write it with `kovra id -o FILE`, and you pin it: `kovra peer add {name} FILE`"
                )
            }
            Self::OtherKey(name) => {
                format!("if they really have a new one, `kovra peer rm {name}` first")
            }
            Self::OlderKeys(name) => format!(
                "nothing was changed; {name} gives you their latest with `kovra id -o FILE`, after `kovra id \
                 rotate` if their vault came back from a backup"
            ),
            Self::Mixed { .. } => "seal one package to each of them".into(),
            Self::NotPostQuantum(hinders) => post_quantum(hinders),
            Self::KeyNotName(Some(name)) => format!("it is pinned as {name}"),
            Self::KeyNotName(None) => "`kovra peer add NAME KEY` pins it under a name".into(),
            Self::HalfStatement(_) => {
                "`kovra id add-device` with it, on that device, prints the whole one".into()
            }
            Self::OtherStatement(_) => {
                "nothing was pinned; without --statement the fingerprint of the \
                                        device is compared"
                    .into()
            }
            Self::OtherDevice(_) => {
                "give it to `kovra id add-device` on the device that it is about".into()
            }
            Self::Unconfirmed(name) => {
                let person = person(name);
                format!("`kovra peer confirm {person}`, once you have compared the fingerprint")
            }
            _ => return None,
        })
    }
}

/// What each of them must run.
fn post_quantum(hinders: &[Hinders]) -> String {
    let all = by_cause(hinders.iter().map(|peer| (&*peer.name, peer.lacks)));
    let remedies = all.iter().map(|(lacks, names)| format!("{}: {}", some(names), lacks.remedy()));
    let mut lines = vec!["nothing was sealed".to_owned()];
    lines.extend(remedies);
    lines.join("; ")
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
        IdentityError::Encoding | IdentityError::Shape | IdentityError::Hybrid => {
            "ask for it again, and copy the whole of it"
        }
        IdentityError::Key(_) | IdentityError::Signature | IdentityError::OtherHybrid => {
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

/// One hint, if it is good for all.
fn missing_hint(entries: &[Missing]) -> Option<String> {
    let mut hints = entries.iter().filter_map(|entry| entry.why.hint());
    let first = hints.next()?;
    let all = "`kovra list` shows what is there, `kovra history` what was removed";
    Some(if hints.all(|hint| hint == first) { first } else { all.into() })
}

#[cfg(test)]
mod tests {
    use super::super::absence::Absence;
    use super::super::post_quantum::Lacks;
    use super::*;
    use crate::clock::Moment;
    use crate::coordinate::Coordinate;
    use crate::platform::Unsafe;
    use crate::vault::Origin;
    use crate::{package, refs, vault};
    use std::io;
    use std::path::{Path, PathBuf};

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
            (IdentityError::Version(3).into(), "a newer kovra may know it"),
            (IdentityError::Signature.into(), "ask its owner for it by another channel"),
            (IdentityError::Key(crate::identity::KeyError::SmallOrder).into(), "do not use it"),
            (Error::Exists(at()), "`kovra set dev/db/url`"),
            (Error::Taken(at()), "`kovra rm dev/db/url` first"),
            (Error::WouldOverwrite(vec![at()]), "--overwrite allows it"),
            (Error::OtherKey(bob()), "`kovra peer rm bob` first"),
            (Error::LeftOut(at()), "--env or --component"),
            (Error::SenderOnly(bob()), "`kovra peer add bob FILE`"),
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

    #[test]
    fn what_stands_in_the_way_of_post_quantum_has_a_hint() {
        let bob = || "bob".to_owned();
        let hinders = Lacks::ALL.iter().map(|lacks| Hinders { name: bob(), lacks: *lacks });
        for (error, hint) in [
            (Error::OlderKeys(bob()), "bob gives you their latest with `kovra id -o FILE`"),
            (Error::Mixed { hybrid: bob(), classical: bob() }, "one package to each"),
            (Error::NotPostQuantum(hinders.collect()), "bob: `kovra id rotate` makes one"),
            (IdentityError::Hybrid.into(), "copy the whole of it"),
            (IdentityError::OtherHybrid.into(), "ask its owner for it by another channel"),
        ] {
            assert!(error.hint().unwrap().contains(hint), "{error}");
        }
    }

    /// Whoever was given a package, and nobody else, is sent to its sender.
    #[test]
    fn a_statement_that_is_not_taken_has_a_hint() {
        for (error, hint) in [
            (Error::HalfStatement(String::new()), "on that device"),
            (Error::OtherStatement(String::new()), "without --statement"),
            (Error::OtherDevice(String::new()), "on the device that it is about"),
            (Error::Unconfirmed("bob/desktop".into()), "`kovra peer confirm bob`"),
            (Error::Statement(IdentityError::Version(2)), "a newer kovra may know it"),
        ] {
            assert!(error.hint().unwrap().contains(hint), "{error}");
        }
    }

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
