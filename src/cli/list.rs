//! `kovra list`

use super::error::Failure;
use super::ui::Say;
use super::{Context, json, ui};
use kovra::ops::list::{Filter, Listing, list};
use kovra::vault::Stored;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only this env
    #[arg(long)]
    env: Option<String>,
    /// Only this component
    #[arg(long)]
    component: Option<String>,
    /// Only this project's own entries; `global` for the global ones
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let filter = Filter { env: args.env, component: args.component, project: args.project };
    let Listing { items: entries, damage } = list(&context.vault()?.view(), &filter)?;
    if !entries.is_empty() || damage.is_empty() {
        show(&entries, args.json)?;
    }
    Failure::of_damage(damage)
}

fn show(entries: &[Stored], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return ui::json(&entries.iter().map(json::Entry::from).collect::<Vec<_>>());
    }
    let row = |entry: &Stored| {
        vec![
            entry.origin.say(),
            entry.coordinate.say(),
            entry.sensitivity.say(),
            entry.held.mode().say(),
            ui::content(entry),
        ]
    };
    let header = ["ORIGIN", "COORDINATE", "SENSITIVITY", "MODE", "VERSION"];
    let nothing = "Nothing matches. `kovra add` puts a secret into the vault.";
    ui::list(&header, entries.iter().map(row), nothing)
}
