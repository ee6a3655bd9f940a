//! `refs trust`: an `.env.refs` of a checkout that may name more than one's own low and medium entries.

use super::session::Wish;
use super::{About, Error, Session};
use crate::audit::Action;
use crate::policy::Trust;
use crate::refs::Refs;
use crate::text::escape;
use crate::vault::{Looked, TrustedFile, View};

/// An `.env.refs`, as it was read.
#[derive(Clone, Copy)]
pub struct File<'a> {
    /// Absolute, without links.
    pub path: &'a str,
    pub refs: &'a Refs,
}

impl File<'_> {
    /// What is known of it, and whether it says what it said when it was trusted.
    pub(super) fn look(&self, view: View<'_>) -> Result<Looked<bool>, Error> {
        let Looked { found, basis } = view.trusted_file(self.path)?;
        let found = found.is_some_and(|file| file.digest == self.refs.digest());
        Ok(Looked { found, basis })
    }

    pub(super) fn trusted(&self, session: &Session<'_>) -> TrustedFile {
        let (path, digest) = (self.path.to_owned(), self.refs.digest());
        TrustedFile { path, digest, added: session.now() }
    }

    /// To trust it, as it is asked about.
    pub(super) fn wish<'a>(&self, session: &Session<'_>, looked: &Looked<bool>) -> Wish<'a> {
        let event = session.event(Action::RefsTrust).for_program(self.path);
        Wish::of_trust(Trust::TrustFile, escape(self.path), event).on(&looked.basis, self.path)
    }
}

/// Trusts a file as it is, once its owner has seen what it says. Gives `false` if it was trusted before.
pub fn trust(session: &mut Session<'_>, file: File<'_>) -> Result<bool, Error> {
    let looked = file.look(session.view())?;
    if *looked {
        return Ok(false);
    }
    let wish = file.wish(session, &looked);
    let trusted = file.trusted(session);
    let consent = session.ask(vec![wish], &About::TrustFile(file))?;
    session.write(consent, |batch, _| batch.put_trusted(&looked.basis, &trusted))?;
    Ok(true)
}

/// Trusts a file no longer. That needs no confirmation: it only narrows.
pub fn distrust(session: &mut Session<'_>, path: &str) -> Result<(), Error> {
    let Looked { found, basis } = session.view().trusted_file(path)?;
    if found.is_none() {
        return Err(Error::Nothing(format!("{} is not trusted", escape(path))));
    }
    let event = session.event(Action::RefsDistrust).for_program(path);
    let wish = Wish::of_trust(Trust::DistrustFile, escape(path), event).on(&basis, path);
    let consent = session.ask(vec![wish], &About::DistrustFile(path))?;
    session.write(consent, |batch, _| batch.remove_trusted(&basis, path))
}
