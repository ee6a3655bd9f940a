//! `id add-device`: two identities say that they are one person's (`spec/identity.md` 7).

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::identity::{DeviceStatement, PublicIdentity, SigningPublic};
use crate::policy::Trust;

/// Says that another identity is this one's owner's, too, once they have compared it.
pub fn claim(session: &mut Session<'_>, other: &PublicIdentity) -> Result<DeviceStatement, Error> {
    let signing = session.view().identity()?.signing;
    let statement = DeviceStatement::claim(&signing, other.signing());
    let statement = statement.ok_or_else(|| Error::Usage("that is this identity itself".into()))?;
    ask(session, &About::ClaimDevice(other.signing()))?;
    Ok(statement)
}

/// Agrees to what another identity says of this one.
pub fn agree(session: &mut Session<'_>, half: &DeviceStatement) -> Result<DeviceStatement, Error> {
    let signing = session.view().identity()?.signing;
    let about = half.second().fingerprint();
    let whole = half.clone().agree(&signing).ok_or(Error::OtherDevice(about))?;
    ask(session, &About::AgreeDevice(half.first()))?;
    Ok(whole)
}

fn ask(session: &mut Session<'_>, about: &About<'_>) -> Result<(), Error> {
    let basis = session.view().identity_basis();
    let wish = Wish::of_trust(Trust::Device, "your identity", session.event(Action::IdAddDevice));
    let consent = session.ask(vec![wish.on(&basis, "your identity")], about)?;
    session.record(consent)
}

/// Whether it says of `second` that it is the owner's of `first`, and both agree.
///
/// # Errors
/// [`Error::HalfStatement`] and [`Error::OtherStatement`].
pub(super) fn check(
    statement: &DeviceStatement,
    first: Option<SigningPublic>,
    second: Option<SigningPublic>,
    name: &str,
) -> Result<(), Error> {
    let about = (Some(statement.first()), Some(statement.second()));
    match statement.is_whole() {
        _ if about != (first, second) => Err(Error::OtherStatement(name.to_owned())),
        false => Err(Error::HalfStatement(name.to_owned())),
        true => Ok(()),
    }
}
