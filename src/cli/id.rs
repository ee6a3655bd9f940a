//! `kovra id`

use super::error::Failure;
use super::ui::{Say, said};
use super::{Context, json, ui};
use kovra::identity::Recipient;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let identity = context.vault()?.view().identity()?.public();
    if args.json {
        return ui::json(&json::Identity::from(&identity));
    }
    ui::note(said!("Fingerprint: {}", identity.signing().fingerprint()));
    let recipient = Recipient::Kovra(identity.agreement()).id();
    ui::note(said!("As a recipient: {}", recipient.groups()));
    ui::data(identity.say())
}
