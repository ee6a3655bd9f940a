//! `verify`: what anyone can know of a package without a key.

use super::Error;
use crate::clock::Moment;
use crate::identity::SigningPublic;
use crate::limits;
use crate::package::{self, Header, Package};
use crate::platform;
use std::path::Path;

pub struct Report {
    /// What its sender signed; `None` if the package is not intact.
    pub signed: Option<Signed>,
    /// `Ok` if it is intact, its sender is trusted and it is in date.
    pub verdict: Result<(), package::Error>,
}

/// What a package says of itself, every bit of it signed.
pub struct Signed {
    pub header: Header,
    pub sender: SigningPublic,
}

/// Checks a package against the keys that are `trusted`. Nobody is asked for them before it is intact:
/// a broken file is told without a vault's passphrase. Whatever is wrong with it is in the report; an
/// error is one of `trusted`.
pub fn verify<E>(
    file: &[u8],
    trusted: impl FnOnce() -> Result<Vec<SigningPublic>, E>,
    now: Moment,
) -> Result<Report, E> {
    let intact = match Package::parse(file).and_then(Package::verify) {
        Ok(intact) => intact,
        Err(why) => return Ok(Report { signed: None, verdict: Err(why) }),
    };
    let signed = Signed { header: intact.header().clone(), sender: intact.sender() };
    let verdict = intact.trust(&trusted()?, now).map(|_| ());
    Ok(Report { signed: Some(signed), verdict })
}

pub fn read_package(path: &Path) -> Result<Vec<u8>, Error> {
    platform::read(path, limits::FILE).map_err(Error::io(path))
}
