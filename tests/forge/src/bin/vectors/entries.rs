//! Packages of entries that are known, so that a vector can say what comes out.

use crate::case::{Made, hex};
use forge::cbor::{bytes, cat, map, text, uint};
use forge::{self, BOB, Forge, To};
use sha2::{Digest, Sha256};

/// What an entry holds.
#[derive(Clone)]
pub(crate) enum Value {
    Literal(Vec<u8>),
    Reference(String),
}

/// An entry, and later its bytes and its line in the vector.
#[derive(Clone)]
pub(crate) struct Item {
    coordinate: String,
    value: Value,
    sensitivity: u64,
    description: Option<String>,
    /// Encoded.
    ext: Option<Vec<u8>>,
}

/// A literal of sensitivity 0 to 3.
pub(crate) fn literal(coordinate: &str, value: &[u8], sensitivity: u64) -> Item {
    item(coordinate, Value::Literal(value.to_vec()), sensitivity)
}

/// A reference of sensitivity 0 to 3.
pub(crate) fn reference(coordinate: &str, pointer: &str, sensitivity: u64) -> Item {
    item(coordinate, Value::Reference(pointer.into()), sensitivity)
}

fn item(coordinate: &str, value: Value, sensitivity: u64) -> Item {
    Item { coordinate: coordinate.into(), value, sensitivity, description: None, ext: None }
}

impl Item {
    /// With a description.
    pub(crate) fn described(self, description: &str) -> Self {
        Self { description: Some(description.into()), ..self }
    }

    /// With this for key 5, encoded.
    pub(crate) fn ext(self, ext: Vec<u8>) -> Self {
        Self { ext: Some(ext), ..self }
    }

    fn slot(&self) -> usize {
        usize::from(matches!(self.value, Value::Literal(_)) && self.sensitivity >= 2)
    }

    /// The map of clause 4.2.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let (mode, value) = match &self.value {
            Value::Literal(value) => (0, bytes(value)),
            Value::Reference(pointer) => (1, text(pointer)),
        };
        let more = [self.description.is_some(), self.ext.is_some()];
        let count = map(4 + more.map(u64::from).iter().sum::<u64>());
        let name = text(&self.coordinate);
        let mut entry =
            cat(&[&count, &[0], &name, &[1, mode], &[2], &value, &[3], &uint(self.sensitivity)]);
        if let Some(description) = &self.description {
            entry.extend(cat(&[&[4], &text(description)]));
        }
        if let Some(ext) = &self.ext {
            entry.extend(cat(&[&[5], ext]));
        }
        entry
    }

    fn line(&self) -> String {
        let (mode, value) = match &self.value {
            Value::Literal(value) if value.len() > 1024 => {
                ("literal", format!("sha256:{} {}", hex(&Sha256::digest(value)), value.len()))
            }
            Value::Literal(value) => ("literal", format!("hex:{}", hex(value))),
            Value::Reference(pointer) => ("reference", pointer.clone()),
        };
        let sensitivity =
            ["low", "medium", "high", "inject-only"][usize::try_from(self.sensitivity).unwrap()];
        let mut line = format!("{} {mode} {sensitivity} {value}", self.coordinate);
        if let Some(description) = &self.description {
            line = format!("{line} | {description}");
        }
        line
    }
}

/// A package and the entries that come out of it.
pub(crate) struct Known {
    forge: Forge,
    items: Vec<Item>,
}

/// The same in every run, and padded as clause 4.4 says.
pub(crate) fn fixed(forge: Forge) -> Forge {
    Forge { cipher: forge::age::encrypt, pad: forge::padme, ..forge }
}

/// A package from Alice to `to` of `items`, each in its slot. Both stand as they are given.
pub(crate) fn of(to: &[To], items: &[Item]) -> Known {
    let slot = |n| items.iter().filter(|i| i.slot() == n).map(Item::encode).collect();
    Known { forge: fixed(Forge::with(to, slot(0), slot(1))), items: items.to_vec() }
}

/// A package from Alice to Bob of `items`.
pub(crate) fn for_bob(items: &[Item]) -> Known {
    of(&[To::kovra(&BOB)], items)
}

/// One entry, in slot 0.
pub(crate) fn one() -> Known {
    for_bob(&[literal("dev/db/host", b"db.internal", 1)])
}

/// Two entries in slot 0 and one in slot 1.
pub(crate) fn both() -> Known {
    for_bob(&[
        literal("dev/db/host", b"db.internal", 1),
        reference("prod/db/url", "azure-kv://orders/db-url", 2),
        literal("dev/db/password", b"correct horse", 2).described("of the owner"),
    ])
}

/// Without padding: bad packages are many, and shorter so.
fn bare(forge: Forge) -> Forge {
    Forge { pad: |_| 0, ..fixed(forge) }
}

/// The package of [`one`], to be spoilt.
pub(crate) fn small() -> Forge {
    one().bare()
}

/// The package of [`small`] with these bytes for payload 0, signed.
pub(crate) fn with_payload(payload: &[u8]) -> Vec<u8> {
    let good = small();
    good.file_of(&good.seal(payload), b"")
}

/// The package of [`both`], to be spoilt.
pub(crate) fn full() -> Forge {
    both().bare()
}

/// A package from Alice to Bob with one encoded entry in slot 0.
pub(crate) fn odd(entry: Vec<u8>) -> Forge {
    odds(vec![entry], vec![])
}

/// A package from Alice to Bob with encoded entries in both slots.
pub(crate) fn odds(normal: Vec<Vec<u8>>, high: Vec<Vec<u8>>) -> Forge {
    bare(Forge::with(&[To::kovra(&BOB)], normal, high))
}

impl Known {
    /// With something changed that changes no entry.
    pub(crate) fn but(mut self, change: impl Fn(Forge) -> Forge) -> Self {
        self.forge = change(self.forge);
        self
    }

    /// With the file made in another way.
    pub(crate) fn file(self, make: impl Fn(&Forge) -> Vec<u8>) -> Made {
        let file = make(&self.forge);
        Made::from(file).entries(self.lines(|_| true))
    }

    /// A file that is bad, so that nothing comes out. `make` gets slot 0 too.
    pub(crate) fn file_only(self, make: impl Fn(&Forge, &[u8]) -> Vec<u8>) -> Vec<u8> {
        make(&self.forge, &self.forge.sealed())
    }

    /// The package alone, to be spoilt.
    pub(crate) fn bare(self) -> Forge {
        bare(self.forge)
    }

    /// How long payload 0 is.
    pub(crate) fn payload_length(&self) -> usize {
        self.forge.payload(0).len()
    }

    /// With slot 1 left closed.
    pub(crate) fn skipped(self) -> Made {
        let lines = self.lines(|item| item.slot() == 0);
        Made::from(self.forge).token("skip").entries(lines)
    }

    fn lines(&self, wanted: impl Fn(&Item) -> bool) -> Vec<String> {
        let slot = |n| self.items.iter().filter(move |i| i.slot() == n);
        slot(0).chain(slot(1)).filter(|i| wanted(i)).map(Item::line).collect()
    }
}

impl From<Known> for Made {
    fn from(known: Known) -> Self {
        let lines = known.lines(|_| true);
        Self::from(known.forge).entries(lines)
    }
}
