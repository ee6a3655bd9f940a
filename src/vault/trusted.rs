//! Trusted files: an `.env.refs` that may name what is not just one's own, by its path and what it says.

use super::batch::Content;
use super::name::Name;
use super::place::{Kind, Lookup};
use super::record::Fields;
use super::rows::{Basis, Looked, Opened};
use super::{Batch, Error, View};
use crate::cbor::Writer;
use crate::clock::Moment;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedFile {
    /// Absolute, without links.
    pub path: String,
    /// Of what it says ([`crate::refs::Refs::digest`]).
    pub digest: [u8; 32],
    pub added: Moment,
}

impl View<'_> {
    /// Sorted by path.
    pub fn trusted_files(&self) -> Result<Vec<TrustedFile>, Error> {
        let rows = self.rows.all(Kind::FILE)?;
        let mut files = rows.iter().map(decode).collect::<Result<Vec<_>, _>>()?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    pub fn trusted_file(&self, path: &str) -> Result<Looked<Option<TrustedFile>>, Error> {
        self.rows.look(Kind::FILE, &self.file_lookup(path), decode)
    }

    fn file_lookup(&self, path: &str) -> Lookup {
        Name::File(path).lookup(self.rows.keys)
    }
}

impl Batch<'_> {
    /// Trusts a file, in place of what it said before.
    pub fn put_trusted(&mut self, on: &Basis, file: &TrustedFile) -> Result<(), Error> {
        self.expect(on, &file.path)?;
        let mut w = Writer::with_capacity(128 + file.path.len());
        w.array(3).text(&file.path).bytes(&file.digest).uint(file.added.millis());
        let lookup = self.view().file_lookup(&file.path);
        self.replace(Kind::FILE, lookup, &Content::of(w.as_bytes(), true))
    }

    pub fn remove_trusted(&mut self, on: &Basis, path: &str) -> Result<(), Error> {
        self.expect(on, path)?;
        let lookup = self.view().file_lookup(path);
        self.erase(Kind::FILE, &lookup)
    }
}

fn decode(row: &Opened) -> Result<TrustedFile, Error> {
    let mut fields = Fields::of(&row.metadata, "trusted file")?;
    Ok(TrustedFile {
        path: fields.next()?.text()?.to_owned(),
        digest: *fields.next()?.fixed()?,
        added: Moment::from_millis(fields.next()?.uint()?),
    })
}
