//! What is wrong with the arguments, in clap's words: it has found what they are not, and knows nothing of
//! terminals.

use super::error::Failure;
use super::mistakes;
use super::ui::{Said, Say, said};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use kovra::text::is_seen;
use std::error::Error;

/// The failure that `error` tells; `None` if it is help or the version, which is asked for and all ours.
pub(super) fn failure(error: &clap::Error) -> Option<Failure> {
    if let ErrorKind::DisplayHelp
    | ErrorKind::DisplayVersion
    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand = error.kind()
    {
        return None;
    }
    let meant = mistakes::meant(error);
    Some(meant.unwrap_or_else(|| Failure::usage(what(error)).hint(hint(error))))
}

fn what(error: &clap::Error) -> Said {
    let kind = error.kind();
    specific(error).unwrap_or_else(|| kind.as_str().unwrap_or("these arguments do not fit").into())
}

fn specific(error: &clap::Error) -> Option<Said> {
    use ContextKind::{InvalidArg, InvalidSubcommand, InvalidValue, PriorArg};
    let named = |kind| told(error, kind);
    Some(match error.kind() {
        ErrorKind::UnknownArgument => said!("unexpected argument {} found", named(InvalidArg)?),
        ErrorKind::InvalidSubcommand => {
            said!("unrecognized subcommand {}", named(InvalidSubcommand)?)
        }
        ErrorKind::InvalidValue if is_empty(error) => {
            said!("a value is required for {} but none was supplied", named(InvalidArg)?)
        }
        ErrorKind::InvalidValue => {
            said!("invalid value {} for {}", named(InvalidValue)?, named(InvalidArg)?)
        }
        ErrorKind::ValueValidation => {
            let why = error.source().map(|why| said!(": {}", why.to_string()));
            said!("invalid value {} for {}{}", named(InvalidValue)?, named(InvalidArg)?, why)
        }
        ErrorKind::ArgumentConflict => match (named(InvalidArg)?, named(PriorArg)) {
            (this, Some(other)) if this == other => {
                said!("the argument {} cannot be used multiple times", this)
            }
            (this, other) => said!(
                "the argument {} cannot be used with {}",
                this,
                other.unwrap_or("one or more of the other specified arguments".into())
            ),
        },
        ErrorKind::MissingRequiredArgument => {
            said!("the following required arguments were not provided: {}", named(InvalidArg)?)
        }
        _ => return None,
    })
}

fn is_empty(error: &clap::Error) -> bool {
    let value = error.get(ContextKind::InvalidValue);
    matches!(value, Some(ContextValue::String(value)) if value.is_empty())
}

/// What comes near, what there is, and how it is written.
fn hint(error: &clap::Error) -> Said {
    use ContextKind::{Suggested, SuggestedArg, SuggestedSubcommand, SuggestedValue, ValidValue};
    let near = [SuggestedSubcommand, SuggestedArg, SuggestedValue];
    let mut hints: Vec<Said> = near
        .into_iter()
        .filter_map(|kind| told(error, kind))
        .map(|near| said!("did you mean {}?", near))
        .collect();
    hints.extend(told(error, ValidValue).map(|all| said!("the possible values are {}", all)));
    hints.extend(told(error, Suggested).filter(|_| is_as_typed(error)));
    hints.push(usage(error).unwrap_or("`--help` says what there is".into()));
    Said::join(hints, "\n        ")
}

/// What clap suggests repeats an argument without its terminal sequences, which is another one then.
fn is_as_typed(error: &clap::Error) -> bool {
    let argument = error.get(ContextKind::InvalidArg);
    matches!(argument, Some(ContextValue::String(text)) if text.chars().all(is_seen))
}

/// As clap lays it out: it names arguments of ours alone.
fn usage(error: &clap::Error) -> Option<Said> {
    let Some(ContextValue::StyledStr(usage)) = error.get(ContextKind::Usage) else { return None };
    let usage = usage.to_string();
    Some(Said::join(usage.lines().map(|line| line.trim().say()), "\n        "))
}

fn told(error: &clap::Error, kind: ContextKind) -> Option<Said> {
    let listed = |all: &[String]| Said::join(all.iter().map(Said::argument), ", ");
    match error.get(kind)? {
        ContextValue::String(text) => Some(Said::argument(text)),
        ContextValue::Strings(all) if !all.is_empty() => Some(listed(all)),
        ContextValue::StyledStrs(all) if !all.is_empty() => {
            Some(Said::join(all.iter().map(|text| text.to_string().say()), "\n        "))
        }
        _ => None,
    }
}
