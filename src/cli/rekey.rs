//! `kovra rekey`

use super::error::Failure;
use super::lock::Lock;
use super::target::still_held;
use super::ui::{Said, said};
use super::{Context, ui};
use kovra::ops::rekey::{Keys, Rekeyed, rekey};
use kovra::vault::Custody;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    lock: Lock,
    /// Keep the keys and change the lock alone: fast, and no help against who had a copy of the vault and its
    /// lock
    #[arg(long)]
    rewrap: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let keys = if args.rewrap { Keys::Same } else { Keys::New };
    let done = context.with_session(|session| {
        let custody = args.lock.chosen(session.view().custody())?;
        rekey(session, keys, custody).map_err(Failure::from)
    })?;
    changed(done);
    ui::data(match keys {
        Keys::New => {
            "The vault has new keys and another lock. An older copy of it opens nothing that follows."
        }
        Keys::Same => {
            "The vault has another lock. Who has an older copy of it, and what opened that, still has its keys; \
             `kovra rekey` draws new ones."
        }
    })
}

/// What is left of the lock that was there.
pub(super) fn changed(done: Rekeyed) {
    still_held(done.pending);
    if let Some(why) = done.kept {
        let why = Said::one_line(&why);
        ui::note(said!("The keyring still has the old key, which opens nothing now: {}", why));
    }
    if let Custody::KeyFile { path } = done.before {
        ui::note(said!("The old key file opens this vault no more; delete it: {}", path));
    }
}
