//! Whether the file has all of it: every kind of error, refusal and question that the code knows is looked
//! for in it. A kind that is new does not compile here.

use super::mask::masked;
use super::path;
use kovra::backup;
use kovra::clock::Moment;
use kovra::coordinate::{Coordinate, CoordinateError};
use kovra::exit::Exit;
use kovra::identity::{IdentityError, KeyError};
use kovra::ops::rekey::Keys;
use kovra::ops::{About, Absence, Error, Missing, Replay};
use kovra::package::{self, Class};
use kovra::platform::{NoProgram, Unsafe};
use kovra::pointer::PointerError;
use kovra::policy::{Reason, Standing};
use kovra::provider::FaultKind;
use kovra::vault::Origin;
use kovra::{refs::RefsError, vault};
use std::io;
use std::path::PathBuf;

/// The words of every member of an enum: one of each, with what the story has in it.
macro_rules! every {
    ($type:ty { $($member:pat => $said:expr),+ $(,)? }) => {{
        let _all = |value: &$type| match value { $($member => ()),+ };
        vec![$(($said).to_string()),+]
    }};
}

/// What no story reaches, with why, so that it stands in the file by itself.
pub(super) fn unreached() -> Vec<(&'static str, Error)> {
    let path = || PathBuf::from("<file>");
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    let at = |why| Error::Unsafe { path: path(), why };
    let changed = backup::Error::Vault(vault::Error::Damaged("<what is wrong>".into()));
    let read_only = vault::Error::ReadOnly("<why it can only be read>".into());
    vec![
        ("between two calls of the system", Error::Unwritten { path: path(), source: full() }),
        ("the same", Error::BackupUnwritten { path: path(), source: full() }),
        ("a backup whose vault was changed by who can open it", changed.into()),
        ("somebody else's file, which takes another user", at(Unsafe::Foreign(1000))),
        ("a folder that became a file while it was opened", at(Unsafe::NotFolder)),
        ("a file that went away while it was opened", at(Unsafe::Io(full()))),
        ("a medium that fails under SQLite", vault::Error::Storage("<what it says>".into()).into()),
        ("a folder that root can't write to either", read_only.into()),
        ("a row that a later kovra wrote", vault::Error::Later("an entry").into()),
        ("a key that takes a search to make", IdentityError::Key(KeyError::SmallOrder).into()),
    ]
}

fn at() -> Coordinate {
    "dev/db/url".parse().unwrap()
}

fn moment() -> Moment {
    Moment::from_seconds(0)
}

fn of(class: Class) -> package::Error {
    package::Error::new(class, "place", "what")
}

fn hint(error: Error) -> String {
    error.hint().unwrap()
}

fn errors() -> Vec<String> {
    let bob = || "bob".to_owned();
    let none = || "dev/db/none".parse::<Coordinate>().unwrap();
    let fingerprint = || "<bob's fingerprint>".to_owned();
    let file = || PathBuf::from("<file>");
    let global = Origin::Global;
    let absent = || Absence::new(&global, &none());
    let elsewhere = Absence { envs: vec!["qa".into(), "test".into()], ..absent() };
    let missing = Missing { variable: "A".into(), line: 1, why: elsewhere.into() };
    let full = || io::Error::from(io::ErrorKind::StorageFull);
    every!(Error {
        Error::Package(_) => hint(Error::Package(of(Class::Malformed))),
        Error::Sealing(_) => hint(Error::Sealing(of(Class::Limit))),
        Error::Receipt(_) => hint(Error::Receipt(of(Class::Malformed))),
        Error::Clock { .. } => Error::Clock { now: moment(), seen: moment() },
        Error::SealClock { .. } => Error::SealClock { now: moment(), seen: moment() },
        Error::Replay(_) => Error::Replay(Replay::Again),
        Error::Rotation(_) => Error::Rotation(bob()),
        Error::Uncompared { .. } => Error::Uncompared { name: bob(), fingerprint: fingerprint() },
        Error::KnownBefore(_) => Error::KnownBefore(bob()),
        Error::OtherSender { .. } => Error::OtherSender { name: bob(), fingerprint: fingerprint() },
        Error::Vault(_) => vault::Error::Busy,
        Error::Backup(_) => "error: this is no backup of a vault: ",
        Error::NoRecipient => Error::NoRecipient,
        Error::BackupUnwritten { .. } => Error::BackupUnwritten { path: file(), source: full() },
        Error::Refs { .. } => RefsError { line: 1, what: String::new() },
        Error::Identity(_) => IdentityError::Shape,
        Error::Statement(_) => Error::Statement(IdentityError::Encoding),
        Error::HalfStatement(_) => Error::HalfStatement("bob/desktop".into()),
        Error::OtherStatement(_) => Error::OtherStatement("bob/phone".into()),
        Error::OtherDevice(_) => Error::OtherDevice("<desktop's fingerprint>".into()),
        Error::Unconfirmed(_) => Error::Unconfirmed("bob".into()),
        Error::Denied(_) => Error::Denied(vec![("dev/db/root".into(), Reason::InjectOnly)]),
        Error::Declined => Error::Declined,
        Error::CodeNotTaken => hint(Error::CodeNotTaken),
        Error::NoWay(_) => Error::NoWay("code".into()),
        Error::WrongProof(_) => Error::WrongProof("the vault's PIN"),
        Error::Rule(_) => Error::Rule("prod/db/user is of prod, and never below ".into()),
        Error::NoEntry(_) => Error::from(absent()),
        Error::Missing(_) => Error::Missing(vec![missing]),
        Error::NoPeer(_) => Error::NoPeer("dora".into()),
        Error::KeyNotName(_) => Error::KeyNotName(None),
        Error::NoKey => Error::NoKey,
        Error::OtherKind(_) => Error::OtherKind("ssh-rsa".into()),
        Error::KeyFile => Error::KeyFile,
        Error::Nothing(_) => Error::Nothing("no revision 99 of dev/db/url holds anything".into()),
        Error::Exists(_) => Error::Exists(at()),
        Error::Taken(_) => Error::Taken("dev/db/user".parse().unwrap()),
        Error::WouldOverwrite(_) => Error::WouldOverwrite(vec![at(), "dev/pay/key".parse().unwrap()]),
        Error::OtherKey(_) => Error::OtherKey(bob()),
        Error::OlderKeys(_) => Error::OlderKeys(bob()),
        Error::Mixed { .. } => Error::Mixed { hybrid: "erin".into(), classical: "carol".into() },
        Error::NotPostQuantum(_) => "error: policy: a quantum computer would open it",
        Error::Conflict(_) => Error::Conflict("there is a peer named bob already".into()),
        Error::LeftOut(_) => Error::LeftOut(at()),
        Error::SenderOnly(_) => Error::SenderOnly(bob()),
        Error::NoTokenFile => Error::NoTokenFile,
        Error::Usage(_) => Error::Usage("a PIN has at least 4 characters".into()),
        Error::Io { .. } => "error: none.kovra: ",
        Error::Unsafe { .. } => Unsafe::OthersRead,
        Error::Unwritten { .. } => Error::Unwritten { path: file(), source: full() },
        Error::Unresolved(_) => " did not resolve: ",
    })
}

fn replays() -> Vec<String> {
    every!(Replay {
        Replay::Again => Replay::Again,
        Replay::OtherFile => Replay::OtherFile,
        Replay::Older(_) => Replay::Older("dev/pay/key".parse().unwrap()),
    })
}

fn of_backups() -> Vec<String> {
    use backup::Error;
    every!(Error {
        Error::File(_) => of(Class::Unsupported).to_string().replace("place: what", "backup: it is sealed to an SSH key"),
        Error::Locked(_) => Error::Locked("it is sealed to another key or passphrase"),
        Error::Damaged(_) => Error::Damaged("it is cut short, or was changed"),
        Error::Foreign(_) => Error::Foreign("there is no tar archive in it"),
        Error::Vault(_) => Error::Vault(vault::Error::Damaged(String::new())),
    })
}

fn of_vaults() -> Vec<String> {
    use vault::Error;
    let folder = || PathBuf::from("<home>/.local/share/kovra");
    every!(Error {
        Error::Missing(_) => Error::Missing(folder()),
        Error::Exists(_) => Error::Exists(folder().join("vault.db")),
        Error::Foreign(_) => Error::Foreign("1 index, 1 view are none of kovra's".into()),
        Error::WrongKey(_) => Error::WrongKey("the key file is larger than a key"),
        Error::NotUsed(_) => Error::NotUsed("no passphrase keeps it, and one was given"),
        Error::Locked(_) => Error::Locked(String::new()),
        Error::Guarded => Error::Guarded,
        Error::NotKept(_) => Error::NotKept("the kernel keeps no keys here"),
        Error::NoSuchWay => Error::NoSuchWay,
        Error::TooManyWays => Error::TooManyWays,
        Error::Later(_) => Error::Later("an entry"),
        Error::Damaged(_) => Error::Damaged(String::new()),
        Error::Schema(_) => Error::Schema(99),
        Error::TooManyTries(_) => Error::TooManyTries(30),
        Error::Moved(_) => Error::Moved("dev/db/url".into()),
        Error::Busy => Error::Busy,
        Error::ReadOnly(_) => Error::ReadOnly(String::new()),
        Error::Unsafe { .. } => Unsafe::OthersWrite,
        Error::Io { .. } => "error: other.key/vault.db: Not a directory",
        Error::Storage(_) => Error::Storage(String::new()),
    })
}

fn reasons() -> Vec<String> {
    macro_rules! reasons {
        ($($member:ident),+ $(,)?) => {
            // A question about trust has words of its own.
            every!(Reason {
                $(Reason::$member => format!(": {}\n", Reason::$member)),+,
                Reason::Trust => "",
            })
        };
    }
    reasons!(
        High,
        Prod,
        NotChosen,
        InjectOnly,
        ProdLiteral,
        ProdCapture,
        PassesOn,
        Lowers,
        ProgramNotAllowed,
        ProgramChanged,
        OtherEnvironment,
        Agent,
        AgentAsks,
        AgentChanges,
        NeedsPerson,
        NeedsProof,
        Untrusted,
        Guarded,
    )
}

/// The words of questions are the program's alone.
fn questions() -> Vec<String> {
    every!(About<'_> {
        About::Show => "show the value of",
        About::Run { .. } => "tty| run",
        About::TrustFile(_) => "tty| give what this file names",
        About::Seal(_) => "tty| seal 1 entry",
        About::Resolve { chooses: false } => "which somebody else chose\n",
        About::Resolve { chooses: true } => "; from then on they are your choice",
        About::Capture => "keep a copy in this vault",
        About::Write(_) => "tty| write dev/db/password (global)",
        About::Remove(_) => "tty| remove",
        About::Prune { .. } => "of dev/db/ca for good\n",
        About::Vouch { .. } => "take this key for carol's",
        About::Device { .. } => "take this key for a further device of bob, as both say",
        About::ClaimDevice(_) => "say that this identity is yours, too",
        About::AgreeDevice(_) => "say that this identity is a further device of",
        About::Rotation(_) => "has new encryption keys, signed by the key you pinned",
        About::Rename { .. } => "rename the peer carol to clara",
        About::Allow { .. } => "put this program on the allowlist",
        About::Pin(_) => "pin this key as dora's, to seal to",
        About::Unpin(_) => "tty| remove the peer carol",
        About::Disallow(_) => "take this program off the allowlist",
        About::DistrustFile(_) => "trust this file no longer",
        About::BackUp(_) => "copy the whole vault, with every value and your identity, into c.age, for",
        About::SetPin => "change the PIN of the vault",
        About::AddRecovery(_) => "make a way back into the vault",
        About::RemoveRecovery(_) => "remove a way back into the vault",
        About::Rekey(Keys::New) => "draw new keys for the vault",
        About::Rekey(Keys::Same) => "change the lock of the vault, and keep its keys",
        About::Repair(_) => "put all rows of the vault, which are proved, into a fresh file",
        About::Rotate => "take new encryption keys",
        About::Require(true) => "seal nothing from this vault but what stays closed",
        About::Require(false) => "let packages be sealed from this vault that",
        About::Salvage => "make a new vault, with another lock, of all that still opens",
        About::Compare(_) => "compare with the package what these entries have",
        About::SealClock { .. } => "and the latest package was sealed at <time>.\n",
        About::ImportClock { .. } => "and the latest import was at <time>.",
        About::Older(_) => "the package is older than what its sender gave you before",
        About::Overwrite { .. } => "the import of a package by alice would overwrite",
        About::Nothing => "",
    })
}

fn programs() -> Vec<String> {
    let standings = every!(Standing {
        Standing::Allowed => ", on the allowlist\n",
        Standing::Unlisted => ", not on the allowlist",
        Standing::Changed => ", CHANGED since it was allowed",
        Standing::OtherEnvironment => ", on the allowlist, for another environment than this",
    });
    let missing = every!(NoProgram {
        NoProgram::Missing(_) => NoProgram::Missing("nowhere".into()),
        NoProgram::NotExecutable(_) => NoProgram::NotExecutable("./script".into()),
        // The folder that kovra stands in is gone.
        NoProgram::Nowhere(..) => "",
    });
    [standings, missing].concat()
}

fn files() -> Vec<String> {
    every!(Unsafe {
        Unsafe::NotFile(_) => Unsafe::NotFile("a device"),
        Unsafe::NotFolder => Unsafe::NotFolder,
        Unsafe::Foreign(_) => Unsafe::Foreign(1000),
        Unsafe::OthersWrite => Unsafe::OthersWrite,
        Unsafe::OthersRead => Unsafe::OthersRead,
        Unsafe::Io(_) => Unsafe::Io(io::ErrorKind::StorageFull.into()),
    })
}

fn keys() -> Vec<String> {
    every!(IdentityError {
        IdentityError::Encoding => IdentityError::Encoding,
        IdentityError::Shape => IdentityError::Shape,
        IdentityError::Version(_) => IdentityError::Version(3),
        IdentityError::Key(KeyError::NotCanonical) => IdentityError::Key(KeyError::NotCanonical),
        IdentityError::Key(KeyError::SmallOrder) => IdentityError::Key(KeyError::SmallOrder),
        IdentityError::Signature => IdentityError::Signature,
        IdentityError::Hybrid => IdentityError::Hybrid,
        IdentityError::OtherHybrid => IdentityError::OtherHybrid,
    })
}

fn names() -> Vec<String> {
    every!(CoordinateError {
        CoordinateError::Segments => CoordinateError::Segments,
        CoordinateError::Segment => CoordinateError::Segment,
        CoordinateError::DotDot => CoordinateError::DotDot,
        CoordinateError::Scheme => CoordinateError::Scheme,
    })
}

fn pointers() -> Vec<String> {
    use PointerError::{
        AwsArn, AwsName, AwsRegion, AwsRegionConflict, AwsVersion, AzureSecret, AzureShape,
        AzureVault, AzureVersion, Character, Field, Repeated, Scheme, TooLong, Unknown,
    };
    every!(PointerError {
        TooLong => TooLong,
        Character => Character,
        Scheme => Scheme,
        AzureShape => AzureShape,
        AzureVault => AzureVault,
        AzureSecret => AzureSecret,
        AzureVersion => AzureVersion,
        AwsName => AwsName,
        AwsArn => AwsArn,
        AwsRegion => AwsRegion,
        AwsRegionConflict => AwsRegionConflict,
        AwsVersion => AwsVersion,
        Repeated(_) => Repeated("region".into()),
        Unknown(_) => Unknown("api".into()),
        Field => Field,
    })
}

/// What a cloud did, in a table; what a program did, in a sentence.
fn faults() -> Vec<String> {
    let cell = |kind: FaultKind| format!("┆ {} ┆", kind.phrase());
    every!(FaultKind {
        FaultKind::NoIdentity => cell(FaultKind::NoIdentity),
        FaultKind::Denied => cell(FaultKind::Denied),
        FaultKind::NotFound => cell(FaultKind::NotFound),
        FaultKind::Disabled => cell(FaultKind::Disabled),
        FaultKind::Throttled => cell(FaultKind::Throttled),
        FaultKind::Unreachable => cell(FaultKind::Unreachable),
        FaultKind::Certificate => cell(FaultKind::Certificate),
        FaultKind::Misled => cell(FaultKind::Misled),
        FaultKind::Malformed => cell(FaultKind::Malformed),
        FaultKind::Unsupported => "1Password's program `op` was not found",
    })
}

/// Each class by itself and with what helps; and each exit code.
fn classes() -> Vec<String> {
    let said = |class: &Class| format!("error: {}: ", class.phrase());
    let hints = Class::ALL.iter().map(|class| hint(Error::Package(of(*class))));
    let sealing = [Class::Limit, Class::Policy].map(|class| hint(Error::Sealing(of(class))));
    let receipts = [Class::Signature, Class::Unsupported, Class::Untrusted, Class::Binding];
    let receipts = receipts.map(|class| hint(Error::Receipt(of(class))));
    let exits = Exit::ALL.iter().filter(|exit| **exit != Exit::Done);
    let exits = exits.map(|exit| format!("exit {}, {}", exit.code(), exit.meaning()));
    Class::ALL.iter().map(said).chain(hints).chain(sealing).chain(receipts).chain(exits).collect()
}

#[test]
fn every_kind_of_message_is_in_the_file() {
    let file = std::fs::read_to_string(path()).unwrap();
    let all = [
        ("an error", errors()),
        ("a replay", replays()),
        ("an error of a vault", of_vaults()),
        ("an error of a backup", of_backups()),
        ("a reason", reasons()),
        ("a question", questions()),
        ("a program", programs()),
        ("a file", files()),
        ("a key", keys()),
        ("a name", names()),
        ("a pointer", pointers()),
        ("a fault of a cloud", faults()),
        ("a class or an exit", classes()),
    ];
    let sought = all.into_iter().flat_map(|(kind, said)| said.into_iter().map(move |s| (kind, s)));
    let masked = |said: &str| masked(said, &[]);
    let is_there = |said: &str| {
        let ends = if said.ends_with('\n') { "\n" } else { "" };
        file.contains(&[masked(said).trim_end_matches('\n'), ends].concat())
    };
    let absent: Vec<String> = sought
        .filter(|(_, said)| !is_there(said))
        .map(|(kind, said)| format!("{kind}: {said}"))
        .collect();
    assert!(absent.is_empty(), "not in testdata/messages.txt:\n{}", absent.join("\n"));
}
