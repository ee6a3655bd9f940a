//! `kovra materialize`

use super::error::{Failure, cloud_code};
use super::{Context, ui};
use kovra::coordinate::SecretUri;
use kovra::ops::Selection;
use kovra::ops::materialize::{Outcome, materialize};

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
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let selection = Selection {
        env: args.env,
        component: None,
        named: args.coordinates,
        project: args.project,
    };
    let outcomes =
        context.with_session(|session| Ok(materialize(session, &selection, &super::clouds())?))?;
    let rows = outcomes.iter().map(row).collect();
    ui::table(&["COORDINATE", "POINTER", "OUTCOME", "VERSION"], rows)?;
    let faults: Vec<_> =
        outcomes.iter().filter_map(|o| o.result.as_ref().err().map(|f| (o, f))).collect();
    if faults.is_empty() {
        return Ok(());
    }
    let lines: Vec<String> = faults
        .iter()
        .map(|(o, fault)| format!("{}: {}\n    {}", o.entry.coordinate, fault.what, fault.hint))
        .collect();
    let what = format!(
        "{} of {} pointers did not resolve\n  {}",
        faults.len(),
        outcomes.len(),
        lines.join("\n  ")
    );
    Err(Failure::new(cloud_code(faults.iter().map(|(_, fault)| *fault)), what))
}

fn row(outcome: &Outcome) -> Vec<String> {
    let (result, version) = match &outcome.result {
        Ok(version) => ("resolved", kovra::text::escape(version)),
        Err(fault) => (fault.kind.name(), String::new()),
    };
    vec![outcome.entry.coordinate.to_string(), outcome.pointer.to_string(), result.into(), version]
}
