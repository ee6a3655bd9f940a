//! `kovra init`

use super::error::Failure;
use super::unlock::read_passphrase;
use super::{Context, ui};
use kovra::ops;
use kovra::ops::init::NewCustody;
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
    if ops::init::is_there(&path)? {
        return Err(vault::Error::Exists(path).into());
    }
    let mut custody = chosen(args.custody, context);
    let identity = match custody {
        Some(Keeper::Keyring) => ops::init::init(&context.home, NewCustody::Keyring)?,
        Some(Keeper::Passphrase) => with_passphrase(context)?,
        Some(Keeper::KeyFile) => {
            let path = context.key_file.clone().ok_or_else(|| {
                Failure::usage("custody by key file needs --key-file FILE or KOVRA_KEY_FILE")
            })?;
            ops::init::init(&context.home, NewCustody::KeyFile(path))?
        }
        None => match ops::init::init(&context.home, NewCustody::Keyring) {
            Err(ops::Error::Vault(vault::Error::Locked(why))) => {
                ui::note(&format!("{why}, so the vault is kept by a passphrase."));
                custody = Some(Keeper::Passphrase);
                with_passphrase(context)?
            }
            other => other?,
        },
    };
    if !matches!(custody, Some(Keeper::Passphrase)) {
        offer_pin(context)?;
    }
    ui::note(&format!("Made a vault in {}.", context.home.display()));
    ui::note(&format!("Fingerprint: {}", identity.signing().fingerprint()));
    ui::note("Give others this string, and the fingerprint on another way:");
    ui::data(&identity.to_string())
}

/// A custody that is named wins; else one whose file is given.
fn chosen(named: Option<Keeper>, context: &Context) -> Option<Keeper> {
    named.or(match (&context.key_file, &context.passphrase_file) {
        (Some(_), _) => Some(Keeper::KeyFile),
        (None, Some(_)) => Some(Keeper::Passphrase),
        (None, None) => None,
    })
}

fn with_passphrase(context: &Context) -> Result<kovra::identity::PublicIdentity, Failure> {
    let passphrase = match &context.passphrase_file {
        Some(file) => read_passphrase(file)?,
        None => ask_twice()?,
    };
    Ok(ops::init::init(&context.home, NewCustody::Passphrase(passphrase))?)
}

/// A keyring or a key file opens for every program of the same user; a PIN is the owner's alone.
fn offer_pin(context: &Context) -> Result<(), Failure> {
    let Ok(first) =
        ui::ask_secret("New PIN for confirming uses of high secrets (nothing for none)")
    else {
        return Ok(());
    };
    if first.is_empty() {
        ui::note("No PIN: anyone at this terminal can confirm. `kovra pin set` sets one later.");
        return Ok(());
    }
    if !ui::typed_again(&first)? {
        ui::note("The two PINs differ, so none was set. `kovra pin set` sets one.");
        return Ok(());
    }
    context.with_session(|session| ops::pin::set(session, &first))
}

fn ask_twice() -> Result<Secret, Failure> {
    let no_terminal = |_| {
        Failure::usage("a passphrase is needed, and there is no terminal to ask at").hint(
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
