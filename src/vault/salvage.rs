//! What still opens of a damaged file: `spec/vault.md` 14.

use super::carve::{Column, Pages, Record};
use super::custody::{Custody, Kek};
use super::database::Database;
use super::files::{check_files, io_at};
use super::keys::{Keys, MasterKeys, Nonce};
use super::meta::{Digests, Meta};
use super::name::{Name, describe};
use super::place::{Kind, Place};
use super::renewal::open;
use super::rows::Table;
use super::sealed::{Row, insert};
use super::trail::TrailRow;
use super::ways::Ways;
use super::{Error, Vault, schema, state};
use crate::audit::Event;
use crate::clock::Moment;
use crate::identity::{AgreementSecret, Identity};
use std::collections::BTreeMap;
use std::path::Path;

/// A file that may be damaged, read page by page.
pub struct Wreck {
    records: Vec<Record>,
    id: [u8; 16],
    ways: Ways,
}

impl Wreck {
    /// # Errors
    /// [`Error::Damaged`] if not even the ways to its keys can be read.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let path = check_files(folder)?;
        let records = Pages::read(&path).map_err(io_at(&path))?.records();
        let of_meta = |record: &Record| match &record.columns[..] {
            [Column::Null, Column::Blob(value)] => Some((record.number?, value.clone())),
            _ => None,
        };
        let meta: Vec<(i64, Vec<u8>)> = records.iter().filter_map(of_meta).collect();
        let all = |number| meta.iter().filter(move |(n, _)| *n == number).map(|(_, value)| value);
        let id = all(1).find_map(|id| id.as_slice().try_into().ok());
        let ways = all(2).find_map(|ways| Ways::decode(ways).ok());
        let lost = || Error::Damaged("its id, or the ways to its keys, can't be read".into());
        let (id, ways) = id.zip(ways).ok_or_else(lost)?;
        Ok(Self { records, id, ways })
    }

    pub fn id(&self) -> &[u8; 16] {
        &self.id
    }

    pub fn custody(&self) -> &Custody {
        self.ways.custody()
    }

    /// By what has custody.
    pub fn unlock(self, kek: &Kek) -> Result<Salvage, Error> {
        let master = self.ways.unwrap(kek, &self.id)?;
        Ok(self.with_keys(master))
    }

    /// By a way back in.
    pub fn recover(self, secret: &AgreementSecret) -> Result<Salvage, Error> {
        let master = self.ways.recover(secret, &self.id)?;
        Ok(self.with_keys(master))
    }

    fn with_keys(self, master: MasterKeys) -> Salvage {
        let (keys, ways) = (Keys::derive(master, self.id), self.ways);
        let mut found =
            Salvage { keys, ways, rows: BTreeMap::new(), trail: BTreeMap::new(), lost: Vec::new() };
        let rows: Vec<Row> = self.records.iter().filter_map(row).collect();
        let (good, bad): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| found.check(row).is_ok());
        found.rows.extend(good.into_iter().map(|row| (id(row.place), row)));
        let lost = bad.iter().filter(|row| !found.rows.contains_key(&id(row.place)));
        let mut lost: Vec<String> =
            lost.map(|row| describe(&found.keys, row.place, &row.nonce, &row.metadata)).collect();
        lost.sort();
        lost.dedup();
        found.lost = lost;
        found.trail = self.records.iter().filter_map(|record| found.event(record)).collect();
        found
    }
}

/// What opens of a file. Nothing proves that it is all, or the latest of all.
pub struct Salvage {
    keys: Keys,
    ways: Ways,
    rows: BTreeMap<(Kind, [u8; 32], u64), Row>,
    trail: BTreeMap<u64, Vec<Event>>,
    /// What was found and does not open, by what it is, as far as that shows.
    pub lost: Vec<String>,
}

impl Salvage {
    fn check(&self, row: &Row) -> Result<(), Error> {
        open(&self.keys, row.place, &row.nonce, &row.metadata, &row.value).map(|_| ())
    }

    fn event(&self, record: &Record) -> Option<(u64, Vec<Event>)> {
        let number = u64::try_from(record.number?).ok()?;
        let [Column::Null, Column::Blob(nonce), Column::Blob(sealed), Column::Blob(_)] =
            &record.columns[..]
        else {
            return None;
        };
        let nonce: Nonce = nonce.as_slice().try_into().ok()?;
        let plain = self.keys.open_metadata(TrailRow::place_of(number), &nonce, sealed)?;
        Some((number, Event::decode(&plain).ok()?))
    }

    /// How many rows there are, and how many of the trail.
    pub fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.trail.len())
    }

    /// Whether the identity is lost, so that the vault which is made of the rest gets another.
    pub fn lacks_identity(&self) -> bool {
        let lookup = Name::State(state::IDENTITY).lookup(&self.keys);
        !self.rows.keys().any(|(kind, at, _)| *kind == Kind::STATE && *at == lookup)
    }

    /// A vault in memory of all that was saved, under the keys that it had.
    pub fn into_vault(self, now: Moment) -> Result<Vault, Error> {
        let identity = self.lacks_identity().then(|| Identity::generate(now)).transpose()?;
        let Self { keys, ways, rows, trail, .. } = self;
        let meta = Meta { id: keys.id, ways: ways.encode() };
        let (mut db, mut table) = (Database::empty()?, Table::default());
        schema::create(&mut db)?;
        meta.create(&db)?;
        let head = Name::State(state::TRAIL).lookup(&keys);
        let mut rows = rows.into_values().filter(|row| row.place.lookup != head);
        rows.try_for_each(|row| insert(&db, &mut table, row))?;
        Digests::store(&db, &table, &keys, &meta)?;
        let version = Some(db.version()?);
        let mut vault = Vault { db, keys, meta, ways, table, version };
        let events: Vec<Event> = trail.into_values().flatten().collect();
        vault.write(|batch| {
            identity.iter().try_for_each(|identity| batch.put_identity(identity))?;
            batch.audit(&events)
        })?;
        Ok(vault)
    }
}

fn id(place: Place) -> (Kind, [u8; 32], u64) {
    (place.kind, place.lookup, place.revision)
}

/// A record of the table of sealed rows.
fn row(record: &Record) -> Option<Row> {
    use Column::{Blob, Integer};
    let [
        Integer(kind),
        Blob(lookup),
        Integer(revision),
        Integer(guarded),
        Blob(nonce),
        Blob(m),
        Blob(v),
    ] = &record.columns[..]
    else {
        return None;
    };
    let place = Place {
        kind: Kind(*kind),
        lookup: lookup.as_slice().try_into().ok()?,
        revision: u64::try_from(*revision).ok()?,
        guarded: *guarded == 1,
    };
    let nonce = nonce.as_slice().try_into().ok()?;
    Some(Row { place, nonce, metadata: m.clone(), value: v.clone() })
}
