//! `kovra generate`

use super::error::Failure;
use super::ui::said;
use super::{Context, target, ui};
use kovra::entry::{Content, Sensitivity};
use kovra::ops::add::{Addition, Destination, add};
use kovra::ops::edit::set;
use kovra::ops::generate::{Alphabet, generate};

#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    target: target::Args,
    /// How many characters
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(8..=1024))]
    length: u16,
    /// Which characters
    #[arg(long, value_enum, default_value = "alphanumeric")]
    alphabet: Letters,
    /// low, medium, high or inject-only [default: medium; high for prod]
    #[arg(long, value_name = "LEVEL", conflicts_with = "replace")]
    sensitivity: Option<Sensitivity>,
    /// A note for people
    #[arg(long, value_name = "TEXT", conflicts_with = "replace")]
    description: Option<String>,
    /// Give an entry that is there a new value; the old one is kept
    #[arg(long)]
    replace: bool,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Letters {
    /// A-Z, a-z, 0-9
    Alphanumeric,
    /// 0-9, a-f
    Hex,
    /// All printable ASCII but space, quotes, backslash and $
    Symbols,
}

pub(super) fn run(args: Args, context: &Context) -> Result<(), Failure> {
    let alphabet = match args.alphabet {
        Letters::Alphanumeric => Alphabet::Alphanumeric,
        Letters::Hex => Alphabet::Hex,
        Letters::Symbols => Alphabet::Symbols,
    };
    let content = Content::Literal(generate(args.length.into(), alphabet)?);
    let entry = context.with_session(|session| {
        if args.replace {
            return Ok(set(session, &args.target.target()?, content)?);
        }
        let destination = Destination {
            at: &args.target.at,
            project: args.target.project.as_deref(),
            sensitivity: args.sensitivity,
            overwrite: false,
        };
        let new = Addition { destination, description: args.description };
        Ok::<_, Failure>(add(session, &new, content)?)
    })?;
    ui::data(said!("Generated {} ({}).", entry.coordinate, entry.sensitivity))
}
