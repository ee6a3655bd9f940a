//! `doctor`: everything in a vault is opened, and what is wrong or missing is named, with what helps.

use super::causes::some;
use super::session::Wish;
use super::shared::{Upshot, upshot};
use super::{About, Error, Session};
use crate::audit::Action;
use crate::clock::Moment;
use crate::platform::{self, Volume};
use crate::policy::Trust;
use crate::text::{escape, shown};
use crate::vault::{self, FILE, Proof, Vault, View};
use std::collections::BTreeSet;
use std::io;
use std::path::Path;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// The vault did not open.
    Vault,
    Row,
    Trail,
    /// Others may read a file, or write it.
    Mode,
    /// Where the vault lies.
    Volume,
    Proof,
    Recovery,
    Backup,
    Peer,
    Package,
    /// Sealed so that a quantum computer opens it.
    Quantum,
    /// Erased, and still in the files.
    Erasing,
}

words!(Subject {
    Vault = "vault",
    Row = "row",
    Trail = "trail",
    Mode = "mode",
    Volume = "volume",
    Proof = "proof",
    Recovery = "recovery",
    Backup = "backup",
    Peer = "peer",
    Package = "package",
    Quantum = "quantum",
    Erasing = "erasing",
});

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something to know.
    Note,
    /// Something to do.
    Warning,
    /// The vault is not as it was written, or does not open.
    Damage,
}

words!(Level { Note = "note", Warning = "warning", Damage = "damage" });

/// One thing that is wrong, or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub subject: Subject,
    pub level: Level,
    /// What, and where. Escaped.
    pub what: String,
    /// What helps.
    pub remedy: String,
}

/// How old a backup may be.
const BACKUP_DAYS: u64 = 30;
const DAY: u64 = 86_400;
/// The least room that a vault should have around it, in bytes.
const ROOM: u64 = 16 << 20;

/// What shows without opening the vault.
pub fn look_around(home: &Path) -> Vec<Finding> {
    let file = home.join(FILE);
    let open = [home, &file].into_iter().filter(|path| platform::is_open_to_others(path));
    let modes = open.map(|path| Finding {
        subject: Subject::Mode,
        level: Level::Note,
        what: format!("others can read or write {}", shown(path)),
        remedy: "`chmod go-rwx` takes that away, and so does --fix".into(),
    });
    let volume = platform::volume(home).ok().map(|volume| of_volume(home, &file, &volume));
    modes.chain(volume.into_iter().flatten()).collect()
}

fn of_volume(home: &Path, file: &Path, volume: &Volume) -> Vec<Finding> {
    let finding = |what, remedy: &str| Finding {
        subject: Subject::Volume,
        level: Level::Warning,
        what,
        remedy: remedy.into(),
    };
    let network = volume.is_network.then(|| {
        finding(
            format!("{} lies on a network file system, or on one that a program makes (FUSE): locks and the order of writes can fail there", shown(home)),
            "move the folder to a disk of this machine, and give it with --home or KOVRA_HOME",
        )
    });
    let length = file.metadata().map_or(0, |file| file.len());
    let full = (volume.free < ROOM.max(2 * length)).then(|| {
        finding(
            format!("{} bytes are free where the vault lies", volume.free),
            "make room: new keys, a backup or an erasure take as much again as the vault",
        )
    });
    network.into_iter().chain(full).collect()
}

/// Opens every row, every value and the trail, and looks at what their owner might miss.
pub fn examine(vault: &Vault, now: Moment) -> Result<Vec<Finding>, vault::Error> {
    let view = vault.view();
    let mut found = damage(view)?;
    found.extend(erasing(vault));
    found.extend(owner(view, now)?);
    found.extend(people(view, now)?);
    found.extend(classical(view)?);
    found.extend(no_hybrid_key(view)?);
    Ok(found)
}

fn damage(view: View<'_>) -> Result<Vec<Finding>, vault::Error> {
    let level = Level::Damage;
    let finding =
        |subject, what, remedy: &str| Finding { subject, level, what, remedy: remedy.into() };
    let rows = view.damaged_rows()?.into_iter().map(|what| {
        finding(
            Subject::Row,
            what,
            "`kovra recover --salvage` makes a vault of all that opens; a backup may have this, too",
        )
    });
    let trail = view.trail()?.damage.into_iter().map(|what| {
        let what = format!("the audit trail: {}", escape(&what));
        finding(Subject::Trail, what, "`kovra audit` shows the rows that are as they were written")
    });
    Ok(rows.chain(trail).collect())
}

fn erasing(vault: &Vault) -> Option<Finding> {
    vault.is_erasing().then(|| Finding {
        subject: Subject::Erasing,
        level: Level::Warning,
        what: "what was erased is still in the vault's files".into(),
        remedy: "the next command that no other process hinders takes it out".into(),
    })
}

/// Whether the owner is known, and gets back in.
fn owner(view: View<'_>, now: Moment) -> Result<Vec<Finding>, vault::Error> {
    let warning = |subject, what: &str, remedy: &str| Finding {
        subject,
        level: Level::Warning,
        what: what.into(),
        remedy: remedy.into(),
    };
    let mut found = Vec::new();
    if view.proof()? == Proof::Nothing {
        let what = "no PIN is set, so whoever has a terminal says yes";
        found.push(warning(Subject::Proof, what, "`kovra pin set` sets one"));
    }
    if view.recovery().is_empty() {
        let what = "there is no second way in: if what opens the vault is lost, all in it is";
        found.push(warning(Subject::Recovery, what, "`kovra recovery add` makes one"));
    }
    let age = view.last_backup()?.map(|made| now.seconds().saturating_sub(made.seconds()) / DAY);
    let what = match age {
        None => Some("no backup was ever made".to_owned()),
        Some(days) if days >= BACKUP_DAYS => Some(format!("the latest backup is {days} days old")),
        Some(_) => None,
    };
    found.extend(what.map(|what| warning(Subject::Backup, &what, "`kovra backup FILE` makes one")));
    Ok(found)
}

/// Whom nobody confirmed, and what has expired unread.
fn people(view: View<'_>, now: Moment) -> Result<Vec<Finding>, vault::Error> {
    let level = Level::Note;
    let note =
        |subject, what, remedy: &str| Finding { subject, level, what, remedy: remedy.into() };
    let unconfirmed: Vec<String> =
        view.peers()?.into_iter().filter(|peer| !peer.confirmed).map(|peer| peer.name).collect();
    let peers = (!unconfirmed.is_empty()).then(|| {
        let what = format!("nobody compared the fingerprint of {}", unconfirmed.join(", "));
        note(
            Subject::Peer,
            what,
            "`kovra peer confirm NAME` takes a peer for who they say they are",
        )
    });
    let gone = |share: &vault::Share| {
        share.expires < now && share.recipients.iter().all(|r| r.received.is_none())
    };
    let expired = view.shares()?.iter().filter(|share| gone(share)).count();
    let packages = (expired > 0).then(|| {
        let what = match expired {
            1 => "1 package that you sealed has expired, and no receipt came for it".to_owned(),
            n => format!("{n} packages that you sealed have expired, and no receipt came for them"),
        };
        note(
            Subject::Package,
            what,
            "`kovra shared` lists what was in them; seal it again if it is wanted",
        )
    });
    Ok(peers.into_iter().chain(packages).collect())
}

/// What was sealed classically and is still in use: who recorded a package has it one day.
fn classical(view: View<'_>) -> Result<Option<Finding>, vault::Error> {
    let mut values = BTreeSet::new();
    for share in view.shares()?.into_iter().filter(|share| !share.post_quantum) {
        for entry in share.entries {
            if upshot(view, &entry)? == Upshot::Rotate {
                values.insert(entry.coordinate);
            }
        }
    }
    let values: Vec<&str> = values.iter().map(String::as_str).collect();
    Ok((!values.is_empty()).then(|| Finding {
        subject: Subject::Quantum,
        level: Level::Note,
        what: format!("a quantum computer will open the packages in which {} went", some(&values)),
        remedy: "give them other values, and seal those to hybrid keys; `kovra shared` shows whose are not"
            .into(),
    }))
}

fn no_hybrid_key(view: View<'_>) -> Result<Option<Finding>, vault::Error> {
    Ok(view.identity()?.hybrid.is_empty().then(|| Finding {
        subject: Subject::Quantum,
        level: Level::Note,
        what:
            "your identity has no hybrid key, so a quantum computer will open what is sealed to you"
                .into(),
        remedy: "`kovra id rotate` makes one; who seals to you gets it by `kovra id -o FILE`"
            .into(),
    }))
}

/// Takes away what others may read or write of the vault's own files.
pub fn close_to_others(home: &Path) -> io::Result<()> {
    [home, &home.join(FILE)].into_iter().try_for_each(platform::close_to_others)
}

/// Agrees on a fresh file for the rows of a vault whose own is wrong in `what`, and puts that on record among them.
pub fn repair(session: &mut Session<'_>, what: &str) -> Result<(), Error> {
    let event = session.event(Action::Repair);
    let wish = Wish::of_trust(Trust::Repair, "the vault", event);
    let consent = session.ask(vec![wish], &About::Repair(what))?;
    session.record(consent)
}
