//! Logs of another time beside the file. The vault is whole and of one time, or it is damaged;
//! it is never put together from two.

use super::bounded;
use crate::vault_file::{beside, bytes, drop_logs, fold, put_back};
use forge::people::Person;
use rusqlite::Connection;
use std::fs;

/// What a vault answers: its entries, and how much of a trail it has.
fn answers(person: &Person) -> Option<[String; 2]> {
    let [list, trail] =
        [&["list", "--json"][..], &["audit", "--verify"]].map(|command| bounded(person, command));
    assert!([0, 41].contains(&list.code), "{}", list.stderr);
    assert!([0, 41].contains(&trail.code), "{}", trail.stderr);
    assert!(list.code == 0 || list.stdout.is_empty(), "{}", list.stdout);
    (list.code == 0 && trail.code == 0).then_some([list.stdout, trail.stdout])
}

/// A vault at three times, in one file each, and the logs that it had on its way.
struct Times {
    person: Person,
    files: Vec<Vec<u8>>,
    logs: Vec<Vec<u8>>,
    /// After each change.
    answers: Vec<[String; 2]>,
}

impl Times {
    fn new() -> Self {
        let person = Person::with_vault("alice");
        let answers = vec![answers(&person).unwrap()];
        fold(&person);
        let mut times = Self { person, files: vec![], logs: vec![], answers };
        for n in 0..3 {
            times.pass(n);
        }
        times
    }

    fn pass(&mut self, n: usize) {
        // A reader that stays keeps the log.
        let reader = Connection::open(self.person.vault()).unwrap();
        reader.execute_batch("BEGIN; SELECT count(*) FROM sealed").unwrap();
        for k in 0..8 {
            self.person.add(&format!("dev/t{n}/k{k}"), &"value ".repeat(150), &[]);
            self.answers.push(answers(&self.person).unwrap());
        }
        self.logs.push(fs::read(beside(&self.person, "-wal")).unwrap());
        drop(reader);
        fold(&self.person);
        self.files.push(bytes(&self.person));
    }

    /// With that beside it, the file answers as it did at one of the times, or not at all.
    #[track_caller]
    fn is_of_one_time(&self, what: &str, file: &[u8], end: &str, there: &[u8]) {
        drop_logs(&self.person);
        put_back(&self.person, file);
        fs::write(beside(&self.person, end), there).unwrap();
        let found = answers(&self.person);
        let known = found.as_ref().is_none_or(|found| self.answers.contains(found));
        assert!(known, "{what}: a vault of no time: {found:?}");
        drop_logs(&self.person);
        put_back(&self.person, self.files.last().unwrap());
        assert_eq!(answers(&self.person).as_ref(), self.answers.last(), "{what}, undone");
    }
}

#[test]
fn a_log_of_another_time_mixes_nothing() {
    let times = Times::new();
    for (f, file) in times.files.iter().enumerate() {
        for (l, log) in times.logs.iter().enumerate() {
            times.is_of_one_time(&format!("file {f}, log {l}"), file, "-wal", log);
            for length in [log.len() / 2, log.len() / 3, 40, 1] {
                let cut = &log[..length];
                times.is_of_one_time(&format!("file {f}, log {l} cut"), file, "-wal", cut);
            }
        }
    }
}

#[test]
fn an_index_of_a_log_of_another_time_is_passed_over() {
    let times = Times::new();
    let newest = times.files.last().unwrap();
    for index in [vec![], vec![0; 32768], vec![0xff; 32768], vec![0x55; 100]] {
        times.is_of_one_time("an index", newest, "-shm", &index);
    }
}

/// A journal of SQLite's other way of writing is put back into a file by whoever opens it next.
#[test]
fn a_journal_of_another_time_mixes_nothing() {
    let times = Times::new();
    let newest = times.files.last().unwrap();
    let journal = journal_to(&times.person, &times.files[0], newest);
    assert!(journal.len() > 4096, "it has pages");
    times.is_of_one_time("a journal", newest, "-journal", &journal);
    times.is_of_one_time("half a journal", newest, "-journal", &journal[..journal.len() / 2]);
    times.is_of_one_time("no journal", newest, "-journal", b"not a journal");
}

/// A hot journal that turns some pages of `newer` into those of `older` (SQLite's file format, 3).
fn journal_to(person: &Person, older: &[u8], newer: &[u8]) -> Vec<u8> {
    const PAGE: usize = 4096;
    const SECTOR: usize = 512;
    let pages = older.len() / PAGE;
    let differs = |n: &usize| older[n * PAGE..][..PAGE] != newer[n * PAGE..][..PAGE];
    // All but the first that differs, so that it is no whole state.
    let which: Vec<usize> = (0..pages).filter(differs).skip(1).collect();
    let number = |n: usize| (n as u32).to_be_bytes();
    let mut journal = vec![0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];
    for field in [which.len(), 7, newer.len() / PAGE, SECTOR, PAGE] {
        journal.extend(number(field));
    }
    journal.resize(SECTOR, 0);
    for n in which {
        let page = &older[n * PAGE..][..PAGE];
        journal.extend(number(n + 1));
        journal.extend(page);
        // The nonce, and every 200th byte from the end.
        let sum =
            (1..PAGE).rev().filter(|i| (PAGE - i).is_multiple_of(200)).map(|i| u32::from(page[i]));
        journal.extend((sum.sum::<u32>() + 7).to_be_bytes());
    }
    assert!(person.vault().exists());
    journal
}
