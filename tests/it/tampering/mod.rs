//! Somebody who can write the vault's file, and has no key. Whatever is done to it, nothing is answered
//! from it, nothing is written on top of it, and once it is undone the vault is as it was.

mod foreign;
mod holes;
mod logs;
mod pages;
mod places;
mod rows;
mod schema;

use crate::vault_file::{ENTRY, PEER};
use crate::vault_file::{beside, bytes, edit, fold, literal, put_back, row_made_by};
use forge::people::{Person, Ran, kovra_path};

/// In every value, so that none is printed unseen.
const MARKER: &str = "marker-of-a-value";
/// Of one command, in seconds. It is much longer than any takes.
const DEADLINE: &str = "10";
/// Of one command, in KiB of address space.
const MEMORY: u32 = 2_000_000;

/// Commands that answer, that change something, and that prove the whole.
const COMMANDS: [&[&str]; 5] = [
    &["list"],
    &["show", "dev/db/url"],
    &["add", "dev/x/new", "--stdin"],
    &["rm", "dev/db/old"],
    &["audit", "--verify"],
];

/// A person whose vault has something of each kind, and many rows.
struct Victim {
    person: Person,
    /// The rows of `dev/db/url`, of `dev/db/old`, which has two revisions, and of a peer.
    url: String,
    old: String,
    peer: String,
    /// What `list --json` answers.
    listed: String,
    whole: Vec<u8>,
}

impl Victim {
    fn new() -> Self {
        let (person, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
        let add = |at: &str| person.add(at, MARKER, &[]);
        let row = |kind, make: &dyn Fn()| literal(&row_made_by(&person, kind, make));
        let peer = row(PEER, &|| person.pin(&bob));
        let url = row(ENTRY, &|| add("dev/db/url"));
        let old = row(ENTRY, &|| add("dev/db/old"));
        person.set("dev/db/old", "later");
        receive(&person, &bob);
        person.add("dev/a/inject", MARKER, &["--sensitivity", "inject-only"]);
        person.add("prod/db/url", MARKER, &[]);
        // So large that the table has pages of pages, and one value a chain of its own.
        for n in 0..24 {
            person.add(&format!("dev/many/k{n}"), &MARKER.repeat(40), &[]);
        }
        person.add("dev/many/long", &MARKER.repeat(2000), &[]);
        Self::of(person, url, old, peer)
    }

    fn of(person: Person, url: String, old: String, peer: String) -> Self {
        person.ok(&["audit", "--verify"]);
        let listed = person.ok(&["list", "--json"]).stdout;
        fold(&person);
        let whole = bytes(&person);
        Self { person, url, old, peer, listed, whole }
    }

    /// SQL, from somebody outside.
    fn edited(&self, sql: &str) -> &Self {
        edit(&self.person, sql);
        assert_ne!(bytes(&self.person), self.whole, "nothing was edited: {sql}");
        self
    }

    /// Every command says that the vault is damaged, in `words`.
    #[track_caller]
    fn is_damaged(&self, what: &str, words: &[&str]) {
        self.is_refused(what, &[41], words);
    }

    /// Every command ends with one of `codes`, says `words` and no value, and leaves the file alone.
    /// Once the edit is undone, all is as it was.
    #[track_caller]
    fn is_refused(&self, what: &str, codes: &[i32], words: &[&str]) {
        let edited = bytes(&self.person);
        for command in COMMANDS {
            let ran = bounded(&self.person, command);
            let told = format!("{what}: {command:?}: {}\n{}{}", ran.code, ran.stdout, ran.stderr);
            assert!(codes.contains(&ran.code), "{told}");
            assert!(words.iter().all(|word| ran.stderr.contains(word)), "{words:?}\n{told}");
            assert!(!ran.stderr.contains("intruder"), "somebody else's words: {told}");
            assert!(ran.stdout.is_empty() && !told.contains(MARKER), "it answered: {told}");
        }
        assert!(bytes(&self.person) == edited, "{what}: the file was written");
        let log = std::fs::metadata(beside(&self.person, "-wal"));
        assert!(log.map_or(0, |log| log.len()) == 0, "{what}: the log was written");
        self.undone(what);
    }

    /// The file gets its bytes back, and nothing else is put in order.
    #[track_caller]
    fn undone(&self, what: &str) {
        put_back(&self.person, &self.whole);
        self.is_as_before(what);
    }

    #[track_caller]
    fn is_as_before(&self, what: &str) {
        let listed = self.person.run(&["list", "--json"]);
        assert!(listed.stdout == self.listed, "{what}, undone: {}", listed.stderr);
        self.person.ok(&["audit", "--verify"]);
        fold(&self.person);
        put_back(&self.person, &self.whole);
    }
}

/// A package of Bob's, so that there is one which must not come again.
fn receive(person: &Person, bob: &Person) {
    bob.pin(person);
    bob.add("dev/from/bob", MARKER, &[]);
    bob.ok(&["seal", "dev/from/bob", "--to", person.name, "-o", "p.kovra"]);
    bob.hand(person, "p.kovra");
    person.ok(&["import", "p.kovra"]);
}

/// Runs kovra, which may not take long or much.
fn bounded(person: &Person, arguments: &[&str]) -> Ran {
    let limit = format!("ulimit -v {MEMORY}; exec timeout -s KILL {DEADLINE} \"$0\" \"$@\"");
    let ran = person.pipe_through(&["sh", "-c", &limit, kovra_path()], arguments, b"new secret");
    assert!(![137, -1, 134].contains(&ran.code), "{arguments:?} had no end: {}", ran.stderr);
    ran
}
