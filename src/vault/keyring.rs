//! The OS keyring: the Secret Service of the desktop session, asked with deadlines.
//!
//! A hung session bus blocks its callers for ever, so each call runs in a thread that is left behind
//! when the time is up.

use super::{Error, Kek};
use crate::platform::KeyStore;
use std::sync::mpsc::channel;
use std::time::Duration;

/// A keyring that does not answer within this is taken for absent: until then it asks nobody.
const OPEN: Duration = Duration::from_secs(2);
/// Long enough for a person to unlock the keyring when its own window asks.
const UNLOCK: Duration = Duration::from_secs(60);

/// Whether a keyring answers, in 2 s at most, without asking anybody.
///
/// # Errors
/// [`Error::Locked`] if none does.
pub fn check() -> Result<(), Error> {
    within(KeyStore::open, |_| Ok(()))
}

/// Stores a vault's key as this item: in 2 s at most if no keyring answers, and in 60 s if a person has
/// to unlock it.
///
/// # Errors
/// [`Error::Locked`] if it is not stored by then.
pub fn store(item: String, kek: &Kek) -> Result<(), Error> {
    let text = kek.to_text();
    within(KeyStore::open, move |keys| keys.store(&item, &text))
}

/// Reads a vault's key, in the time that [`store`] takes.
///
/// # Errors
/// [`Error::Locked`] if no keyring answers by then or it has no such key, [`Error::WrongKey`] if
/// what it has is damaged.
pub fn load(item: String) -> Result<Kek, Error> {
    Kek::from_text(&within(KeyStore::open, move |keys| keys.load(&item))?)
}

/// Removes a key that opens nothing any more.
///
/// # Errors
/// [`Error::Locked`] if it is still there then.
pub fn forget(item: String) -> Result<(), Error> {
    within(KeyStore::open, move |keys| keys.forget(&item))
}

/// Opens, and uses what that gave.
fn within<S: 'static, T: Send + 'static>(
    open: impl FnOnce() -> Result<S, &'static str> + Send + 'static,
    use_it: impl FnOnce(&S) -> Result<T, &'static str> + Send + 'static,
) -> Result<T, Error> {
    let (send_opened, opened) = channel();
    let (send_answer, answer) = channel();
    // A receiver is gone only if the time is up.
    std::thread::spawn(move || match open() {
        Err(why) => {
            let _ = send_opened.send(Err(why));
        }
        Ok(store) => {
            let _ = send_opened.send(Ok(()));
            let _ = send_answer.send(use_it(&store));
        }
    });
    let late = "the keyring did not answer in time";
    let locked = |why: &'static str| Error::Locked(why.to_owned());
    opened.recv_timeout(OPEN).unwrap_or(Err(late)).map_err(locked)?;
    answer.recv_timeout(UNLOCK).unwrap_or(Err(late)).map_err(locked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn what_does_not_open_costs_two_seconds() {
        let start = Instant::now();
        let hung = || -> Result<(), &'static str> {
            std::thread::sleep(Duration::from_secs(120));
            Ok(())
        };
        let late = within(hung, |()| Ok(())).unwrap_err();
        assert!(late.to_string().contains("did not answer in time"), "{late}");
        assert!((2..4).contains(&start.elapsed().as_secs()));
    }

    #[test]
    fn what_opens_has_time_for_a_person() {
        let asks = |n: &u8| {
            std::thread::sleep(OPEN + Duration::from_millis(500));
            Ok(n + 1)
        };
        assert_eq!(within(|| Ok(1), asks).unwrap(), 2);
        let refused = within(|| Err("absent"), asks).unwrap_err();
        assert_eq!(refused.to_string(), "the vault is locked: absent");
    }
}
