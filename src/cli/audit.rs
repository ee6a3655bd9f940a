//! `kovra audit`

use super::error::Failure;
use super::time::time;
use super::ui::{Said, Say, said};
use super::{Context, json, ui};
use kovra::audit::{Action, Event, Filter};
use kovra::coordinate::SecretUri;
use kovra::exit::Exit;
use kovra::ops;
use kovra::text::escape;
use kovra::vault::{self, KnownPeer, Looked, Stored, Trail, View};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only about this entry
    #[arg(long, value_name = "COORD")]
    coordinate: Option<SecretUri>,
    /// Only about entries of this env
    #[arg(long)]
    env: Option<String>,
    /// Only this action: add, set, show, run, seal, import, ...
    #[arg(long, value_parser = parse_action)]
    action: Option<Action>,
    /// Only with this peer
    #[arg(long, value_name = "NAME")]
    peer: Option<String>,
    /// Not before this time: 2026-01-31T12:00:00Z, or 7d for seven days ago
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Not after this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only say whether the trail is whole
    #[arg(long)]
    verify: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn parse_action(text: &str) -> Result<Action, String> {
    let names: Vec<&str> = Action::ALL.iter().map(|action| action.name()).collect();
    let found = Action::ALL.iter().find(|action| action.name() == text);
    found.copied().ok_or_else(|| format!("an action is one of {}", names.join(", ")))
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let filter = Filter {
        coordinate: args.coordinate.map(|at| at.coordinate.to_string()),
        env: args.env,
        action: args.action,
        peer: args.peer,
        since: args.since.map(|text| time(&text, context.now)).transpose()?,
        until: args.until.map(|text| time(&text, context.now)).transpose()?,
    };
    let vault = context.vault()?;
    let Trail { events, damage } = vault.view().trail()?;
    check_known(&filter, &events, vault.view())?;
    drop(vault);
    if !args.verify {
        show(events.iter().filter(|(_, e)| filter.matches(e)).collect(), args.json)?;
    } else if damage.is_empty() {
        let rows = ui::count(events.len(), "row", "rows");
        ui::data(said!("The trail is whole: {}.", rows))?;
    }
    let damaged = |what| vault::Error::Damaged(format!("the audit trail: {what}"));
    Failure::of_damage(damage.into_iter().map(damaged).collect())
}

/// A name that is neither in the vault nor in its trail is a typo, and no filter.
fn check_known(filter: &Filter, events: &[(u64, Event)], view: View<'_>) -> Result<(), Failure> {
    let Filter { coordinate, peer, .. } = filter;
    let told = |is: &dyn Fn(&Event) -> bool| events.iter().any(|(_, event)| is(event));
    if let Some(at) = coordinate {
        let same = |event: &Event| event.coordinate.as_deref() == Some(at.as_str());
        let there = |entry: &Stored| entry.coordinate.as_str() == at;
        if !told(&same) && !view.entries()?.iter().any(there) {
            return Err(Failure::new(
                Exit::Failed,
                said!("{} is not in the vault, and never was", at),
            )
            .hint("`kovra list` shows what is there"));
        }
    }
    if let Some(name) = peer {
        let with = |event: &Event| filter.wants_peer(event.peer.as_deref());
        let known = |known: &Looked<KnownPeer>| filter.wants_peer(Some(&known.peer.name));
        if !told(&with) && !view.known_peers()?.iter().any(known) {
            return Err(ops::Error::NoPeer(escape(name)).into());
        }
    }
    Ok(())
}

fn show(wanted: Vec<&(u64, Event)>, as_json: bool) -> Result<(), Failure> {
    if as_json {
        return ui::json(&wanted.into_iter().map(json::Row::from).collect::<Vec<_>>());
    }
    let header = ["#", "TIME", "ACTION", "OUTCOME", "COORDINATE", "ASKED BY", "WITH"];
    ui::list(&header, wanted.into_iter().map(row), "Nothing in the trail matches.")
}

fn row((number, event): &(u64, Event)) -> Vec<Said> {
    let with = event.peer.as_ref().or(event.program.as_ref());
    vec![
        number.say(),
        event.time.say(),
        event.action.name().into(),
        event.outcome.name().into(),
        event.coordinate.say(),
        event.asker.name().into(),
        with.say(),
    ]
}
