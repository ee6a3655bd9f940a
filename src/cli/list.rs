//! `kovra list`

use super::error::Failure;
use super::{Context, ui};
use kovra::ops::list::{Filter, list};
use kovra::text::hex;
use kovra::vault::{Held, Provenance, Stored};
use serde_json::{Value, json};

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
    let entries = list(&context.vault()?.view(), &filter)?;
    if args.json {
        return ui::json(&entries.iter().map(to_json).collect());
    }
    if entries.is_empty() {
        ui::note("Nothing matches. `kovra add` puts a secret into the vault.");
        return Ok(());
    }
    let row = |entry: &Stored| {
        vec![
            entry.origin.to_string(),
            entry.coordinate.to_string(),
            entry.sensitivity.to_string(),
            entry.held.mode().to_string(),
            ui::content(entry),
        ]
    };
    let header = ["ORIGIN", "COORDINATE", "SENSITIVITY", "MODE", "FINGERPRINT"];
    ui::table(&header, entries.iter().map(row).collect())
}

fn to_json(entry: &Stored) -> Value {
    let (fingerprint, pointer, chosen) = match &entry.held {
        Held::Literal(print) => (Some(print.to_string()), None, None),
        Held::Reference { pointer, chosen } => (None, Some(pointer.as_str()), Some(chosen)),
    };
    json!({
        "origin": entry.origin.to_string(),
        "coordinate": entry.coordinate.as_str(),
        "sensitivity": entry.sensitivity.name(),
        "mode": entry.held.mode().to_string(),
        "fingerprint": fingerprint,
        "pointer": pointer,
        "chosen": chosen,
        "description": entry.description,
        "updated": entry.updated.to_string(),
        "revision": entry.revision,
        "from": entry.provenance.as_ref().map(from),
    })
}

fn from(provenance: &Provenance) -> Value {
    match provenance {
        Provenance::Package { sender, package, .. } => {
            json!({"sender": sender.fingerprint(), "package": hex(package)})
        }
        Provenance::Copy { of } => json!({"copy_of": of}),
    }
}
