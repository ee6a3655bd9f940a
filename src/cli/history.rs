//! `kovra history` and `kovra restore`

use super::error::Failure;
use super::{Context, target, ui};
use kovra::ops::edit::{self, held};
use kovra::vault::Revision;
use serde_json::{Value, json};

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
    let history = context.with_session(|session| Ok(edit::history(session, &target)?))?;
    if args.json {
        return ui::json(&history.iter().map(to_json).collect());
    }
    let row = |revision: &Revision| {
        let sensitivity = revision.entry.as_ref().map(|e| e.sensitivity.to_string());
        vec![
            revision.number.to_string(),
            revision.written.to_string(),
            sensitivity.unwrap_or_default(),
            held(revision),
        ]
    };
    let header = ["REVISION", "WRITTEN", "SENSITIVITY", "FINGERPRINT"];
    ui::table(&header, history.iter().map(row).collect())
}

fn to_json(revision: &Revision) -> Value {
    let entry = revision.entry.as_ref();
    json!({
        "revision": revision.number,
        "written": revision.written.to_string(),
        "removed": entry.is_none(),
        "sensitivity": entry.map(|e| e.sensitivity.name()),
        "held": entry.map(|_| held(revision)),
    })
}

pub(super) fn restore(args: &Restore, context: &Context) -> Result<(), Failure> {
    let target = args.target.target()?;
    let restored =
        context.with_session(|session| Ok(edit::restore(session, &target, args.revision)?))?;
    ui::data(&format!(
        "Restored {} ({}) to revision {}, as revision {}.",
        restored.coordinate, restored.sensitivity, args.revision, restored.revision
    ))
}
