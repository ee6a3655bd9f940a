//! `kovra shared`

use super::error::Failure;
use super::{Context, ui};
use kovra::ops::shared::{Item, Upshot, shared};
use kovra::text::{escape, hex};
use kovra::vault::Given;
use serde_json::{Value, json};

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
        return ui::json(&items.iter().map(to_json).collect());
    }
    show(&items)
}

/// A table of what was given, and one line of what that means.
pub(super) fn show(items: &[Item]) -> Result<(), Failure> {
    if items.is_empty() {
        ui::note("Nothing was sealed to them from this vault.");
        return Ok(());
    }
    let row = |item: &Item| {
        vec![
            escape(&item.peer),
            item.entry.coordinate.clone(),
            given(item),
            item.sealed.to_string(),
            item.received.map_or("no receipt".to_owned(), |time| time.to_string()),
            item.upshot.name().to_owned(),
        ]
    };
    let header = ["PEER", "COORDINATE", "FINGERPRINT", "SEALED", "IMPORTED", "IF THEY LEAVE"];
    ui::table(&header, items.iter().map(row).collect())?;
    let of = |upshot| items.iter().filter(|item| item.upshot == upshot).count();
    ui::note(&format!(
        "If they leave: rotate {}, and take away access to {}.",
        ui::count(of(Upshot::Rotate), "value", "values"),
        ui::count(of(Upshot::Revoke), "cloud secret", "cloud secrets")
    ));
    Ok(())
}

fn given(item: &Item) -> String {
    match &item.entry.given {
        Given::Literal(fingerprint) => fingerprint.to_string(),
        Given::Reference(pointer) => format!("\u{2192} {pointer}"),
    }
}

fn to_json(item: &Item) -> Value {
    json!({
        "peer": item.peer,
        "coordinate": item.entry.coordinate,
        "origin": item.entry.origin.to_string(),
        "given": given(item),
        "sealed": item.sealed.to_string(),
        "package": hex(&item.package),
        "imported": item.received.map(|time| time.to_string()),
        "upshot": item.upshot.name(),
    })
}
