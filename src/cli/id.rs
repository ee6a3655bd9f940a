//! `kovra id`

use super::error::Failure;
use super::ui::{Say, said};
use super::{Context, json, ui};
use kovra::identity::Recipient;
use kovra::ops::rotate;

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Take a new encryption key; the fingerprint stays, and what was sealed to the old key still opens
    Rotate,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    if let Some(Command::Rotate) = args.command {
        return rotate(context);
    }
    let identity = context.vault()?.view().identity()?.public();
    if args.json {
        return ui::json(&json::Identity::from(&identity));
    }
    ui::note(said!("Fingerprint: {}", identity.signing().fingerprint()));
    let recipient = Recipient::Kovra(identity.agreement()).id();
    ui::note(said!("As a recipient: {}", recipient.groups()));
    ui::data(identity.say())
}

fn rotate(context: &Context) -> Result<(), Failure> {
    let identity = context.with_session(rotate::rotate)?;
    ui::note(
        "You have a new encryption key. Your fingerprint is as it was, and what was sealed to the old key still opens.",
    );
    ui::note(
        "Peers seal to the new one once they have this string; each runs `kovra peer add NAME STRING`:",
    );
    ui::data(identity.say())
}
