//! `kovra recover --from` and `--salvage`

use super::backup::opener;
use super::error::Failure;
use super::init::{Keeper, ask_pin};
use super::lock::Lock;
use super::recovery::show;
use super::ui::{Said, Say, said};
use super::{Context, ui};
use kovra::backup::{self, Opener};
use kovra::clock::Moment;
use kovra::exit::Exit;
use kovra::identity::{AgreementPublic, AgreementSecret, RecoveryCode};
use kovra::ops;
use kovra::ops::files::is_there;
use kovra::ops::init::Owner;
use kovra::ops::put_back::{Back, Heir, PutBack, made, put_back};
use kovra::secret::Secret;
use kovra::vault::{Error, FILE, Locked, Vault, Wreck};
use std::path::Path;

pub(super) fn run(
    from: &Path,
    identity: Option<&Path>,
    lock: &Lock,
    context: &Context,
) -> Result<(), Failure> {
    check_place(context)?;
    let file = ops::backup::read(from)?;
    let opener = opener(&file, identity)?;
    let mut vault = backup::open(&file, &opener)
        .and_then(|copy| copy.in_memory().map_err(backup::Error::Vault))
        .map_err(ops::Error::from)?;
    drop(file);
    let by = match &opener {
        Opener::Key(secret) => Some(secret.public()),
        Opener::Passphrase(_) => None,
    };
    drop(opener);
    let made = made(vault.view())?;
    let back = place(&mut vault, (by, None), Some(made), lock, context)?;
    vault.move_into(&context.home)?;
    ui::note(said!("The vault is in {}, as it was at {}.", context.home, made));
    ui::note("What came later is not in it, and what was imported later may be imported again.");
    match &back.statement {
        None => told(&back, &Whose::Same),
        Some(statement) => {
            told(&back, &Whose::Beside)?;
            ui::note(
                "Who has pinned the old identity pins this one with it, by `kovra peer add NAME/DEVICE STRING \
                      --statement STATEMENT`, and this statement:",
            );
            ui::data(statement.say())
        }
    }
}

/// What still opens of a damaged vault in `folder`, by what keeps it, or by a way back in.
pub(super) fn salvage(
    folder: &Path,
    by: Option<AgreementSecret>,
    lock: &Lock,
    context: &Context,
) -> Result<(), Failure> {
    check_place(context)?;
    let wreck = Wreck::open(folder)?;
    let public = by.as_ref().map(AgreementSecret::public);
    let (salvage, typed) = match by {
        Some(secret) => {
            check_damaged(folder, |locked| locked.recover(&secret))?;
            (wreck.recover(&secret)?, None)
        }
        None => {
            let (kek, typed) = context.kek(wreck.id(), wreck.custody())?;
            check_damaged(folder, |locked| locked.unlock(&kek))?;
            (wreck.unlock(&kek)?, typed)
        }
    };
    let ((rows, trail), lost) = (salvage.counts(), salvage.lost.clone());
    let lacks_identity = salvage.lacks_identity();
    let mut vault = salvage.into_vault(context.now)?;
    let back = place(&mut vault, (public, typed), None, lock, context)?;
    vault.move_into(&context.home)?;
    let rows = ui::count(rows, "row", "rows");
    ui::note(said!("Saved {} and {} of the trail, into {}.", rows, trail, context.home));
    ui::note("Nothing proves that these are all, or the latest: look through `kovra list`.");
    for lost in lost {
        ui::note(said!("Lost: {}", Said::one_line(&lost)));
    }
    told(&back, if lacks_identity { &Whose::Lost } else { &Whose::Saved })
}

/// What is whole is not saved but used: two vaults must not be one sender.
fn check_damaged(
    folder: &Path,
    open: impl FnOnce(Locked) -> Result<Vault, Error>,
) -> Result<(), Failure> {
    let whole = Locked::open(folder).and_then(open).and_then(|vault| vault.view().check_whole());
    if whole.is_err() {
        return Ok(());
    }
    let what = said!("the vault in {} is whole, so there is nothing to save", folder);
    Err(Failure::new(Exit::Conflict, what).hint("move it back to where it was, and use it"))
}

fn check_place(context: &Context) -> Result<(), Failure> {
    let path = context.home.join(FILE);
    if is_there(&path)? {
        return Err(Failure::from(Error::Exists(path)).hint(
            "a vault is put back where no vault is: move that one away, or give --home DIR",
        ));
    }
    Ok(())
}

/// By a key, or a passphrase that was typed.
fn place(
    vault: &mut Vault,
    (by, typed): (Option<AgreementPublic>, Option<Secret>),
    made: Option<Moment>,
    lock: &Lock,
    context: &Context,
) -> Result<Back, Failure> {
    context.in_session(vault, typed, |session| {
        let custody = lock.chosen(Keeper::Passphrase)?;
        let owner = &mut Person;
        put_back(session, PutBack { by, custody, owner, made }).map_err(Failure::from)
    })
}

struct Person;

impl Owner for Person {
    fn pin(&mut self) -> Option<Secret> {
        ask_pin()
    }

    fn takes(&mut self, code: &RecoveryCode) -> bool {
        show(code)
    }
}

impl Heir for Person {
    fn lives_on(&mut self) -> Option<bool> {
        let question = "The vault that this is a backup of: is it gone for good, or does it live on somewhere? \
                        If it is gone, this one takes its identity. If it lives on, this one gets another, since \
                        two vaults must not be one sender.";
        Some(ui::ask_word(question, ["gone", "lives on"])? == 1)
    }
}

/// Whose identity a vault has that was put back.
enum Whose {
    /// That of the vault which is gone.
    Same,
    /// Another, beside the old one, which lives on.
    Beside,
    /// That of the damaged vault.
    Saved,
    /// Another: the old one is lost.
    Lost,
}

fn told(back: &Back, whose: &Whose) -> Result<(), Failure> {
    ui::note(said!("Fingerprint: {}", back.identity.signing().fingerprint()));
    ui::note(match whose {
        Whose::Same => {
            "It is the identity that others know; if the old vault turns up, delete it. Its string:"
        }
        Whose::Beside => {
            "It is a new identity, and opens what is sealed to the old one. Give others this string, and the \
             fingerprint by another channel:"
        }
        Whose::Saved => {
            "It is the identity that others know. Keep the damaged folder until you miss nothing. Its string:"
        }
        Whose::Lost => {
            "The identity was lost, so this is another: what is sealed to the old one stays closed. Give others \
             this string, and the fingerprint by another channel:"
        }
    });
    ui::data(back.identity.say())
}
