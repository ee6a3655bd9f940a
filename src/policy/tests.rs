//! The tables of `spec/policy.md`: what the code answers is what they say, row by row, and no row is
//! missing. That commands come to these rows, `tests/it/policy.rs` shows.

use super::*;
use std::sync::LazyLock;

static DEV: LazyLock<Coordinate> = LazyLock::new(|| "dev/db/url".parse().unwrap());
static PROD: LazyLock<Coordinate> = LazyLock::new(|| "prod/db/url".parse().unwrap());

const ASKERS: [Asker; 3] = [Asker::Person, Asker::Unattended, Asker::Agent];

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allow",
        Decision::Confirm(_) => "confirm",
        Decision::Deny(_) => "deny",
    }
}

/// Every level that an entry can have: in prod, none is below high.
fn levels() -> impl Iterator<Item = (&'static Coordinate, Sensitivity)> {
    let other = Sensitivity::ALL.into_iter().map(|level| (&*DEV, level));
    other.chain([Sensitivity::High, Sensitivity::InjectOnly].map(|level| (&*PROD, level)))
}

/// What an operation can be about, and what its row says of that: content, whether it was chosen, program.
fn cases(operation: Operation) -> Vec<(Mode, bool, Standing, &'static str)> {
    use Mode::{Literal, Reference};
    use Standing::{Allowed, Unlisted};
    let contents = [
        (Literal, true, "literal | yes"),
        (Reference, true, "reference | yes"),
        (Reference, false, "reference | no"),
    ];
    let all = contents.map(|(mode, chosen, words)| (mode, chosen, Unlisted, words));
    match operation {
        Operation::Inject => all
            .into_iter()
            .flat_map(|(mode, chosen, _, words)| {
                [(mode, chosen, Unlisted, words), (mode, chosen, Allowed, words)]
            })
            .collect(),
        Operation::Reveal | Operation::Seal => all.into(),
        Operation::Resolve | Operation::Capture => all[1..].into(),
        _ => vec![(Literal, true, Unlisted, "any | any")],
    }
}

fn can_be(operation: Operation, level: Sensitivity, prod: bool) -> bool {
    match operation {
        Operation::Raise => level != Sensitivity::InjectOnly,
        // There is nothing below low, nor below high in prod; but to leave prod is to be lowered.
        Operation::Lower => level != Sensitivity::Low || prod,
        _ => true,
    }
}

fn entry_rows() -> Vec<String> {
    let mut rows = Vec::new();
    for &operation in Operation::ALL {
        for (coordinate, sensitivity) in levels() {
            let prod = coordinate.is_prod();
            if !can_be(operation, sensitivity, prod) {
                continue;
            }
            for (mode, chosen, program, content) in cases(operation) {
                let subject = Subject { coordinate, sensitivity, mode, chosen };
                let act = Act::Entry { operation, subject, program };
                let answers =
                    ASKERS.map(|asker| word(decide(act, Caller { asker, has_proof: true })));
                let program = match (operation, program) {
                    (Operation::Inject, Standing::Allowed) => "allowed",
                    _ => "any",
                };
                let env = if prod { "prod" } else { "other" };
                let (name, level) = (operation.name(), sensitivity.name());
                let answers = answers.join(" | ");
                rows.push(format!(
                    "| {name} | {level} | {env} | {content} | {program} | {answers} |"
                ));
            }
        }
    }
    rows
}

fn trust_rows() -> Vec<String> {
    let row = |trust: &Trust| {
        let answer =
            |asker, has_proof| word(decide(Act::Trust(*trust), Caller { asker, has_proof }));
        let [person, without] = [true, false].map(|proof| answer(Asker::Person, proof));
        let [unattended, agent] =
            [Asker::Unattended, Asker::Agent].map(|asker| answer(asker, true));
        format!("| {} | {person} | {without} | {unattended} | {agent} |", trust.name())
    };
    Trust::ALL.iter().map(row).collect()
}

/// The rows of the table in `spec/policy.md` with this heading.
fn spec_rows(first: &str) -> Vec<String> {
    let spec = include_str!("../../spec/policy.md");
    let (_, table) = spec.split_once(first).expect("the table");
    table.lines().skip(2).take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

#[test]
fn the_tables_of_the_spec_are_what_is_decided() {
    let entries = "| operation | sensitivity | env | mode | chosen | program | person |";
    assert_eq!(spec_rows(entries), entry_rows(), "\n{}", entry_rows().join("\n"));
    let trust = "| operation | person | person, vault without proof |";
    assert_eq!(spec_rows(trust), trust_rows(), "\n{}", trust_rows().join("\n"));
}

/// Whether a vault has a proof decides nothing about entries: there a plain yes has to do.
#[test]
fn only_trust_needs_something_to_know_the_owner_by() {
    for &operation in Operation::ALL {
        for (coordinate, sensitivity) in levels() {
            for (mode, chosen, program, _) in cases(operation) {
                let subject = Subject { coordinate, sensitivity, mode, chosen };
                let act = Act::Entry { operation, subject, program };
                for asker in ASKERS {
                    let [with, without] =
                        [true, false].map(|has_proof| decide(act, Caller { asker, has_proof }));
                    assert_eq!(with, without);
                }
            }
        }
    }
}

/// Rule 16: what takes the guard key. All that is confirmed for its sensitivity is among it, and so is what the tables
/// give to an allowed program.
#[test]
fn what_is_high_or_protected_takes_the_guard_key() {
    for &operation in Operation::ALL {
        for (coordinate, sensitivity) in levels() {
            for (mode, chosen, program, _) in cases(operation) {
                let subject = Subject { coordinate, sensitivity, mode, chosen };
                let act = Act::Entry { operation, subject, program };
                let high = sensitivity == Sensitivity::High || coordinate.is_prod();
                let expected = match operation {
                    Operation::Inject | Operation::Reveal => high,
                    Operation::Seal => high && mode == Mode::Literal,
                    Operation::Resolve => false,
                    _ => subject.is_protected(),
                };
                assert_eq!(act.takes_guard(), expected, "{operation:?} {subject:?}");
                let caller = Caller { asker: Asker::Person, has_proof: true };
                let asked =
                    matches!(decide(act, caller), Decision::Confirm(Reason::High | Reason::Prod));
                assert!(act.takes_guard() || !asked, "{operation:?} {subject:?}");
            }
        }
    }
    let free = Trust::ALL.iter().filter(|trust| !Act::Trust(**trust).takes_guard());
    let free: Vec<&str> = free.map(|trust| trust.name()).collect();
    // The rows of entries, or none, are what these change.
    assert_eq!(free, ["overwrite", "name", "prune", "keep", "clock"]);
}

/// A program that changed, or an environment that did, is no longer an allowed one.
#[test]
fn an_allowed_program_in_another_state_is_any_program() {
    for (coordinate, sensitivity) in levels() {
        for program in [Standing::Changed, Standing::OtherEnvironment] {
            let subject = Subject { coordinate, sensitivity, mode: Mode::Literal, chosen: true };
            let decided = |program| {
                let act = Act::Entry { operation: Operation::Inject, subject, program };
                word(decide(act, Caller { asker: Asker::Person, has_proof: true }))
            };
            assert_eq!(decided(program), decided(Standing::Unlisted));
        }
    }
}
