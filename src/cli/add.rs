//! `kovra add`

use super::error::Failure;
use super::ui::said;
use super::{Context, ui};
use kovra::coordinate::SecretUri;
use kovra::entry::{Content, Sensitivity};
use kovra::env_name::key_changes_loading;
use kovra::exit::Exit;
use kovra::limits;
use kovra::ops::add::{Addition, Destination, add, check};
use kovra::pointer::Pointer;
use kovra::secret::Secret;
use std::io;

#[derive(clap::Args)]
pub(super) struct Args {
    /// Its name: env/component/key
    #[arg(value_name = "COORD")]
    at: SecretUri,
    #[command(flatten)]
    value: Value,
    /// low, medium, high or inject-only [default: medium; high for prod]
    #[arg(long, value_name = "LEVEL")]
    sensitivity: Option<Sensitivity>,
    /// A note for people
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The project it belongs to [default: global]
    #[arg(long, value_name = "NAME")]
    project: Option<String>,
}

// Flattened as `target::Args` is.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Value {
    /// A pointer instead of a value: azure-kv://vault/name or aws-sm://id
    #[arg(long, value_name = "POINTER", conflicts_with = "stdin")]
    reference: Option<Pointer>,
    /// Read the value from stdin; the newline at the end of a one-line value is dropped
    #[arg(long)]
    stdin: bool,
}

impl Value {
    /// The pointer, the pipe, or what is typed.
    pub(super) fn read(self, at: &SecretUri) -> Result<Content, Failure> {
        let ask = || ui::ask_secret(said!("Value of {} (hidden)", at.coordinate));
        let hint = |e: Failure| e.hint("--stdin reads the value from a pipe");
        Ok(match self.reference {
            Some(pointer) => Content::Reference(pointer),
            None if self.stdin => Content::Literal(from_stdin()?),
            None => Content::Literal(ask().map_err(hint)?),
        })
    }
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let destination = Destination {
        at: &args.at,
        project: args.project.as_deref(),
        sensitivity: args.sensitivity,
        overwrite: false,
    };
    let new = Addition { destination, description: args.description };
    let added = context.with_session(|session| {
        check(session, &new)?;
        let content = args.value.read(&args.at)?;
        Ok::<_, Failure>(add(session, &new, content)?)
    })?;
    if key_changes_loading(added.coordinate.key()) {
        ui::note(said!(
            "{} can't be sealed: its key is the name of a variable that changes how programs load. \
             Use another key if a teammate will need it.",
            added.coordinate
        ));
    }
    ui::data(said!("Added {} ({}).", added.coordinate, added.sensitivity))
}

fn from_stdin() -> Result<Secret, Failure> {
    let read = Secret::read(&mut io::stdin().lock(), limits::LITERAL + 1)
        .map_err(|e| Failure::new(Exit::Failed, said!("reading stdin: {}", e)))?;
    let most = limits::size(limits::LITERAL);
    let mut value = read.ok_or_else(|| Failure::usage(said!("a literal is at most {}", most)))?;
    if value.expose().iter().filter(|b| **b == b'\n').count() == 1 {
        value.trim_newline();
    }
    Ok(value)
}
