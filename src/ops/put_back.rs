//! `recover --from`: a vault out of a backup, with other keys and another lock.

use super::custody::NewCustody;
use super::init::Owner;
use super::recover::new_code;
use super::session::{Consent, Wish};
use super::{About, Error, Session};
use crate::audit::{Action, Event};
use crate::clock::Moment;
use crate::identity::{AgreementPublic, DeviceStatement, Identity, PublicIdentity, RecoveryCode};
use crate::policy::Trust;
use crate::vault::{self, Basis, Batch, Pin, Recovery, Vault, View};

/// The owner of a vault that is put back.
pub trait Heir: Owner {
    /// Whether the vault that the backup is of lives on somewhere. Two of one identity would number their
    /// packages alike.
    fn lives_on(&mut self) -> Option<bool>;
}

pub struct PutBack<'a> {
    /// What the backup was opened by, if that is a key.
    pub by: Option<AgreementPublic>,
    pub custody: NewCustody,
    pub owner: &'a mut dyn Heir,
    /// When the backup was made; `None` for what was saved of a damaged vault, whose identity nobody else has.
    pub made: Option<Moment>,
}

/// What has become of the vault's identity.
pub struct Back {
    pub identity: PublicIdentity,
    /// That it is a further device of the backup's, if it is another.
    pub statement: Option<DeviceStatement>,
}

/// What the owner chose for it.
struct Chosen {
    identity: Identity,
    /// If it is another than the backup's, which is here to say so.
    statement: Option<DeviceStatement>,
    /// In place of one that was typed.
    code: Option<RecoveryCode>,
    pin: Option<Pin>,
}

/// What it is written on.
struct Grounds {
    pin: Basis,
    identity: Basis,
}

/// Makes a vault in memory, of a backup, one that can be used: with new keys, another custody and PIN, and a code in
/// place of one that was typed. It is the same identity if the vault that the backup is of is gone, with `seq` and
/// clock not before now and the backup; else another, which opens what was sealed to that one.
pub fn put_back(session: &mut Session<'_>, back: PutBack<'_>) -> Result<Back, Error> {
    let PutBack { by, custody, owner, made } = back;
    custody.check_another()?;
    let on =
        Grounds { pin: session.view().pin()?.basis, identity: session.view().identity_basis() };
    // What keeps a damaged vault opens it for every program of the same user, and is no owner's proof.
    let trust = if by.is_none() && made.is_none() { Trust::Salvage } else { Trust::Recover };
    let consent = agreed(session, trust, &on)?;
    let lives_on = made.map_or(Some(false), |_| owner.lives_on()).ok_or(Error::Declined)?;
    let chosen = choose(session, lives_on, by.as_ref(), &custody, owner)?;
    let id = match lives_on {
        true => Vault::new_id()?,
        false => *session.view().id(),
    };
    let kept = custody.keep_another(&id)?;
    // The trail ends where the backup was made: that row says when.
    let backup = made.map(|time| Event { time, ..session.event(Action::Backup) });
    let consent = consent.with_events(|event| backup.iter().cloned().chain([event]).collect());
    session.write(consent, |batch, now| {
        batch.reset_proof(&on.pin, chosen.pin.as_ref(), now)?;
        go_on_from(batch, made.map_or(now, |made| now.max(made)))?;
        take(batch, &chosen, by.as_ref(), now)?;
        batch.renew_keys_as(id, kept.custody, &kept.kek)
    })?;
    Ok(Back { identity: chosen.identity.public(), statement: chosen.statement })
}

/// When the backup was made that a vault is of.
pub fn made(view: View<'_>) -> Result<Moment, vault::Error> {
    let none = || vault::Error::Damaged("it does not say when it was made".into());
    view.last_backup()?.ok_or_else(none)
}

fn agreed(session: &mut Session<'_>, trust: Trust, on: &Grounds) -> Result<Consent, Error> {
    let wish = Wish::of_trust(trust, "the vault", session.event(Action::Recover));
    let wish = wish.on(&on.pin, "the PIN").on(&on.identity, "your identity");
    let weighed = session.weigh(vec![wish])?;
    session.put(weighed, &About::Salvage)
}

fn choose(
    session: &Session<'_>,
    is_new: bool,
    by: Option<&AgreementPublic>,
    custody: &NewCustody,
    owner: &mut dyn Heir,
) -> Result<Chosen, Error> {
    let (view, now) = (session.view(), session.now());
    let identity = view.identity()?;
    let (identity, statement) = match is_new {
        true => identity.succeed(now).map(|(new, statement)| (new, Some(statement))),
        false => Ok((identity, None)),
    }
    .map_err(vault::Error::from)?;
    let code = by.map(|by| new_code(view, by)).transpose()?.flatten();
    if code.as_ref().is_some_and(|code| !owner.takes(code)) {
        return Err(Error::CodeNotTaken);
    }
    let pin = match custody {
        NewCustody::Passphrase(_) => None,
        NewCustody::Keyring | NewCustody::KeyFile(_) => owner.pin(),
    };
    Ok(Chosen { identity, statement, code, pin: pin.as_ref().map(Pin::new).transpose()? })
}

/// What the vault did after the backup is not known: it numbers and imports from here.
fn go_on_from(batch: &mut Batch<'_>, moment: Moment) -> Result<(), vault::Error> {
    let seq = batch.view().last_seq()?;
    batch.set_last_seq(&seq.basis, seq.found.max(moment.millis()))?;
    batch.raise_clock_floor(moment)
}

fn take(
    batch: &mut Batch<'_>,
    chosen: &Chosen,
    by: Option<&AgreementPublic>,
    made: Moment,
) -> Result<(), vault::Error> {
    if chosen.statement.is_some() {
        batch.put_identity(&chosen.identity)?;
    }
    let Some(code) = &chosen.code else { return Ok(()) };
    let recipient = code.secret().public();
    batch.put_recovery(Recovery { recipient, made, is_code: true }, by)
}
