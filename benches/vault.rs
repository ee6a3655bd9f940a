//! What a vault's size costs: whole processes, under custody by key file, from 100 to 100,000 entries.
//!
//! `cargo bench --bench vault` prints the CPU time of commands at each size and, beside it, that of a plain
//! SQLite read of the same rows. It fails if 10,000 entries cost more than they may: 8 ms over 10 for `show`,
//! `run` and `add`; 60 ms for `list`; 100 ms for an import of 4,096 entries; for `backup`, twice what `list` and one
//! encryption by the age crate take; 1 s for `rekey` and 500 ms for `doctor`. Each figure is the fastest of
//! its rounds: that is what the code takes; the others are what else the machine was doing.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

use forge::BOB;
use forge::people::Person;
use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::identity::AgreementPublic;
use kovra::ops::files::read_key_file;
use kovra::secret::Secret;
use kovra::vault::{Custody, Error, Kek, Locked, NewEntry, Origin, Recovery, Vault};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use std::process::{Command, Stdio};

const ROUNDS: usize = 12;
const SIZES: [usize; 5] = [10, 100, 1_000, 10_000, 100_000];
const IMPORTED: usize = 4_096;

fn main() {
    println!("CPU ms, the fastest of {ROUNDS}; in brackets, times a plain SQLite read of the rows");
    println!(
        "{:>8} {:>7} {:>16} {:>16} {:>16} {:>16}",
        "entries", "plain", "show", "run", "add", "list"
    );
    let figures: Vec<(usize, [f64; 4])> =
        SIZES.iter().map(|size| (*size, measure(*size))).collect();
    let import = import();
    println!("import of {IMPORTED} entries: {import:.1} ms");
    let (backup, parts) = backup();
    println!("backup of 10000 entries: {backup:.1} ms; to list and to encrypt them: {parts:.1} ms");
    let (rekey, doctor) = (rekey(), doctor());
    println!(
        "10000 entries: new keys {rekey:.1} ms (limit 1000), doctor {doctor:.1} ms (limit 500)"
    );
    let of = |size| figures.iter().find(|(n, _)| *n == size).unwrap().1;
    let (small, large) = (of(10), of(10_000));
    for (at, name) in ["show", "run", "add"].iter().enumerate() {
        let added = large[at] - small[at];
        println!("{name}: {added:.1} ms more at 10,000 than at 10 (limit 8)");
        assert!(added <= 8.0, "{name} costs more than it may");
    }
    println!("list: {:.1} ms at 10,000 (limit 60)", large[3]);
    assert!(large[3] <= 60.0, "list costs more than it may");
    assert!(import <= 100.0, "import costs more than it may");
    assert!(backup <= 2.0 * parts, "a backup costs more than it may");
    assert!(rekey <= 1000.0 && doctor <= 500.0, "new keys or the doctor cost more than they may");
}

/// `show`, `run`, `add` and `list` in a vault of so many entries.
fn measure(size: usize) -> [f64; 4] {
    let person = Person::with_vault("alice");
    fill(&person, size);
    person.write(".env.refs", "A=secret:dev/bench/k0\n");
    let plain = plain(&person);
    let mut added = 0;
    let mut add = || {
        added += 1;
        let mut add = person.kovra();
        add.args(["generate", &format!("dev/new/k{added}")]);
        add
    };
    let command = |arguments: &[&str]| {
        let mut command = person.kovra();
        command.args(arguments);
        command
    };
    let times = [
        fastest(|| command(&["show", "dev/bench/k0"])),
        fastest(|| command(&["run", "--", "true"])),
        fastest(&mut add),
        fastest(|| command(&["list"])),
    ];
    let cell = |ms: &f64| format!("{ms:.1} ({:.1})", ms / plain);
    let cells: Vec<String> = times.iter().map(|ms| format!("{:>16}", cell(ms))).collect();
    println!("{size:>8} {plain:>7.2} {}", cells.join(" "));
    times
}

/// A package of as many entries as one holds, imported on the disk.
fn import() -> f64 {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    fill(&alice, IMPORTED);
    alice.ok(&["seal", "--env", "dev", "--to", "bob", "-o", "many.kovra"]);
    let package = alice.home().join("many.kovra");
    let empty = std::fs::read(bob.vault()).unwrap();
    fastest(|| {
        std::fs::write(bob.vault(), &empty).unwrap();
        let _ = std::fs::remove_file(bob.vault().with_file_name("vault.db-wal"));
        let mut import = bob.kovra();
        import.arg("import").arg(&package);
        import
    })
}

/// A backup of 10,000 entries, and what it can't do without: to list them, and to encrypt as many bytes once.
fn backup() -> (f64, f64) {
    let person = Person::with_vault("alice");
    fill(&person, 10_000);
    let recipient = AgreementPublic::from_age(&BOB.age_recipient()).unwrap();
    let way = Recovery { recipient, made: Moment::from_seconds(0), is_code: false };
    person.unlocked().write(|batch| batch.put_recovery(way, None)).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = person.kovra();
        command.args(arguments);
        command
    };
    let mut made = 0;
    let backup = fastest(|| {
        made += 1;
        command(&["backup", &format!("{made}.age")])
    });
    let file = std::fs::read(person.vault()).unwrap();
    let key: age::x25519::Recipient = BOB.age_recipient().parse().unwrap();
    let encrypt = || {
        let before = own();
        assert!(age::encrypt(&key, &file).unwrap().len() > file.len());
        own() - before
    };
    let encrypted = (0..ROUNDS).map(|_| encrypt()).fold(f64::MAX, f64::min);
    (backup, fastest(|| command(&["list"])) + encrypted)
}

/// New keys for 10,000 entries: every row sealed again, and the file written anew.
fn rekey() -> f64 {
    let person = Person::with_vault("alice");
    fill(&person, 10_000);
    let mut vault = person.unlocked();
    let before = own();
    let custody = Custody::KeyFile { path: "new.key".into() };
    let kek = Kek::generate().unwrap();
    vault.erase_on(&[], |batch| batch.renew_keys(custody, &kek)).unwrap();
    own() - before
}

/// All of 10,000 entries opened.
fn doctor() -> f64 {
    let person = Person::with_pin("alice");
    fill(&person, 10_000);
    let recipient = AgreementPublic::from_age(&BOB.age_recipient()).unwrap();
    let way = Recovery { recipient, made: Moment::from_seconds(0), is_code: false };
    person.unlocked().write(|batch| batch.put_recovery(way, None)).unwrap();
    person.ok(&["backup", "first.age"]);
    fastest(|| {
        let mut command = person.kovra();
        command.arg("doctor");
        command
    })
}

fn fastest(mut command: impl FnMut() -> Command) -> f64 {
    let time = |command: &mut Command| {
        let before = cpu();
        let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(ended.success(), "{command:?}");
        cpu() - before
    };
    (0..ROUNDS).map(|_| time(&mut command())).fold(f64::MAX, f64::min)
}

/// Of all children that have ended, in milliseconds.
fn cpu() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1000.0
}

/// Of this process, in milliseconds.
fn own() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    (usage.user_time().num_microseconds() + usage.system_time().num_microseconds()) as f64 / 1000.0
}

/// Reads the same rows and columns, checks nothing and keeps nothing.
fn plain(person: &Person) -> f64 {
    let read = || {
        let before = own();
        let db = rusqlite::Connection::open(person.vault()).unwrap();
        let columns =
            "SELECT kind, lookup, revision, guarded, nonce, metadata FROM sealed ORDER BY 1, 2, 3";
        let mut query = db.prepare(columns).unwrap();
        let mut rows = query.query([]).unwrap();
        let mut bytes = 0;
        while let Some(row) = rows.next().unwrap() {
            bytes += row.get_ref(5).unwrap().as_blob().unwrap().len();
        }
        assert!(bytes > 0);
        own() - before
    };
    (0..ROUNDS).map(|_| read()).fold(f64::MAX, f64::min)
}

/// In one transaction, which so many runs of the program would not be.
fn fill(person: &Person, count: usize) {
    let key = read_key_file(&person.home().join("vault.key")).unwrap();
    let locked = Locked::open(person.vault().parent().unwrap()).unwrap();
    let mut vault: Vault = locked.unlock(&key).unwrap();
    let now = Moment::from_seconds(1_800_000_000);
    vault
        .write(|batch| {
            (0..count).try_for_each(|n| {
                let entry = Entry {
                    coordinate: format!("dev/bench/k{n}").parse().unwrap(),
                    content: Content::Literal(Secret::copy_of(
                        b"a value of forty bytes, as many of them",
                    )),
                    sensitivity: Sensitivity::Medium,
                    description: None,
                };
                let at = batch.view().entry(&Origin::Global, &entry.coordinate)?.basis;
                let new = NewEntry { origin: &Origin::Global, entry: &entry, provenance: None };
                batch.put_entry(&at, new, now).map(|_| ())
            })
        })
        .map_err(|error: Error| error.to_string())
        .unwrap();
}
