//! `kovra recovery add|rm|list`

use super::error::Failure;
use super::ui::{Said, Say, said};
use super::{Context, json, ui};
use kovra::identity::{Recipient, RecoveryCode};
use kovra::ops::peer::age_recipient;
use kovra::ops::recovery;
use kovra::secret::Secret;
use kovra::vault::Recovery;

#[derive(clap::Subcommand)]
pub(super) enum Command {
    /// Make a recovery code, or a way back in for an age recipient
    Add {
        /// The recipient, age1..., whose secret half is kept away from here, instead of a code
        #[arg(long, value_name = "AGE1")]
        to: Option<String>,
    },
    /// Remove a way back in
    Rm {
        /// Its recipient, age1..., or `code`
        #[arg(value_name = "AGE1|code")]
        way: String,
    },
    /// List the ways back in
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match command {
        Command::Add { to: Some(to) } => {
            let to = age_recipient(&to)?;
            context.with_session(|session| recovery::add_recipient(session, to))?;
            ui::data("The way back in is there. `kovra recover --identity FILE` uses it.")
        }
        Command::Add { to: None } => {
            context.with_session(|session| recovery::add_code(session, &mut show))?;
            ui::data("The recovery code is good from now on. `kovra recover` asks for it.")
        }
        Command::Rm { way } => {
            context.with_session(|session| {
                let way = recovery::find(&session.view().recovery(), &way)?;
                recovery::remove(session, &way)
            })?;
            ui::data(
                "It opens this vault no more. Who has an older copy of the file still has that one.",
            )
        }
        Command::List { json } => list(json, context),
    }
}

fn list(json: bool, context: &Context) -> Result<(), Failure> {
    let ways = context.vault()?.view().recovery();
    if json {
        return ui::json(&ways.iter().map(json::Recovery::from).collect::<Vec<_>>());
    }
    let row = |way: &Recovery| {
        let kind = if way.is_code { "code" } else { "recipient" };
        vec![kind.say(), Recipient::Age(way.recipient).to_text().say(), way.made.say()]
    };
    let nothing = "There is no way back in. `kovra recovery add` makes one.";
    ui::list(&["WAY", "RECIPIENT", "MADE"], ways.iter().map(row), nothing)
}

/// Shows a code on the terminal, and has its owner type a part of it, which nobody does who has not written it
/// down.
pub(super) fn show(code: &RecoveryCode) -> bool {
    let text = code.to_text();
    let Some(shown) = Said::value(&text) else { return false };
    let ask = said!(
        "Recovery code, shown this once:\n\n    {}\n\n\
         Write it on paper, and keep it apart from this machine: it opens the whole vault.\n\
         Then type its last group",
        shown
    );
    ui::ask_secret(ask).is_ok_and(|typed| is_last_group(&typed, &text))
}

fn is_last_group(typed: &Secret, code: &Secret) -> bool {
    let last = code.expose().rsplit(|c| *c == b'-').next();
    last.is_some_and(|last| typed.expose().trim_ascii().eq_ignore_ascii_case(last))
}
