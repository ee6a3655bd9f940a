//! `recover`: in by a way back in, and out with another lock.

use super::custody::{Kept, NewCustody};
use super::recovery::Show;
use super::rekey::{Rekeyed, forget};
use super::session::Wish;
use super::{Error, Session};
use crate::audit::Action;
use crate::identity::{AgreementPublic, RecoveryCode};
use crate::policy::Trust;
use crate::secret::Secret;
use crate::vault::{self, Pin, Recovery, View};

/// How the vault was opened, and what is to open it from now on.
pub struct Recover<'a> {
    /// The way back in that it was opened by.
    pub by: AgreementPublic,
    pub custody: NewCustody,
    /// Asks for a PIN, where no passphrase is to have custody.
    pub pin: &'a mut dyn FnMut() -> Option<Secret>,
    /// Shows the code that takes the place of one that was typed.
    pub show: Show<'a>,
}

/// Gives a vault that was opened by a way back in other keys, another custody and PIN, and in place of a code
/// that was typed another code. Waits after wrong PINs end, and the clock floor is that of now.
pub fn recover(session: &mut Session<'_>, recover: Recover<'_>) -> Result<Rekeyed, Error> {
    recover.custody.check_another()?;
    let pin_before = session.view().pin()?.basis;
    let clock = session.view().clock_floor()?.basis;
    let event = session.event(Action::Recover).with_peer(&recover.by.to_age());
    let wish = Wish::of_trust(Trust::Recover, "the vault", event);
    let weighed = session.weigh(vec![wish.on(&pin_before, "the PIN")])?;
    let consent = session.put(weighed, &super::About::Nothing)?;
    let code = new_code(session.view(), &recover.by)?;
    if code.as_ref().is_some_and(|code| !(recover.show)(code)) {
        return session.record_failure(consent, Error::CodeNotTaken);
    }
    let pin = match recover.custody {
        NewCustody::Passphrase(_) => None,
        NewCustody::Keyring | NewCustody::KeyFile(_) => (recover.pin)(),
    };
    let pin = pin.as_ref().map(Pin::new).transpose()?;
    let id = *session.view().id();
    let before = session.view().custody().clone();
    let Kept { custody, kek } = recover.custody.keep_another(&id)?;
    let erased = session.erase(consent, |batch, now| {
        batch.reset_proof(&pin_before, pin.as_ref(), now)?;
        batch.set_clock_floor(&clock, now)?;
        if let Some(code) = &code {
            let recipient = code.secret().public();
            let new = Recovery { recipient, made: now, is_code: true };
            batch.put_recovery(new, Some(&recover.by))?;
        }
        batch.renew_keys(custody, &kek)
    })?;
    Ok(Rekeyed { kept: forget(&before, &id), before, pending: erased.pending })
}

/// In place of a code that was typed; a key that was used from a file stays.
pub(super) fn new_code(
    view: View<'_>,
    by: &AgreementPublic,
) -> Result<Option<RecoveryCode>, Error> {
    let used = view.recovery().into_iter().find(|way| way.recipient == *by);
    let code = used.filter(|way| way.is_code).map(|_| RecoveryCode::generate());
    Ok(code.transpose().map_err(vault::Error::from)?)
}
