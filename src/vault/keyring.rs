//! The OS keyring: the Secret Service of the desktop session, asked with a deadline.
//!
//! A hung session bus blocks its callers for 30 s, so each call runs in a thread that is left behind
//! when the time is up.

use super::{Error, Kek};
use crate::secret::Secret;
use crate::text::hex;
use std::time::Duration;

/// Long enough for a person to unlock the keyring when its own window asks.
const READ: Duration = Duration::from_secs(60);
/// A keyring that does not answer within this is taken for absent.
const WRITE: Duration = Duration::from_secs(5);

/// Stores the key of the vault `id`.
///
/// # Errors
/// [`Error::Locked`] if no keyring answers.
pub fn store(id: &[u8; 16], kek: &Kek) -> Result<(), Error> {
    let (id, text) = (*id, kek.to_text());
    within(WRITE, move || backend::set(&hex(&id), &text))
}

/// Reads the key of the vault `id`.
///
/// # Errors
/// [`Error::Locked`] if no keyring answers or it has no such key, [`Error::WrongKey`] if what it has is damaged.
pub fn load(id: &[u8; 16]) -> Result<Kek, Error> {
    let id = *id;
    Kek::from_text(&within(READ, move || backend::get(&hex(&id)))?)
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

#[cfg(all(feature = "keyring", target_os = "linux"))]
mod backend {
    use super::Secret;
    use keyring_core::api::CredentialStoreApi;
    use keyring_core::{Entry, Error};
    use zbus_secret_service_keyring_store::Store;

    const SERVICE: &str = "kovra";

    fn entry(account: &str) -> Result<Entry, &'static str> {
        let store = Store::new().map_err(|_| "no keyring (Secret Service) answers here")?;
        store.build(SERVICE, account, None).map_err(|_| "the keyring refused the request")
    }

    pub(super) fn set(account: &str, text: &Secret) -> Result<(), &'static str> {
        entry(account)?.set_secret(text.expose()).map_err(|_| "the keyring did not store the key")
    }

    pub(super) fn get(account: &str) -> Result<Secret, &'static str> {
        entry(account)?.get_secret().map(Secret::new).map_err(|e| match e {
            Error::NoEntry => "the keyring has no key for this vault",
            _ => "the keyring is locked or refused the request",
        })
    }
}

#[cfg(not(all(feature = "keyring", target_os = "linux")))]
mod backend {
    use super::Secret;

    const ABSENT: &str = "this kovra was built without keyring support";

    pub(super) fn set(_account: &str, _text: &Secret) -> Result<(), &'static str> {
        Err(ABSENT)
    }

    pub(super) fn get(_account: &str) -> Result<Secret, &'static str> {
        Err(ABSENT)
    }
}
