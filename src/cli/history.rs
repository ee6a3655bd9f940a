//! `kovra history` and `kovra restore`

use super::error::Failure;
use super::ui::{Say, said};
use super::{Context, json, target, ui};
use kovra::ops::edit;
use kovra::vault::Revision;

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: target::Args,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(clap::Args)]
pub(super) struct Restore {
    #[command(flatten)]
    target: target::Args,
    /// The number that `kovra history` shows
    #[arg(value_name = "REVISION")]
    revision: u64,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let target = args.target.target()?;
    let history = context.with_session(|session| edit::history(session, &target))?;
    if args.json {
        return ui::json(&history.iter().map(json::Past::from).collect::<Vec<_>>());
    }
    let row = |revision: &Revision| {
        let entry = revision.entry.as_ref();
        vec![
            revision.number.say(),
            revision.written.say(),
            entry.map(|e| e.sensitivity).say(),
            entry.map_or("removed".into(), ui::content),
        ]
    };
    let header = ["REVISION", "WRITTEN", "SENSITIVITY", "VERSION"];
    ui::table(&header, history.iter().map(row))
}

pub(super) fn restore(args: &Restore, context: &Context) -> Result<(), Failure> {
    let target = args.target.target()?;
    let restored =
        context.with_session(|session| edit::restore(session, &target, args.revision))?;
    ui::data(said!(
        "Restored {} ({}) to revision {}, as revision {}.",
        restored.coordinate,
        restored.sensitivity,
        args.revision,
        restored.revision
    ))
}
