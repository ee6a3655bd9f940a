//! Proof that the one who says yes is the owner: the passphrase of the vault, or a PIN.
//!
//! A keyring or a key file opens for every program of the same user, so with those a PIN stands
//! for the owner. Tries are counted before they are judged, and slow down after a few.

use super::custody::{Custody, Kek, Wrapped};
use super::keys::Key;
use super::rows::Kind;
use super::{Batch, Error, Vault, View};
use crate::cbor::{Reader, Writer};
use crate::clock::Moment;
use crate::secret::Secret;

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

impl View<'_> {
    pub fn proof(&self) -> Result<Proof, Error> {
        Ok(match self.custody {
            Custody::Passphrase { .. } => Proof::Passphrase,
            _ if self.pin()?.is_some() => Proof::Pin,
            _ => Proof::Nothing,
        })
    }

    /// What the PIN opens: a lock with nothing behind it, made as a passphrase's is.
    fn pin(&self) -> Result<Option<Wrapped>, Error> {
        let row = self.rows.get(Kind::State, &self.state_lookup("pin"))?;
        row.map(|row| Wrapped::decode(&row.metadata)).transpose()
    }

    /// Wrong tries in a row, and when the last was.
    fn tries(&self) -> Result<(u64, Moment), Error> {
        let Some(row) = self.rows.get(Kind::State, &self.state_lookup("tries"))? else {
            return Ok((0, Moment::from_millis(0)));
        };
        let mut r = Reader::new(&row.metadata, "tries");
        r.array()?;
        Ok((r.uint()?, Moment::from_millis(r.uint()?)))
    }
}

impl Batch<'_> {
    /// Sets the PIN, in place of any other.
    pub fn set_pin(&self, pin: &Secret) -> Result<(), Error> {
        let custody = Custody::passphrase()?;
        let kek = Kek::from_passphrase(pin, &custody)?;
        let lock = Wrapped::wrap(custody, &kek, &Key::default(), &self.keys.id)?;
        let view = self.view();
        let lookup = view.state_lookup("pin");
        view.rows.replace(Kind::State, &lookup, &lock.encode(), &Secret::empty())
    }

    fn set_tries(&self, count: u64, now: Moment) -> Result<(), Error> {
        let mut w = Writer::with_capacity(32);
        w.array(2).uint(count).uint(now.millis());
        let view = self.view();
        let lookup = view.state_lookup("tries");
        view.rows.replace(Kind::State, &lookup, w.as_bytes(), &Secret::empty())
    }
}

impl Vault {
    /// Whether `typed` is the owner's passphrase or PIN. True if there is nothing to show.
    ///
    /// # Errors
    /// [`Error::TooManyTries`] before the wait after wrong ones is over.
    pub fn prove(&mut self, typed: &Secret, now: Moment) -> Result<bool, Error> {
        let proof = self.view().proof()?;
        if proof == Proof::Nothing {
            return Ok(true);
        }
        let (failures, last) = self.view().tries()?;
        let ready = last.seconds().saturating_add(wait_after(failures));
        if failures >= FREE_TRIES && now.seconds() < ready {
            return Err(Error::TooManyTries(ready - now.seconds()));
        }
        // Counted first: a try that is killed while it is judged was a try.
        self.write(|batch| batch.set_tries(failures + 1, now))?;
        let pin = match proof {
            Proof::Pin => self.view().pin()?,
            Proof::Passphrase | Proof::Nothing => None,
        };
        let lock = pin.as_ref().unwrap_or(&self.wrapped);
        let kek = Kek::from_passphrase(typed, &lock.custody)?;
        let good = lock.unwrap(&kek, &self.keys.id).is_ok();
        if good {
            self.write(|batch| batch.set_tries(0, now))?;
        }
        Ok(good)
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
}
