//! A vault at one moment, in memory: what a backup holds, and what is made of one.

use super::database::Database;
use super::files::{not_new, place_for_new};
use super::image::is_full;
use super::keys::Keys;
use super::meta::Digests;
use super::{Custody, Error, Kek, Locked, Vault, schema};
use crate::clock::Moment;
use crate::limits;
use crate::platform::{NewFile, Readers};
use crate::secret::Secret;
use rusqlite::{Row, ToSql, params_from_iter, types::ToSqlOutput};
use std::path::Path;

/// The name of the key file that stands beside the copy.
pub const KEY_FILE: &str = "vault.key";

/// Of a whole vault. It is as sealed as the vault; the key is not.
pub struct Copy {
    pub vault: Vec<u8>,
    /// The text of a key file, which has custody of it.
    pub key: Secret,
}

/// What is copied, and into what. Both are in the order of their keys, so that a page which is told many
/// times is a key that is there already.
const TABLES: [(&str, &str); 2] = [
    (
        "SELECT kind, lookup, revision, guarded, nonce, metadata, value FROM sealed
         ORDER BY kind, lookup, revision",
        "INSERT INTO sealed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    ),
    (
        "SELECT number, nonce, sealed, link FROM trail ORDER BY number",
        "INSERT INTO trail VALUES (?1, ?2, ?3, ?4)",
    ),
];

impl Vault {
    /// A copy of the vault as it was when it was read, made at `now`, with a key of its own. It has been
    /// opened, and all that is in it.
    ///
    /// # Errors
    /// [`Error::Damaged`] if anything of it does not open; [`Error::Storage`] over [`limits::BACKUP`];
    /// [`Error::Guarded`] without the guard key.
    pub fn copy(&self, now: Moment) -> Result<Copy, Error> {
        let kek = Kek::generate()?;
        let custody = Custody::KeyFile { path: KEY_FILE.into() };
        let mut copy = self.in_memory()?;
        copy.write(|batch| {
            batch.rewrap_keys(custody, &kek)?;
            batch.set_last_backup(now)
        })?;
        let vault = copy.image()?;
        drop(copy);
        Self::of_copy(vault.clone(), &kek)?.view().check_whole()?;
        Ok(Copy { vault, key: kek.to_text() })
    }

    /// What [`Vault::copy`] gave, to be read and not to be written.
    pub fn of_copy(mut image: Vec<u8>, kek: &Kek) -> Result<Self, Error> {
        Locked::of(Database::of_image(&mut image)?)?.unlock(kek)
    }

    /// The same vault in memory, where it can be changed. Its digests are made of the rows that were scanned, and
    /// not of those that come to be copied.
    pub fn in_memory(&self) -> Result<Self, Error> {
        let (meta, table) = (self.meta.clone(), self.table.clone());
        let keys = Keys::derive(self.keys.master().clone(), meta.id);
        let mut db = Database::empty()?;
        schema::create(&mut db)?;
        meta.create(&db)?;
        db.begin()?;
        TABLES.iter().try_for_each(|(from, to)| copy_rows(&self.db, from, &db, to))?;
        Digests::store(&db, &table, &keys, &meta)?;
        db.end("COMMIT")?;
        let version = Some(db.version()?);
        Ok(Self { db, keys, meta, ways: self.ways.clone(), table, version })
    }

    /// Gives a vault in memory its file, in `folder`, which has none. All that is in it was opened before.
    ///
    /// # Errors
    /// [`Error::Exists`] if there is one; those of [`crate::vault::View::check_whole`].
    pub fn move_into(mut self, folder: &Path) -> Result<(), Error> {
        self.view().check_whole()?;
        let (image, path) = (self.image()?, place_for_new(folder)?);
        let file = NewFile::write(&path, Readers::Owner, &image).map_err(not_new(&path))?;
        file.keep().map_err(not_new(&path))
    }

    fn image(&mut self) -> Result<Vec<u8>, Error> {
        self.db.end("COMMIT")?;
        self.db.image()
    }
}

fn copy_rows(from: &Database, select: &str, to: &Database, insert: &str) -> Result<(), Error> {
    let mut query = from.prepare(select)?;
    let mut insert = to.prepare(insert)?;
    let columns = query.column_count();
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        insert.execute(params_from_iter(cells(row, columns)?)).map_err(not_copied)?;
    }
    Ok(())
}

fn cells<'a>(row: &'a Row<'_>, columns: usize) -> rusqlite::Result<Vec<impl ToSql + 'a>> {
    (0..columns).map(|at| row.get_ref(at).map(ToSqlOutput::Borrowed)).collect()
}

fn not_copied(error: rusqlite::Error) -> Error {
    if !is_full(&error) {
        return error.into();
    }
    let most = limits::size(limits::BACKUP);
    Error::Storage(format!("it is larger than {most}, which is the most that a backup holds"))
}
