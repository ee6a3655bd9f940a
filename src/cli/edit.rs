//! `kovra edit`

use super::error::Failure;
use super::ui::said;
use super::{Context, target, ui};
use clap::ArgGroup;
use kovra::entry::Sensitivity;
use kovra::ops::edit::{Labels, edit};

#[derive(clap::Args)]
#[command(group = ArgGroup::new("labels").args(["sensitivity", "description"]).required(true).multiple(true))]
pub(super) struct Args {
    #[command(flatten)]
    target: target::Args,
    /// low, medium, high or inject-only; a lower one is confirmed
    #[arg(long, value_name = "LEVEL")]
    sensitivity: Option<Sensitivity>,
    /// A note for people; empty for none
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let target = args.target.target()?;
    let labels = Labels { sensitivity: args.sensitivity, description: args.description };
    let entry = context.with_session(|session| edit(session, &target, labels))?;
    ui::data(said!("Changed {} ({}).", entry.coordinate, entry.sensitivity))
}
