//! `kovra mv` and `kovra cp`

use super::error::Failure;
use super::ui::said;
use super::{Context, target, ui};
use kovra::coordinate::SecretUri;
use kovra::ops::edit::Target;
use kovra::ops::transfer::{Manner, transfer};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: target::Args,
    /// Its new name: env/component/key
    #[arg(value_name = "NEW")]
    to: SecretUri,
    /// The project it is to belong to; `global` for none [default: that of --project]
    #[arg(long, value_name = "NAME")]
    to_project: Option<String>,
}

pub(super) fn run(args: &Args, manner: Manner, context: &Context) -> Result<(), Failure> {
    let from = args.target.target()?;
    let project = match args.to_project.as_deref() {
        Some("global") => None,
        Some(name) => Some(name),
        None => args.target.project.as_deref(),
    };
    let to = Target::new(&args.to, project)?;
    let entry = context.with_session(|session| transfer(session, &from, &to, manner))?;
    let done = if manner == Manner::Move { "Moved" } else { "Copied" };
    let at = &args.target.at.coordinate;
    ui::data(said!("{} {} to {} ({}).", done, at, entry.coordinate, entry.sensitivity))?;
    if manner == Manner::Move {
        ui::note(said!("What {} held is in its history until `kovra prune` erases it.", at));
    }
    Ok(())
}
