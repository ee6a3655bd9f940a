//! What must be known of a vault before it is unlocked, and the digests that guard it as a whole.

use super::Error;
use super::keys::Keys;
use super::rows::Table;
use super::schema;
use hmac::Mac;
use rusqlite::{Connection, params};

const ID: i64 = 1;
const WAYS: i64 = 2;
const DIGEST: i64 = 3;
const GUARD_DIGEST: i64 = 4;

/// The table `meta`, less the digests.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Meta {
    /// Random, one per vault.
    pub(super) id: [u8; 16],
    /// The ways to its keys, as [`super::ways`] writes them.
    pub(super) ways: Vec<u8>,
}

/// Both digests, as they stand in the file.
pub(super) struct Digests([[u8; 32]; 2]);

impl Meta {
    /// Reads the table, which has these rows and no other.
    pub(super) fn read(db: &Connection) -> Result<(Self, Digests), Error> {
        let mut query = db.prepare_cached("SELECT number, value FROM meta ORDER BY number")?;
        let mut rows = query.query([])?;
        let mut next = |number: i64| -> Result<Vec<u8>, Error> {
            let row = rows.next()?.filter(|row| row.get(0) == Ok(number));
            let row = row.ok_or_else(|| {
                Error::Damaged(format!("row {number} of its table meta is missing"))
            })?;
            Ok(row.get(1)?)
        };
        let (id, ways) = (next(ID)?, next(WAYS)?);
        let (digest, guard) = (next(DIGEST)?, next(GUARD_DIGEST)?);
        if rows.next()?.is_some() {
            return Err(Error::Damaged("its table meta has a row too many".into()));
        }
        let bad = || Error::Damaged("its id or its digest is of another length".into());
        let id = id.try_into().map_err(|_| bad())?;
        let digests = [digest, guard].map(|digest| <[u8; 32]>::try_from(digest).ok());
        let [Some(digest), Some(guard)] = digests else { return Err(bad()) };
        Ok((Self { id, ways }, Digests([digest, guard])))
    }

    /// Writes the table of a new vault, with room for the digests.
    pub(super) fn create(&self, db: &Connection) -> Result<(), Error> {
        let mut insert = db.prepare("INSERT INTO meta VALUES (?1, ?2)")?;
        insert.execute(params![ID, self.id])?;
        insert.execute(params![WAYS, self.ways])?;
        insert.execute(params![DIGEST, [0_u8; 32]])?;
        insert.execute(params![GUARD_DIGEST, [0_u8; 32]])?;
        Ok(())
    }

    /// Writes the table of a vault that is there, less the digests.
    pub(super) fn store(&self, db: &Connection) -> Result<(), Error> {
        let mut update = db.prepare_cached("UPDATE meta SET value = ?2 WHERE number = ?1")?;
        schema::one(update.execute(params![ID, self.id])?)?;
        schema::one(update.execute(params![WAYS, self.ways])?)
    }

    /// What both digests start with.
    pub(super) fn digested(&self) -> Vec<u8> {
        let number = |n: usize| (n as u64).to_be_bytes();
        let (schema, id) = (schema::NUMBER.to_be_bytes(), &self.id[..]);
        [&schema[..], &number(id.len()), id, &number(self.ways.len()), &self.ways].concat()
    }
}

impl Digests {
    /// Compares the rows with the digests that were written with them: those that there are keys for.
    pub(super) fn check(&self, table: &Table, keys: &Keys, meta: &Meta) -> Result<(), Error> {
        let (all, guard) = table.digests(keys, &meta.digested());
        for (digest, stored) in [Some(all), guard].into_iter().zip(&self.0) {
            let same = digest.is_none_or(|digest| digest.verify_slice(stored).is_ok());
            if !same {
                let what = "rows were removed, added or put back from outside";
                return Err(Error::Damaged(what.into()));
            }
        }
        Ok(())
    }

    /// Writes those that there are keys for. Without the guard key no guarded row has changed.
    pub(super) fn store(
        db: &Connection,
        table: &Table,
        keys: &Keys,
        meta: &Meta,
    ) -> Result<(), Error> {
        let (all, guard) = table.digests(keys, &meta.digested());
        let digests = [(DIGEST, Some(all)), (GUARD_DIGEST, guard)];
        for (number, digest) in digests.into_iter().filter_map(|(n, digest)| Some((n, digest?))) {
            let digest: [u8; 32] = digest.finalize().into_bytes().into();
            let mut update = db.prepare_cached("UPDATE meta SET value = ?2 WHERE number = ?1")?;
            schema::one(update.execute(params![number, digest])?)?;
        }
        Ok(())
    }
}
