//! Things that are no file, or not mine alone, where a file of the vault should be.

use super::{MARKER, Victim, bounded};
use crate::vault_file::{beside, bytes, put_back};
use forge::people::{Person, kovra_path};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

/// What it is, and how it is made.
type Thing = (&'static str, fn(&Path));

/// What can stand where a file should, and is not one. The last is a file, of 10 GiB that are nowhere.
const THINGS: [Thing; 6] = [
    ("a folder", |path| fs::create_dir(path).unwrap()),
    ("a pipe", |path| assert!(Command::new("mkfifo").arg(path).status().unwrap().success())),
    ("a link to a device", |path| symlink("/dev/zero", path).unwrap()),
    ("a link to nothing", |path| symlink("/dev/null", path).unwrap()),
    ("a link to nowhere", |path| symlink("nowhere", path).unwrap()),
    ("a file of 10 GiB", |path| fs::File::create(path).unwrap().set_len(10 << 30).unwrap()),
];

fn take_away(path: &Path) {
    if path.is_dir() && !path.is_symlink() {
        fs::remove_dir_all(path).unwrap();
    } else if path.is_symlink() || path.exists() {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn what_is_no_file_in_place_of_the_vault_is_named() {
    let victim = Victim::new();
    let vault = victim.person.vault();
    for (what, make) in THINGS {
        take_away(&vault);
        make(&vault);
        for command in [&["list"][..], &["add", "dev/x/new", "--stdin"], &["audit", "--verify"]] {
            let ran = bounded(&victim.person, command);
            let told = format!("{what}: {command:?}: {}\n{}{}", ran.code, ran.stdout, ran.stderr);
            let said = ["vault.db", "/dev/", "not a database"];
            let named = said.iter().any(|words| ran.stderr.contains(words));
            assert!([1, 40, 41].contains(&ran.code) && named, "{told}");
            assert!(ran.stdout.is_empty(), "{told}");
        }
        take_away(&vault);
        victim.undone(what);
    }
}

#[test]
fn a_device_in_place_of_the_vault_is_named() {
    let victim = Victim::new();
    let vault = victim.person.vault();
    take_away(&vault);
    let made = Command::new("mknod").arg(&vault).args(["c", "1", "5"]).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let ran = bounded(&victim.person, &["list"]);
    assert!([1, 40, 41].contains(&ran.code) && ran.stderr.contains("vault.db"), "{}", ran.stderr);
    take_away(&vault);
    victim.undone("a device");
}

/// They are opened by SQLite, and may be refused or passed over.
#[test]
fn what_is_no_file_in_place_of_a_log_is_never_written_through() {
    let victim = Victim::new();
    let person = &victim.person;
    let other = person.write("other", MARKER);
    let to_other: Thing = ("a link to another file", |path| {
        symlink(path.ancestors().nth(5).unwrap().join("other"), path).unwrap();
    });
    for end in ["-wal", "-shm", "-journal"] {
        for (what, make) in THINGS.into_iter().chain([to_other]) {
            let path = beside(person, end);
            take_away(&path);
            make(&path);
            for command in [&["list"][..], &["show", "dev/db/url"], &["audit", "--verify"]] {
                let ran = bounded(person, command);
                let told = format!("{what} for {end}: {command:?}: {}\n{}", ran.code, ran.stderr);
                assert!([0, 1, 40, 41].contains(&ran.code), "{told}");
                let named = ran.stderr.contains("vault.db") || ran.stderr.contains(end);
                assert!(ran.code == 0 || named, "{told}");
            }
            assert_eq!(fs::read(&other).unwrap(), MARKER.as_bytes(), "{what} for {end}");
            take_away(&path);
            for end in ["-wal", "-shm"] {
                take_away(&beside(person, end));
            }
            victim.undone(what);
        }
    }
}

/// It may be anything of the user's, and to open it must not change it.
#[test]
fn another_database_in_place_of_the_vault_is_not_written() {
    let victim = Victim::new();
    let (person, vault) = (&victim.person, victim.person.vault());
    let other = person.write("other.db", b"");
    let db = rusqlite::Connection::open(&other).unwrap();
    db.execute_batch("CREATE TABLE mine (a); INSERT INTO mine VALUES (1)").unwrap();
    drop(db);
    let before = fs::read(&other).unwrap();
    take_away(&vault);
    symlink(&other, &vault).unwrap();
    for command in [&["list"][..], &["add", "dev/x/new", "--stdin"], &["audit", "--verify"]] {
        let ran = bounded(person, command);
        assert_eq!(ran.code, 41, "{command:?}: {}{}", ran.stdout, ran.stderr);
        assert!(fs::read(&other).unwrap() == before, "{command:?}: it was written");
    }
    for end in ["-wal", "-shm", "-journal"] {
        assert!(!person.home().join(format!("other.db{end}")).exists(), "{end} was made");
    }
    take_away(&vault);
    victim.undone("another database");
}

/// Whoever closes a database last folds its log into it. A log of another program's is that program's to
/// fold, and one that came with a damaged vault is nobody's.
#[test]
fn a_log_of_what_is_no_vault_is_not_folded() {
    let victim = Victim::new();
    let (person, vault) = (&victim.person, victim.person.vault());
    let other = person.write("other.db", b"");
    let live = person.write("live.db", b"");
    let db = rusqlite::Connection::open(&live).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; CREATE TABLE mine (a); INSERT INTO mine VALUES (1)",
    )
    .unwrap();
    let wal = person.write("other.db-wal", b"");
    fs::copy(&live, &other).unwrap();
    fs::copy(person.home().join("live.db-wal"), &wal).unwrap();
    drop(db);
    let before = (fs::read(&other).unwrap(), fs::read(&wal).unwrap());
    assert!(!before.1.is_empty());
    take_away(&vault);
    symlink(&other, &vault).unwrap();
    for command in [&["list"][..], &["add", "dev/x/new", "--stdin"], &["audit", "--verify"]] {
        let ran = bounded(person, command);
        assert_eq!(ran.code, 41, "{command:?}: {}{}", ran.stdout, ran.stderr);
        let now = (fs::read(&other).unwrap(), fs::read(&wal).unwrap());
        assert!(now == before, "{command:?}: it was written");
    }
    take_away(&vault);
    victim.undone("another database with a log");
}

/// A vault leaves no journal, and SQLite would play any back into it.
#[test]
fn a_journal_beside_a_vault_is_refused() {
    let victim = Victim::new();
    let person = &victim.person;
    let journal = beside(person, "-journal");
    for there in [&b"not a journal"[..], &[0; 4096]] {
        fs::write(&journal, there).unwrap();
        fs::set_permissions(&journal, Permissions::from_mode(0o600)).unwrap();
        for command in [&["list"][..], &["add", "dev/x/new", "--stdin"], &["audit", "--verify"]] {
            let ran = bounded(person, command);
            let told = format!("{command:?}: {}\n{}{}", ran.code, ran.stdout, ran.stderr);
            assert!(ran.code == 41 && ran.stderr.contains("vault.db-journal"), "{told}");
            assert!(ran.stdout.is_empty() && bytes(person) == victim.whole, "{told}");
            assert_eq!(fs::read(&journal).unwrap(), there, "{told}");
        }
        take_away(&journal);
        victim.is_as_before("a journal");
    }
}

#[test]
fn a_link_in_place_of_a_log_is_refused() {
    let victim = Victim::new();
    let person = &victim.person;
    let other = person.write("other", MARKER);
    for end in ["-wal", "-shm", "-journal"] {
        symlink(&other, beside(person, end)).unwrap();
        for command in [&["list"][..], &["add", "dev/x/new", "--stdin"]] {
            let ran = bounded(person, command);
            let told = format!("{end}: {command:?}: {}\n{}{}", ran.code, ran.stdout, ran.stderr);
            assert!(![0, 41].contains(&ran.code), "{told}");
            assert!(ran.stderr.contains(&format!("vault.db{end}")), "{told}");
            assert!(ran.stderr.contains("link"), "{told}");
        }
        assert_eq!(fs::read(&other).unwrap(), MARKER.as_bytes(), "{end}");
        take_away(&beside(person, end));
        victim.is_as_before(end);
    }
}

/// As ssh does: what others can write may be theirs, and a key that others can read is theirs, too.
#[test]
fn what_others_can_write_is_refused() {
    let victim = Victim::new();
    let person = &victim.person;
    let folder = person.vault().parent().unwrap().to_owned();
    let key = person.home().join("vault.key");
    for (path, modes) in [
        (&folder, &[0o720, 0o702, 0o777][..]),
        (&person.vault(), &[0o620, 0o602, 0o666]),
        (&key, &[0o620, 0o602, 0o640, 0o604, 0o666]),
    ] {
        let before = fs::metadata(path).unwrap().permissions();
        for mode in modes {
            fs::set_permissions(path, Permissions::from_mode(*mode)).unwrap();
            for command in [&["list"][..], &["add", "dev/x/new", "--stdin"]] {
                let ran = bounded(person, command);
                let told = format!("{} {mode:o}: {}\n{}", path.display(), ran.code, ran.stderr);
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(![0, 2, 41].contains(&ran.code) && ran.stderr.contains(name), "{told}");
            }
        }
        fs::set_permissions(path, before).unwrap();
        assert!(bytes(person) == victim.whole, "it was written");
        victim.is_as_before("the mode");
    }
}

/// Only root can give a file away. Where that is tried, another's file is refused, and root's is taken.
#[test]
fn what_another_owns_is_refused() {
    let victim = Victim::new();
    let person = &victim.person;
    let give = |owner: &str, path: &Path| {
        Command::new("chown").arg(owner).arg(path).stderr(std::process::Stdio::null()).status()
    };
    let vault = person.vault();
    if !give("65534", &vault).is_ok_and(|status| status.success()) {
        return;
    }
    let ran = bounded(person, &["list"]);
    assert!(![0, 41].contains(&ran.code) && ran.stderr.contains("vault.db"), "{}", ran.stderr);
    give("0", &vault).unwrap();
    victim.is_as_before("the owner");
}

/// Other files that are named to kovra are as bounded.
#[test]
fn what_is_no_file_in_place_of_a_key_or_a_list_is_named() {
    let victim = Victim::new();
    let person = &victim.person;
    let odd = person.home().join("odd");
    for (what, make) in THINGS {
        make(&odd);
        let commands: [(&[&str], &[i32]); 4] = [
            (&["list", "--key-file", "odd"], &[40]),
            (&["list", "--passphrase-file", "odd"], &[40]),
            (&["run", "--refs", "odd", "--", "true"], &[125]),
            (&["receipt", "odd"], &[1, 10, 11]),
        ];
        for (command, codes) in commands {
            let ran = bounded(person, command);
            let told = format!("{what}: {command:?}: {}\n{}", ran.code, ran.stderr);
            assert!(codes.contains(&ran.code), "{told}");
        }
        take_away(&odd);
    }
    put_back(person, &victim.whole);
    victim.is_as_before("nothing");
    assert!(Person::new("x").pipe_through(&[kovra_path()], &["list"], b"").code == 1);
}
