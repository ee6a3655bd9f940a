//! `backup`: a copy of the whole vault in one age file, and whether such a file would restore.

use super::custody::check_passphrase;
use super::peer::age_recipient;
use super::session::Wish;
use super::{About, Error, Session, output};
use crate::audit::Action;
use crate::backup::{self, LONGEST, Opener, To};
use crate::clock::Moment;
use crate::identity::{AgreementPublic, Recipient};
use crate::limits;
use crate::package::Class;
use crate::platform::{self, NewFile, Readers};
use crate::policy::Trust;
use crate::secret::Secret;
use crate::vault::{self, Vault, View};
use std::path::{Path, PathBuf};

pub struct Options {
    pub to: Whom,
    /// The file; it must not exist.
    pub out: PathBuf,
}

/// Whom a backup is sealed to.
pub enum Whom {
    /// The recipients of the vault's ways back in.
    WaysBackIn,
    /// `age1...` each.
    Recipients(Vec<String>),
    /// Who knows a passphrase.
    Passphrase,
}

pub struct Report {
    pub made: Moment,
    /// Of the file, in bytes.
    pub size: usize,
    /// Empty for a passphrase.
    pub to: Vec<Addressee>,
}

/// Somebody to whom a backup is sealed.
pub struct Addressee {
    pub key: AgreementPublic,
    /// Whether a way back in is to this key.
    pub on_record: bool,
}

impl Addressee {
    /// What people compare.
    pub fn fingerprint(&self) -> String {
        Recipient::Age(self.key).id().groups()
    }
}

/// A backup that is about to be made, as the owner is asked about it.
pub struct BackingUp<'a> {
    /// Empty for a passphrase.
    pub to: &'a [Addressee],
    pub out: &'a Path,
}

/// Makes a backup, and asks for its `passphrase` if it is sealed to one. The file is there at the end, or none;
/// one that is there already is left alone, and is [`Error::Conflict`]. [`Error::BackupUnwritten`] if it is on
/// record, and could not get its name.
///
/// # Errors
/// [`Error::NoRecipient`] for a vault without a way back in; those of `passphrase`.
pub fn backup<E: From<Error>>(
    session: &mut Session<'_>,
    options: &Options,
    passphrase: impl FnOnce() -> Result<Secret, E>,
) -> Result<Report, E> {
    let addressees = addressees(session.view(), &options.to)?;
    let weighed = session.weigh(wishes(session, &addressees))?;
    output::check(&options.out)?;
    let to = match options.to {
        Whom::Passphrase => To::Passphrase(checked(passphrase()?)?),
        _ => To::Recipients(addressees.iter().map(|to| to.key).collect()),
    };
    let about = About::BackUp(BackingUp { to: &addressees, out: &options.out });
    let consent = session.put(weighed, &about)?;
    // A vault that was unlocked for a time has its guard key by now, without which there is no copy.
    let made = session.now();
    let (file, size) = match draft(session, &to, made, &options.out) {
        Ok(file) => file,
        Err(why) => return Ok(session.record_failure(consent, why)?),
    };
    // On record first, so that nothing leaves without being remembered.
    session.write(consent, |batch, _| batch.set_last_backup(made))?;
    keep(file, &options.out)?;
    Ok(Report { made, size, to: addressees })
}

/// The file, which has no name yet, and its length.
fn draft(
    session: &Session<'_>,
    to: &To,
    made: Moment,
    out: &Path,
) -> Result<(NewFile, usize), Error> {
    let sealed = backup::seal(&session.vault().copy(made)?, to, made)?;
    Ok((output::draft(out, Readers::Owner, &sealed)?, sealed.len()))
}

fn keep(file: NewFile, path: &Path) -> Result<(), Error> {
    file.keep().map_err(|source| Error::BackupUnwritten { path: path.to_owned(), source })
}

/// Each once.
fn addressees(view: View<'_>, whom: &Whom) -> Result<Vec<Addressee>, Error> {
    let known: Vec<AgreementPublic> = view.recovery().iter().map(|way| way.recipient).collect();
    let mut keys = match whom {
        Whom::Passphrase => return Ok(Vec::new()),
        Whom::WaysBackIn if known.is_empty() => return Err(Error::NoRecipient),
        Whom::WaysBackIn => known.clone(),
        Whom::Recipients(texts) => {
            texts.iter().map(|text| age_recipient(text)).collect::<Result<Vec<_>, _>>()?
        }
    };
    keys.sort_unstable_by_key(|key| *key.as_bytes());
    keys.dedup();
    if keys.len() > limits::RECIPIENTS {
        let most = limits::RECIPIENTS;
        return Err(Error::Usage(format!("a backup is sealed to at most {most} recipients")));
    }
    let addressee = |key| Addressee { key, on_record: known.contains(&key) };
    Ok(keys.into_iter().map(addressee).collect())
}

/// To give it to each.
fn wishes(session: &Session<'_>, to: &[Addressee]) -> Vec<Wish<'static>> {
    let event = session.event(Action::Backup);
    if to.is_empty() {
        return vec![Wish::of_trust(Trust::HandOut, "a backup by a passphrase", event)];
    }
    let wish = |to: &Addressee| {
        let (trust, key) =
            (if to.on_record { Trust::BackUp } else { Trust::HandOut }, to.key.to_age());
        let event = event.clone().with_peer(&key);
        Wish::of_trust(trust, format!("a backup to {key}"), event)
    };
    to.iter().map(wish).collect()
}

/// One that is long enough to keep a backup, and that age can take.
fn checked(passphrase: Secret) -> Result<Secret, Error> {
    check_passphrase(&passphrase)?;
    match std::str::from_utf8(passphrase.expose()) {
        Ok(_) => Ok(passphrase),
        Err(_) => Err(Error::Usage("a backup's passphrase has to be text".into())),
    }
}

/// Reads a file that may be a backup.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    platform::read(path, LONGEST).map_err(Error::io(path))
}

/// What is in a backup, all of which has been opened.
pub struct Found {
    /// The vault's id.
    pub id: [u8; 16],
    /// Of my identity.
    pub fingerprint: String,
    pub made: Moment,
    pub entries: usize,
    pub peers: usize,
    /// Rows of the audit trail.
    pub trail: usize,
}

/// Opens a backup and all that is in it, in memory.
pub fn verify(file: &[u8], opener: &Opener) -> Result<Found, Error> {
    let vault = backup::open(file, opener)?;
    Ok(found(&vault).map_err(backup::Error::Vault)?)
}

fn found(vault: &Vault) -> Result<Found, vault::Error> {
    let view = vault.view();
    view.check_whole()?;
    let made = view.last_backup()?;
    Ok(Found {
        id: *view.id(),
        fingerprint: view.identity()?.public().signing().fingerprint(),
        made: made
            .ok_or_else(|| vault::Error::Damaged("it does not say when it was made".into()))?,
        entries: view.entries()?.len(),
        peers: view.peers()?.len(),
        trail: view.trail()?.events.last().map_or(0, |(number, _)| *number as usize),
    })
}

/// For who has a backup.
pub(super) fn hint(error: &backup::Error) -> &'static str {
    match error {
        backup::Error::File(e) if e.class == Class::Unsupported => {
            "the key's owner opens it with `age -d` and unpacks it with `tar -x`: vault.key opens vault.db"
        }
        backup::Error::File(_) | backup::Error::Foreign(_) => {
            "name a file that `kovra backup` wrote, and copied whole"
        }
        backup::Error::Locked(_) => {
            "it takes the key, the recovery code or the passphrase that it was sealed to; --identity FILE \
             has a key"
        }
        backup::Error::Damaged(_) | backup::Error::Vault(_) => {
            "use another copy of it, or an earlier backup"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package;

    #[test]
    fn what_is_wrong_with_a_backup_has_a_hint() {
        let file = |class| backup::Error::File(package::Error::new(class, "backup", "odd"));
        for (error, hint) in [
            (file(Class::Unsupported), "`age -d`"),
            (file(Class::Limit), "`kovra backup` wrote"),
            (backup::Error::Foreign("odd"), "`kovra backup` wrote"),
            (backup::Error::Locked("odd"), "--identity FILE"),
            (backup::Error::Damaged("odd"), "another copy"),
            (backup::Error::Vault(vault::Error::Damaged("odd".into())), "another copy"),
        ] {
            let found = Error::from(error).hint().expect("a hint");
            assert!(found.contains(hint), "{found}");
        }
        let none = Error::NoRecipient.hint().expect("a hint");
        assert!(none.contains("`kovra recovery add`") && none.contains("--to age1..."), "{none}");
    }
}
