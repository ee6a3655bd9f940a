//! `unlock`: the vault key kept by the system for a time, so that a passphrase is typed once.

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::platform::Keeper;
use crate::policy::Trust;
use std::time::Duration;

/// How long, if nobody says otherwise.
pub const USUAL: Duration = Duration::from_secs(8 * 3600);
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

/// Refuses a time that is too short or too long: [`Error::Usage`].
pub fn check(life: Duration) -> Result<(), Error> {
    match (SHORTEST..=LONGEST).contains(&life) {
        true => Ok(()),
        false => Err(Error::Usage("a vault is unlocked for 1 minute to 7 days".into())),
    }
}

/// Has the system keep the vault key, and never the guard key.
///
/// # Errors
/// [`vault::Error::NotKept`](crate::vault::Error::NotKept) where it keeps nothing.
pub fn unlock(session: &mut Session<'_>, life: Duration) -> Result<Keeper, Error> {
    check(life)?;
    let event = session.event(Action::Unlock);
    let wish = Wish::of_trust(Trust::Keep, "the vault's key", event);
    let consent = session.ask(vec![wish], &About::Nothing)?;
    session.keep(consent, life)
}
