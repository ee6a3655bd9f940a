//! A kill at any moment of any command. The vault opens and is as it was or as
//! it should be, no file has its final name that is not on record, and what is left over stops nobody.

use crate::backup::way_back_in;
use forge::people::{ASKED, PIN, Person, kovra_path, terminal::Seat};
use serde_json::Value;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Entries of the package that is imported, so that the import takes a while.
const MANY: usize = 150;

/// A command to be killed.
struct Victim {
    arguments: &'static [&'static str],
    input: &'static str,
    /// Whether it asks, and is killed after the answer.
    asks: bool,
    /// Files that it makes, each on record once it has that name.
    makes: &'static [&'static str],
}

const fn victim(arguments: &'static [&'static str]) -> Victim {
    Victim { arguments, input: "", asks: false, makes: &[] }
}

const VICTIMS: [Victim; 18] = [
    // A key file comes before the vault that could not be opened without it, and the next init takes it.
    victim(&["init", "--key-file", "vault.key"]),
    victim(&["init", "--passphrase-file", "pass"]),
    Victim { input: "value", ..victim(&["add", "dev/x/new", "--stdin"]) },
    Victim { input: "value", ..victim(&["set", "dev/a/b", "--stdin"]) },
    victim(&["edit", "dev/a/b", "--sensitivity", "inject-only"]),
    victim(&["rm", "dev/a/b"]),
    victim(&["restore", "dev/a/b", "1"]),
    Victim { asks: true, ..victim(&["prune", "dev/a/b"]) },
    Victim { makes: &["p.kovra"], ..victim(&["seal", "dev/b/c", "--to", "bob", "-o", "p.kovra"]) },
    Victim {
        asks: true,
        makes: &["p.kovra", "p.token"],
        ..victim(&[
            "seal",
            "--env",
            "dev",
            "--to",
            "bob",
            "-o",
            "p.kovra",
            "--token-out",
            "p.token",
        ])
    },
    Victim { makes: &["r.receipt"], ..victim(&["import", "many.kovra", "--receipt", "r.receipt"]) },
    victim(&["import", "again.kovra", "--overwrite"]),
    victim(&["peer", "add", "carol", "CAROL"]),
    Victim { asks: true, ..victim(&["allow", "add", "./tool"]) },
    victim(&["receipt", "bob.receipt"]),
    Victim { makes: &["b.age"], ..victim(&["backup", "b.age"]) },
    victim(&["run", "--", "true"]),
    victim(&["show", "dev/a/b"]),
];

/// What is killed in each round, and whom it belongs to.
struct Start {
    alice: Person,
    carol: String,
    nobody: Person,
}

impl Start {
    fn new() -> Self {
        let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
        way_back_in(&alice);
        alice.pin(&bob);
        bob.pin(&alice);
        alice.add("dev/a/b", "one", &[]);
        alice.set("dev/a/b", "two");
        alice.ok(&["edit", "dev/a/b", "--description", "a note"]);
        alice.add("dev/b/c", "not given to anybody yet", &[]);
        alice.add("dev/a/high", "high", &["--sensitivity", "high"]);
        alice.write(".env.refs", "A=secret:dev/a/b\n");
        let tool = alice.write("tool", "#!/bin/sh\n");
        assert!(alice.command("chmod").arg("+x").arg(tool).status().unwrap().success());
        fill(&bob);
        let seal = |at: &[&str], file: &str| {
            bob.ok(&[&["seal"], at, &["--to", "alice", "-o", file]].concat());
            bob.hand(&alice, file);
        };
        seal(&["--env", "dev"], "many.kovra");
        bob.add("dev/a/b", "bob's", &[]);
        seal(&["dev/a/b"], "again.kovra");
        alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "given.kovra"]);
        alice.hand(&bob, "given.kovra");
        bob.ok(&["import", "given.kovra", "--overwrite", "--receipt", "bob.receipt"]);
        bob.hand(&alice, "bob.receipt");
        let nobody = Person::new("alice");
        nobody.write("pass", "the passphrase");
        Self { alice, carol: Person::with_vault("carol").id(), nobody }
    }

    fn person(&self, victim: &Victim) -> Person {
        let makes_a_vault = victim.arguments[0] == "init";
        let mut person = if makes_a_vault { self.nobody.twin() } else { self.alice.twin() };
        if makes_a_vault {
            person.env.remove("KOVRA_KEY_FILE");
        }
        person
    }

    fn arguments<'a>(&'a self, victim: &Victim) -> Vec<&'a str> {
        let carol = |word: &&'static str| if *word == "CAROL" { &self.carol } else { *word };
        victim.arguments.iter().map(carol).collect()
    }
}

/// Many small entries, faster than one by one.
fn fill(person: &Person) {
    let kovra = kovra_path();
    let script = format!(
        "for n in $(seq {MANY}); do printf v | {kovra} add dev/many/k$n --stdin >/dev/null || exit 1; done"
    );
    assert!(person.command("sh").args(["-c", &script]).status().unwrap().success());
}

/// A command that runs: at a pipe, or at a terminal with its question answered.
enum Running {
    Piped(Child),
    Seated(Seat),
}

impl Running {
    fn start(person: &Person, arguments: &[&str], victim: &Victim) -> Self {
        if victim.asks {
            let mut seated = person.sit(kovra_path(), arguments);
            // What has landed is refused before anybody is asked.
            if seated.comes(ASKED) {
                seated.press_line(PIN);
            }
            return Self::Seated(seated);
        }
        let input = person.write("input", victim.input);
        let mut command = person.kovra();
        command.args(arguments).stdin(std::fs::File::open(input).unwrap());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        Self::Piped(command.spawn().unwrap())
    }

    fn end(self) -> i32 {
        match self {
            Self::Piped(mut child) => child.wait().unwrap().code().unwrap(),
            Self::Seated(seated) => seated.end().code.cast_signed(),
        }
    }

    fn kill(self) {
        match self {
            Self::Piped(mut child) => {
                child.kill().unwrap();
                child.wait().unwrap();
            }
            Self::Seated(mut seated) => seated.kill(),
        }
    }
}

/// All that a vault answers but for its times and ids. `None` if there is no vault.
fn state(person: &Person, victim: &Victim) -> Option<Value> {
    if !person.vault().exists() {
        return None;
    }
    // A new vault has nothing, and each command costs a passphrase.
    let asked = if victim.arguments[0] == "init" { 1 } else { 6 };
    let backups = &["audit", "--action", "backup"];
    let commands: [&[&str]; 6] = [
        &["list"],
        &["peer", "list"],
        &["allow", "list"],
        &["shared"],
        &["history", "dev/a/b"],
        backups,
    ];
    let mut versions = Vec::new();
    let answer = |command: &&[&str]| {
        let ran = person.run(&[command, &["--json"][..]].concat());
        assert!(ran.code == 0 || command[0] == "history", "{command:?}: {}", ran.stderr);
        let text = ran.stdout.replace(&person.env["HOME"], "/home/");
        let mut answer = serde_json::from_str(&text).unwrap_or(Value::Null);
        blank(&mut answer, &mut versions);
        answer
    };
    Some(commands.iter().take(asked).map(answer).collect())
}

/// Whether a time or an id is there, in place of which; and of the versions of values, which are the same.
fn blank(value: &mut Value, versions: &mut Vec<String>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| blank(item, versions)),
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| {
            let varies =
                ["updated", "written", "added", "sealed", "expires", "imported", "package", "time"];
            match value {
                Value::String(text) if varies.contains(&name.as_str()) => *text = "some".into(),
                Value::String(text) if name == "value_version" => *text = numbered(text, versions),
                _ => blank(value, versions),
            }
        }),
        _ => {}
    }
}

fn numbered(version: &str, versions: &mut Vec<String>) -> String {
    let known = versions.iter().position(|known| known == version);
    let number = known.unwrap_or_else(|| {
        versions.push(version.to_owned());
        versions.len() - 1
    });
    format!("version {number}")
}

/// With the options that its vault needs.
fn unlocking(person: &mut Person, victim: &Victim) {
    if victim.arguments.contains(&"--passphrase-file") {
        person.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    }
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_or_the_new() {
    let start = Start::new();
    // `.ci/long kills` asks for a thousand.
    let kills: usize = std::env::var("KOVRA_KILLS").map_or(68, |text| text.parse().unwrap());
    let rounds = kills.div_ceil(VICTIMS.len());
    let mut landed = [0; 2];
    for victim in &VICTIMS {
        let arguments = start.arguments(victim);
        let mut whole = start.person(victim);
        let (took, code) = timed(|| Running::start(&whole, &arguments, victim).end());
        assert_eq!(code, 0, "{arguments:?}");
        unlocking(&mut whole, victim);
        let ends = [state(&start.person(victim), victim), state(&whole, victim)];
        assert!(victim.makes.is_empty() || ends[0] != ends[1], "{arguments:?} is on record");
        for round in 0..rounds {
            let round = (round * 1000 + jitter()) as u32;
            let wait = took.mul_f64(1.2) * round / (rounds as u32 * 1000);
            landed[killed(&start, victim, wait, &ends)] += 1;
        }
    }
    println!("of {} kills, {landed:?} left the old and the new", rounds * VICTIMS.len());
    assert!(landed.iter().all(|n| *n > 0), "the kills came at the wrong times: {landed:?}");
}

fn timed<T>(run: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let done = run();
    (start.elapsed(), done)
}

/// Up to a thousand, so that no two runs kill at the same moments.
fn jitter() -> usize {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    now.subsec_nanos() as usize / 1000 % 1000
}

/// Kills one, and checks what is left. Gives which of the two it was.
fn killed(start: &Start, victim: &Victim, wait: Duration, ends: &[Option<Value>; 2]) -> usize {
    let arguments = start.arguments(victim);
    let mut person = start.person(victim);
    let running = Running::start(&person, &arguments, victim);
    std::thread::sleep(wait);
    running.kill();
    unlocking(&mut person, victim);
    let what = format!("{arguments:?}, killed after {wait:?}");

    let found = state(&person, victim);
    let end = ends.iter().position(|end| same(end, &found, victim));
    let end = end.unwrap_or_else(|| panic!("{what}: neither of two, but {found:#?}"));
    if found.is_some() {
        person.ok(&["audit", "--verify"]);
    }
    for file in victim.makes {
        let there = person.home().join(file).exists();
        assert!(!there || end == 1, "{what}: {file} is there, and not on record");
        if there && file.ends_with(".kovra") {
            person.ok(&["verify", file]);
        }
        if there && file.ends_with(".age") {
            person.ok(&["backup", "--verify", file, "--identity", "bob.txt"]);
        }
    }
    again(start, victim, &person, (end, &what), &ends[1]);
    end
}

/// A new vault has a key of its own, and so have its fingerprints.
fn same(end: &Option<Value>, found: &Option<Value>, victim: &Victim) -> bool {
    if victim.arguments[0] == "init" { end.is_some() == found.is_some() } else { end == found }
}

/// What did not land can be done again, whatever is left over.
fn again(
    start: &Start,
    victim: &Victim,
    person: &Person,
    (end, what): (usize, &str),
    new: &Option<Value>,
) {
    let arguments = start.arguments(victim);
    let code = Running::start(person, &arguments, victim).end();
    if end == 0 {
        assert_eq!(code, 0, "{what}: the next try");
        let found = state(person, victim);
        // A share that is on record twice was sealed twice, as far as anybody knows.
        assert!(same(new, &found, victim), "{what}, and again: {found:#?}");
    } else {
        assert!([0, 1, 19, 21].contains(&code), "{what}: the next try ended with {code}");
    }
    let entries = std::fs::read_dir(person.vault().parent().unwrap()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    // A vault that was not finished has no name yet.
    let left: Vec<String> = names.filter(|name| !name.starts_with(".kovra-")).collect();
    assert!(left.len() <= 3, "{what}: a vault, its log, and its index, and not {left:?}");
}

/// A package came in and nobody could be told.
#[test]
fn a_receipt_that_was_not_written_can_be_made_again() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    alice.add("dev/a/b", "value", &[]);
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra"]);
    alice.hand(&bob, "p.kovra");
    let ran = bob.run(&["import", "p.kovra", "--receipt", "nowhere/r"]);
    assert_ne!(ran.code, 0, "{}", ran.stderr);
    let ran = bob.run(&["import", "p.kovra", "--receipt", "r"]);
    assert!([0, 19].contains(&ran.code), "{}", ran.stderr);
    bob.hand(&alice, "r");
    alice.ok(&["receipt", "r"]);
    assert_eq!(bob.ok(&["show", "dev/a/b"]).stdout, "value");
}
