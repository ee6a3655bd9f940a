//! `recovery`: ways back into the vault, for the day when what keeps its keys is lost.

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::identity::{AgreementPublic, RecoveryCode};
use crate::policy::Trust;
use crate::vault::{self, RECOVERY_MAX, Recovery};

/// Shows a new code to its owner, and says whether they have it.
pub type Show<'a> = &'a mut dyn FnMut(&RecoveryCode) -> bool;

/// Makes a code. Nothing is written unless its owner has it.
pub fn add_code(session: &mut Session<'_>, show: Show<'_>) -> Result<(), Error> {
    let code = RecoveryCode::generate().map_err(vault::Error::from)?;
    let recipient = code.secret().public();
    add(session, recipient, true, || if show(&code) { Ok(()) } else { Err(Error::CodeNotTaken) })
}

/// Makes a way back in for whoever has the secret half of an X25519 recipient of age.
pub fn add_recipient(session: &mut Session<'_>, recipient: AgreementPublic) -> Result<(), Error> {
    add(session, recipient, false, || Ok(()))
}

fn add(
    session: &mut Session<'_>,
    recipient: AgreementPublic,
    is_code: bool,
    taken: impl FnOnce() -> Result<(), Error>,
) -> Result<(), Error> {
    let made = session.now();
    let recovery = Recovery { recipient, made, is_code };
    check_new(&recovery, &session.view().recovery())?;
    let event = session.event(Action::RecoveryAdd).with_peer(&recipient.to_age());
    let wish = Wish::of_trust(Trust::Recovery, "a way back into the vault", event);
    let consent = session.ask(vec![wish], &About::AddRecovery(&recovery))?;
    if let Err(why) = taken() {
        return session.record_failure(consent, why);
    }
    session.write(consent, |batch, _| batch.put_recovery(recovery, None))
}

pub(super) fn check_new(recovery: &Recovery, known: &[Recovery]) -> Result<(), Error> {
    if known.iter().any(|other| other.recipient == recovery.recipient) {
        return Err(Error::Conflict("there is a way back in to this recipient already".into()));
    }
    match known.len() < RECOVERY_MAX {
        true => Ok(()),
        false => Err(vault::Error::TooManyWays.into()),
    }
}

/// Removes a way back in.
pub fn remove(session: &mut Session<'_>, recovery: &Recovery) -> Result<(), Error> {
    let event = session.event(Action::RecoveryRemove).with_peer(&recovery.recipient.to_age());
    let wish = Wish::of_trust(Trust::Recovery, "a way back into the vault", event);
    let consent = session.ask(vec![wish], &About::RemoveRecovery(recovery))?;
    session.write(consent, |batch, _| batch.remove_recovery(&recovery.recipient))
}

/// The way that is meant: by its recipient, or `code` where there is one code.
///
/// # Errors
/// [`Error::NoWay`] if there is none, or more than one.
pub fn find(known: &[Recovery], name: &str) -> Result<Recovery, Error> {
    let is_meant = |way: &&Recovery| match name {
        "code" => way.is_code,
        recipient => way.recipient.to_age() == recipient,
    };
    let mut found = known.iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.clone()),
        _ => Err(Error::NoWay(crate::text::escape(name))),
    }
}
