//! The ledger: my own identity, how far my `seq` has come, the latest time seen, and the packages
//! that have been imported.

use super::rows::Kind;
use super::{Batch, Error, View};
use crate::cbor::{Reader, Writer};
use crate::clock::Moment;
use crate::identity::{AgreementSecret, Identity, SigningPublic, SigningSecret};
use crate::secret::Secret;
use zeroize::Zeroizing;

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
}

impl View<'_> {
    pub fn identity(&self) -> Result<Identity, Error> {
        let damaged = || Error::Damaged("its identity is missing".to_owned());
        let lookup = self.state_lookup("identity");
        let row = self.rows.get(Kind::State, &lookup)?.ok_or_else(damaged)?;
        let seeds = self.rows.value(Kind::State, &lookup, row.revision)?.ok_or_else(damaged)?;
        let (signing, agreement) = seeds.expose().split_first_chunk().ok_or_else(damaged)?;
        Ok(Identity {
            signing: SigningSecret::from_bytes(signing),
            agreement: AgreementSecret::from_bytes(agreement.try_into().map_err(|_| damaged())?),
        })
    }

    /// The `seq` of my latest package; 0 before the first.
    pub fn last_seq(&self) -> Result<u64, Error> {
        self.number("seq")
    }

    /// The latest time at which this vault imported a package: a clock that is behind it has been
    /// set back.
    pub fn clock_floor(&self) -> Result<Moment, Error> {
        self.number("clock").map(Moment::from_millis)
    }

    pub fn seen(&self, id: &[u8; 16]) -> Result<Option<Seen>, Error> {
        let row = self.rows.get(Kind::Package, &self.rows.keys.lookup(&[b"package", id]))?;
        row.map(|row| decode_seen(&row.metadata)).transpose()
    }

    fn number(&self, name: &str) -> Result<u64, Error> {
        match self.rows.get(Kind::State, &self.state_lookup(name))? {
            None => Ok(0),
            Some(row) => Ok(Reader::new(&row.metadata, "state").uint()?),
        }
    }

    pub(super) fn state_lookup(&self, name: &str) -> [u8; 32] {
        self.rows.keys.lookup(&[b"state", name.as_bytes()])
    }
}

impl Batch<'_> {
    pub fn put_identity(&self, identity: &Identity) -> Result<(), Error> {
        let mut seeds = Zeroizing::new([0; 64]);
        seeds[..32].copy_from_slice(identity.signing.expose());
        seeds[32..].copy_from_slice(identity.agreement.expose());
        let rows = self.view().rows;
        let lookup = self.view().state_lookup("identity");
        rows.put(Kind::State, &lookup, &[], &Secret::copy_of(&*seeds))
    }

    /// Records the `seq` of a package that is about to be written. It is the caller who keeps it
    /// rising.
    pub fn set_last_seq(&self, seq: u64) -> Result<(), Error> {
        self.set_number("seq", seq)
    }

    /// Never lowers it.
    pub fn raise_clock_floor(&self, now: Moment) -> Result<(), Error> {
        if now > self.view().clock_floor()? {
            self.set_number("clock", now.millis())
        } else {
            Ok(())
        }
    }

    /// Remembers a package, and forgets those whose `keep_until` has come.
    pub fn put_seen(&self, seen: &Seen, now: Moment) -> Result<(), Error> {
        let rows = self.view().rows;
        let lookup = |id: &[u8; 16]| rows.keys.lookup(&[b"package", id]);
        for row in rows.all(Kind::Package)? {
            let old = decode_seen(&row.metadata)?;
            if old.keep_until <= now {
                rows.erase(Kind::Package, &lookup(&old.id))?;
            }
        }
        let mut w = Writer::with_capacity(128);
        w.array(5).bytes(&seen.id).bytes(&seen.digest).bytes(seen.sender.as_bytes());
        w.uint(seen.complete.into()).uint(seen.keep_until.millis());
        rows.replace(Kind::Package, &lookup(&seen.id), w.as_bytes(), &Secret::empty())
    }

    fn set_number(&self, name: &str, number: u64) -> Result<(), Error> {
        let mut w = Writer::with_capacity(9);
        w.uint(number);
        let view = self.view();
        let lookup = view.state_lookup(name);
        view.rows.replace(Kind::State, &lookup, w.as_bytes(), &Secret::empty())
    }
}

fn decode_seen(bytes: &[u8]) -> Result<Seen, Error> {
    let mut r = Reader::new(bytes, "package");
    r.array()?;
    let (id, digest) = (*r.fixed()?, *r.fixed()?);
    let sender = SigningPublic::stored(r.fixed()?);
    let (complete, keep_until) = (r.uint()? == 1, Moment::from_millis(r.uint()?));
    r.finish()?;
    Ok(Seen { id, digest, sender, complete, keep_until })
}
