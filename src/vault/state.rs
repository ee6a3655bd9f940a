//! The vault's own state: my identity, how far my `seq` has come, and the latest time seen.

use super::batch::Content;
use super::keys::Lock;
use super::name::Name;
use super::place::{Kind, Lookup};
use super::record::Fields;
use super::rows::{Basis, Looked, Opened};
use super::{Batch, Error, View};
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::identity::{AgreementSecret, HybridSecret, Identity, SigningSecret};
use zeroize::Zeroizing;

pub(super) const IDENTITY: &str = "identity";
const SEQ: &str = "seq";
const CLOCK: &str = "clock";
pub(super) const PIN: &str = "pin";
pub(super) const TRIES: &str = "tries";
pub(super) const TRAIL: &str = "trail";
pub(super) const BACKUP: &str = "backup";
const POST_QUANTUM: &str = "post-quantum";
/// A state's name stands in its lookup alone.
pub(super) const ALL: [&str; 8] = [IDENTITY, SEQ, CLOCK, PIN, TRIES, TRAIL, BACKUP, POST_QUANTUM];

impl View<'_> {
    pub fn identity(&self) -> Result<Identity, Error> {
        let damaged = || Error::Damaged("its identity is missing".to_owned());
        let lookup = self.state_lookup(IDENTITY);
        let row = self.rows.get(Kind::STATE, &lookup)?.ok_or_else(damaged)?;
        let at = (row.revision, &row.nonce);
        let seeds = self.rows.value(Kind::STATE, &lookup, at, Lock::Vault)?;
        let seeds = seeds.ok_or_else(damaged)?;
        let (seeds, []) = seeds.expose().as_chunks() else { return Err(damaged()) };
        let [signing, agreement, others @ ..] = seeds else { return Err(damaged()) };
        let mut fields = Fields::of(&row.metadata, "identity")?;
        let (number, hybrid) = match fields.more() {
            true => (fields.next()?.uint()?, fields.next()?.uint()?),
            false => (0, 0),
        };
        let earlier = usize::try_from(hybrid).ok().and_then(|n| others.len().checked_sub(n));
        let (earlier, hybrid) = others.split_at(earlier.ok_or_else(damaged)?);
        Ok(Identity {
            signing: SigningSecret::from_bytes(signing),
            agreement: AgreementSecret::from_bytes(agreement),
            earlier: earlier.iter().map(AgreementSecret::from_bytes).collect(),
            hybrid: hybrid.iter().map(HybridSecret::from_bytes).collect(),
            number,
        })
    }

    /// What [`View::identity`] was read from.
    pub fn identity_basis(&self) -> Basis {
        self.rows.table.basis(Kind::STATE, &self.state_lookup(IDENTITY))
    }

    /// The `seq` of my latest package; 0 before the first.
    pub fn last_seq(&self) -> Result<Looked<u64>, Error> {
        self.number(SEQ)
    }

    /// The latest time at which this vault imported a package: a clock that is behind it has been
    /// set back, or was ahead then.
    pub fn clock_floor(&self) -> Result<Looked<Moment>, Error> {
        let Looked { found, basis } = self.number(CLOCK)?;
        Ok(Looked { found: Moment::from_millis(found), basis })
    }

    /// When the latest backup was made; in a backup, when that was.
    pub fn last_backup(&self) -> Result<Option<Moment>, Error> {
        let made = self.number(BACKUP)?.found;
        Ok((made > 0).then(|| Moment::from_millis(made)))
    }

    /// Whether nothing but post-quantum packages is sealed here.
    pub fn requires_post_quantum(&self) -> Result<Looked<bool>, Error> {
        let Looked { found, basis } = self.number(POST_QUANTUM)?;
        Ok(Looked { found: found == 1, basis })
    }

    fn number(&self, name: &str) -> Result<Looked<u64>, Error> {
        let read = |row: &Opened| Ok(Fields::of(&row.metadata, "state")?.next()?.uint()?);
        let Looked { found, basis } =
            self.rows.look(Kind::STATE, &self.state_lookup(name), read)?;
        Ok(Looked { found: found.unwrap_or(0), basis })
    }

    pub(super) fn state_lookup(&self, name: &str) -> Lookup {
        Name::State(name).lookup(self.rows.keys)
    }
}

impl Batch<'_> {
    pub fn put_identity(&mut self, identity: &Identity) -> Result<(), Error> {
        let keys = 2 + identity.earlier.len() + identity.hybrid.len();
        let mut seeds = Zeroizing::new(Vec::with_capacity(32 * keys));
        seeds.extend_from_slice(identity.signing.expose());
        identity.agreements().for_each(|key| seeds.extend_from_slice(key.expose()));
        identity.hybrid.iter().for_each(|key| seeds.extend_from_slice(key.expose()));
        let mut w = Writer::with_capacity(16);
        w.array(2).uint(identity.number).uint(identity.hybrid.len() as u64);
        let content = Content { value: &seeds, ..Content::of(w.as_bytes(), true) };
        let lookup = self.view().state_lookup(IDENTITY);
        self.replace(Kind::STATE, lookup, &content)
    }

    /// Records the `seq` of a package that is about to be written.
    pub fn set_last_seq(&mut self, on: &Basis, seq: u64) -> Result<(), Error> {
        self.expect(on, "the number of your latest package")?;
        self.set_number(SEQ, seq)
    }

    /// Never lowers it.
    pub fn raise_clock_floor(&mut self, now: Moment) -> Result<(), Error> {
        if now > *self.view().clock_floor()? {
            self.set_number(CLOCK, now.millis())
        } else {
            Ok(())
        }
    }

    /// Takes `now` for the latest time, whatever it was.
    pub fn set_clock_floor(&mut self, on: &Basis, now: Moment) -> Result<(), Error> {
        self.expect(on, "the time of the latest import")?;
        self.set_number(CLOCK, now.millis())
    }

    pub fn set_last_backup(&mut self, made: Moment) -> Result<(), Error> {
        self.set_number(BACKUP, made.millis())
    }

    pub fn require_post_quantum(&mut self, on: &Basis, required: bool) -> Result<(), Error> {
        self.expect(on, "what seal is held to")?;
        self.put_number(POST_QUANTUM, required.into(), true)
    }

    fn set_number(&mut self, name: &str, number: u64) -> Result<(), Error> {
        self.put_number(name, number, false)
    }

    fn put_number(&mut self, name: &str, number: u64, guarded: bool) -> Result<(), Error> {
        let mut w = Writer::with_capacity(10);
        w.array(1).uint(number);
        let lookup = self.view().state_lookup(name);
        self.replace(Kind::STATE, lookup, &Content::of(w.as_bytes(), guarded))
    }
}
