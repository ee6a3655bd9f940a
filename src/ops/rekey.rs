//! `rekey`: another lock for the vault, with other keys behind it or with the same.

use super::custody::{Kept, NewCustody};
use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::policy::Trust;
use crate::vault::{Custody, keyring};

/// What becomes of the vault's keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// They are drawn anew, and every row is sealed again: nothing of before opens what follows.
    New,
    /// They stay, under another lock: who had a copy of the vault and its lock has them.
    Same,
}

/// What is left of the lock that was there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rekeyed {
    pub before: Custody,
    /// Why the files still hold what was sealed under the old keys, if they do.
    pub pending: Option<String>,
    /// Why the keyring still holds a key that opens nothing any more, if it does.
    pub kept: Option<String>,
}

/// Changes who keeps the vault's keys. Ways back in stay.
pub fn rekey(session: &mut Session<'_>, keys: Keys, to: NewCustody) -> Result<Rekeyed, Error> {
    to.check_another()?;
    let action = if keys == Keys::New { Action::Rekey } else { Action::Rewrap };
    let wish = Wish::of_trust(Trust::Rekey, "the vault's keys", session.event(action));
    let consent = session.ask(vec![wish], &About::Rekey(keys))?;
    let id = *session.view().id();
    let before = session.view().custody().clone();
    // From here on two keys are kept, and one of them opens the vault.
    let Kept { custody, kek } = to.keep_another(&id)?;
    let erased = match keys {
        Keys::New => session.erase(consent, |batch, _| batch.renew_keys(custody, &kek)),
        Keys::Same => session.erase(consent, |batch, _| batch.rewrap_keys(custody, &kek)),
    }?;
    let kept = forget(&before, &id);
    Ok(Rekeyed { before, pending: erased.pending, kept })
}

/// Takes a key that opens nothing any more out of the keyring. A key file is its owner's to delete. Gives
/// why it is still there.
pub(super) fn forget(before: &Custody, id: &[u8; 16]) -> Option<String> {
    let Custody::Keyring { item } = before else { return None };
    keyring::forget(Custody::item(item.as_deref(), id)).err().map(|e| e.to_string())
}
