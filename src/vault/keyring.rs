//! The OS keyring: the Secret Service of the desktop session, asked with a deadline.
//!
//! A hung session bus blocks its callers for 30 s, so each call runs in a thread that is left behind
//! when the time is up.

use super::{Error, Kek};
use crate::platform;
use crate::text::hex;
use std::time::Duration;

/// Long enough for a person to unlock the keyring when its own window asks.
const READ: Duration = Duration::from_secs(60);
/// A keyring that does not answer within this is taken for absent.
const WRITE: Duration = Duration::from_secs(5);

/// Stores the key of the vault `id`, in 5 s at most.
///
/// # Errors
/// [`Error::Locked`] if no keyring answers by then.
pub fn store(id: &[u8; 16], kek: &Kek) -> Result<(), Error> {
    let (id, text) = (*id, kek.to_text());
    within(WRITE, move || platform::store_key(&hex(&id), &text))
}

/// Reads the key of the vault `id`, in 60 s at most.
///
/// # Errors
/// [`Error::Locked`] if no keyring answers by then or it has no such key, [`Error::WrongKey`] if
/// what it has is damaged.
pub fn load(id: &[u8; 16]) -> Result<Kek, Error> {
    let id = *id;
    Kek::from_text(&within(READ, move || platform::load_key(&hex(&id)))?)
}

fn within<T: Send + 'static>(
    limit: Duration,
    call: impl FnOnce() -> Result<T, &'static str> + Send + 'static,
) -> Result<T, Error> {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        // The receiver is gone only if the time is up.
        let _ = send.send(call());
    });
    let answer = receive.recv_timeout(limit).unwrap_or(Err("the keyring did not answer in time"));
    answer.map_err(|why| Error::Locked(why.to_owned()))
}
