//! Proof that the one who says yes is the owner: the passphrase of the vault, or a PIN.
//!
//! A keyring or a key file opens for every program of the same user, so with those a PIN stands
//! for the owner. Tries are counted before they are judged, and slow down after a few.

use super::batch::Content;
use super::custody::{Custody, Kek};
use super::keys::{mac, random};
use super::place::Kind;
use super::record::Fields;
use super::rows::{Basis, Looked, Opened};
use super::state::{PIN, TRIES};
use super::{Batch, Error, Vault, View};
use crate::cbor::Writer;
use crate::clock::Moment;
use crate::secret::Secret;
use hmac::Mac;

/// Wrong tries in a row that cost nothing but the try.
const FREE_TRIES: u64 = 5;
/// The wait after the first try that is not free, in seconds; it doubles with each, up to an hour.
const FIRST_WAIT: u64 = 30;
const LONGEST_WAIT: u64 = 3600;

/// What the owner has to show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// The passphrase that also unlocks the vault.
    Passphrase,
    Pin,
    /// Nothing was ever set: a yes at the terminal has to do.
    Nothing,
}

/// What a PIN is judged by: nothing of it can be read without the key of the vault, and each guess costs
/// an Argon2id. Made outside of a transaction, for that reason.
pub struct Pin {
    salt: [u8; 16],
    /// HMAC of nothing under the PIN's key.
    tag: [u8; 32],
}

impl Pin {
    pub fn new(pin: &Secret) -> Result<Self, Error> {
        let salt = random()?;
        let tag = mac(Kek::from_passphrase(pin, &salt)?.key()).finalize();
        Ok(Self { salt, tag: tag.into_bytes().into() })
    }

    fn is(&self, typed: &Secret) -> Result<bool, Error> {
        let kek = Kek::from_passphrase(typed, &self.salt)?;
        Ok(mac(kek.key()).verify_slice(&self.tag).is_ok())
    }
}

/// Wrong tries in a row, and when the last was.
struct Tries {
    count: u64,
    last: Moment,
}

impl Tries {
    /// How many seconds the next try has to wait. A last one that lies ahead of the clock counts as now,
    /// so that no wait is longer than its own length.
    fn wait(&self, now: Moment) -> u64 {
        let since = now.seconds().saturating_sub(self.last.seconds());
        if self.count < FREE_TRIES { 0 } else { wait_after(self.count).saturating_sub(since) }
    }
}

impl View<'_> {
    pub fn proof(&self) -> Result<Proof, Error> {
        Ok(match self.ways.custody() {
            Custody::Passphrase { .. } => Proof::Passphrase,
            _ if self.pin()?.is_some() => Proof::Pin,
            _ => Proof::Nothing,
        })
    }

    pub fn pin(&self) -> Result<Looked<Option<Pin>>, Error> {
        let read = |row: &Opened| {
            let mut fields = Fields::of(&row.metadata, "PIN")?;
            Ok(Pin { salt: *fields.next()?.fixed()?, tag: *fields.next()?.fixed()? })
        };
        self.rows.look(Kind::STATE, &self.state_lookup(PIN), read)
    }

    fn tries(&self) -> Result<Tries, Error> {
        let Some(row) = self.rows.get(Kind::STATE, &self.state_lookup(TRIES))? else {
            return Ok(Tries { count: 0, last: Moment::from_millis(0) });
        };
        let mut fields = Fields::of(&row.metadata, "tries")?;
        let (count, last) = (fields.next()?.uint()?, fields.next()?.uint()?);
        Ok(Tries { count, last: Moment::from_millis(last) })
    }
}

impl Batch<'_> {
    /// Sets the PIN, in place of any other.
    pub fn set_pin(&mut self, on: &Basis, pin: &Pin) -> Result<(), Error> {
        self.expect(on, "the PIN")?;
        let mut w = Writer::with_capacity(64);
        w.array(2).bytes(&pin.salt).bytes(&pin.tag);
        let lookup = self.view().state_lookup(PIN);
        self.replace(Kind::STATE, lookup, &Content::of(w.as_bytes(), true))
    }

    /// Puts another PIN, or none, in place of one that may be forgotten, and ends any wait.
    pub fn reset_proof(&mut self, on: &Basis, pin: Option<&Pin>, now: Moment) -> Result<(), Error> {
        match pin {
            Some(pin) => self.set_pin(on, pin)?,
            None => {
                self.expect(on, "the PIN")?;
                let lookup = self.view().state_lookup(PIN);
                self.erase(Kind::STATE, &lookup)?;
            }
        }
        self.set_tries(&Tries { count: 0, last: now })
    }

    /// Takes a try, or gives how many seconds the next one has to wait.
    fn take_try(&mut self, now: Moment) -> Result<Option<u64>, Error> {
        let mut tries = self.view().tries()?;
        let wait = tries.wait(now);
        if wait == 0 {
            tries = Tries { count: tries.count.saturating_add(1), last: now };
        }
        tries.last = tries.last.min(now);
        self.set_tries(&tries)?;
        Ok(Some(wait).filter(|wait| *wait > 0))
    }

    fn set_tries(&mut self, tries: &Tries) -> Result<(), Error> {
        let mut w = Writer::with_capacity(32);
        w.array(2).uint(tries.count).uint(tries.last.millis());
        let lookup = self.view().state_lookup(TRIES);
        self.replace(Kind::STATE, lookup, &Content::of(w.as_bytes(), false))
    }
}

impl Vault {
    /// Whether `typed` is what was `asked` for, the owner's passphrase or PIN. True if that was nothing.
    ///
    /// # Errors
    /// [`Error::TooManyTries`] before the wait after wrong ones is over; [`Error::Moved`] if something else
    /// has to be shown by now.
    pub fn prove(&mut self, asked: Proof, typed: &Secret, now: Moment) -> Result<bool, Error> {
        self.look_again()?;
        if self.view().proof()? != asked {
            return Err(Error::Moved("the PIN".into()));
        }
        match asked {
            Proof::Nothing => return Ok(true),
            // Who has the file tries passphrases without kovra, so a count would lock out its owner alone.
            Proof::Passphrase => return self.opens(typed),
            Proof::Pin => {}
        }
        // Counted in a transaction of its own, before it is judged: a try that is killed while it is
        // judged was a try, and so is each of many at once.
        if let Some(wait) = self.write(|batch| batch.take_try(now))? {
            return Err(Error::TooManyTries(wait));
        }
        let pin = self.view().pin()?.found;
        let good = pin.map_or(Ok(true), |pin| pin.is(typed))?;
        if good {
            self.write(|batch| batch.set_tries(&Tries { count: 0, last: now }))?;
        }
        Ok(good)
    }

    /// Whether it is the vault's passphrase. It brings the guard key, where that was away.
    fn opens(&mut self, passphrase: &Secret) -> Result<bool, Error> {
        let Custody::Passphrase { salt } = self.ways.custody() else { return Ok(false) };
        let kek = Kek::from_passphrase(passphrase, salt)?;
        match self.ways.unwrap(&kek, &self.meta.id) {
            Err(Error::WrongKey(_)) => Ok(false),
            Err(other) => Err(other),
            Ok(master) => self.take_keys(master).map(|()| true),
        }
    }
}

fn wait_after(failures: u64) -> u64 {
    let doublings = u32::try_from(failures.saturating_sub(FREE_TRIES)).unwrap_or(u32::MAX);
    FIRST_WAIT.saturating_mul(2u64.saturating_pow(doublings)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_an_hour() {
        let waits: Vec<u64> = (5..14).map(wait_after).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]);
        assert_eq!(wait_after(u64::MAX), 3600);
    }

    #[test]
    fn no_wait_is_longer_than_its_own_length() {
        let moment = Moment::from_seconds;
        let tries = Tries { count: 5, last: moment(1000) };
        let waits: Vec<u64> = [0, 999, 1000, 1010, 1030].map(|now| tries.wait(moment(now))).into();
        assert_eq!(waits, [30, 30, 30, 20, 0]);
        assert_eq!(Tries { count: 4, ..tries }.wait(moment(1000)), 0);
    }
}
