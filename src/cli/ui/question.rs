//! The words of a question. They are made from facts; what a caller or a package chose is escaped.

use super::{changes, count};
use kovra::ops::{Older, Program, Question};
use kovra::policy::Operation;
use kovra::text::{escape, hex};

/// The whole question, but for how it is answered.
pub(super) fn words(question: &Question<'_>) -> String {
    match question {
        Question::Use { operation, entries, program } => {
            let what = match (operation, program) {
                (Operation::Reveal, _) => "show the value of".to_owned(),
                (Operation::Seal, _) => "seal into a package".to_owned(),
                (Operation::Capture, _) => {
                    "keep a copy in this vault of what its provider now has for".to_owned()
                }
                (_, Some(program)) => format!("{}\nwould receive", command_line(program)),
                (_, None) => "use".to_owned(),
            };
            let lines: Vec<String> = entries
                .iter()
                .map(|(at, sensitivity, why)| format!("  {at} ({sensitivity}): {why}"))
                .collect();
            format!("{what}\n{}\nGo on?", lines.join("\n"))
        }
        Question::Names { names, program } => format!(
            "{}\nwould be started with variables that change how programs load or whom they talk \
             to\n  {}\nGo on?",
            command_line(program),
            names.join(", ")
        ),
        Question::Pin { name, fingerprint } => format!(
            "this package is signed by the key\n  {fingerprint}\nIs that the fingerprint \
             that {name} told you?"
        ),
        Question::Rotation { name, fingerprint } => format!(
            "{name} ({fingerprint}) has a new X25519 key, signed by the key you pinned.\n\
             Later packages will be sealed to the new one. Did {name} tell you so?"
        ),
        Question::Allow(program) => format!(
            "put this program on the allowlist, for values of production, and for high ones \
             without a question\n  {}\n  SHA-256 {}\nGo on?",
            escape(&program.path),
            hex(&program.digest)
        ),
        Question::Lower { at, from, to } => {
            format!("treat {at} less carefully from now on: {to} instead of {from}\nGo on?")
        }
        Question::Prune { at, revisions } => {
            let what = count(*revisions, "earlier revision", "earlier revisions");
            format!("erase {what} of {at} for good\nGo on?")
        }
        Question::ChangePin => "exchange the PIN of the vault\nGo on?".to_owned(),
        Question::SealClock { now, seen } => format!(
            "by this machine's clock it is {now}, and the latest package was sealed at {seen}.\n\
             If that clock was wrong and this one is right, packages are numbered from now on; \
             receivers of the earlier one will be asked.\nIs it {now}?"
        ),
        Question::ImportClock { now, seen } => format!(
            "by this machine's clock it is {now}, and the latest import was at {seen}.\nA clock \
             that was set back brings expired packages to life.\nIs it {now}?"
        ),
        Question::Older(entries) => format!(
            "the package is older than what its sender gave you before\n{}\nIf their clock was \
             ahead then, they can tell you. Import it all the same?",
            older(entries)
        ),
        Question::Overwrite(overwritten) => {
            format!("the import would overwrite\n{}\nGo on?", changes(overwritten))
        }
        Question::Replace(c) => {
            let whose = if c.other_sender { ", which another sender sealed" } else { "" };
            format!("the import would overwrite{whose}\n{}\nGo on?", changes(&[*c]))
        }
    }
}

fn older(entries: &[Older]) -> String {
    let line = |Older { at, latest, this }: &Older| format!("  {at}: of {this}, not of {latest}");
    entries.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A command with its absolute path, each argument escaped and marked off, none too long to read.
fn command_line(program: &Program<'_>) -> String {
    let mut words = vec![escape(&program.path.to_string_lossy())];
    for argument in program.arguments {
        let text = escape(&argument.to_string_lossy());
        let cut: String = text.chars().take(200).collect();
        let dots = if cut.len() < text.len() { "..." } else { "" };
        words.push(if text.contains(' ') || text.is_empty() {
            format!("'{cut}{dots}'")
        } else {
            cut + dots
        });
    }
    words.join(" ")
}
