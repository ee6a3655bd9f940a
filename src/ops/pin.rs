//! `pin set`: the owner's proof for a vault whose key is in a keyring or a file.

use super::{Error, Question, Session};
use crate::audit::{Action, Outcome};
use crate::policy::{Asker, Reason};
use crate::secret::Secret;
use crate::vault::{Pin, Proof};

/// The shortest PIN, in bytes.
pub const PIN_MIN: usize = 4;

/// Sets the PIN of a vault that no passphrase keeps. One that is there already is asked for first.
pub fn set(session: &mut Session<'_>, pin: &Secret) -> Result<(), Error> {
    if pin.len() < PIN_MIN {
        return Err(Error::Usage(format!("a PIN has at least {PIN_MIN} characters")));
    }
    let proof = session.view().proof()?;
    if proof == Proof::Passphrase {
        let what = "the passphrase of this vault is the proof already; it has no PIN";
        return Err(Error::Usage(what.into()));
    }
    let before = session.view().pin()?;
    let event = session.event(Action::PinSet, Outcome::Confirmed);
    match proof {
        Proof::Nothing if session.asker() != Asker::Person => {
            session.record_denied(&event)?;
            return Err(Error::Rule(Reason::NeedsPerson.to_string()));
        }
        Proof::Nothing => {}
        _ => session.confirm_or_record(&Question::ChangePin, &event)?,
    }
    let pin = Pin::new(pin)?;
    session.write(event, |batch, _| batch.set_pin(&before.basis, &pin))
}
