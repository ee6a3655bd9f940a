//! `kovra seal`

use super::error::Failure;
use super::time::length;
use super::ui::{Said, Say, said};
use super::{Context, post_quantum, ui};
use clap::ArgGroup;
use kovra::coordinate::SecretUri;
use kovra::limits;
use kovra::ops::Selection;
use kovra::ops::seal::{Options, Report, seal};
use kovra::vault::{Peer, Stored};
use std::path::PathBuf;
use std::time::Duration;

#[derive(clap::Args)]
#[command(group = ArgGroup::new("what").args(["coordinates", "env"]).required(true).multiple(true))]
pub(super) struct Args {
    /// Only these entries [default: all of --env]
    #[arg(value_name = "COORD")]
    coordinates: Vec<SecretUri>,
    /// The env whose entries to seal
    #[arg(long)]
    env: Option<String>,
    /// Only this component
    #[arg(long)]
    component: Option<String>,
    /// The project whose entries win over the global ones
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
    /// Leave values out, and seal what points to one
    #[arg(long)]
    pointers_only: bool,
    /// A peer to seal to; may be given again
    #[arg(long, value_name = "PEER", required = true)]
    to: Vec<String>,
    /// Refuse unless the package is post-quantum: all who get it have a hybrid key
    #[arg(long)]
    require_pq: bool,
    /// The package file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The token file to write if there are high literals; send it by another channel
    #[arg(long, value_name = "FILE")]
    token_out: Option<PathBuf>,
    #[arg(long, value_name = "TIME", help = ttl_help(), value_parser = length)]
    ttl: Option<Duration>,
}

fn ttl_help() -> String {
    let [most, default] = [limits::LIFE, limits::DEFAULT_LIFE].map(limits::days);
    format!(
        "How long the package may be imported, such as 12h or 7d; at most {most}d [default: {default}d]"
    )
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let token_asked = args.token_out.is_some();
    let out = args.output.say();
    let options = Options {
        selection: Selection {
            env: args.env,
            component: args.component,
            named: args.coordinates,
            project: args.project,
        },
        pointers_only: args.pointers_only,
        to: args.to,
        require_pq: args.require_pq,
        ttl: args.ttl.unwrap_or(Duration::from_secs(limits::DEFAULT_LIFE)),
        out: args.output,
        token_out: args.token_out,
    };
    let report = context.with_session(|session| seal(session, &options))?;
    show(&report, &out)?;
    if token_asked && report.token.is_none() {
        ui::note("There is no high literal in it, so there is no token.");
    }
    Ok(())
}

fn show(report: &Report, out: &Said) -> Result<(), Failure> {
    let row = |entry: &Stored| {
        vec![
            entry.coordinate.say(),
            entry.sensitivity.say(),
            entry.held.mode().say(),
            ui::content(entry),
        ]
    };
    let header = ["SEALED", "SENSITIVITY", "MODE", "VERSION"];
    ui::table(&header, report.entries.iter().map(row))?;
    let peer = |p: &Peer| said!("  to       {} ({})", p.name, p.fingerprint());
    let mut lines = vec![said!("Wrote {} ({} bytes).", out, report.size)];
    lines.extend(report.peers.iter().map(peer));
    lines.push(said!("  package  {}", report.header.id_hex()));
    lines.push(said!("  expires  {}", report.header.expires));
    lines.push(said!("  quantum  {}", post_quantum::phrase(report.header.is_post_quantum())));
    lines.extend(report.hinders.iter().map(post_quantum::hinders));
    if let Some(token) = &report.token {
        lines.push(said!(
            "  token    {}: it opens the high literals; send it by another channel than the package",
            token
        ));
    }
    ui::data(Said::lines(lines))
}
