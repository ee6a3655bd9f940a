//! The audit trail in the vault: sealed rows in a chain, and its head outside of their table.

use super::batch::Content;
use super::keys::{Keys, Nonce, random};
use super::place::{Kind, Place};
use super::record::Fields;
use super::{Batch, Error, Vault, View, schema};
use crate::audit::Event;
use crate::cbor::Writer;
use hmac::Mac;
use rusqlite::params;

const NO_LOOKUP: [u8; 32] = [0; 32];

/// How many rows there are, and the link of the last.
#[derive(Clone, Copy)]
struct Head {
    count: u64,
    link: [u8; 32],
}

struct TrailRow {
    number: u64,
    nonce: Nonce,
    sealed: Vec<u8>,
    link: [u8; 32],
}

impl TrailRow {
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        let number = u64::try_from(row.get::<_, i64>(0)?).unwrap_or(0);
        Ok(Self { number, nonce: row.get(1)?, sealed: row.get(2)?, link: row.get(3)? })
    }

    fn place(&self) -> Place {
        Place { kind: Kind::TRAIL, lookup: NO_LOOKUP, revision: self.number, guarded: false }
    }

    /// What the row's link must be, after a row with the link `before`.
    fn link_after(&self, before: &[u8; 32], keys: &Keys) -> [u8; 32] {
        let mut mac = keys.trail();
        mac.update(before);
        mac.update(&self.number.to_be_bytes());
        mac.update(&self.nonce);
        mac.update(&self.sealed);
        mac.finalize().into_bytes().into()
    }
}

/// The trail, as far as it is as it was written.
pub struct Trail {
    /// Oldest first, each event with the number of its row.
    pub events: Vec<(u64, Event)>,
    /// What is not as it was written; empty if the trail is whole.
    pub damage: Vec<String>,
}

impl Batch<'_> {
    /// Appends rows to the trail, in the same transaction as what they record.
    pub fn audit(&mut self, events: &[Event]) -> Result<(), Error> {
        let mut head = self.view().trail_head()?;
        let mut insert = self.db.prepare_cached("INSERT INTO trail VALUES (?1, ?2, ?3, ?4)")?;
        // A run of many secrets is one row with many names.
        for events in events.chunk_by(Event::differs_in_entry_only) {
            let (number, nonce) = (head.count + 1, random()?);
            let mut row = TrailRow { number, nonce, sealed: Vec::new(), link: [0; 32] };
            row.sealed = self.keys.seal_metadata(row.place(), &nonce, &Event::encode(events));
            row.link = row.link_after(&head.link, self.keys);
            schema::one(insert.execute(params![number as i64, nonce, row.sealed, row.link])?)?;
            head = Head { count: number, link: row.link };
        }
        let mut w = Writer::with_capacity(64);
        w.array(2).uint(head.count).bytes(&head.link);
        let lookup = self.view().state_lookup("trail");
        self.replace(Kind::STATE, lookup, &Content::of(w.as_bytes(), false))
    }
}

impl Vault {
    /// Records uses that change nothing else. The rows survive a crash of any process; a power cut
    /// in the moment after may lose them, which spares each use of a secret a wait for the disk.
    pub fn record(&mut self, events: &[Event]) -> Result<(), Error> {
        self.record_if(events, |_| Ok(()))
    }

    /// [`Vault::record`], if what the uses were agreed on is still so.
    pub fn record_if(
        &mut self,
        events: &[Event],
        still: impl FnOnce(&Batch<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.db.end("COMMIT")?;
        self.db.spare_the_disk()?;
        let done = self.write(|batch| {
            still(batch)?;
            batch.audit(events)
        });
        self.db.end("COMMIT")?;
        self.db.use_the_disk()?;
        self.db.fold_long_log()?;
        self.take_snapshot()?;
        done
    }
}

impl View<'_> {
    /// The whole trail. What is wrong with it is in the answer: one bad row does not hide the others.
    pub fn trail(&self) -> Result<Trail, Error> {
        let mut reading = Reading {
            keys: self.rows.keys,
            head: self.trail_head()?,
            last: Head { count: 0, link: [0; 32] },
            trail: Trail { events: Vec::new(), damage: Vec::new() },
        };
        let mut query = self
            .rows
            .db
            .prepare_cached("SELECT number, nonce, sealed, link FROM trail ORDER BY number")?;
        for row in query.query_map([], TrailRow::read)? {
            if !reading.next(&row?) {
                break;
            }
        }
        Ok(reading.finish())
    }

    fn trail_head(&self) -> Result<Head, Error> {
        let Some(row) = self.rows.get(Kind::STATE, &self.state_lookup("trail"))? else {
            return Ok(Head { count: 0, link: [0; 32] });
        };
        let mut fields = Fields::of(&row.metadata, "trail head")?;
        Ok(Head { count: fields.next()?.uint()?, link: *fields.next()?.fixed()? })
    }
}

/// A walk over the trail.
struct Reading<'a> {
    keys: &'a Keys,
    /// What was recorded outside of the table.
    head: Head,
    /// The row before.
    last: Head,
    trail: Trail,
}

impl Reading<'_> {
    /// Takes one row, and says whether there may be another.
    fn next(&mut self, row: &TrailRow) -> bool {
        let (number, expected) = (row.number, self.last.count + 1);
        if number > self.head.count || number < expected {
            self.trail.damage.push(format!("row {number} was added from outside"));
            return false;
        }
        let follows = number == expected;
        if !follows {
            self.trail.damage.push(match number - 1 {
                last if last == expected => format!("row {expected} was removed"),
                last => format!("rows {expected} to {last} were removed"),
            });
        }
        // Behind a gap the link before is not known; the seal says that the row is ours, and its place.
        let linked = !follows || row.link == row.link_after(&self.last.link, self.keys);
        let plain = self.keys.open_metadata(row.place(), &row.nonce, &row.sealed);
        match plain.filter(|_| linked).map(|plain| Event::decode(&plain)) {
            Some(Ok(events)) => {
                self.trail.events.extend(events.into_iter().map(|event| (number, event)));
            }
            _ => self
                .trail
                .damage
                .push(format!("row {number} was changed, moved or put in its place")),
        }
        self.last = Head { count: number, link: row.link };
        true
    }

    fn finish(mut self) -> Trail {
        let Head { count, link } = self.last;
        if count < self.head.count {
            let there_were = self.head.count;
            self.trail
                .damage
                .push(format!("it was cut after row {count}; there were {there_were}"));
        } else if link != self.head.link && self.trail.damage.is_empty() {
            self.trail.damage.push("its end is not the one that was recorded".into());
        }
        self.trail
    }
}
