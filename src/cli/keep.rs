//! `kovra unlock` and `kovra lock`

use super::error::Failure;
use super::time::length;
use super::ui::said;
use super::{Context, ui};
use kovra::clock::Moment;
use kovra::ops::unlock;
use kovra::platform::Keeper;
use kovra::vault::{Custody, Locked};
use std::time::Duration;

#[derive(clap::Args)]
pub(super) struct Args {
    /// How long, from 1m to 7d [default: 8h]
    #[arg(long = "for", value_name = "TIME", value_parser = length)]
    life: Option<Duration>,
}

pub(super) fn unlock(args: &Args, context: &Context) -> Result<(), Failure> {
    let life = args.life.unwrap_or(unlock::USUAL);
    unlock::check(life)?;
    let locked = Locked::open(&context.home)?;
    let custody = match locked.custody() {
        Custody::Passphrase { .. } => None,
        Custody::Keyring { .. } => Some("the keyring"),
        Custody::KeyFile { .. } => Some("a key file"),
    };
    if let Some(custody) = custody {
        context.check_used(locked.custody())?;
        ui::note(said!("Nothing is to be kept: {} opens this vault for each command.", custody));
        return Ok(());
    }
    let keeper = keep(locked, life, context)?;
    let until = context.now.millis().saturating_add(life.as_millis() as u64);
    ui::data(said!("Unlocked until {}.", Moment::from_millis(until)))?;
    ui::note(match keeper {
        Keeper::Session => "The kernel keeps its key for this login session.",
        Keeper::User => {
            "The kernel keeps its key for all sessions of this user: this one has no keyring of its own."
        }
    });
    ui::note(
        "Until then, programs of yours get low, medium and inject-only values without the passphrase. What is \
         high, of prod, or changes what is protected or trusted takes it each time. `kovra lock` ends it.",
    );
    Ok(())
}

/// With the passphrase, whatever is kept already. The vault is closed before a word is said.
fn keep(locked: Locked, life: Duration, context: &Context) -> Result<Keeper, Failure> {
    let (mut vault, passphrase) = context.open(locked)?;
    context.in_session(&mut vault, passphrase, |session| unlock::unlock(session, life))
}

pub(super) fn lock(context: &Context) -> Result<(), Failure> {
    let was_kept = Locked::open(&context.home)?.forget_kept()?;
    ui::data(if was_kept { "Locked." } else { "Nothing was kept of this vault's key." })
}
