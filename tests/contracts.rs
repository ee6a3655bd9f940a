//! What other programs build on: limits, exit codes, JSON and hints, against the documents.

// A test says what is wrong by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

use kovra::clock::Moment;
use kovra::exit::Exit;
use kovra::identity::{Identity, SigningSecret};
use kovra::limits;
use kovra::ops::{self, import};
use kovra::package::{Class, Receipt};
use kovra::vault::Locked;
use std::collections::BTreeSet;
use std::path::Path;
use support::Person;

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The rows of every table under a heading, cell by cell, without the tables' own headings.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = document.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let lines: Vec<&str> = section.lines().filter(|line| line.starts_with('|')).collect();
    let is_rule = |at: usize| lines.get(at).is_some_and(|line| line.starts_with("|--"));
    (0..lines.len())
        .filter(|at| !is_rule(*at) && !is_rule(at + 1))
        .map(|at| cells(lines[at]))
        .collect()
}

/// Clause 9 of the format, row by row, and the limits that other clauses name.
#[test]
fn the_limits_are_those_of_the_spec() {
    let bytes = |n| format!("{} ({} bytes)", limits::size(n), limits::count(n));
    let expected = [
        ["file".to_owned(), bytes(limits::FILE)],
        ["header; each age header".into(), bytes(limits::HEADER)],
        ["recipients".into(), limits::count(limits::RECIPIENTS)],
        ["entries in both slots".into(), limits::count(limits::ENTRIES)],
        ["literal".into(), bytes(limits::LITERAL)],
        ["pointer".into(), format!("{} bytes", limits::count(limits::POINTER))],
        ["description".into(), limits::size(limits::DESCRIPTION)],
        ["extension name".into(), limits::size(limits::EXTENSION_NAME)],
        ["life".into(), format!("{} days", limits::days(limits::LIFE))],
        ["expiry".into(), Moment::from_seconds(limits::LATEST).to_string()],
        ["sender's clock ahead".into(), format!("{} s", limits::CLOCK_SKEW)],
    ];
    let spec = document("spec/package-v1.md");
    assert_eq!(rows(&spec, "\n## 9 Limits"), expected);

    let bytes = |n| format!("{} bytes", limits::count(n));
    assert!(spec.contains(&format!("one of more than {}, not", bytes(limits::GREASE))));
    assert!(spec.contains(&format!("length of at least {}:", bytes(limits::PADDED))));
    assert!(spec.contains(&format!("`[a-z0-9][a-z0-9._-]{{0,{}}}`", limits::SEGMENT - 1)));
    let receipt = document("spec/receipt.md");
    assert!(receipt.contains(&format!("| at most {} | limit |", bytes(limits::RECEIPT))));
}

/// README's table: every code once, in order, with its meaning. The specification's: every class, with its
/// word, its code, and no other.
#[test]
fn the_exit_codes_are_those_of_the_documents() {
    let apart = |cell: &str| cell.split(", ").map(str::to_owned).collect::<Vec<_>>();
    let mut told = Vec::new();
    for row in rows(&document("README.md"), "\n## Exit codes") {
        let [codes, meanings] = [apart(&row[0]), apart(&row[1])];
        assert_eq!(codes.len(), meanings.len(), "{row:?}");
        told.extend(codes.into_iter().zip(meanings));
    }
    let exits = Exit::ALL.iter().map(|exit| (exit.code().to_string(), exit.meaning().to_owned()));
    assert_eq!(told, exits.collect::<Vec<_>>());

    let spec = document("spec/package-v1.md");
    let told = rows(&spec, "A **refusal** has a class.");
    let told: Vec<_> = told.iter().map(|row| (row[0].as_str(), row[1].clone())).collect();
    let code = |class| Exit::from(class).code().to_string();
    let classes: Vec<_> = Class::ALL.iter().map(|c| (c.name(), code(*c))).collect();
    assert_eq!(told, classes);
    for class in Class::ALL {
        assert_eq!(Exit::from(*class).meaning(), class.phrase());
    }

    // Clause 8 says which class each step refuses with; import's own are the last of it.
    let steps = rows(&spec, "\n## 8 Order");
    let used: BTreeSet<String> = steps
        .iter()
        .flat_map(|row| row[2].split([',', ';']).map(|word| word.trim().to_owned()))
        .collect();
    assert_eq!(used, Class::ALL.iter().map(|class| class.name().to_owned()).collect());
}

/// Runs kovra, which must fail with `code`, and gives its hint.
fn hint(person: &Person, arguments: &[&str], code: i32) -> String {
    let said = person.fails(arguments, code);
    let (_, hint) = said.split_once("\n  hint: ").unwrap_or_else(|| panic!("no hint: {said}"));
    hint.trim_end().to_owned()
}

/// Who seals is not told to ask a sender.
#[test]
fn sealing_to_too_many_peers_tells_the_sealer_what_to_change() {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "v", &[]);
    let mut seal: Vec<String> =
        ["seal", "--env", "dev", "-o", "p.kovra"].map(str::to_owned).to_vec();
    for number in 0..=limits::RECIPIENTS {
        let (name, key) = (format!("peer{number}"), Identity::generate().unwrap().public());
        alice.ok(&["peer", "add", &name, &key.to_string()]);
        seal.extend(["--to".to_owned(), name]);
    }
    let seal: Vec<&str> = seal.iter().map(String::as_str).collect();
    let hint = hint(&alice, &seal, 11);
    assert_eq!(hint, "nothing was sealed; seal fewer entries at a time, or to fewer peers");
}

/// Who gets a receipt is told about its recipient, and not about a package.
#[test]
fn a_receipt_that_is_odd_or_unpinned_has_its_own_hints() {
    let alice = Person::with_vault("alice");
    alice.write("odd", b"not a receipt");
    let odd = hint(&alice, &["receipt", "odd"], 10);
    assert_eq!(odd, "nothing was recorded; ask the recipient for a new one");

    let stranger = SigningSecret::from_bytes(&[3; 32]);
    let now = Moment::from_seconds(1_800_000_000);
    alice.write("unpinned", Receipt::sign(&stranger, [7; 16], [9; 32], now));
    let unpinned = hint(&alice, &["receipt", "unpinned"], 14);
    let pin = "if the fingerprint is theirs, pin their kovra1... string with `kovra peer add`";
    assert_eq!(unpinned, pin);
}

#[test]
fn a_rotation_that_nobody_confirms_is_not_answered_with_a_file() {
    let alice = Person::with_vault("alice");
    let [bob, other] = [(); 2].map(|()| Identity::generate().unwrap());
    alice.ok(&["peer", "add", "bob", &bob.public().to_string()]);
    let rotated = Identity { signing: bob.signing, agreement: other.agreement };
    let hint = hint(&alice, &["peer", "add", "bob", &rotated.public().to_string()], 14);
    assert_eq!(hint, "nothing was changed; ask bob about the new key before you confirm it");
}

/// No sender can help against a clock that was set back here.
#[test]
fn a_clock_that_was_set_back_is_the_importers_own() {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "v", &[]);
    alice.ok(&["peer", "add", "me", &alice.id()]);
    alice.ok(&["seal", "--env", "dev", "--to", "me", "-o", "p.kovra"]);
    let kek = ops::init::read_key_file(&alice.home().join("vault.key")).unwrap();
    let folder = alice.vault().parent().unwrap().to_owned();
    let mut vault = Locked::open(&folder).unwrap().unlock(&kek).unwrap();
    let now = Moment::now();
    let seen = Moment::from_seconds(now.seconds() + 86_400);
    vault.write(|batch| batch.raise_clock_floor(seen)).unwrap();
    let file = std::fs::read(alice.home().join("p.kovra")).unwrap();
    let options = import::Options { file: &file, token: None, skip_high: false, project: None };
    let Err(error) = import::plan(&vault, &options, now) else { panic!("imported") };
    assert_eq!(
        error.to_string(),
        format!(
            "expired or not yet valid: clock: it is {now} here, and this vault has seen {seen}; set the clock"
        )
    );
    let hint = error.hint().unwrap();
    assert_eq!(hint, "nothing was changed; import it once the clock is right");
    drop(vault);
    alice.fails(&["import", "p.kovra"], 15);
}
