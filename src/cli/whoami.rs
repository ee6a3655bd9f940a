//! `kovra whoami`

use super::clouds::Clouds;
use super::error::{Failure, line};
use super::ui::{Said, Say, said};
use super::{json, ui};
use kovra::provider::{CloudIdentity, Fault, whoami};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    clouds: Clouds,
}

/// Fails only if there is nobody to be in either cloud: a team may have just one.
pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let found = whoami(&args.clouds.settings());
    if args.json {
        ui::json(&found.iter().map(json::Cloud::from).collect::<Vec<_>>())?;
    } else {
        ui::table(&["CLOUD", "IDENTITY", "WHERE"], found.iter().map(row))?;
    }
    let faults: Vec<(&str, &Fault)> =
        found.iter().filter_map(|(cloud, who)| Some((*cloud, who.as_ref().err()?))).collect();
    if faults.len() == found.len() {
        return Err(Failure::of_faults("there is no usable identity", &faults));
    }
    faults.iter().for_each(|(cloud, fault)| ui::note(line(cloud, fault)));
    Ok(())
}

fn row((cloud, who): &(&str, Result<CloudIdentity, Fault>)) -> Vec<Said> {
    let (who, place) = match who {
        Ok(identity) => (identity.who.say(), identity.place.say()),
        Err(fault) => (said!("none: {}", fault.kind.phrase()), Said::default()),
    };
    vec![cloud.say(), who, place]
}
