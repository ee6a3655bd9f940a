//! The ledger: how far each sender's `seq` has come for each coordinate, in whatever project, and
//! whatever became of the entry since. An older package that was held back does not bring back what a
//! later one has changed.

use super::batch::Content;
use super::keys::Lock;
use super::name::Name;
use super::place::{Kind, Lookup};
use super::rows::{Basis, Looked, Opened};
use super::{Batch, Error, View};
use crate::cbor::{Reader, Writer};
use crate::coordinate::Coordinate;
use crate::identity::SigningPublic;
use std::collections::BTreeMap;

/// Of one sender: the highest `seq` with which each coordinate was imported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger(BTreeMap<String, u64>);

impl Ledger {
    pub fn seq(&self, at: &Coordinate) -> Option<u64> {
        self.0.get(at.as_str()).copied()
    }

    pub fn set(&mut self, at: &Coordinate, seq: u64) {
        self.0.insert(at.as_str().to_owned(), seq);
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(16 + 48 * self.0.len());
        w.array(2 * self.0.len());
        self.0.iter().for_each(|(at, seq)| {
            w.text(at).uint(*seq);
        });
        w.finish()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes, "ledger");
        let count = reader.array()? / 2;
        let mut pair = || Ok((reader.text()?.to_owned(), reader.uint()?));
        (0..count).map(|_| pair()).collect::<Result<_, Error>>().map(Self)
    }
}

impl View<'_> {
    pub fn ledger(&self, sender: SigningPublic) -> Result<Looked<Ledger>, Error> {
        let lookup = self.ledger_lookup(sender);
        let row = self.rows.get(Kind::LEDGER, &lookup)?;
        let value = |row: Opened| {
            let at = (row.revision, &row.nonce);
            self.rows.value(Kind::LEDGER, &lookup, at, Lock::Vault)
        };
        let value = row.map(value).transpose()?.flatten();
        let found = value.map(|value| Ledger::decode(value.expose())).transpose()?;
        let basis = self.rows.table.basis(Kind::LEDGER, &lookup);
        Ok(Looked { found: found.unwrap_or_default(), basis })
    }

    fn ledger_lookup(&self, sender: SigningPublic) -> Lookup {
        Name::Ledger(sender.as_bytes()).lookup(self.rows.keys)
    }
}

impl Batch<'_> {
    pub fn put_ledger(
        &mut self,
        on: &Basis,
        sender: SigningPublic,
        ledger: &Ledger,
    ) -> Result<(), Error> {
        self.expect(on, "what is known of this sender's packages")?;
        let mut w = Writer::with_capacity(40);
        w.array(1).bytes(sender.as_bytes());
        let value = ledger.encode();
        let content = Content { value: &value, ..Content::of(w.as_bytes(), false) };
        let lookup = self.view().ledger_lookup(sender);
        self.replace(Kind::LEDGER, lookup, &content)
    }
}
