//! `init`: a vault with a fresh identity in it.

use super::Error;
use super::custody::{Kept, NewCustody};
use super::files::is_there;
use crate::identity::{Identity, PublicIdentity};
use crate::secret::Secret;
use crate::vault::{self, Custody, NewVault, Pin, Vault};
use std::path::Path;

/// Makes a vault in `folder`, and an identity in it. Where no passphrase keeps it, `pin` is called for a PIN
/// once its key is kept, and before there is a vault. If anything fails, nothing is left behind but perhaps a
/// key in the keyring or a key file, which open nothing.
pub fn init(
    folder: &Path,
    custody: NewCustody,
    pin: impl FnOnce() -> Option<Secret>,
) -> Result<PublicIdentity, Error> {
    let path = folder.join(vault::FILE);
    if is_there(&path)? {
        return Err(vault::Error::Exists(path).into());
    }
    let id = Vault::new_id()?;
    let Kept { custody, kek } = custody.keep(&id)?;
    let pin = match custody {
        Custody::Passphrase { .. } => None,
        Custody::Keyring { .. } | Custody::KeyFile { .. } => pin(),
    };
    make(NewVault { folder, id, custody, kek: &kek }, pin.as_ref())
}

fn make(new: NewVault<'_>, pin: Option<&Secret>) -> Result<PublicIdentity, Error> {
    let identity = Identity::generate().map_err(vault::Error::from)?;
    let pin = pin.map(Pin::new).transpose()?;
    Vault::create(new, |batch| {
        batch.put_identity(&identity)?;
        let Some(pin) = &pin else { return Ok(()) };
        let none = batch.view().pin()?.basis;
        batch.set_pin(&none, pin)
    })?;
    Ok(identity.public())
}
