//! What was sealed to whom: the memory that makes an honest removal possible.

use super::entries::Fingerprint;
use super::rows::Kind;
use super::{Batch, Error, Origin, View};
use crate::cbor::{Reader, Writer};
use crate::clock::Moment;
use crate::secret::Secret;

/// A package that was sealed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The package's id.
    pub package: [u8; 16],
    /// SHA-256 of the whole file.
    pub digest: [u8; 32],
    pub sealed: Moment,
    pub expires: Moment,
    pub recipients: Vec<SharedWith>,
    pub entries: Vec<SharedEntry>,
}

/// One recipient of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedWith {
    /// The local name at the time.
    pub name: String,
    /// As [`crate::identity::Recipient::to_text`] writes it: the name may be given to another
    /// later.
    pub key: String,
    /// When they say that they imported it, if they sent a receipt.
    pub received: Option<Moment>,
}

/// One entry of a share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedEntry {
    pub origin: Origin,
    pub coordinate: String,
    pub given: Given,
}

/// A value, or a pointer to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    Literal(Fingerprint),
    Reference(String),
}

impl View<'_> {
    /// Oldest first.
    pub fn shares(&self) -> Result<Vec<Share>, Error> {
        let rows = self.rows.all(Kind::Share)?;
        let mut shares =
            rows.iter().map(|row| decode(&row.metadata)).collect::<Result<Vec<_>, _>>()?;
        shares.sort_by_key(|share| (share.sealed, share.package));
        Ok(shares)
    }

    pub fn share(&self, package: &[u8; 16]) -> Result<Option<Share>, Error> {
        let row = self.rows.get(Kind::Share, &self.share_lookup(package))?;
        row.map(|row| decode(&row.metadata)).transpose()
    }

    fn share_lookup(&self, package: &[u8; 16]) -> [u8; 32] {
        self.rows.keys.lookup(&[b"share", package])
    }
}

impl Batch<'_> {
    /// Remembers a share, in place of what was known of it.
    pub fn put_share(&self, share: &Share) -> Result<(), Error> {
        let view = self.view();
        let lookup = view.share_lookup(&share.package);
        view.rows.replace(Kind::Share, &lookup, &encode(share), &Secret::empty())
    }
}

fn encode(share: &Share) -> Vec<u8> {
    let mut w = Writer::with_capacity(256);
    w.array(6).bytes(&share.package).bytes(&share.digest);
    w.uint(share.sealed.millis()).uint(share.expires.millis());
    w.array(share.recipients.len());
    for recipient in &share.recipients {
        let received = recipient.received.map_or(0, Moment::millis);
        w.array(3).text(&recipient.name).text(&recipient.key).uint(received);
    }
    w.array(share.entries.len());
    for entry in &share.entries {
        w.array(3).text(&entry.origin.to_string()).text(&entry.coordinate);
        match &entry.given {
            Given::Literal(print) => w.array(1).bytes(&print.0),
            Given::Reference(pointer) => w.array(2).uint(0).text(pointer),
        };
    }
    w.finish()
}

fn decode(bytes: &[u8]) -> Result<Share, Error> {
    let mut r = Reader::new(bytes, "share");
    r.array()?;
    let (package, digest) = (*r.fixed()?, *r.fixed()?);
    let (sealed, expires) = (Moment::from_millis(r.uint()?), Moment::from_millis(r.uint()?));
    let mut recipients = Vec::new();
    for _ in 0..r.array()? {
        r.array()?;
        let (name, key) = (r.text()?.to_owned(), r.text()?.to_owned());
        let received = Some(r.uint()?).filter(|ms| *ms != 0).map(Moment::from_millis);
        recipients.push(SharedWith { name, key, received });
    }
    let mut entries = Vec::new();
    for _ in 0..r.array()? {
        r.array()?;
        let origin = Origin::stored(r.text()?);
        let coordinate = r.text()?.to_owned();
        let given = if r.array()? == 1 {
            Given::Literal(Fingerprint(*r.fixed()?))
        } else {
            r.uint()?;
            Given::Reference(r.text()?.to_owned())
        };
        entries.push(SharedEntry { origin, coordinate, given });
    }
    r.finish()?;
    Ok(Share { package, digest, sealed, expires, recipients, entries })
}
