//! `kovra doctor`

use super::error::Failure;
use super::ui::{Said, said};
use super::{Context, json, ui};
use kovra::exit::Exit;
use kovra::ops::doctor::{self, Finding, Level, Subject};
use kovra::vault::{Error, Foreign, Locked, Vault};

#[derive(clap::Args)]
pub(super) struct Args {
    /// Do what is safe, with a question for each
    #[arg(long)]
    fix: bool,
    /// Print JSON
    #[arg(long, conflicts_with = "fix")]
    json: bool,
}

/// What was looked for and found: the findings, and the vault's own failure to open, if it did not.
struct Found {
    findings: Vec<Finding>,
    failure: Option<Failure>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<(), Failure> {
    let repaired = if args.fix { fix(context)? } else { None };
    let is_repaired = repaired.is_some();
    let found = look(context, repaired);
    if is_repaired {
        ui::note("The vault's rows are in a fresh file now, all as they were written.");
    }
    if args.json {
        ui::json(&found.findings.iter().map(json::Finding::from).collect::<Vec<_>>())?;
    } else {
        let shown = found.findings.iter().filter(|finding| finding.subject != Subject::Vault);
        shown.map(line).try_for_each(ui::data)?;
    }
    found.end()
}

/// Looks at the vault, which is open already if it was repaired.
fn look(context: &Context, repaired: Option<Vault>) -> Found {
    let mut findings = doctor::look_around(&context.home);
    // What is kept of an unlocked vault does not open all of it.
    let open = || Ok(context.open(Locked::open(&context.home)?)?.0);
    let opened = repaired.map_or_else(open, Ok);
    let opened = opened.and_then(|vault| Ok(doctor::examine(&vault, context.now)?));
    let failure = match opened {
        Ok(more) => {
            findings.extend(more);
            None
        }
        Err(failure) => {
            let failure = context.of_medium(failure);
            findings.push(closed(&failure));
            Some(failure)
        }
    };
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    Found { findings, failure }
}

/// That the vault did not open.
fn closed(failure: &Failure) -> Finding {
    let damaged = failure.exit == Exit::Damaged;
    Finding {
        subject: Subject::Vault,
        level: if damaged { Level::Damage } else { Level::Warning },
        what: failure.what.as_str().to_owned(),
        remedy: failure.hint.as_ref().map_or("", Said::as_str).to_owned(),
    }
}

fn line(finding: &Finding) -> Said {
    let what = Said::one_line(&finding.what);
    said!("{}: {}\n  {}", finding.level.name(), what, finding.remedy)
}

impl Found {
    /// Nothing to do is 0, something to do is 1, and damage is 41.
    fn end(self) -> Result<(), Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let count = |level| self.findings.iter().filter(|finding| finding.level == level).count();
        match (count(Level::Damage), count(Level::Warning)) {
            (0, 0) => {
                ui::note("Everything opens, and nothing wants doing.");
                Ok(())
            }
            (0, warnings) => {
                let things = ui::count(warnings, "thing wants", "things want");
                Err(Failure::new(Exit::Failed, said!("{} doing", things)))
            }
            (damaged, _) => {
                let places = ui::count(damaged, "place", "places");
                Err(Failure::new(Exit::Damaged, said!("the vault is damaged in {}", places)))
            }
        }
    }
}

/// What is safe, with a question for each. Gives the vault if it had to be opened.
fn fix(context: &Context) -> Result<Option<Vault>, Failure> {
    close_to_others(context)?;
    match Locked::open(&context.home) {
        Err(Error::Foreign(_)) => repair(context),
        _ => Ok(None),
    }
}

/// Others may read or write what is the vault's: that is taken away, if its owner says so.
fn close_to_others(context: &Context) -> Result<(), Failure> {
    let around = doctor::look_around(&context.home);
    if around.iter().any(|finding| finding.subject == Subject::Mode)
        && ui::is_taken_up(said!("Close {} to others?", context.home))
    {
        doctor::close_to_others(&context.home)
            .map_err(|e| Failure::new(Exit::Failed, said!("{}: {}", context.home, e)))?;
        ui::note("Closed: nobody else can read or write the vault's folder and file now.");
    }
    Ok(())
}

/// What is wrong is the schema alone: the rows get a fresh file, if they are proved and their owner says so.
fn repair(context: &Context) -> Result<Option<Vault>, Failure> {
    let Some(mut foreign) = Foreign::hold(&context.home)? else { return Ok(None) };
    let (mut vault, typed) = context.open(foreign.rows()?)?;
    vault.view().check_whole()?;
    context.in_session(&mut vault, typed, |session| doctor::repair(session, foreign.what()))?;
    Ok(Some(foreign.replace(vault)?))
}
