//! `receipt`: what a recipient says of a package that was sealed here.

use super::{Error, Session};
use crate::audit::Action;
use crate::limits;
use crate::package::{self, Class, Receipt};
use crate::platform;
use crate::vault::{Looked, Share};
use std::path::Path;

/// A receipt that was checked and recorded.
pub struct Recorded {
    pub peer: String,
    pub receipt: Receipt,
    /// The package that they mean.
    pub share: Share,
}

/// Checks a receipt against the peers and the packages that were sealed here, and records it.
///
/// # Errors
/// [`Error::Receipt`]: of class time if its time is ahead, of class untrusted if no peer signed it, of class
/// binding if no package of ours, or none that was sealed to them, is meant, or its bytes were others.
pub fn record(session: &mut Session<'_>, file: &[u8]) -> Result<Recorded, Error> {
    let receipt = Receipt::verify(file).map_err(Error::Receipt)?;
    let refuse = |class, what: String| Error::Receipt(package::Error::new(class, "receipt", what));
    let (view, now) = (session.view(), session.now());
    let peer = view.peer_of(receipt.recipient)?.ok_or_else(|| {
        let print = receipt.recipient.fingerprint();
        refuse(Class::Untrusted, format!("signed by a key that is no peer's: {print}"))
    })?;
    if receipt.imported.seconds() > now.seconds().saturating_add(limits::CLOCK_SKEW) {
        let what = format!("it says {}, and it is {now}; compare the clocks", receipt.imported);
        return Err(refuse(Class::Time, what));
    }
    let not_ours =
        || refuse(Class::Binding, "it is about a package that was not sealed here".into());
    let Looked { found, basis } = view.share(&receipt.package)?;
    let mut share = found.ok_or_else(not_ours)?;
    if share.digest != receipt.digest {
        let what = "it is about another file than your package of this id".to_owned();
        return Err(refuse(Class::Binding, what));
    }
    let entry = share.recipients.iter_mut().find(|r| r.signing == Some(receipt.recipient));
    let entry = entry.ok_or_else(|| {
        refuse(Class::Binding, format!("the package was not sealed to {}", peer.name))
    })?;
    entry.received = entry.received.max(Some(receipt.imported));
    let event = session.event(Action::Receipt).with_peer(&peer.name).in_package(receipt.package);
    let consent = session.note(event, &basis);
    session.write(consent, |batch, _| batch.put_share(&basis, &share))?;
    Ok(Recorded { peer: peer.found.name, receipt, share })
}

pub fn read_receipt(path: &Path) -> Result<Vec<u8>, Error> {
    platform::read(path, limits::RECEIPT).map_err(Error::io(path))
}
