//! Getting at values: from the vault, or from the clouds.

use super::session::{Consent, Session};
use super::{Error, Listed, Source};
use crate::coordinate::Coordinate;
use crate::pointer::Pointer;
use crate::provider::{Fault, Resolved, onepassword};
use crate::secret::Secret;
use crate::vault::{Basis, TrustedFile, View};

/// What is outside of every source, as operations see it: the clouds, and 1Password.
pub trait Resolver {
    /// Resolves `pointers` with one result each, in their order. Not called for none.
    fn resolve(&self, pointers: &[Pointer]) -> Vec<Result<Resolved, Fault>>;

    fn read(&self, item: &onepassword::Item) -> Result<Secret, Fault>;
}

/// What `get` makes of values. All of it is on record, in one transaction, before it is handed out, with the
/// file that was `trusted` by the same yes; and what came to nothing is on record as that.
pub(super) fn obtain<T>(
    session: &mut Session<'_>,
    consent: Consent,
    trusted: Option<(TrustedFile, Basis)>,
    get: impl FnOnce(&View<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let given = match get(&session.view()) {
        Ok(given) => given,
        Err(why) => return session.record_failure(consent, why),
    };
    match trusted {
        None => session.record(consent)?,
        Some((file, basis)) => {
            session.write(consent, |batch, _| batch.put_trusted(&basis, &file))?
        }
    }
    Ok(given)
}

/// The values of `items`, in their order. [`Error::Unresolved`] has every pointer that failed.
/// Nothing cloud-related is touched unless one of the items is a reference.
pub(super) fn fetch<S: Source>(
    source: &S,
    items: &[&S::Item],
    resolver: &dyn Resolver,
) -> Result<Vec<Secret>, Error> {
    let mut resolved = resolve(items, resolver)?.into_iter();
    let value = |item: &&S::Item| match item.pointer() {
        None => source.value(item),
        Some(_) => {
            let missing = || Error::Nothing(format!("no result came for {}", item.coordinate()));
            resolved.next().map(|r| r.value).ok_or_else(missing)
        }
    };
    items.iter().map(value).collect()
}

/// Resolves the references among `items`: all of them, or none.
fn resolve<I: Listed>(items: &[&I], resolver: &dyn Resolver) -> Result<Vec<Resolved>, Error> {
    let references = items.iter().filter_map(|item| Some((item.coordinate(), item.pointer()?)));
    let (names, pointers): (Vec<&Coordinate>, Vec<Pointer>) =
        references.map(|(name, pointer)| (name, pointer.clone())).unzip();
    if pointers.is_empty() {
        return Ok(Vec::new());
    }
    let (mut values, mut faults) = (Vec::new(), Vec::new());
    for (name, result) in names.into_iter().zip(resolver.resolve(&pointers)) {
        match result {
            Ok(value) => values.push(value),
            Err(fault) => faults.push((name.clone(), fault)),
        }
    }
    if faults.is_empty() { Ok(values) } else { Err(Error::Unresolved(faults)) }
}
