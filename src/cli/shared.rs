//! `kovra shared`

use super::error::Failure;
use super::ui::{Said, Say, said};
use super::{Context, json, ui};
use kovra::ops::shared::{Item, Upshot, shared};
use kovra::vault::{Given, SharedEntry};
use std::collections::BTreeSet;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only what was sealed to this peer
    #[arg(long, value_name = "NAME")]
    peer: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let items = shared(context.vault()?.view(), args.peer.as_deref())?;
    if args.json {
        return ui::json(&items.iter().map(json::Shared::from).collect::<Vec<_>>());
    }
    show(&items)
}

/// A table of what was given, and one line of what that means.
pub(super) fn show(items: &[Item]) -> Result<(), Failure> {
    if items.is_empty() {
        ui::note("Nothing was sealed from this vault that they could have.");
        return Ok(());
    }
    let row = |item: &Item| {
        vec![
            said!("{} ({})", item.peer, item.fingerprint),
            item.entry.coordinate.say(),
            given(item),
            item.sealed.say(),
            item.received.map_or("no receipt".into(), |time| time.say()),
            if item.post_quantum { "safe" } else { "not safe" }.into(),
            item.upshot.phrase().into(),
        ]
    };
    let header =
        ["PEER", "COORDINATE", "VERSION", "SEALED", "IMPORTED", "QUANTUM", "IF THEY LEAVE"];
    ui::table(&header, items.iter().map(row))?;
    // What several devices or peers were given is one value.
    let of = |upshot| {
        let items = items.iter().filter(|item| item.upshot == upshot);
        items.map(|item| what(&item.entry)).collect::<BTreeSet<_>>().len()
    };
    ui::note(said!(
        "If they leave: rotate {}, and take away access to {}.",
        ui::count(of(Upshot::Rotate), "value", "values"),
        ui::count(of(Upshot::Revoke), "cloud secret", "cloud secrets")
    ));
    Ok(())
}

fn what(SharedEntry { origin, coordinate, given }: &SharedEntry) -> (String, &String, String) {
    let given = match given {
        Given::Literal(version) => version.to_string(),
        Given::Reference(pointer) => pointer.clone(),
    };
    (origin.to_string(), coordinate, given)
}

fn given(item: &Item) -> Said {
    match &item.entry.given {
        Given::Literal(version) => version.say(),
        Given::Reference(pointer) => ui::points_to(pointer),
    }
}
