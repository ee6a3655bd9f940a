//! `id rotate`: another key to be sealed to, vouched for by the same signing key.

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::identity::PublicIdentity;
use crate::policy::Trust;
use crate::vault;

/// Takes a new X25519 and a new hybrid key, which may be the first. What was sealed to the ones before still opens.
pub fn rotate(session: &mut Session<'_>) -> Result<PublicIdentity, Error> {
    let basis = session.view().identity_basis();
    let wish = Wish::of_trust(Trust::Rotate, "your identity", session.event(Action::IdRotate));
    let consent = session.ask(vec![wish.on(&basis, "your identity")], &About::Rotate)?;
    let identity = session.view().identity()?.rotate(session.now()).map_err(vault::Error::from)?;
    session.write(consent, |batch, _| batch.put_identity(&identity))?;
    Ok(identity.public())
}
