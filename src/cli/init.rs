//! `kovra init`

use super::error::Failure;
use super::ui::{Said, Say, said};
use super::unlock::read_passphrase;
use super::{Context, ui};
use kovra::ops;
use kovra::ops::custody::NewCustody;
use kovra::ops::pin::PIN_MIN;
use kovra::secret::Secret;
use kovra::vault;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Who keeps the vault's key [default: keyring where one answers, else passphrase]
    #[arg(long, value_enum)]
    custody: Option<Keeper>,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Keeper {
    /// The keyring of the desktop session (Secret Service)
    Keyring,
    /// A passphrase, through Argon2id
    Passphrase,
    /// A file, named with --key-file; made if it is not there
    KeyFile,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let path = context.home.join(vault::FILE);
    if ops::files::is_there(&path)? {
        return Err(vault::Error::Exists(path).into());
    }
    let custody = chosen(args.custody, context)?;
    let make = |custody| ops::init::init(&context.home, custody, ask_pin);
    let identity = match custody {
        Some(Keeper::Keyring) => make(NewCustody::Keyring)?,
        Some(Keeper::Passphrase) => with_passphrase(context)?,
        Some(Keeper::KeyFile) => {
            let path = context.key_file.clone().ok_or_else(|| {
                Failure::usage("custody by key file needs --key-file FILE or KOVRA_KEY_FILE")
            })?;
            make(NewCustody::KeyFile(path))?
        }
        None => match make(NewCustody::Keyring) {
            Err(ops::Error::Vault(vault::Error::Locked(why))) => {
                ui::note(said!("{}, so a passphrase is to keep the vault.", Said::one_line(&why)));
                with_passphrase(context)?
            }
            other => other?,
        },
    };
    ui::note(said!("Made a vault in {}.", context.home));
    ui::note(said!("Fingerprint: {}", identity.signing().fingerprint()));
    ui::note("Give others this string, and the fingerprint by another channel:");
    ui::data(identity.say())
}

/// A custody that is named, or whose file is given. A file that would not be used is an error.
fn chosen(named: Option<Keeper>, context: &Context) -> Result<Option<Keeper>, Failure> {
    let given = [
        context.key_file.as_ref().map(|_| Keeper::KeyFile),
        context.passphrase_file.as_ref().map(|_| Keeper::Passphrase),
    ];
    let mut all = named.into_iter().chain(given.into_iter().flatten());
    let first = all.next();
    match all.find(|other| Some(*other) != first) {
        None => Ok(first),
        Some(_) => Err(Failure::usage("a vault has one custody, and here are two")
            .hint("give --key-file or --passphrase-file (KOVRA_KEY_FILE, KOVRA_PASSPHRASE_FILE)")),
    }
}

fn with_passphrase(context: &Context) -> Result<kovra::identity::PublicIdentity, Failure> {
    let passphrase = match &context.passphrase_file {
        Some(file) => read_passphrase(file)?,
        None => ask_twice()?,
    };
    Ok(ops::init::init(&context.home, NewCustody::Passphrase(passphrase), || None)?)
}

/// A keyring or a key file opens for every program of the same user; a PIN is the owner's alone.
fn ask_pin() -> Option<Secret> {
    let Ok(first) =
        ui::ask_secret("New PIN for confirming uses of high secrets (nothing for none)")
    else {
        return None;
    };
    let why = if first.is_empty() {
        "No PIN: anyone at this terminal can confirm, so no peer is vouched for and no program allowed. \
         `kovra pin set` sets one later."
    } else if first.len() < PIN_MIN {
        "A PIN has at least 4 characters, so none was set. `kovra pin set` sets one."
    } else if !ui::typed_again(&first).unwrap_or(false) {
        "The two PINs differ, so none was set. `kovra pin set` sets one."
    } else {
        return Some(first);
    };
    drop(first);
    ui::note(why);
    None
}

fn ask_twice() -> Result<Secret, Failure> {
    let no_terminal = |why: Failure| {
        Failure::usage(said!("a passphrase is needed, and {}", why.what)).hint(
            "give --passphrase-file FILE (KOVRA_PASSPHRASE_FILE), or --key-file FILE \
             (KOVRA_KEY_FILE) for custody by key file",
        )
    };
    let first = ui::ask_secret("New passphrase").map_err(no_terminal)?;
    if first.is_empty() {
        return Err(Failure::usage("the passphrase is empty, so nothing was made"));
    }
    if !ui::typed_again(&first).map_err(no_terminal)? {
        return Err(Failure::usage("the two passphrases differ, so nothing was made"));
    }
    Ok(first)
}
