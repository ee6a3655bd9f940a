//! The audit trail: what was done or refused, by whom, with which entry. Never a value.
//!
//! Rows are linked: each carries a MAC over the one before it, so that a row which is edited, removed
//! or moved breaks the chain, and the head, kept elsewhere, shows a trail that was cut.

use crate::cbor::{CborError, Reader, Writer};
use crate::clock::Moment;
use crate::identity::is_meant_by;
use crate::policy::Asker;

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Allowed,
    Confirmed,
    /// Policy or the person said no.
    Denied,
    /// It was allowed, and did not work.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Add,
    /// A new value or pointer for an entry.
    Set,
    /// A new sensitivity or description.
    Edit,
    /// An entry removed; it can be restored.
    Remove,
    Restore,
    /// Earlier revisions erased for good.
    Prune,
    Show,
    Run,
    Materialize,
    /// A pointer's value copied into the vault.
    Capture,
    Seal,
    Import,
    /// A peer pinned or changed.
    PeerAdd,
    PeerRemove,
    AllowAdd,
    AllowRemove,
    PinSet,
    Receipt,
    /// A peer taken for who they say they are.
    PeerConfirm,
    PeerRename,
    Copy,
    Move,
    RefsTrust,
    RefsDistrust,
    /// A way back in made, or removed.
    RecoveryAdd,
    RecoveryRemove,
    /// The vault's keys drawn anew, or wrapped again.
    Rekey,
    Rewrap,
    /// A new encryption key for the identity.
    IdRotate,
    /// Came in by a way back in.
    Recover,
    /// The vault key kept for a time.
    Unlock,
    Backup,
    /// Another identity said to be the owner's, too.
    IdAddDevice,
    /// The vault's rows put into a fresh file.
    Repair,
    /// What seal is held to.
    RequirePq,
}

/// Words, and numbers for the vault: a member's number is its place, so new ones go last.
macro_rules! names {
    ($type:ident { $($member:ident = $name:literal),+ $(,)? }) => {
        words!($type { $($member = $name),+ });

        impl $type {
            fn number(self) -> u64 {
                position(Self::ALL, self) as u64
            }

            fn from_number(number: u64) -> Option<Self> {
                Self::ALL.get(usize::try_from(number).ok()?).copied()
            }
        }
    };
}

#[expect(clippy::expect_used, reason = "`name` does not compile unless `all` has every member")]
fn position<T: PartialEq>(all: &[T], member: T) -> usize {
    all.iter().position(|x| *x == member).expect("a member of all")
}

names!(Outcome { Allowed = "allowed", Confirmed = "confirmed", Denied = "denied", Failed = "failed" });
names!(Action {
    Add = "add",
    Set = "set",
    Edit = "edit",
    Remove = "rm",
    Restore = "restore",
    Prune = "prune",
    Show = "show",
    Run = "run",
    Materialize = "materialize",
    Capture = "capture",
    Seal = "seal",
    Import = "import",
    PeerAdd = "peer-add",
    PeerRemove = "peer-rm",
    AllowAdd = "allow-add",
    AllowRemove = "allow-rm",
    PinSet = "pin-set",
    Receipt = "receipt",
    PeerConfirm = "peer-confirm",
    PeerRename = "peer-rename",
    Copy = "cp",
    Move = "mv",
    RefsTrust = "refs-trust",
    RefsDistrust = "refs-distrust",
    RecoveryAdd = "recovery-add",
    RecoveryRemove = "recovery-rm",
    Rekey = "rekey",
    Rewrap = "rewrap",
    IdRotate = "id-rotate",
    Recover = "recover",
    Unlock = "unlock",
    Backup = "backup",
    IdAddDevice = "id-add-device",
    Repair = "repair",
    RequirePq = "require-pq",
});
names!(Asker { Person = "person", Unattended = "unattended", Agent = "agent" });

/// What became of one request. Rows of the trail hold one, or several that differ in their entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub time: Moment,
    pub outcome: Outcome,
    pub action: Action,
    pub asker: Asker,
    pub coordinate: Option<String>,
    /// By its local name at the time.
    pub peer: Option<String>,
    /// The package's id.
    pub package: Option<[u8; 16]>,
    /// The program that got a value, or that was allowed.
    pub program: Option<String>,
}

impl Event {
    pub fn new(action: Action, outcome: Outcome, asker: Asker, time: Moment) -> Self {
        Self {
            time,
            outcome,
            action,
            asker,
            coordinate: None,
            peer: None,
            package: None,
            program: None,
        }
    }

    pub fn about(mut self, coordinate: impl ToString) -> Self {
        self.coordinate = Some(coordinate.to_string());
        self
    }

    pub fn with_peer(mut self, name: &str) -> Self {
        self.peer = Some(name.to_owned());
        self
    }

    pub fn in_package(mut self, id: [u8; 16]) -> Self {
        self.package = Some(id);
        self
    }

    pub fn for_program(mut self, path: impl ToString) -> Self {
        self.program = Some(path.to_string());
        self
    }

    /// Whether the two differ in their entry at most. Such events share a row of the trail.
    pub(crate) fn differs_in_entry_only(&self, other: &Self) -> bool {
        let without = |event: &Self| Self { coordinate: None, ..event.clone() };
        without(self) == without(other)
    }

    /// Encodes events that differ in their entry at most, as one row.
    pub(crate) fn encode(events: &[Self]) -> Vec<u8> {
        let mut w = Writer::with_capacity(256 + 64 * events.len());
        let Some(first) = events.first() else { return w.finish() };
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        w.array(8).uint(first.time.millis()).uint(first.outcome.number());
        w.uint(first.action.number()).uint(first.asker.number()).text(&text(&first.peer));
        w.bytes(first.package.as_ref().map_or(&[], |id| id)).text(&text(&first.program));
        w.array(events.len());
        events.iter().for_each(|event| {
            w.text(&text(&event.coordinate));
        });
        w.finish()
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Vec<Self>, CborError> {
        let bad = CborError { place: "audit row", at: 0, what: "unknown content" };
        let text = |t: &str| Some(t.to_owned()).filter(|t| !t.is_empty());
        let mut r = Reader::new(bytes, "audit row");
        if r.array()? != 8 {
            return Err(bad);
        }
        let shared = Self {
            time: Moment::from_millis(r.uint()?),
            outcome: Outcome::from_number(r.uint()?).ok_or(bad)?,
            action: Action::from_number(r.uint()?).ok_or(bad)?,
            asker: Asker::from_number(r.uint()?).ok_or(bad)?,
            coordinate: None,
            peer: text(r.text()?),
            package: r.bytes()?.try_into().ok(),
            program: text(r.text()?),
        };
        let mut events = Vec::new();
        for _ in 0..r.array()? {
            events.push(Self { coordinate: text(r.text()?), ..shared.clone() });
        }
        r.finish()?;
        Ok(events)
    }
}

/// Which rows of a trail are wanted; `None` wants all.
#[derive(Default)]
pub struct Filter {
    pub coordinate: Option<String>,
    pub env: Option<String>,
    pub action: Option<Action>,
    pub peer: Option<String>,
    /// Inclusive.
    pub since: Option<Moment>,
    /// Inclusive.
    pub until: Option<Moment>,
}

impl Filter {
    /// A peer is meant with all their devices.
    pub fn wants_peer(&self, peer: Option<&str>) -> bool {
        let Some(asked) = &self.peer else { return true };
        peer.is_some_and(|name| is_meant_by(name, asked))
    }

    pub fn matches(&self, event: &Event) -> bool {
        let env = event.coordinate.as_deref().and_then(|at| at.split('/').next());
        wanted(self.coordinate.as_deref(), event.coordinate.as_deref())
            && wanted(self.env.as_deref(), env)
            && self.wants_peer(event.peer.as_deref())
            && self.action.is_none_or(|action| action == event.action)
            && self.since.is_none_or(|since| event.time >= since)
            && self.until.is_none_or(|until| event.time <= until)
    }
}

/// An absent wish wants everything.
fn wanted(wish: Option<&str>, found: Option<&str>) -> bool {
    wish.is_none() || wish == found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_read_back() {
        let time = Moment::from_millis(1_800_000_000_123);
        let bare = Event::new(Action::PinSet, Outcome::Denied, Asker::Agent, time);
        let full = Event::new(Action::Run, Outcome::Confirmed, Asker::Person, time)
            .about("dev/db/url")
            .with_peer("bob")
            .in_package([7; 16])
            .for_program("/usr/bin/env");
        let other = full.clone().about("dev/db/password");
        assert!(full.differs_in_entry_only(&other) && !full.differs_in_entry_only(&bare));
        for events in [vec![bare], vec![full, other]] {
            assert_eq!(Event::decode(&Event::encode(&events)), Ok(events));
        }
    }
}
