//! `kovra recover --from`

use super::backup::opener;
use super::error::Failure;
use super::init::{Keeper, ask_pin};
use super::lock::Lock;
use super::recovery::show;
use super::ui::{Say, said};
use super::{Context, ui};
use kovra::backup::{self, Opener};
use kovra::identity::RecoveryCode;
use kovra::ops;
use kovra::ops::files::is_there;
use kovra::ops::init::Owner;
use kovra::ops::put_back::{Back, Heir, PutBack, put_back};
use kovra::secret::Secret;
use kovra::vault::{Error, FILE};
use std::path::Path;

pub(super) fn run(
    from: &Path,
    identity: Option<&Path>,
    lock: &Lock,
    context: &Context,
) -> Result<(), Failure> {
    let path = context.home.join(FILE);
    if is_there(&path)? {
        return Err(Failure::from(Error::Exists(path))
            .hint("a backup is put where no vault is: move that one away, or give --home DIR"));
    }
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
    let back = context.in_session(&mut vault, None, |session| {
        let custody = lock.chosen(Keeper::Passphrase)?;
        let owner = &mut Person;
        put_back(session, PutBack { by, custody, owner }).map_err(Failure::from)
    })?;
    vault.move_into(&context.home)?;
    told(&back, context)
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

fn told(back: &Back, context: &Context) -> Result<(), Failure> {
    ui::note(said!("The vault is in {}, as it was at {}.", context.home, back.made));
    ui::note("What came later is not in it, and what was imported later may be imported again.");
    ui::note(said!("Fingerprint: {}", back.identity.signing().fingerprint()));
    ui::note(match back.is_new {
        true => {
            "It is a new identity, and opens what is sealed to the old one. Give others this string, and the \
             fingerprint by another channel:"
        }
        false => {
            "It is the identity that others know; if the old vault turns up, delete it. Its string:"
        }
    });
    ui::data(back.identity.say())
}
