//! Linux: the Secret Service as key store, names of processes from /proc, and a switch of its own
//! against core dumps.

#[cfg(not(feature = "keyring"))]
pub(super) use super::no_key_store::{load_key, store_key};
pub(super) use super::unix::*;
#[cfg(feature = "keyring")]
pub(super) use secret_service::{load_key, store_key};

use rustix::process::{DumpableBehavior, set_dumpable_behavior};

/// The setting ends with `exec`, so a command that is run keeps its own.
pub(super) fn forbid_core_dumps() {
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}

pub(super) fn program_of(process: u32) -> Option<String> {
    let name = std::fs::read_to_string(format!("/proc/{process}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(feature = "keyring")]
mod secret_service {
    use crate::secret::Secret;
    use keyring_core::api::CredentialStoreApi;
    use keyring_core::{Entry, Error};
    use zbus_secret_service_keyring_store::Store;

    const SERVICE: &str = "kovra";

    fn entry(name: &str) -> Result<Entry, &'static str> {
        let store = Store::new().map_err(|_| "no keyring (Secret Service) answers here")?;
        store.build(SERVICE, name, None).map_err(|_| "the keyring refused the request")
    }

    pub(in super::super) fn store_key(name: &str, key: &Secret) -> Result<(), &'static str> {
        entry(name)?.set_secret(key.expose()).map_err(|_| "the keyring did not store the key")
    }

    pub(in super::super) fn load_key(name: &str) -> Result<Secret, &'static str> {
        entry(name)?.get_secret().map(Secret::new).map_err(|e| match e {
            Error::NoEntry => "the keyring has no key for this vault",
            _ => "the keyring is locked or refused the request",
        })
    }
}
