//! The packages that were imported, for as long as one could be taken for new.

use super::batch::Content;
use super::name::Name;
use super::place::{Kind, Lookup};
use super::record::Fields;
use super::rows::{Basis, Looked, Opened};
use super::{Batch, Error, View};
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::identity::SigningPublic;

/// A package that was imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub id: [u8; 16],
    /// SHA-256 of the whole file.
    pub digest: [u8; 32],
    pub sender: SigningPublic,
    /// Whether all of it was imported; `false` if its high literals were left out.
    pub complete: bool,
    /// Until then it might be taken for valid, and is remembered.
    pub keep_until: Moment,
    pub imported: Moment,
}

impl View<'_> {
    /// What is known of the package `id` of `sender`. An id of another sender's says nothing of it.
    pub fn seen(
        &self,
        sender: SigningPublic,
        id: &[u8; 16],
    ) -> Result<Looked<Option<Seen>>, Error> {
        self.rows.look(Kind::PACKAGE, &self.package_lookup(sender, id), decode)
    }

    fn package_lookup(&self, sender: SigningPublic, id: &[u8; 16]) -> Lookup {
        Name::Package { sender: sender.as_bytes(), id }.lookup(self.rows.keys)
    }
}

impl Batch<'_> {
    /// Remembers a package, and forgets those whose `keep_until` has come.
    pub fn put_seen(&mut self, on: &Basis, seen: &Seen) -> Result<(), Error> {
        self.expect(on, "what is known of this package")?;
        for row in self.view().rows.all(Kind::PACKAGE)? {
            let old = decode(&row)?;
            if old.keep_until <= seen.imported {
                let lookup = self.view().package_lookup(old.sender, &old.id);
                self.erase(Kind::PACKAGE, &lookup)?;
            }
        }
        let mut w = Writer::with_capacity(128);
        w.array(6).bytes(&seen.id).bytes(&seen.digest).bytes(seen.sender.as_bytes());
        w.uint(seen.complete.into()).uint(seen.keep_until.millis()).uint(seen.imported.millis());
        let lookup = self.view().package_lookup(seen.sender, &seen.id);
        self.replace(Kind::PACKAGE, lookup, &Content::of(w.as_bytes(), false))
    }
}

fn decode(row: &Opened) -> Result<Seen, Error> {
    let mut fields = Fields::of(&row.metadata, "package")?;
    Ok(Seen {
        id: *fields.next()?.fixed()?,
        digest: *fields.next()?.fixed()?,
        sender: SigningPublic::stored(fields.next()?.fixed()?),
        complete: fields.next()?.uint()? == 1,
        keep_until: Moment::from_millis(fields.next()?.uint()?),
        imported: Moment::from_millis(fields.next()?.uint()?),
    })
}
