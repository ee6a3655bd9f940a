//! `pin set`: the owner's proof for a vault whose key is in a keyring or a file.

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::policy::Trust;
use crate::secret::Secret;
use crate::vault::{Pin, Proof, View};

/// The shortest PIN, in bytes.
pub const PIN_MIN: usize = 4;

/// Refuses a vault that a passphrase keeps.
pub fn check(view: View<'_>) -> Result<(), Error> {
    match view.proof()? {
        Proof::Passphrase => {
            let what = "the passphrase of this vault is the proof already; it has no PIN";
            Err(Error::Usage(what.into()))
        }
        Proof::Pin | Proof::Nothing => Ok(()),
    }
}

/// Refuses a PIN that is too short.
pub fn check_new(pin: &Secret) -> Result<(), Error> {
    match pin.len() < PIN_MIN {
        true => Err(Error::Usage(format!("a PIN has at least {PIN_MIN} characters"))),
        false => Ok(()),
    }
}

/// Sets the PIN of a vault that no passphrase keeps. One that is there already is asked for first.
pub fn set(session: &mut Session<'_>, pin: &Secret) -> Result<(), Error> {
    check_new(pin)?;
    check(session.view())?;
    let before = session.view().pin()?;
    let event = session.event(Action::PinSet);
    let wish = Wish::of_trust(Trust::SetPin, "the PIN", event).on(&before.basis, "the PIN");
    let consent = session.ask(vec![wish], &About::SetPin)?;
    let pin = Pin::new(pin)?;
    session.write(consent, |batch, _| batch.set_pin(&before.basis, &pin))
}
