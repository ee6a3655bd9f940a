//! What stands on record of a request: every column of every row that it leaves, and no row more.

use forge::people::terminal::Session;
use forge::people::{ASKED, PIN, Person, kovra_path};
use serde_json::Value;

/// Who makes a request, and what they say to the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Nobody is there to be asked.
    Job,
    Agent,
    /// Types nothing.
    No,
    /// Types something that is not the PIN.
    Wrong,
    Yes,
}

/// The trail from row `from` on: action, outcome, who asked, and what of an entry, a peer, a program and
/// a package is there.
fn rows(person: &Person, from: usize) -> Vec<String> {
    let all: Value = serde_json::from_str(&person.ok(&["audit", "--json"]).stdout).unwrap();
    let home = person.home().canonicalize().unwrap();
    let row = |row: &Value| {
        let mut words = ["action", "outcome", "asker"].map(|k| row[k].as_str().unwrap()).join(" ");
        for key in ["coordinate", "peer", "program"] {
            let text = row[key].as_str().map(|text| format!(" {key}={text}"));
            words += &text.unwrap_or_default();
        }
        let package = row["package"].as_str().map(str::len);
        words += if package == Some(32) { " package" } else { "" };
        words.replace(home.to_str().unwrap(), "~")
    };
    all.as_array().unwrap().iter().skip(from).map(row).collect()
}

fn ask(person: &Person, who: Who, line: &[&str]) {
    let answer = match who {
        Who::Job => return drop(person.run(line)),
        Who::Agent => {
            let through = ["env", "KOVRA_AGENT=1", kovra_path()];
            return drop(person.pipe_through(&through, line, b""));
        }
        Who::No => "",
        Who::Wrong => "guess",
        Who::Yes => PIN,
    };
    let Session { screen, .. } = person.sit(kovra_path(), line).answer_always(ASKED, answer);
    assert!(screen.contains(ASKED), "{line:?} asks nothing:\n{screen}");
}

/// What is left of one request, by a person like this one.
fn left(person: &Person, who: Who, line: &str) -> Vec<String> {
    let person = person.twin();
    let line: Vec<&str> = line.split_whitespace().collect();
    let before = rows(&person, 0).len();
    ask(&person, who, &line);
    person.ok(&["audit", "--verify"]);
    rows(&person, before)
}

fn tool(person: &Person) {
    use std::os::unix::fs::PermissionsExt;
    let path = person.write("tool", "#!/bin/sh\n");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).unwrap();
}

/// Somebody who has a PIN, and some of all that is asked about.
fn alice() -> Person {
    let alice = Person::with_pin("alice");
    let [bob, carol] = ["bob", "carol"].map(Person::with_vault);
    alice.pin(&bob);
    bob.pin(&alice);
    alice.ok(&["peer", "add", "carol", &carol.id()]);
    alice.add("dev/a/high", "one", &["--sensitivity", "high"]);
    alice.add("dev/a/b", "one", &[]);
    alice.set("dev/a/b", "two");
    alice.add("prod/a/b", "x", &[]);
    alice.ok(&["add", "prod/p/url", "--reference", "aws-sm://x"]);
    alice.ok(&["add", "dev/p/high", "--reference", "aws-sm://y", "--sensitivity", "high"]);
    bob.add("dev/a/b", "bob's", &[]);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "b.kovra"]);
    bob.hand(&alice, "b.kovra");
    alice.write("high.refs", "A=secret:dev/a/high\nB=secret:dev/a/b\n");
    alice.write("prod.refs", "A=secret:prod/a/b\nB=secret:dev/a/b\n");
    tool(&alice);
    alice
}

/// What only the owner may do, and what each row of it says behind its outcome and who asked. An agent is refused
/// for the same rows, and so is whoever says no.
const OF_THE_OWNER: [(&str, &[&str]); 17] = [
    ("show dev/a/high", &["show _ coordinate=dev/a/high"]),
    ("show prod/a/b", &["show _ coordinate=prod/a/b"]),
    ("generate dev/a/high --replace", &["set _ coordinate=dev/a/high"]),
    ("set prod/p/url --reference aws-sm://z", &["set _ coordinate=prod/p/url"]),
    ("edit dev/a/high --description x", &["edit _ coordinate=dev/a/high"]),
    ("edit dev/a/high --sensitivity low", &["edit _ coordinate=dev/a/high"]),
    ("rm dev/a/high", &["rm _ coordinate=dev/a/high"]),
    ("rm prod/p/url", &["rm _ coordinate=prod/p/url"]),
    ("prune dev/a/b", &["prune _ coordinate=dev/a/b"]),
    ("restore dev/a/high 1", &["restore _ coordinate=dev/a/high"]),
    ("mv prod/p/url dev/p/url", &["mv _ coordinate=dev/p/url", "mv _ coordinate=prod/p/url"]),
    ("run --refs high.refs -- ./tool", &["run _ coordinate=dev/a/high program=~/tool"]),
    ("allow add ./tool", &["allow-add _ program=~/tool"]),
    ("refs trust prod.refs", &["refs-trust _ program=~/prod.refs"]),
    ("peer confirm carol", &["peer-confirm _ peer=carol"]),
    ("peer rename bob robert", &["peer-rename _ peer=bob"]),
    ("import b.kovra", &["import _ coordinate=dev/a/b peer=bob package"]),
];

/// With what policy lets everybody do beside, which is on record only if it is done.
const BESIDE: [(&str, &str); 1] =
    [("run --refs high.refs -- ./tool", "run allowed person coordinate=dev/a/b program=~/tool")];

/// No question, and so no rows: the import is refused before policy has a say in it.
const BEFORE: [&str; 1] = ["import b.kovra"];

fn filled(pattern: &str, outcome: &str, asker: &str) -> String {
    pattern.replacen('_', &format!("{outcome} {asker}"), 1)
}

#[test]
fn each_refusal_leaves_its_whole_row_and_nothing_else() {
    let alice = alice();
    let mut wrong = Vec::new();
    for (line, patterns) in OF_THE_OWNER {
        for (who, asker) in [(Who::Job, "unattended"), (Who::Agent, "agent"), (Who::No, "person")] {
            let silent = who != Who::No && BEFORE.contains(&line);
            let expected = patterns.iter().filter(|_| !silent);
            let expected: Vec<String> = expected.map(|p| filled(p, "denied", asker)).collect();
            let found = left(&alice, who, line);
            if found != expected {
                wrong.push(format!("{who:?}: {line}\n  is  {found:?}\n  not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_yes_leaves_its_whole_row_and_nothing_else() {
    let alice = alice();
    let mut wrong = Vec::new();
    for (line, patterns) in OF_THE_OWNER {
        let mut expected: Vec<String> =
            patterns.iter().map(|p| filled(p, "confirmed", "person")).collect();
        expected.extend(BESIDE.iter().filter(|(of, _)| *of == line).map(|(_, row)| (*row).into()));
        let found = left(&alice, Who::Yes, line);
        if found != expected {
            wrong.push(format!("{line}\n  is  {found:?}\n  not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_wrong_proof_is_on_record_as_a_refusal() {
    let alice = alice();
    let found = left(&alice, Who::Wrong, "rm dev/a/high");
    assert_eq!(found, ["rm denied person coordinate=dev/a/high"]);
}

/// A row for each entry and each peer; and of who becomes confirmed by it.
#[test]
fn a_seal_leaves_a_row_for_each_entry_and_peer() {
    let alice = alice();
    let seal = "seal dev/a/b dev/a/high --to bob --to carol -o p --token-out t";
    let sealed = |entry: &str, outcome: &str| {
        ["bob", "carol"]
            .map(|peer| format!("seal {outcome} person coordinate={entry} peer={peer} package"))
    };
    let yes = left(&alice, Who::Yes, seal);
    let confirmed = ["peer-confirm confirmed person peer=carol".to_owned()];
    let rows = [sealed("dev/a/b", "allowed"), sealed("dev/a/high", "confirmed")].concat();
    assert_eq!(yes, [&rows[..], &confirmed].concat());
    let refused = |asker: &str, entry: &str| {
        let entry = format!("seal denied {asker} coordinate={entry} package");
        [entry, format!("peer-confirm denied {asker} peer=carol")]
    };
    assert_eq!(left(&alice, Who::No, seal), refused("person", "dev/a/high"));
    assert_eq!(left(&alice, Who::Job, seal), refused("unattended", "dev/a/high"));
    let agent = left(&alice, Who::Agent, "seal dev/a/b --to bob -o p");
    assert_eq!(agent, ["seal denied agent coordinate=dev/a/b package"]);
}

/// What changes under an open question is a yes that came to nothing, and says so.
#[test]
fn a_yes_that_came_too_late_is_on_record_as_failed() {
    let alice = alice();
    let before = rows(&alice, 0).len();
    let seat = alice.waits_at(&["prune", "dev/a/b"], ASKED);
    alice.set("dev/a/b", "three");
    assert_eq!(seat.then_answers(PIN).code, 21);
    let set = "set allowed unattended coordinate=dev/a/b";
    assert_eq!(rows(&alice, before), [set, "prune failed person coordinate=dev/a/b"]);
}

/// Commands that are started at once, and how each ended.
fn at_once(person: &Person, count: usize, line: impl Fn(usize) -> Vec<String> + Sync) -> Vec<i32> {
    let barrier = std::sync::Barrier::new(count);
    std::thread::scope(|scope| {
        let run = |number| {
            let (barrier, line) = (&barrier, &line);
            scope.spawn(move || {
                let line = line(number);
                let line: Vec<&str> = line.iter().map(String::as_str).collect();
                barrier.wait();
                person.run(&line).code
            })
        };
        let all: Vec<_> = (0..count).map(run).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

fn of_code(codes: &[i32], code: i32) -> usize {
    codes.iter().filter(|found| **found == code).count()
}

fn count(rows: &[String], row: &str) -> usize {
    rows.iter().filter(|found| *found == row).count()
}

/// Who comes second is refused, and no row says that something was done which was not.
#[test]
fn an_entry_that_many_add_at_once_is_added_once() {
    let person = Person::with_vault("alice");
    let line = |n| words(&format!("add dev/a/b --reference aws-sm://by{n}"));
    let codes = at_once(&person, 6, line);
    assert_eq!((of_code(&codes, 0), of_code(&codes, 21)), (1, 5), "{codes:?}");
    let left = rows(&person, 0);
    assert_eq!(count(&left, "add allowed unattended coordinate=dev/a/b"), 1, "{left:?}");
    let failed = count(&left, "add failed unattended coordinate=dev/a/b");
    assert_eq!(left.len(), 1 + failed, "{left:?}");
}

/// As many revisions as were written, each with its row.
#[test]
fn an_entry_that_many_set_at_once_has_a_revision_for_each_row() {
    let person = Person::with_vault("alice");
    person.add("dev/a/b", "one", &[]);
    let before = rows(&person, 0).len();
    let line = |n| words(&format!("set dev/a/b --reference aws-sm://by{n}"));
    let codes = at_once(&person, 6, line);
    let set = of_code(&codes, 0);
    assert_eq!(set + of_code(&codes, 21), 6, "{codes:?}");
    let history = person.ok(&["history", "dev/a/b", "--json"]).stdout;
    let history: Value = serde_json::from_str(&history).unwrap();
    assert_eq!(history.as_array().unwrap().len(), 1 + set, "{history:#}");
    let left = rows(&person, before);
    assert!(set >= 1);
    assert_eq!(count(&left, "set allowed unattended coordinate=dev/a/b"), set, "{left:?}");
    assert_eq!(count(&left, "set failed unattended coordinate=dev/a/b"), 6 - set, "{left:?}");
    person.ok(&["audit", "--verify"]);
}

/// No two packages of one sender have one number, and each that was written is on record with its peer.
#[test]
fn packages_that_are_sealed_at_once_have_numbers_of_their_own() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/a/b", "one", &[]);
    let before = rows(&alice, 0).len();
    let codes = at_once(&alice, 6, |n| words(&format!("seal dev/a/b --to bob -o {n}.kovra")));
    let sealed = of_code(&codes, 0);
    assert_eq!(sealed + of_code(&codes, 21), 6, "{codes:?}");
    let seq = |n: usize| {
        let ran = alice.run(&["inspect", &format!("{n}.kovra")]);
        let line = ran.stdout.lines().find_map(|line| line.strip_prefix("seq"))?;
        line.trim().parse::<u64>().ok()
    };
    let numbers: std::collections::BTreeSet<u64> = (0..6).filter_map(seq).collect();
    assert_eq!(numbers.len(), sealed, "{numbers:?}");
    let left = rows(&alice, before);
    let row = "seal allowed unattended coordinate=dev/a/b peer=bob package";
    assert_eq!(count(&left, row), sealed, "{left:?}");
    let failed = "seal failed unattended coordinate=dev/a/b peer=bob package";
    assert_eq!(count(&left, failed), 6 - sealed, "{left:?}");
}
