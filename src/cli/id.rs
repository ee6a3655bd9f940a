//! `kovra id`

use super::error::Failure;
use super::ui::{Say, said};
use super::{Context, json, ui};
use kovra::identity::{DeviceStatement, PublicIdentity, Recipient};
use kovra::ops::{self, device, output, peer, rotate};
use kovra::platform::Readers;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Write it to a file, for others to pin with `kovra peer add NAME FILE`
    #[arg(short, long, value_name = "FILE", conflicts_with_all = ["json", "short"])]
    output: Option<PathBuf>,
    /// Print the kovra1... string alone: enough to know your packages by, and not to seal to you
    #[arg(long, conflicts_with = "json")]
    short: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Take new encryption keys; the fingerprint stays, and what was sealed to the old ones still opens
    Rotate,
    /// Say that another identity is yours, too: that of your laptop and that of your desktop
    #[command(
        after_help = "On one device it takes the other's kovra1... string, and prints half a statement; on the other device \
                           it takes that half, and prints the whole."
    )]
    AddDevice {
        /// The other device's kovra1... string or the file of its `kovra id -o`, or the kovradev1... that it printed
        #[arg(value_name = "STRING", required = true)]
        text: Vec<String>,
    },
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    match &args.command {
        Some(Command::Rotate) => return rotate(context),
        Some(Command::AddDevice { text }) => {
            return add_device(text.join(" ").trim_ascii(), context);
        }
        None => {}
    }
    let identity = context.vault()?.view().identity()?.public();
    if args.json {
        return ui::json(&json::Identity::from(&identity));
    }
    ui::note(said!("Fingerprint: {}", identity.signing().fingerprint()));
    if let Some(key) = identity.hybrid() {
        ui::note(said!("As a recipient: {}", Recipient::Hybrid(key.clone()).id().groups()));
    }
    let classical = Recipient::Kovra(identity.agreement()).id();
    ui::note(said!("As a recipient of a classical package: {}", classical.groups()));
    match &args.output {
        Some(path) => write(&identity, path),
        None if args.short => ui::data(identity.string().say()),
        None => {
            if identity.hybrid().is_none() {
                ui::note(
                    "It has no hybrid key, so what is sealed to it is not post-quantum; `kovra id rotate` makes one.",
                );
            }
            ui::data(identity.say())
        }
    }
}

/// An identity as a file. Its fingerprint is not in it: it is compared by another channel.
fn write(identity: &PublicIdentity, path: &Path) -> Result<(), Failure> {
    output::write(path, Readers::Everyone, identity_file(identity).as_bytes())?;
    ui::data(said!("Wrote {}: others pin it with `kovra peer add NAME FILE`.", path))
}

fn identity_file(identity: &PublicIdentity) -> String {
    let words = identity.to_string().replace(' ', "\n");
    format!(
        "# A kovra identity. Pin it with `kovra peer add NAME FILE`, and compare the fingerprint.\n{words}\n"
    )
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
    let other = peer::identity_in(text)?;
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
        "You have new encryption keys. Your fingerprint is as it was, and what was sealed to the old ones still opens.",
    );
    ui::note(
        "Peers seal to the new ones once they have this, or the file that `kovra id -o FILE` writes; each runs `kovra peer \
         add NAME FILE`:",
    );
    ui::data(identity.say())
}
