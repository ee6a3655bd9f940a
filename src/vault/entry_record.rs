//! Entries as their rows have them: `spec/vault.md` 5.3.

use super::Error;
use super::entries::{Held, Origin, Provenance, Revision, Stored, Version};
use super::keys::Lock;
use super::record::Fields;
use super::rows::{Basis, Opened};
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::coordinate::Coordinate;
use crate::entry::{Mode, Sensitivity};
use crate::identity::SigningPublic;

/// Stands in a row's metadata in place of a [`Mode`] once the entry was removed.
const REMOVED: u64 = 2;

pub(super) fn is_guarded(sensitivity: Sensitivity, at: &Coordinate) -> bool {
    sensitivity >= Sensitivity::High || at.is_prod()
}

pub(super) fn lock_of(sensitivity: Sensitivity, at: &Coordinate) -> Lock {
    let asks = sensitivity == Sensitivity::High || at.is_prod();
    if asks { Lock::Guard } else { Lock::Vault }
}

/// What an entry's value is sealed under. One that was removed has none.
pub(super) fn lock(metadata: &[u8]) -> Result<Lock, Error> {
    let mut fields = Fields::of(metadata, "entry")?;
    let _origin = fields.next()?.text()?;
    let coordinate = fields.next()?.text()?.parse().map_err(|_| bad("coordinate"))?;
    let sensitivity = fields.next()?.uint()?;
    let sensitivity = Sensitivity::from_number(sensitivity).ok_or_else(|| bad("sensitivity"))?;
    let (_description, _written) = (fields.next()?.text()?, fields.next()?.uint()?);
    let removed = fields.next()?.uint()? == REMOVED;
    Ok(if removed { Lock::Vault } else { lock_of(sensitivity, &coordinate) })
}

pub(super) fn encode(entry: &Stored, removed: bool) -> Vec<u8> {
    let mut w = Writer::with_capacity(512);
    w.array(8).text(entry.origin.name()).text(entry.coordinate.as_str());
    w.uint(entry.sensitivity as u64);
    w.text(entry.description.as_deref().unwrap_or_default());
    w.uint(entry.updated.millis());
    let mut content = Writer::with_capacity(256);
    let mode = match &entry.held {
        _ if removed => {
            content.array(0);
            REMOVED
        }
        Held::Literal(version) => {
            content.array(1).bytes(&version.0);
            Mode::Literal as u64
        }
        Held::Reference { pointer, chosen } => {
            content.array(2).text(pointer.as_str()).uint((*chosen).into());
            Mode::Reference as u64
        }
    };
    w.uint(mode).bytes(content.as_bytes()).bytes(&encode_provenance(entry.provenance.as_ref()));
    w.finish()
}

fn encode_provenance(provenance: Option<&Provenance>) -> Vec<u8> {
    let mut w = Writer::with_capacity(96);
    match provenance {
        None => w.array(1).uint(0),
        Some(Provenance::Package { sender, package, seq }) => {
            w.array(4).uint(1).bytes(sender.as_bytes()).bytes(package).uint(*seq)
        }
        Some(Provenance::Copy { of }) => w.array(2).uint(2).text(of),
    };
    w.finish()
}

fn bad(what: &str) -> Error {
    Error::Damaged(format!("an entry has a bad {what}"))
}

pub(super) fn decode(row: &Opened, basis: Basis) -> Result<Revision, Error> {
    let mut fields = Fields::of(&row.metadata, "entry")?;
    let origin = Origin::stored(fields.next()?.text()?);
    let coordinate: Coordinate = fields.next()?.text()?.parse().map_err(|_| bad("coordinate"))?;
    let sensitivity = fields.next()?.uint()?;
    let sensitivity = Sensitivity::from_number(sensitivity).ok_or_else(|| bad("sensitivity"))?;
    let description = Some(fields.next()?.text()?.to_owned()).filter(|d| !d.is_empty());
    let updated = Moment::from_millis(fields.next()?.uint()?);
    if is_guarded(sensitivity, &coordinate) && !row.guarded {
        return Err(basis.unguarded(row.revision));
    }
    let mode = fields.next()?.uint()?;
    let held = decode_held(mode, fields.record("content")?)?;
    let provenance = decode_provenance(fields.record("provenance")?)?;
    let entry = held.map(|held| Stored {
        origin,
        coordinate,
        held,
        sensitivity,
        description,
        provenance,
        updated,
        revision: row.revision,
        nonce: row.nonce,
        basis,
    });
    Ok(Revision { number: row.revision, written: updated, entry })
}

/// `None` for what was removed.
fn decode_held(mode: u64, mut fields: Fields<'_>) -> Result<Option<Held>, Error> {
    Ok(match mode {
        0 => Some(Held::Literal(Version(*fields.next()?.fixed()?))),
        1 => {
            let pointer = fields.next()?.text()?.parse().map_err(|_| bad("pointer"))?;
            Some(Held::Reference { pointer, chosen: fields.next()?.uint()? == 1 })
        }
        REMOVED => None,
        _ => return Err(bad("mode")),
    })
}

fn decode_provenance(mut fields: Fields<'_>) -> Result<Option<Provenance>, Error> {
    Ok(match fields.next()?.uint()? {
        0 => None,
        1 => Some(Provenance::Package {
            sender: SigningPublic::stored(fields.next()?.fixed()?),
            package: *fields.next()?.fixed()?,
            seq: fields.next()?.uint()?,
        }),
        2 => Some(Provenance::Copy { of: fields.next()?.text()?.to_owned() }),
        _ => return Err(bad("provenance")),
    })
}
