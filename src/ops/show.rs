//! `show`: one value, where policy lets it.

use super::select::{find, origin};
use super::values::{Resolver, authorize, fetch};
use super::{Approver, Error};
use crate::coordinate::SecretUri;
use crate::policy::Operation;
use crate::secret::Secret;
use crate::vault::Vault;

/// The value of an entry; a pointer is resolved under the caller's own identity.
///
/// # Errors
/// [`Error::NoEntry`], [`Error::Denied`], [`Error::Declined`], [`Error::Unresolved`].
pub fn show(
    vault: &Vault,
    at: &SecretUri,
    project: Option<&str>,
    resolver: &dyn Resolver,
    approver: &mut dyn Approver,
) -> Result<Secret, Error> {
    let entry = find(vault.view(), &origin(project)?, at)?;
    authorize(&[&entry], Operation::Reveal, None, approver)?;
    let mut values = fetch(vault.view(), &[&entry], resolver)?;
    values.pop().ok_or_else(|| Error::NoEntry(at.coordinate.clone()))
}
