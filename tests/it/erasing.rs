//! What is erased is gone: from the file, from its free pages, from the log.

use crate::vault_file::{ENTRY, beside, fold, literal, row_made_by};
use forge::people::{Person, kovra_path, terminal::Seat};
use rusqlite::Connection;
use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Barrier;
use std::time::{Duration, Instant};

const YES: &str = "[y/N]";
const WINDOW: usize = 16;

/// Ciphertext that shall be gone, in pieces: each so long that it is nowhere by chance.
struct Erased(HashSet<[u8; WINDOW]>);

impl Erased {
    /// Of the revisions of a row below one, read while they are there.
    fn of(person: &Person, lookup: &str, below: i64) -> Self {
        let db = Connection::open(person.vault()).unwrap();
        let sql = format!(
            "SELECT metadata, value FROM sealed WHERE lookup = {lookup} AND revision < {below}"
        );
        let mut query = db.prepare(&sql).unwrap();
        let rows = query.query_map([], |row| Ok([row.get::<_, Vec<u8>>(0)?, row.get(1)?])).unwrap();
        let mut pieces = HashSet::new();
        for bytes in rows.flat_map(Result::unwrap) {
            pieces.extend(bytes.windows(WINDOW).map(|w| <[u8; WINDOW]>::try_from(w).unwrap()));
        }
        assert!(pieces.len() > 100, "there is something to erase");
        Self(pieces)
    }

    /// In which files of the vault's folder some of it is left, and how much.
    fn left(&self, person: &Person) -> Vec<(PathBuf, usize)> {
        let entries = fs::read_dir(person.vault().parent().unwrap()).unwrap();
        let count = |path: PathBuf| {
            let bytes = fs::read(&path).unwrap();
            let found = bytes.windows(WINDOW).filter(|w| self.0.contains(*w)).count();
            (path, found)
        };
        entries.map(|entry| count(entry.unwrap().path())).filter(|(_, found)| *found > 0).collect()
    }

    #[track_caller]
    fn is_gone(&self, person: &Person) {
        assert_eq!(self.left(person), [], "of {} pieces", self.0.len());
    }
}

/// A person with an entry of many revisions, large and small, among others.
fn owner(large: usize) -> (Person, String) {
    let person = Person::with_vault("alice");
    for n in 0..6 {
        person.add(&format!("dev/other/k{n}"), "kept", &[]);
    }
    let lookup =
        row_made_by(&person, ENTRY, || person.add("dev/a/b", &"first ".repeat(large), &[]));
    for n in 0..4 {
        person.set("dev/a/b", &format!("value {n} ").repeat(large));
        person.add(&format!("dev/between/k{n}"), "kept", &[]);
    }
    person.set("dev/a/b", "the last");
    person.add("dev/a/secret", "high", &["--sensitivity", "high"]);
    (person, literal(&lookup))
}

#[track_caller]
fn prune(person: &Person, at: &str) {
    let session = person.at_terminal(&["prune", at], &[(YES, "y")]);
    assert!(session.code == 0 && session.screen.contains("Erased"), "{}", session.screen);
}

#[track_caller]
fn is_whole(person: &Person) {
    assert_eq!(person.ok(&["show", "dev/a/b"]).stdout, "the last");
    assert_eq!(person.ok(&["show", "dev/other/k3"]).stdout, "kept");
    person.ok(&["audit", "--verify"]);
}

#[test]
fn what_was_pruned_is_in_no_file() {
    for large in [1, 100, 5_000, 20_000] {
        let (person, lookup) = owner(large);
        let erased = Erased::of(&person, &lookup, 6);
        assert!(!erased.left(&person).is_empty(), "it is there before");
        prune(&person, "dev/a/b");
        erased.is_gone(&person);
        is_whole(&person);
        erased.is_gone(&person);
    }
}

#[test]
fn an_entry_that_was_removed_and_pruned_is_in_no_file() {
    let (person, lookup) = owner(100);
    person.ok(&["rm", "dev/a/b"]);
    let erased = Erased::of(&person, &lookup, 99);
    prune(&person, "dev/a/b");
    erased.is_gone(&person);
    person.fails(&["show", "dev/a/b"], 1);
    person.ok(&["audit", "--verify"]);
}

#[test]
fn the_file_shrinks_by_what_was_pruned() {
    let (person, _) = owner(20_000);
    fold(&person);
    let size = || fs::metadata(person.vault()).unwrap().len();
    let before = size();
    assert!(before > 500_000, "{before}");
    prune(&person, "dev/a/b");
    let log = fs::metadata(beside(&person, "-wal")).map_or(0, |log| log.len());
    assert!(size() + log < before / 4, "{} and {log} of {before}", size());
    is_whole(&person);
}

/// Another process reads an older state, and keeps it until it ends.
#[test]
fn what_a_reader_kept_is_gone_once_it_has_ended() {
    let waiting: [(&[&str], &str, &str); 3] = [
        (&["show", "dev/a/secret"], YES, "n"),
        (&["show", "dev/a/secret"], YES, "y"),
        (&["set", "dev/other/k1"], "(hidden): ", "typed"),
    ];
    for (arguments, prompt, answer) in waiting {
        let (person, lookup) = owner(5_000);
        let erased = Erased::of(&person, &lookup, 6);
        let reader = person.waits_at(arguments, prompt);
        prune(&person, "dev/a/b");
        is_whole(&person);
        let session = reader.then_answers(answer);
        assert!([0, 20, 21].contains(&session.code), "{}", session.screen);
        erased.is_gone(&person);
        is_whole(&person);
    }
}

/// It could not do its part. Who comes next does it.
#[test]
fn what_a_killed_reader_kept_is_gone_after_the_next_command() {
    for next in
        [&["list"][..], &["show", "dev/a/b"], &["edit", "dev/other/k1", "--description", "x"]]
    {
        let (person, lookup) = owner(5_000);
        let erased = Erased::of(&person, &lookup, 6);
        let mut reader = person.waits_at(&["show", "dev/a/secret"], YES);
        prune(&person, "dev/a/b");
        reader.kill();
        person.ok(next);
        erased.is_gone(&person);
        is_whole(&person);
    }
}

/// Two readers, of which the first to go cannot do it yet.
#[test]
fn the_last_of_several_readers_erases() {
    let (person, lookup) = owner(5_000);
    let erased = Erased::of(&person, &lookup, 6);
    let show = ["show", "dev/a/secret"];
    let readers = [(); 3].map(|()| person.waits_at(&show, YES));
    prune(&person, "dev/a/b");
    for reader in readers {
        let session = reader.then_answers("n");
        assert_eq!(session.code, 20, "{}", session.screen);
    }
    erased.is_gone(&person);
    is_whole(&person);
}

/// Each leaves a mark for the others, and none is in another's way.
#[test]
fn four_erasures_at_once_are_all_done_or_refused() {
    let keys = ["dev/p/a", "dev/p/b", "dev/p/c", "dev/p/d"];
    let start = Person::with_vault("alice");
    let lookups = keys.map(|at| {
        let lookup = row_made_by(&start, ENTRY, || start.add(at, &at.repeat(500), &[]));
        start.set(at, "the last");
        literal(&lookup)
    });
    let mut done = 0;
    for round in 0..12 {
        let person = start.twin();
        let erased = lookups.each_ref().map(|lookup| Erased::of(&person, lookup, 2));
        // All have asked, so that their yeses come at once.
        let seats = keys.map(|at| person.waits_at(&["prune", at], YES));
        let barrier = Barrier::new(keys.len());
        let answer = |seat: Seat| {
            barrier.wait();
            seat.then_answers("y")
        };
        let sessions = std::thread::scope(|threads| {
            let answer = &answer;
            seats.map(|seat| threads.spawn(move || answer(seat))).map(|t| t.join().unwrap())
        });
        done += sessions.iter().filter(|session| session.code == 0).count();
        person.ok(&["list"]);
        for (session, erased) in sessions.iter().zip(&erased) {
            assert!([0, 21].contains(&session.code), "{round}: {}", session.screen);
            assert!(!session.screen.contains("os error"), "{round}: {}", session.screen);
            if session.code == 0 {
                erased.is_gone(&person);
            }
        }
        let folder = fs::read_dir(person.vault().parent().unwrap()).unwrap();
        let names = folder.map(|file| file.unwrap().file_name().into_string().unwrap());
        let left: Vec<_> = names.filter(|name| name.starts_with("erase.")).collect();
        assert!(left.is_empty(), "{round}: {left:?}");
        keys.iter().for_each(|at| assert_eq!(person.ok(&["show", at]).stdout, "the last"));
        person.ok(&["audit", "--verify"]);
    }
    assert!(done >= 12, "of each four one is done: {done}");
}

/// Starts an erasure that waits for three seconds just before it takes its mark away.
fn prune_slowly(person: &Person, at: &str) -> Seat {
    let mark = person.vault().with_file_name("erase.pending");
    let trace = person.home().join("trace");
    let [mark, trace] = [&mark, &trace].map(|path| path.to_str().unwrap());
    let slow = ["-f", "-o", trace, "-P", mark, "-e", "inject=unlink:delay_enter=3000000"];
    let mut seat = person.sit("strace", &[&slow[..], &[kovra_path(), "prune", at]].concat());
    seat.wait(YES);
    seat.press_line("y");
    let deadline = Instant::now() + Duration::from_secs(60);
    while !fs::metadata(mark).is_ok_and(|mark| mark.len() == 0) {
        assert!(Instant::now() < deadline, "it has not come so far");
        std::thread::sleep(Duration::from_millis(20));
    }
    seat
}

/// It has done the work of both, and has nothing to complain of.
#[test]
#[ignore = "needs strace"]
fn a_mark_that_another_took_away_is_no_failure() {
    let (person, lookup) = owner(100);
    let erased = Erased::of(&person, &lookup, 6);
    person.set("dev/other/k1", "later");
    let slow = prune_slowly(&person, "dev/a/b");
    prune(&person, "dev/other/k1");
    let session = slow.end();
    assert_eq!(session.code, 0, "{}", session.screen);
    assert!(!session.screen.contains("still hold it"), "{}", session.screen);
    erased.is_gone(&person);
}

/// One is done, and takes no mark away that is another's, whose erasure a reader keeps from its end.
#[test]
#[ignore = "needs strace"]
fn a_mark_is_not_taken_away_from_another_erasure() {
    for next in [&["list"][..], &["show", "dev/a/b"]] {
        let (person, lookup) = owner(5_000);
        let erased = Erased::of(&person, &lookup, 6);
        person.set("dev/other/k1", "later");
        let slow = prune_slowly(&person, "dev/other/k1");
        let mut reader = person.waits_at(&["show", "dev/a/secret"], YES);
        let session = person.at_terminal(&["prune", "dev/a/b"], &[(YES, "y")]);
        assert!(session.screen.contains("still hold it"), "{}", session.screen);
        assert_eq!(slow.end().code, 0);
        assert!(person.vault().with_file_name("erase.pending").exists(), "its mark is gone");
        reader.kill();
        person.ok(next);
        erased.is_gone(&person);
    }
}
