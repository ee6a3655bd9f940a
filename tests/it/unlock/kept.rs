//! When what is kept counts, and where it lies. What does not fit is as good as nothing, and never damage.

use super::{ASKED, FILE, Owner, needs_kernel};
use crate::vault_file::{WAYS, bytes, drop_logs, edit, fold, put_back};
use forge::people::{OPENS, PASSPHRASE, Person, kovra_path};
use kovra::cbor::{Reader, Writer};
use kovra::vault::Locked;
use linux_keyutils::{KeyRing, KeyRingIdentifier};
use std::thread;

/// What the kernel keeps for a vault, taken apart.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Record {
    version: u64,
    vault: Vec<u8>,
    boot: String,
    end: u64,
    pub(super) key: Vec<u8>,
}

fn name(person: &Person) -> String {
    let locked = Locked::open(person.vault().parent().unwrap()).unwrap();
    let id: String = locked.id().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("kovra:{id}")
}

/// As any program of the user finds it, in whichever keyring kovra chose.
fn ring(name: &str) -> (KeyRing, linux_keyutils::Key) {
    let rings = [KeyRingIdentifier::Session, KeyRingIdentifier::User];
    let rings = rings.into_iter().filter_map(|ring| KeyRing::from_special_id(ring, false).ok());
    rings.into_iter().find_map(|ring| Some((ring, ring.search(name).ok()?))).expect("what is kept")
}

impl Record {
    pub(super) fn of(person: &Person) -> Self {
        let bytes = ring(&name(person)).1.read_to_vec().unwrap();
        let mut reader = Reader::new(&bytes, "what is kept");
        assert_eq!(reader.array(), Ok(5));
        let (version, vault) = (reader.uint().unwrap(), reader.bytes().unwrap().to_vec());
        let (boot, end) = (reader.text().unwrap().to_owned(), reader.uint().unwrap());
        Self { version, vault, boot, end, key: reader.bytes().unwrap().to_vec() }
    }

    fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(256);
        w.array(5).uint(self.version).bytes(&self.vault).text(&self.boot).uint(self.end);
        w.bytes(&self.key);
        w.finish()
    }

    fn keep(&self, person: &Person) {
        plant(person, &self.encode());
    }
}

/// Puts something in the place of what is kept.
fn plant(person: &Person, bytes: &[u8]) {
    ring(&name(person)).1.update(&bytes).unwrap();
}

#[track_caller]
fn is_locked(owner: &Owner) {
    let said = owner.fails(&["list"], 40);
    assert!(said.contains("the vault is locked by a passphrase"), "{said}");
}

#[test]
fn what_does_not_fit_is_as_good_as_nothing() {
    needs_kernel!();
    let (owner, other) = (Owner::now_unlocked(), Owner::now_unlocked());
    let (good, theirs) = (Record::of(&owner), Record::of(&other));
    good.keep(&owner);
    owner.ok(&["list"]);
    let boot = "00000000-0000-0000-0000-000000000000".to_owned();
    for odd in [
        Record { end: 1, ..good.clone() },
        Record { boot, ..good.clone() },
        Record { version: 2, ..good.clone() },
        Record { vault: theirs.vault.clone(), ..good.clone() },
        theirs.clone(),
        // All that binds it is right, and it opens nothing.
        Record { key: theirs.key.clone(), ..good.clone() },
        Record { key: vec![7; 31], ..good.clone() },
    ] {
        odd.keep(&owner);
        is_locked(&owner);
    }
    let whole = good.encode();
    let long = [&whole[..], &[0; 2000]].concat();
    for odd in [&whole[..whole.len() - 1], &[0xff; 40], &long] {
        plant(&owner, odd);
        is_locked(&owner);
    }
    // The owner is asked, as if nothing was kept, and what they type opens it.
    assert_eq!(owner.at_terminal(&["list"], &[(OPENS, PASSPHRASE)]).code, 0);
    good.keep(&owner);
    owner.ok(&["list"]);
}

#[test]
fn another_vault_under_the_same_name_is_locked() {
    needs_kernel!();
    let (owner, other) = (Owner::now_unlocked(), Owner::new());
    fold(&owner);
    fold(&other);
    let own = bytes(&owner);
    put_back(&owner, &bytes(&other));
    is_locked(&owner);
    drop_logs(&owner);
    // What is kept is that of the file which was there, and is forgotten in the end.
    put_back(&owner, &own);
    owner.ok(&["list"]);
}

/// The ways are no secret, so whoever writes the file may exchange them, or the owner does.
#[test]
fn other_ways_end_it() {
    needs_kernel!();
    let owner = Owner::now_unlocked();
    let salt = "CAST(substr(value, 1, 12) || x'00' || substr(value, 14) AS BLOB)";
    edit(&owner, &format!("UPDATE meta SET value = {salt} WHERE {WAYS}"));
    is_locked(&owner);
}

#[test]
fn a_new_lock_ends_it() {
    needs_kernel!();
    let owner = Owner::now_unlocked();
    owner.write("next", "the next passphrase");
    let rekey = ["rekey", "--rewrap", "--new-passphrase-file", "next"];
    let session = owner.sit(kovra_path(), &rekey).answer_always(ASKED, PASSPHRASE);
    assert_eq!(session.code, 0, "{}", session.screen);
    is_locked(&owner);
    owner.ok(&["list", "--passphrase-file", "next"]);
}

#[test]
fn damage_is_still_told() {
    needs_kernel!();
    let owner = Owner::now_unlocked();
    edit(&owner, "DELETE FROM sealed WHERE kind = 1 AND guarded = 1");
    owner.fails(&["list"], 41);
}

#[test]
fn a_later_unlock_takes_the_place_of_an_earlier_one() {
    needs_kernel!();
    let owner = Owner::new();
    let ends = ["10m", "5m", "20m"].map(|life| {
        owner.with_file(&["unlock", "--for", life]);
        Record::of(&owner).end
    });
    assert!(ends[1] < ends[0] && ends[0] < ends[2], "{ends:?}");
    assert_eq!(owner.ok(&["lock"]).stdout, "Locked.\n");
    is_locked(&owner);
}

#[test]
fn many_unlocks_at_once_are_one() {
    needs_kernel!();
    let owner = Owner::new();
    let owner = &owner;
    thread::scope(|scope| {
        for life in ["10m", "20m", "30m"] {
            scope.spawn(move || owner.with_file(&["unlock", "--for", life]));
        }
    });
    owner.ok(&["list"]);
    owner.ok(&["lock"]);
    is_locked(owner);
}

/// A session with a keyring of its own keeps it for itself, and still finds what all of the user's sessions have.
#[test]
fn a_private_session_keeps_it_for_itself() {
    needs_kernel!();
    let owner = Owner::new();
    let script = "\"$0\" unlock --for 10m --passphrase-file pass && \"$0\" show dev/a/low";
    let ran = owner.shell_in_session(script);
    assert!(ran.code == 0 && ran.stdout.ends_with("marker-low"), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("for this login session."), "{}", ran.stderr);
    is_locked(&owner);
    owner.with_file(&["unlock", "--for", "10m"]);
    assert_eq!(owner.in_session("private", &["show", "dev/a/low"]).stdout, "marker-low");
    assert_eq!(owner.in_session("private", &["lock"]).stdout, "Locked.\n");
    is_locked(&owner);
}

/// With the passphrase in a file, what is kept is of no use, and a wrong file is not made good by it.
#[test]
fn what_is_given_comes_before_what_is_kept() {
    needs_kernel!();
    let owner = Owner::now_unlocked();
    owner.write("wrong", "another passphrase");
    owner.fails(&["list", "--passphrase-file", "wrong"], 40);
    owner.fails(&["list", "--key-file", "pass"], 40);
    let show = ["show", "dev/a/high", FILE[0], FILE[1]];
    assert_eq!(owner.at_terminal(&show, &[(ASKED, PASSPHRASE)]).code, 0);
}
