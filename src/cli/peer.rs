//! `kovra peer add|list|show|rm`

use super::error::Failure;
use super::ui::{Said, Say, said};
use super::{Context, json, ui};
use clap::ArgGroup;
use kovra::identity::DeviceStatement;
use kovra::ops;
use kovra::ops::peer::{self, Added, Claim, Vouched};
use kovra::ops::shared::shared;
use kovra::ops::verify::read_package;
use kovra::vault::{Peer, PeerKey};
use std::path::PathBuf;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Pin a key under a name
    Add(Add),
    /// List the peers
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a peer's key and fingerprint
    Show {
        /// The peer's local name
        name: String,
    },
    /// Take a pinned peer for who they say they are, after comparing their fingerprint
    Confirm {
        /// The peer's local name
        name: String,
    },
    /// Give a peer, or a device, another name
    Rename {
        /// The peer's local name
        name: String,
        /// The new one
        to: String,
    },
    /// Forget a peer with all their devices, or one device
    Rm {
        /// The peer's local name
        name: String,
    },
}

#[derive(clap::Args)]
#[command(override_usage = "kovra peer add [OPTIONS] <NAME> <KEY|--from <FILE>>")]
#[command(group = ArgGroup::new("whose").args(["key", "from"]).required(true))]
pub(super) struct Add {
    /// The local name; NAME/DEVICE for a further device of a peer
    name: String,
    /// Their key: the file of `kovra id -o`, or its text: kovra1... age1pq1..., age1... or ssh-ed25519 AAAA...
    key: Vec<String>,
    /// Take the key from a package that they sealed, after comparing its fingerprint
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// With --from: the fingerprint that they told you, instead of comparing it at the terminal
    #[arg(long, value_name = "DIGITS", requires = "from")]
    fingerprint: Option<String>,
    /// Only to seal to, without a question now: it is asked when something is sealed to them
    #[arg(long, conflicts_with = "from")]
    unconfirmed: bool,
    /// Of a further device: the kovradev1... statement that says so, instead of comparing its fingerprint
    #[arg(long, value_name = "STATEMENT", conflicts_with_all = ["from", "unconfirmed"])]
    statement: Option<String>,
}

impl Add {
    fn statement(&self) -> Result<Option<DeviceStatement>, Failure> {
        let read = |text: &String| text.trim_ascii().parse().map_err(ops::Error::Statement);
        Ok(self.statement.as_ref().map(read).transpose()?)
    }
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Add(args) => add(&args, context),
        Command::List { json } => list(json, context),
        Command::Show { name } => {
            let peer = peer::get(context.vault()?.view(), &name)?;
            ui::note(said!("{}: {}", peer.name, ability(&peer)));
            ui::note(said!("Fingerprint: {}", peer.fingerprint()));
            ui::data(key_text(&peer))
        }
        Command::Confirm { name } => {
            let confirmed = context.with_session(|session| peer::confirm(session, &name))?;
            let (done, peer) = match confirmed {
                Added::Known(peer) => ("Confirmed already:", peer),
                Added::New(peer) | Added::Updated(peer) => ("Confirmed", peer),
            };
            ui::data(said!("{} {} ({}).", done, peer.name, ability(&peer)))
        }
        Command::Rename { name, to } => {
            context.with_session(|session| peer::rename(session, &name, &to))?;
            ui::data(said!("{} is {} from now on.", name, to))
        }
        Command::Rm { name } => {
            let (peers, given) = context.with_session(|session| {
                let given = shared(session.view(), Some(&name))?;
                Ok::<_, Failure>((peer::remove(session, &name)?, given))
            })?;
            let names = Said::join(peers.iter().map(|peer| peer.name.say()), " and ");
            let verb = if peers.len() > 1 { "are no longer peers" } else { "is no longer a peer" };
            ui::note(said!("{} {}. What they were given, they still have.", names, verb));
            super::shared::show(&given)
        }
    }
}

fn add(args: &Add, context: &Context) -> Result<(), Failure> {
    let added = match &args.from {
        None => {
            let key = peer::key_in(&args.key.join(" "))?;
            let statement = args.statement()?;
            let vouched = match &statement {
                Some(statement) => Vouched::Stated(statement),
                None if args.unconfirmed => Vouched::Later,
                None => Vouched::Compared,
            };
            context.with_session(|session| peer::add(session, &args.name, key, vouched))?
        }
        Some(file) => {
            let sender = peer::sender_of(&read_package(file)?)?;
            ui::note(said!("Sealed by the key {}", sender.fingerprint()));
            let claim = Claim { name: &args.name, sender, expected: args.fingerprint.as_deref() };
            context.with_session(|session| peer::add_sender(session, &claim))?
        }
    };
    let (done, peer) = match added {
        Added::New(peer) => ("Pinned", peer),
        Added::Known(peer) => ("Already pinned:", peer),
        Added::Updated(peer) => ("Updated", peer),
    };
    ui::data(said!("{} {} ({}).", done, peer.name, ability(&peer)))?;
    ui::note(said!("Fingerprint: {}", peer.fingerprint()));
    if !peer.confirmed {
        ui::note(said!(
            "Compare it with {} by another channel; then `kovra peer confirm {}`, or the question when \
             something is sealed to them.",
            peer.name,
            peer.name
        ));
    }
    Ok(())
}

fn list(as_json: bool, context: &Context) -> Result<(), Failure> {
    let peers = context.vault()?.view().peers()?;
    if as_json {
        return ui::json(&peers.iter().map(json::Peer::from).collect::<Vec<_>>());
    }
    let row = |p: &Peer| vec![p.name.say(), ability(p).into(), p.fingerprint().say()];
    let nothing = "No peers yet. `kovra peer add NAME FILE` pins one, by the file that they write with `kovra id -o FILE`.";
    ui::list(&["NAME", "CAN", "FINGERPRINT"], peers.iter().map(row), nothing)
}

fn ability(peer: &Peer) -> &'static str {
    match peer.key {
        _ if !peer.confirmed => "receive, once confirmed",
        PeerKey::Identity(_) => "send and receive",
        PeerKey::Sender(_) => "send; to receive, the file of their `kovra id -o` is needed",
        PeerKey::Recipient(_) => "receive",
    }
}

fn key_text(peer: &Peer) -> Said {
    match &peer.key {
        PeerKey::Identity(identity) => identity.say(),
        PeerKey::Sender(key) => said!("(sender only) {}", key.fingerprint()),
        PeerKey::Recipient(recipient) => recipient.to_text().say(),
    }
}
