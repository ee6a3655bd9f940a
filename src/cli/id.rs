//! `kovra id`

use super::error::Failure;
use super::{Context, ui};
use serde_json::json;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let identity = context.vault()?.view().identity()?.public();
    let fingerprint = identity.signing().fingerprint();
    if args.json {
        return ui::json(&json!({ "identity": identity.to_string(), "fingerprint": fingerprint }));
    }
    ui::note(&format!("Fingerprint: {fingerprint}"));
    ui::data(&identity.to_string())
}
