//! Naming one entry, and the commands that need nothing else: `kovra rm`, `kovra prune`.

use super::error::Failure;
use super::ui::{Said, said};
use super::{Context, ui};
use kovra::coordinate::SecretUri;
use kovra::ops::edit::{self, Target};
use kovra::ops::restoring;

// Flattened into other commands' `Args`: clap would take the two groups of one name for one.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Args {
    /// The entry: env/component/key
    #[arg(value_name = "COORD")]
    pub(super) at: SecretUri,
    /// The project it belongs to [default: global]
    #[arg(long, value_name = "NAME")]
    pub(super) project: Option<String>,
}

impl Args {
    pub(super) fn target(&self) -> Result<Target, Failure> {
        Ok(Target::new(&self.at, self.project.as_deref())?)
    }
}

pub(super) fn remove(args: &Args, context: &Context) -> Result<(), Failure> {
    let target = args.target()?;
    let removed = context.with_session(|session| edit::remove(session, &target))?;
    ui::data(said!("Removed {}.", args.at.coordinate))?;
    let restoring = restoring(&removed.coordinate, &removed.origin, removed.revision);
    ui::note(said!("{}.", Said::one_line(&restoring)));
    Ok(())
}

pub(super) fn prune(args: &Args, context: &Context) -> Result<(), Failure> {
    let target = args.target()?;
    let gone = context.with_session(|session| edit::prune(session, &target))?;
    let revisions = ui::count(gone.done, "earlier revision", "earlier revisions");
    still_held(gone.pending);
    ui::note("kovra cannot erase what a file system, a snapshot or a backup keeps of it.");
    ui::data(said!("Erased {} of {}.", revisions, args.at.coordinate))
}

/// What became of the files, after something was taken out for good.
pub(super) fn still_held(pending: Option<String>) {
    if let Some(why) = pending {
        let why = Said::one_line(&why);
        ui::note(said!("The vault's files still hold it: {}. The next command tries again.", why));
    }
}
