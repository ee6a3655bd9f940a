//! What other programs build on: limits, exit codes, JSON and hints, against the documents.

use kovra::clock::Moment;
use kovra::limits;
use std::path::Path;

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
