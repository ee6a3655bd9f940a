//! Where there is no key store, or this program was built without one.

use crate::secret::Secret;

const ABSENT: &str = "this kovra was built without keyring support";

pub(super) struct KeyStore;

impl KeyStore {
    pub(super) fn open() -> Result<Self, &'static str> {
        Err(ABSENT)
    }

    pub(super) fn store(&self, _name: &str, _key: &Secret) -> Result<(), &'static str> {
        Err(ABSENT)
    }

    pub(super) fn forget(&self, _name: &str) -> Result<(), &'static str> {
        Err(ABSENT)
    }

    pub(super) fn load(&self, _name: &str) -> Result<Secret, &'static str> {
        Err(ABSENT)
    }
}
