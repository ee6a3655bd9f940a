//! A fresh file for the rows of one whose schema is not ours: `spec/vault.md` 9.3.

use super::carve::{Column, Pages, Record};
use super::database::Database;
use super::{Error, Locked, Vault, schema};
use crate::limits;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{MAIN_DB, Statement, params_from_iter};
use std::path::{Path, PathBuf};

/// What the rows of each table are written by.
const TABLES: [(&str, &str); 3] = [
    ("meta", "INSERT INTO meta VALUES (?1, ?2)"),
    ("sealed", "INSERT INTO sealed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
    ("trail", "INSERT INTO trail VALUES (?1, ?2, ?3, ?4)"),
];

/// A file whose schema is not a vault's. Nobody else has it open while this lives.
pub struct Foreign {
    db: Database,
    folder: PathBuf,
    what: String,
}

impl Foreign {
    /// The vault in `folder`; `None` if its schema is as it should be.
    ///
    /// # Errors
    /// [`Error::Busy`] while another process has it open; [`Error::ReadOnly`] where it cannot be written.
    pub fn hold(folder: &Path) -> Result<Option<Self>, Error> {
        let mut db = Database::open_alone(folder)?;
        match schema::check(&mut db) {
            Ok(()) => Ok(None),
            Err(Error::Foreign(what)) => Ok(Some(Self { db, folder: folder.to_owned(), what })),
            Err(other) => Err(other),
        }
    }

    /// What is wrong with its schema.
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Its rows in a fresh vault in memory, which proves them like any other when it is unlocked. They are read
    /// from the pages, so that no word of the schema has a say in what they are.
    ///
    /// # Errors
    /// [`Error::Damaged`] if a table is not there to its last row.
    pub fn rows(&mut self) -> Result<Locked, Error> {
        let pages = self.pages()?;
        let roots = pages.tree(1).ok_or_else(|| unread("schema"))?;
        let mut fresh = Database::empty()?;
        schema::create(&mut fresh)?;
        fresh.begin()?;
        for (table, insert) in TABLES {
            let root = roots.iter().find_map(|record| root(record, table));
            let records = root.and_then(|root| pages.tree(root)).ok_or_else(|| unread(table))?;
            let mut insert = fresh.prepare(insert)?;
            records.iter().try_for_each(|record| put(&mut insert, record, table))?;
        }
        fresh.end("COMMIT")?;
        Locked::of(fresh)
    }

    /// As SQLite has them, with what is in the log.
    fn pages(&mut self) -> Result<Pages, Error> {
        if self.db.length() > limits::BACKUP as u64 {
            let most = limits::size(limits::BACKUP);
            let what = format!("it is larger than {most}, which is the most that is repaired");
            return Err(Error::Storage(what));
        }
        Ok(Pages::of(&self.db.serialize(MAIN_DB)?))
    }

    /// Puts the vault of [`Foreign::rows`], proved, in place of the file. Gives it as it is opened from there.
    ///
    /// # Errors
    /// [`Error::Damaged`] if anything of it does not open: then nothing was changed.
    pub fn replace(self, vault: Vault) -> Result<Vault, Error> {
        let Self { mut db, folder, .. } = self;
        vault.view().check_whole()?;
        vault.db.end("COMMIT")?;
        db.overwrite(&vault.db)?;
        drop(db);
        Locked::open(&folder)?.with_keys(vault.keys.master().clone())
    }
}

/// The root page of a table of this name, if it is that one's row of the schema.
fn root(record: &Record, table: &str) -> Option<u32> {
    use Column::{Integer, Text};
    match &record.columns[..] {
        [Text(kind), Text(name), _, Integer(root), _]
            if kind == b"table" && name == table.as_bytes() =>
        {
            u32::try_from(*root).ok()
        }
        _ => None,
    }
}

/// Writes a record as it is. The first column of a table with numbered rows stands in none: it is the number.
fn put(insert: &mut Statement<'_>, record: &Record, table: &str) -> Result<(), Error> {
    if record.columns.len() != insert.parameter_count() {
        return Err(unread(table));
    }
    let value = |(at, column)| match (at, column, record.number) {
        (0, &Column::Null, Some(number)) => ValueRef::Integer(number),
        (_, &Column::Integer(number), _) => ValueRef::Integer(number),
        (_, Column::Blob(bytes), _) => ValueRef::Blob(bytes),
        (_, Column::Null | Column::Text(_), _) => ValueRef::Null,
    };
    let row = record.columns.iter().enumerate().map(value).map(ToSqlOutput::Borrowed);
    schema::one(insert.execute(params_from_iter(row))?)
}

fn unread(table: &str) -> Error {
    Error::Damaged(format!("not all of its {table} can be read"))
}
