//! A row as it is written: sealed at its place under a fresh nonce, and added to the file and to what is known of it.

use super::keys::{Keys, Lock, Nonce, random};
use super::place::Place;
use super::rows::Table;
use super::{Error, schema};
use rusqlite::{Connection, params};

pub(super) struct Row {
    pub(super) place: Place,
    pub(super) nonce: Nonce,
    pub(super) metadata: Vec<u8>,
    pub(super) value: Vec<u8>,
}

/// Seals a row. [`Error::Guarded`] for a value that takes the guard key, without it.
pub(super) fn seal(
    keys: &Keys,
    place: Place,
    lock: Lock,
    metadata: &[u8],
    value: &[u8],
) -> Result<Row, Error> {
    let nonce = random()?;
    let metadata = keys.seal_metadata(place, &nonce, metadata);
    let value = keys.seal_value(lock, (place, &nonce), &metadata, value)?;
    Ok(Row { place, nonce, metadata, value })
}

pub(super) fn insert(db: &Connection, table: &mut Table, row: Row) -> Result<(), Error> {
    let Row { place, nonce, metadata, value } = row;
    let mut insert = db.prepare_cached("INSERT INTO sealed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?;
    let (kind, revision) = (place.kind.0, place.revision as i64);
    let row = params![kind, place.lookup, revision, place.guarded, nonce, metadata, value];
    schema::one(insert.execute(row)?)?;
    table.insert(place, nonce, &metadata);
    Ok(())
}
