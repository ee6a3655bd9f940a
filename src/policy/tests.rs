//! The table of `spec/policy.md`, and the promises beside it, over every combination of facts.

use super::*;
use Operation::{Capture, Inject, Lower, Metadata, Reveal, Seal};
use std::sync::LazyLock;

static DEV: LazyLock<Coordinate> = LazyLock::new(|| "dev/db/url".parse().unwrap());
static PROD: LazyLock<Coordinate> = LazyLock::new(|| "prod/db/url".parse().unwrap());

/// The decision table of `spec/policy.md`: every combination of facts that matters, one row each.
fn table() -> String {
    let mut text = String::from(
        "| operation | sensitivity | env | mode | chosen | program | person | unattended | agent |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows() {
        let answer = |asker| match decide(Request { asker, ..row }) {
            Decision::Allow => "allow",
            Decision::Confirm(_) => "confirm",
            Decision::Deny(_) => "deny",
        };
        let cells = [
            row.operation.name(),
            row.subject.sensitivity.name(),
            if row.subject.coordinate.is_prod() { "prod" } else { "other" },
            if row.subject.mode == Mode::Literal { "literal" } else { "reference" },
            if row.subject.chosen { "yes" } else { "no" },
            if row.allowed_program { "allowed" } else { "any" },
            answer(Asker::Person),
            answer(Asker::Unattended),
            answer(Asker::Agent),
        ];
        text += &format!("| {} |\n", cells.join(" | "));
    }
    text
}

/// Every combination that can occur, the asker left open. A literal is always chosen; only an
/// injection has a program, and only a reference can be captured.
fn rows() -> Vec<Request<'static>> {
    let mut rows = Vec::new();
    for operation in Operation::ALL {
        for sensitivity in Sensitivity::ALL {
            for bits in 0..16u8 {
                let bit = |n: u8| bits & 1 << n != 0;
                let coordinate: &Coordinate = if bit(3) { &PROD } else { &DEV };
                let (chosen, allowed_program) = (!bit(1), bit(0));
                let mode = if bit(2) { Mode::Reference } else { Mode::Literal };
                let literal_unchosen = mode == Mode::Literal && !chosen;
                let programless = allowed_program && operation != Operation::Inject;
                let captured = mode == Mode::Literal && operation == Operation::Capture;
                if !literal_unchosen && !programless && !captured {
                    let asker = Asker::Person;
                    let subject = Subject { coordinate, sensitivity, mode, chosen };
                    rows.push(Request { operation, subject, allowed_program, asker });
                }
            }
        }
    }
    rows
}

fn every_request() -> impl Iterator<Item = Request<'static>> {
    rows().into_iter().flat_map(|row| Asker::ALL.iter().map(move |&asker| Request { asker, ..row }))
}

/// The table is what people read, so it is compared with what the code does.
#[test]
fn the_spec_holds_the_table() {
    let spec = include_str!("../../spec/policy.md");
    assert!(spec.contains(&table()), "spec/policy.md should hold:\n{}", table());
}

/// The promises, each over every combination.
#[test]
fn promises() {
    for r in every_request() {
        let answer = decide(r);
        let Subject { coordinate, sensitivity, mode, chosen } = r.subject;
        let (literal, prod) = (mode == Mode::Literal, coordinate.is_prod());
        if r.operation == Metadata {
            assert_eq!(answer, Decision::Allow, "{r:?}");
        }
        if r.operation == Seal && literal && prod {
            assert_eq!(answer, Decision::Deny(Reason::ProdLiteral), "{r:?}");
        }
        if r.operation == Seal && literal && sensitivity >= Sensitivity::High {
            assert_ne!(answer, Decision::Allow, "{r:?}");
        }
        if r.operation == Seal && !literal {
            assert_eq!(answer, Decision::Allow, "{r:?}");
        }
        if r.operation == Reveal && sensitivity == Sensitivity::InjectOnly {
            assert_eq!(answer, Decision::Deny(Reason::InjectOnly), "{r:?}");
        }
        if r.operation == Reveal && (prod || sensitivity == Sensitivity::High) {
            assert_ne!(answer, Decision::Allow, "{r:?}");
        }
        if r.operation == Inject && prod {
            assert_ne!(answer, Decision::Allow, "{r:?}");
            let only_allowed = r.allowed_program || matches!(answer, Decision::Deny(_));
            assert!(only_allowed, "{r:?}");
        }
        if r.operation == Inject && sensitivity == Sensitivity::High && !r.allowed_program {
            assert_ne!(answer, Decision::Allow, "{r:?}");
        }
        if matches!(r.operation, Inject | Reveal) && !chosen {
            assert_ne!(answer, Decision::Allow, "{r:?}");
        }
        if r.operation == Capture && prod {
            assert_eq!(answer, Decision::Deny(Reason::ProdCapture), "{r:?}");
        }
        if r.operation == Capture && sensitivity >= Sensitivity::High {
            assert_ne!(answer, Decision::Allow, "{r:?}");
        }
        if r.operation == Lower {
            assert_ne!(answer, Decision::Allow, "{r:?}");
        }
        if r.asker != Asker::Person {
            assert!(!matches!(answer, Decision::Confirm(_)), "nobody to ask: {r:?}");
        }
        if r.asker == Asker::Agent
            && (matches!(r.operation, Reveal | Capture) || r.operation == Seal && literal)
        {
            assert!(matches!(answer, Decision::Deny(_)), "{r:?}");
        }
    }
}

#[test]
fn everyday_uses_are_direct() {
    for r in every_request() {
        let Subject { coordinate, sensitivity, chosen, .. } = r.subject;
        let everyday = sensitivity < Sensitivity::High && !coordinate.is_prod() && chosen;
        if everyday && r.asker != Asker::Agent && r.operation != Lower {
            assert_eq!(decide(r), Decision::Allow, "{r:?}");
        }
    }
}

#[test]
fn an_agent_may_inject_what_it_may_not_see() {
    let subject = Subject {
        coordinate: &DEV,
        sensitivity: Sensitivity::InjectOnly,
        mode: Mode::Literal,
        chosen: true,
    };
    let request =
        |operation| Request { operation, subject, allowed_program: false, asker: Asker::Agent };
    assert_eq!(decide(request(Inject)), Decision::Allow);
    assert_eq!(decide(request(Reveal)), Decision::Deny(Reason::InjectOnly));
}
