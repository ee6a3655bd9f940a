//! `init`: a vault with a fresh identity in it.

use super::Error;
use super::custody::{Kept, NewCustody};
use super::files::is_there;
use super::recovery::check_new;
use crate::clock::Moment;
use crate::identity::{AgreementPublic, Identity, PublicIdentity, RecoveryCode};
use crate::secret::Secret;
use crate::vault::{self, Custody, NewVault, Pin, RECOVERY_MAX, Recovery, Vault};
use std::path::Path;

/// A vault that was made.
pub struct Made {
    pub identity: PublicIdentity,
    pub custody: Custody,
    /// How many ways back in it has.
    pub ways: usize,
}

/// What the owner of a new vault is asked once its key is kept, and before there is a vault.
pub trait Owner {
    /// For a PIN, where no passphrase keeps the vault.
    fn pin(&mut self) -> Option<Secret>;

    /// Whether they want a recovery code; then it is shown, and they have it or not.
    fn takes(&mut self, code: &RecoveryCode) -> bool;
}

/// Makes a vault in `folder`, and an identity in it, with a way back in for each of `recipients`. If anything
/// fails, nothing is left behind but perhaps a key in the keyring or a key file, which open nothing.
pub fn init(
    folder: &Path,
    custody: NewCustody,
    recipients: &[AgreementPublic],
    owner: &mut dyn Owner,
    now: Moment,
) -> Result<Made, Error> {
    let path = folder.join(vault::FILE);
    if is_there(&path)? {
        return Err(vault::Error::Exists(path).into());
    }
    let mut ways = to_each(recipients, now)?;
    let id = Vault::new_id()?;
    let Kept { custody, kek } = custody.keep(&id)?;
    let pin = match custody {
        Custody::Passphrase { .. } => None,
        Custody::Keyring { .. } | Custody::KeyFile { .. } => owner.pin(),
    };
    if ways.len() < RECOVERY_MAX {
        let code = RecoveryCode::generate().map_err(vault::Error::from)?;
        let recipient = code.secret().public();
        let way = Recovery { recipient, made: now, is_code: true };
        ways.extend(owner.takes(&code).then_some(way));
    }
    let kept = custody.clone();
    let identity = make(NewVault { folder, id, custody, kek: &kek }, pin.as_ref(), &ways, now)?;
    Ok(Made { identity, custody: kept, ways: ways.len() })
}

/// The ways back in of a new vault, as many and as different as a vault can have.
fn to_each(recipients: &[AgreementPublic], made: Moment) -> Result<Vec<Recovery>, Error> {
    let mut ways = Vec::new();
    for recipient in recipients {
        let way = Recovery { recipient: *recipient, made, is_code: false };
        check_new(&way, &ways)?;
        ways.push(way);
    }
    Ok(ways)
}

fn make(
    new: NewVault<'_>,
    pin: Option<&Secret>,
    ways: &[Recovery],
    now: Moment,
) -> Result<PublicIdentity, Error> {
    let identity = Identity::generate(now).map_err(vault::Error::from)?;
    let pin = pin.map(Pin::new).transpose()?;
    Vault::create(new, |batch| {
        batch.put_identity(&identity)?;
        ways.iter().try_for_each(|way| batch.put_recovery(way.clone(), None))?;
        let Some(pin) = &pin else { return Ok(()) };
        let none = batch.view().pin()?.basis;
        batch.set_pin(&none, pin)
    })?;
    Ok(identity.public())
}
