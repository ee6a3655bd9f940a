//! `kovra id`

use super::error::Failure;
use super::ui::{Say, said};
use super::{Context, json, ui};
use kovra::identity::{DeviceStatement, PublicIdentity, Recipient};
use kovra::ops::{self, device, rotate};

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
    /// Say that another identity is yours, too: that of your laptop and that of your desktop
    #[command(
        after_help = "On one device it takes the other's kovra1... string, and prints half a statement; on the other device \
                           it takes that half, and prints the whole."
    )]
    AddDevice {
        /// The other device's kovra1... string, or the kovradev1... that it printed
        #[arg(value_name = "STRING")]
        text: String,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Some(Command::Rotate) => return rotate(context),
        Some(Command::AddDevice { text }) => return add_device(text.trim_ascii(), context),
        None => {}
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

fn add_device(text: &str, context: &Context) -> Result<(), Failure> {
    if DeviceStatement::is_meant(text) {
        let half = text.parse().map_err(ops::Error::Statement)?;
        let (mine, whole) = context.with_session(|session| {
            let whole = device::agree(session, &half)?;
            Ok::<_, ops::Error>((session.view().identity()?.public(), whole))
        })?;
        return stated(&mine, &whole);
    }
    let other: PublicIdentity = text.parse().map_err(ops::Error::Identity)?;
    let half = context.with_session(|session| device::claim(session, &other))?;
    ui::note("That device agrees by `kovra id add-device` with this half of a statement:");
    ui::data(half.say())
}

/// What others are given of a device.
fn stated(device: &PublicIdentity, statement: &DeviceStatement) -> Result<(), Failure> {
    ui::note(
        "Whoever has pinned your first device pins this one, too, by `kovra peer add NAME/DEVICE STRING --statement STATEMENT`:",
    );
    ui::data(device.say())?;
    ui::data(statement.say())
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
