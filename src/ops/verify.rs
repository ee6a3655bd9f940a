//! `verify`: what anyone can know of a package without a key.

use super::Error;
use crate::clock::Moment;
use crate::identity::SigningPublic;
use crate::limits;
use crate::package::{Header, Package};
use std::io::Read;
use std::path::Path;

/// What a package says of itself, and whether it holds.
pub struct Report {
    /// Signed by `sender`, every bit.
    pub header: Header,
    /// Who signed it.
    pub sender: SigningPublic,
    /// `Ok` if the sender is trusted and the package in date.
    pub verdict: Result<(), crate::package::Error>,
}

/// Checks a package against the keys that are `trusted`. Nobody is asked for them before it is intact:
/// a broken file is told without a vault's passphrase.
///
/// # Errors
/// [`Error::Package`] if it is not intact, and those of `trusted`; an intact one that is not trusted or
/// not in date is a report.
pub fn verify<E: From<Error>>(
    file: &[u8],
    trusted: impl FnOnce() -> Result<Vec<SigningPublic>, E>,
    now: Moment,
) -> Result<Report, E> {
    let intact = Package::parse(file).and_then(Package::verify).map_err(Error::from)?;
    let (header, sender) = (intact.header().clone(), intact.sender());
    let verdict = intact.trust(&trusted()?, now).map(|_| ());
    Ok(Report { header, sender, verdict })
}

/// Reads a package file: at most one byte more than a package can have, from a pipe too.
///
/// # Errors
/// [`Error::Io`].
pub fn read_package(path: &Path) -> Result<Vec<u8>, Error> {
    let file = std::fs::File::open(path).map_err(Error::io(path))?;
    let mut bytes = Vec::new();
    file.take(limits::FILE as u64 + 1).read_to_end(&mut bytes).map_err(Error::io(path))?;
    Ok(bytes)
}
