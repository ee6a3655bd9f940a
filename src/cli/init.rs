//! `kovra init`

use super::error::Failure;
use super::lock::ask_twice;
use super::recovery::show;
use super::ui::{Said, Say, said};
use super::unlock::read_passphrase;
use super::{Context, ui};
use kovra::identity::{AgreementPublic, RecoveryCode};
use kovra::ops;
use kovra::ops::custody::NewCustody;
use kovra::ops::init::{Made, Owner, init};
use kovra::ops::peer::age_recipient;
use kovra::ops::pin::PIN_MIN;
use kovra::secret::Secret;
use kovra::vault::{self, Custody};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Who keeps the vault's key [default: keyring where one answers, else passphrase]
    #[arg(long, value_enum)]
    custody: Option<Keeper>,
    /// Make a way back in for this age recipient, age1..., whose secret half is kept away from here
    #[arg(long, value_name = "AGE1")]
    recovery_recipient: Vec<String>,
    /// Offer no recovery code
    #[arg(long)]
    no_recovery_code: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Keeper {
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
    let ways = args.recovery_recipient.iter().map(|text| age_recipient(text));
    let ways = ways.collect::<Result<Vec<_>, _>>()?;
    let make = |custody| make(custody, &ways, !args.no_recovery_code, context);
    let made = match chosen(args.custody, context)? {
        Some(keeper) => make(custody(keeper, context)?)?,
        None => match make(NewCustody::Keyring) {
            Err(ops::Error::Vault(vault::Error::Locked(why))) => {
                ui::note(said!("{}, so a passphrase is to keep the vault.", Said::one_line(&why)));
                make(custody(Keeper::Passphrase, context)?)?
            }
            other => other?,
        },
    };
    ui::note(said!("Made a vault in {}.", context.home));
    ui::note(said!(
        "{} {}",
        kept_by(&made.custody),
        match made.ways {
            0 => "the vault is lost: there is no other way in. `kovra recovery add` makes one.",
            _ => "`kovra recover` gets you back in.",
        }
    ));
    ui::note(said!("Fingerprint: {}", made.identity.signing().fingerprint()));
    ui::note(
        "Give others the file that `kovra id -o FILE` writes, and the fingerprint by another channel. It starts with \
         this string:",
    );
    ui::data(made.identity.string().say())
}

fn custody(keeper: Keeper, context: &Context) -> Result<NewCustody, Failure> {
    Ok(match keeper {
        Keeper::Keyring => NewCustody::Keyring,
        Keeper::Passphrase => NewCustody::Passphrase(match &context.passphrase_file {
            Some(file) => read_passphrase(file)?,
            None => ask_twice(
                "give --passphrase-file FILE (KOVRA_PASSPHRASE_FILE), or --key-file FILE (KOVRA_KEY_FILE) for \
                 custody by key file",
            )?,
        }),
        Keeper::KeyFile => NewCustody::KeyFile(context.key_file.clone().ok_or_else(|| {
            Failure::usage("custody by key file needs --key-file FILE or KOVRA_KEY_FILE")
        })?),
    })
}

fn make(
    custody: NewCustody,
    ways: &[AgreementPublic],
    offers_code: bool,
    context: &Context,
) -> Result<Made, ops::Error> {
    init(&context.home, custody, ways, &mut Newcomer { offers_code }, context.now)
}

/// Where the key lies, and what if it is lost.
fn kept_by(custody: &Custody) -> Said {
    match custody {
        Custody::Keyring { .. } => {
            "Its key lies in the keyring of your desktop session. If that goes,".into()
        }
        Custody::Passphrase { .. } => {
            "Its key comes from your passphrase, which is kept nowhere. If you forget it,".into()
        }
        Custody::KeyFile { path } => {
            said!("Its key lies in {}, and opens it for whoever has that. If it goes,", path)
        }
    }
}

struct Newcomer {
    offers_code: bool,
}

impl Owner for Newcomer {
    fn pin(&mut self) -> Option<Secret> {
        ask_pin()
    }

    fn takes(&mut self, code: &RecoveryCode) -> bool {
        const OFFER: &str = "A recovery code opens the vault when all else is lost. Make one?";
        if !self.offers_code || !ui::is_taken_up(OFFER) {
            return false;
        }
        let taken = show(code);
        if !taken {
            ui::note("That is not of the code, so it was thrown away.");
        }
        taken
    }
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

/// A keyring or a key file opens for every program of the same user; a PIN is the owner's alone.
pub(super) fn ask_pin() -> Option<Secret> {
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
