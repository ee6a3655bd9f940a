//! `kovra materialize`

use super::clouds::Clouds;
use super::error::Failure;
use super::ui::{Said, Say, said};
use super::{Context, json, ui};
use kovra::clock::Moment;
use kovra::coordinate::SecretUri;
use kovra::ops::Selection;
use kovra::ops::materialize::{Materialized, Purpose, Version, materialize};
use kovra::provider::Fault;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Only these entries [default: every pointer]
    #[arg(value_name = "COORD")]
    coordinates: Vec<SecretUri>,
    /// Only this env
    #[arg(long)]
    env: Option<String>,
    /// The project whose entries win over the global ones
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Only ask whether I may read them: each is read and dropped, and none is chosen for use
    #[arg(long, conflicts_with = "capture")]
    check: bool,
    /// Replace each pointer by a copy of its value in the vault, once; the pointer stays in its history
    #[arg(long)]
    capture: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    clouds: Clouds,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let selection = Selection {
        env: args.env,
        component: None,
        named: args.coordinates,
        project: args.project,
    };
    let purpose = match (args.check, args.capture) {
        (true, _) => Purpose::Check,
        (_, true) => Purpose::Capture,
        _ => Purpose::Choose,
    };
    let outcomes =
        context.with_session(|session| materialize(session, &selection, purpose, &args.clouds))?;
    if args.json {
        let all = outcomes.iter().map(|outcome| json::Resolved::new(outcome, purpose));
        ui::json(&all.collect::<Vec<_>>())?;
    } else {
        let word = json::resolved(purpose);
        let rows = outcomes.iter().map(|outcome| row(outcome, word, context.now));
        ui::table(&["COORDINATE", "POINTER", "OUTCOME", "VERSION", "AGE"], rows)?;
    }
    let faults: Vec<(&str, &Fault)> = outcomes
        .iter()
        .filter_map(|o| Some((o.entry.coordinate.as_str(), o.result.as_ref().err()?)))
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    let what = said!("{} of {} pointers did not resolve", faults.len(), outcomes.len());
    Err(Failure::of_faults(what, &faults))
}

fn row(outcome: &Materialized, word: &'static str, now: Moment) -> Vec<Said> {
    let (result, version, age) = match &outcome.result {
        Ok(Version { name, created }) => {
            (word.into(), name.say(), created.map(|at| age(at, now)).unwrap_or_default())
        }
        Err(fault) => (fault.kind.phrase().say(), Said::default(), Said::default()),
    };
    let Materialized { entry, pointer, .. } = outcome;
    vec![entry.coordinate.say(), pointer.say(), result, version, age]
}

/// To two digits or so: enough to notice a secret that nobody has rotated for years.
fn age(from: Moment, now: Moment) -> Said {
    let seconds = now.seconds().saturating_sub(from.seconds());
    match seconds {
        0..60 => said!("{} s", seconds),
        60..3_600 => said!("{} min", seconds / 60),
        3_600..172_800 => said!("{} h", seconds / 3_600),
        _ => said!("{} d", seconds / 86_400),
    }
}
