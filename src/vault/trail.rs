//! The audit trail in the vault: sealed rows in a chain, and its head outside of their table.

use super::batch::Content;
use super::keys::{Keys, Nonce, random};
use super::place::{Kind, Place};
use super::record::Fields;
use super::state::TRAIL;
use super::{Batch, Error, Vault, View, schema};
use crate::audit::Event;
use crate::cbor::Writer;
use hmac::Mac;
use rusqlite::{Connection, params};

const NO_LOOKUP: [u8; 32] = [0; 32];
const ROWS: &str = "SELECT number, nonce, sealed, link FROM trail ORDER BY number";

/// How many rows there are, and the link of the last.
#[derive(Clone, Copy)]
pub(super) struct Head {
    count: u64,
    link: [u8; 32],
}

impl Head {
    /// Of a trail without rows.
    pub(super) const NONE: Self = Self { count: 0, link: [0; 32] };

    pub(super) fn encode(self) -> Vec<u8> {
        let mut w = Writer::with_capacity(64);
        w.array(2).uint(self.count).bytes(&self.link);
        w.finish()
    }
}

pub(super) struct TrailRow {
    number: u64,
    nonce: Nonce,
    sealed: Vec<u8>,
    link: [u8; 32],
}

impl TrailRow {
    /// A row, unless a part of it is not of the format; and its number.
    fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(i64, Option<Self>)> {
        let number = row.get(0)?;
        let (nonce, sealed, link) = (row.get(1).ok(), row.get(2).ok(), row.get(3).ok());
        let whole = nonce.zip(sealed).zip(link).zip(u64::try_from(number).ok());
        let row = |(((nonce, sealed), link), number)| Self { number, nonce, sealed, link };
        Ok((number, whole.map(row)))
    }

    fn place(&self) -> Place {
        Self::place_of(self.number)
    }

    pub(super) fn place_of(number: u64) -> Place {
        Place { kind: Kind::TRAIL, lookup: NO_LOOKUP, revision: number, guarded: false }
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
        let lookup = self.view().state_lookup(TRAIL);
        self.replace(Kind::STATE, lookup, &Content::of(&head.encode(), false))
    }
}

/// Seals the whole trail under other keys, and links it again. Gives its new head.
///
/// # Errors
/// [`Error::Damaged`] for a trail that is not whole.
pub(super) fn seal_again(
    db: &Connection,
    head: Head,
    old: &Keys,
    new: &Keys,
) -> Result<Head, Error> {
    let damaged = || Error::Damaged("the audit trail is not whole; `kovra audit` shows it".into());
    let (mut last, mut link) = (Head::NONE, [0; 32]);
    let mut query = db.prepare_cached(ROWS)?;
    let mut update =
        db.prepare_cached("UPDATE trail SET nonce = ?2, sealed = ?3, link = ?4 WHERE number = ?1")?;
    let rows = query.query_map([], TrailRow::read)?.collect::<Result<Vec<_>, _>>()?;
    for row in rows {
        let mut row = row.1.ok_or_else(damaged)?;
        if row.number != last.count + 1 || row.link != row.link_after(&link, old) {
            return Err(damaged());
        }
        link = row.link;
        let plain = old.open_metadata(row.place(), &row.nonce, &row.sealed).ok_or_else(damaged)?;
        row.nonce = random()?;
        row.sealed = new.seal_metadata(row.place(), &row.nonce, &plain);
        row.link = row.link_after(&last.link, new);
        schema::one(update.execute(params![
            row.number as i64,
            row.nonce,
            row.sealed,
            row.link
        ])?)?;
        last = Head { count: row.number, link: row.link };
    }
    let whole = (last.count, link) == (head.count, head.link);
    if whole { Ok(last) } else { Err(damaged()) }
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
        self.end_snapshot()?;
        self.db.spare_the_disk()?;
        let done = self.commit(None, |batch| {
            still(batch)?;
            batch.audit(events)
        });
        self.db.use_the_disk()?;
        // A log that could not be folded is folded by who comes next; what is in it has landed.
        let _ = self.db.fold_long_log();
        self.settle();
        done
    }
}

impl View<'_> {
    /// The whole trail. What is wrong with it is in the answer: one bad row does not hide the others.
    pub fn trail(&self) -> Result<Trail, Error> {
        let mut reading = Reading {
            keys: self.rows.keys,
            head: self.trail_head()?,
            last: 0,
            link: Some([0; 32]),
            whole: true,
            trail: Trail { events: Vec::new(), damage: Vec::new() },
        };
        let mut query = self.rows.db.prepare_cached(ROWS)?;
        for row in query.query_map([], TrailRow::read)? {
            let (number, row) = row?;
            if !reading.next(number, row) {
                break;
            }
        }
        Ok(reading.finish())
    }

    pub(super) fn trail_head(&self) -> Result<Head, Error> {
        let Some(row) = self.rows.get(Kind::STATE, &self.state_lookup(TRAIL))? else {
            return Ok(Head::NONE);
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
    /// The number of the row before.
    last: u64,
    /// Its link, if it is known.
    link: Option<[u8; 32]>,
    /// Whether it was read to its end.
    whole: bool,
    trail: Trail,
}

impl Reading<'_> {
    /// Takes one row, and says whether there may be another.
    fn next(&mut self, number: i64, row: Option<TrailRow>) -> bool {
        let known = u64::try_from(number).ok().filter(|n| (1..=self.head.count).contains(n));
        let Some(number) = known else {
            self.damage(format!("row {number} was added from outside"));
            return number < 1;
        };
        if number <= self.last {
            self.damage(format!("row {number} is out of order"));
            self.whole = false;
            return false;
        }
        if number > self.last + 1 {
            let (first, last) = (self.last + 1, number - 1);
            self.damage(match first == last {
                true => format!("row {first} was removed"),
                false => format!("rows {first} to {last} were removed"),
            });
            // Behind a gap the link before is not known; the seal says that the row is ours, and its place.
            self.link = None;
        }
        match row.as_ref().and_then(|row| self.events(row)) {
            Some(events) => self.trail.events.extend(events.into_iter().map(|e| (number, e))),
            None => self.damage(format!("row {number} was changed, moved or put in its place")),
        }
        (self.last, self.link) = (number, row.map(|row| row.link));
        true
    }

    /// What a row says, if it is as it was written.
    fn events(&self, row: &TrailRow) -> Option<Vec<Event>> {
        let linked = self.link.is_none_or(|link| row.link == row.link_after(&link, self.keys));
        let plain = self.keys.open_metadata(row.place(), &row.nonce, &row.sealed);
        Event::decode(&plain.filter(|_| linked)?).ok()
    }

    fn damage(&mut self, what: String) {
        self.trail.damage.push(what);
    }

    fn finish(mut self) -> Trail {
        let (last, there_were) = (self.last, self.head.count);
        if self.whole && last < there_were {
            self.damage(format!("it was cut after row {last}; there were {there_were}"));
        } else if self.trail.damage.is_empty() && self.link != Some(self.head.link) {
            self.damage("its end is not the one that was recorded".into());
        }
        self.trail
    }
}
