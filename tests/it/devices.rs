//! One person with several devices: what makes them one, what a peer takes of it, and what that is worth.

use forge::people::terminal::Session;
use forge::people::{ASKED, PIN, Person, kovra_path};
use serde_json::Value;

/// Bob's laptop and desktop, and alice, who has compared the laptop's fingerprint.
struct World {
    laptop: Person,
    desktop: Person,
    alice: Person,
}

impl World {
    fn new() -> Self {
        let [laptop, desktop] = ["bob", "desktop"].map(Person::with_pin);
        let alice = Person::with_pin("alice");
        alice.pin(&laptop);
        [&laptop, &desktop].iter().for_each(|bob| bob.pin(&alice));
        Self { laptop, desktop, alice }
    }

    /// In which alice knows both.
    fn of_both() -> Self {
        let world = Self::new();
        let session = world.add("bob/desktop", Some(&world.statement()));
        assert_eq!(session.code, 0, "{}", session.screen);
        world
    }

    /// What both devices say.
    fn statement(&self) -> String {
        let half = said(&self.laptop, &["id", "add-device", &self.desktop.id()]);
        said(&self.desktop, &["id", "add-device", &half])
    }

    /// Alice pins the desktop.
    fn add(&self, name: &str, statement: Option<&str>) -> Session {
        let id = self.desktop.id();
        let statement = statement.map(|text| ["--statement", text]);
        let statement = statement.iter().flatten().copied();
        let add: Vec<&str> = ["peer", "add", name, &id].into_iter().chain(statement).collect();
        self.alice.owner(&add)
    }

    /// A package by one of bob's devices for alice, with one value.
    fn package(&self, by: &Person, value: &str, file: &str) {
        let _ = by.run(&["rm", "dev/b/b"]);
        by.add("dev/b/b", value, &["--sensitivity", "low"]);
        by.ok(&["seal", "dev/b/b", "--to", "alice", "-o", file]);
        by.hand(&self.alice, file);
    }
}

/// The statement that kovra prints.
#[track_caller]
fn said(person: &Person, arguments: &[&str]) -> String {
    let session = person.owner_ok(arguments);
    statement_in(&session.screen).expect("a statement").to_owned()
}

fn statement_in(screen: &str) -> Option<&str> {
    screen.split_whitespace().rfind(|word| word.starts_with("kovradev1") && !word.contains('.'))
}

fn json(person: &Person, arguments: &[&str]) -> Vec<Value> {
    let stdout = person.ok(arguments).stdout;
    serde_json::from_str::<Value>(&stdout).unwrap().as_array().unwrap().clone()
}

fn names(person: &Person) -> Vec<String> {
    let peers = json(person, &["peer", "list", "--json"]);
    peers.iter().map(|peer| peer["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_is_sealed_to_a_peer_opens_on_all_their_devices() {
    let World { laptop, desktop, alice } = World::of_both();
    alice.add("dev/db/url", "a value", &["--sensitivity", "low"]);
    let sealed = alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "p.kovra"]);
    assert!(sealed.stdout.contains("bob/desktop ("), "{}", sealed.stdout);
    for bob in [&laptop, &desktop] {
        alice.hand(bob, "p.kovra");
        bob.ok(&["import", "p.kovra", "--receipt", "r.receipt"]);
        assert_eq!(bob.ok(&["show", "dev/db/url"]).stdout, "a value");
        bob.hand(&alice, "r.receipt");
        alice.ok(&["receipt", "r.receipt"]);
        alice.command("rm").arg("r.receipt").status().unwrap();
    }
    let shared = json(&alice, &["shared", "--peer", "bob", "--json"]);
    assert_eq!(shared.len(), 2);
    assert!(shared.iter().all(|item| item["imported"].is_string()), "{shared:?}");
    assert_eq!(json(&alice, &["shared", "--peer", "bob/desktop", "--json"]).len(), 1);
    let sealed = json(&alice, &["audit", "--peer", "bob", "--action", "seal", "--json"]);
    assert_eq!(sealed.len(), 2);
    // To one device alone.
    alice.ok(&["seal", "dev/db/url", "--to", "bob/desktop", "-o", "q.kovra"]);
    [&laptop, &desktop].iter().for_each(|bob| alice.hand(bob, "q.kovra"));
    laptop.fails(&["import", "q.kovra"], 16);
    desktop.ok(&["import", "q.kovra"]);
}

#[test]
fn each_device_is_a_sender_of_its_own() {
    let world = World::of_both();
    let World { laptop, desktop, alice } = &world;
    world.package(laptop, "by the laptop", "l.kovra");
    world.package(desktop, "by the desktop", "d.kovra");
    for (file, name) in [("l.kovra", "bob"), ("d.kovra", "bob/desktop")] {
        for from in ["bob", name] {
            let verified = alice.ok(&["verify", file, "--from", from, "--json"]).stdout;
            let verified: Value = serde_json::from_str(&verified).unwrap();
            assert_eq!(verified["sender"]["name"], name, "{verified}");
        }
    }
    alice.fails(&["verify", "l.kovra", "--from", "bob/desktop"], 14);
    // The later of two is taken as one of the same sender.
    alice.ok(&["import", "l.kovra"]);
    alice.fails(&["import", "d.kovra"], 21);
    alice.ok(&["import", "d.kovra", "--overwrite"]);
    assert_eq!(alice.ok(&["show", "dev/b/b"]).stdout, "by the desktop");
}

/// `seq` is each device's own: what is older than what another of them gave is asked about as another sender's.
#[test]
fn an_older_package_by_another_device_is_asked_about() {
    let world = World::of_both();
    let World { laptop, desktop, alice } = &world;
    world.package(laptop, "older", "l.kovra");
    world.package(desktop, "newer", "d.kovra");
    alice.ok(&["import", "d.kovra"]);
    let refused = alice.fails(&["import", "l.kovra", "--overwrite"], 20);
    assert!(refused.contains("dev/b/b"), "{refused}");
    let import = ["import", "l.kovra", "--overwrite"];
    let session = alice.at_terminal(&import, &[(ASKED, "")]);
    assert!(session.screen.contains("what another sender sealed"), "{}", session.screen);
    assert_eq!((session.code, &*alice.ok(&["show", "dev/b/b"]).stdout), (20, "newer"));
    assert_eq!(alice.at_terminal(&import, &[(ASKED, PIN)]).code, 0);
    assert_eq!(alice.ok(&["show", "dev/b/b"]).stdout, "older");
}

#[test]
fn a_statement_takes_both_devices_and_their_owner() {
    let World { laptop, desktop, alice } = World::new();
    let mallory = Person::with_pin("mallory");
    let add = ["id", "add-device", &desktop.id()];
    laptop.fails(&add, 20);
    assert_eq!(laptop.at_terminal(&add, &[(ASKED, "")]).code, 20);
    laptop.fails(&["id", "add-device", &laptop.id()], 2);
    let half = said(&laptop, &add);
    // Nobody else agrees to it, and nobody takes the half.
    let told = mallory.fails(&["id", "add-device", &half], 14);
    assert!(told.contains("another identity than this one"), "{told}");
    desktop.fails(&["id", "add-device", &half], 20);
    let told =
        alice.fails(&["peer", "add", "bob/desktop", &desktop.id(), "--statement", &half], 14);
    assert!(told.contains("is a half"), "{told}");
    let whole = said(&desktop, &["id", "add-device", &half]);
    assert_eq!(said(&desktop, &["id", "add-device", &whole]), whole);
    let actions = json(&desktop, &["audit", "--action", "id-add-device", "--json"]);
    let outcomes: Vec<_> = actions.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["denied", "confirmed", "confirmed"]);
}

/// Mallory's statement about bob's device would have alice take what bob seals for mallory's.
#[test]
fn nobody_takes_anothers_identity_for_a_device_of_theirs() {
    let World { desktop, alice, laptop } = World::new();
    let mallory = Person::with_pin("mallory");
    alice.pin(&mallory);
    let claim = said(&mallory, &["id", "add-device", &desktop.id()]);
    let add = |name: &str, id: &str, by: &str| {
        alice.fails(&["peer", "add", name, id, "--statement", by], 14)
    };
    add("mallory/desktop", &desktop.id(), &claim);
    // Bob's statement is about another person, or about another key.
    let half = said(&laptop, &["id", "add-device", &desktop.id()]);
    let whole = said(&desktop, &["id", "add-device", &half]);
    add("mallory/desktop", &desktop.id(), &whole);
    let told = add("bob/desktop", &mallory.id(), &whole);
    assert!(told.contains("other keys than those of bob/desktop"), "{told}");
    assert_eq!(names(&alice), ["bob", "mallory"]);
}

#[test]
fn a_device_is_pinned_with_the_owners_proof_alone() {
    let world = World::new();
    let World { alice, desktop, .. } = &world;
    let (id, whole) = (desktop.id(), world.statement());
    let stated = ["peer", "add", "bob/desktop", &id, "--statement", &whole];
    alice.fails(&stated, 20);
    alice.fails(&stated[..4], 20);
    alice.fails(&["peer", "add", "bob/desktop", &id, "--unconfirmed"], 2);
    alice.fails(&["peer", "add", "desktop", &id, "--statement", &whole], 2);
    alice.fails(&["peer", "add", "carol/desktop", &id], 1);
    for name in ["me/desktop", "bob/", "/desktop", "bob/a/b", "bob/Desktop"] {
        alice.fails(&["peer", "add", name, &id], 2);
    }
    let session = alice.at_terminal(&stated, &[(ASKED, "")]);
    let said = format!("a further device of bob, as both say\n  {}", fingerprint(desktop));
    assert!(session.code == 20 && session.screen.contains(&said), "{}", session.screen);
    // Without a statement it is compared as anybody is.
    let session = alice.at_terminal(&stated[..4], &[(ASKED, PIN)]);
    let compared = "that bob told you by another channel?";
    assert!(session.code == 0 && session.screen.contains(compared), "{}", session.screen);
    assert_eq!(names(alice), ["bob", "bob/desktop"]);
}

fn fingerprint(person: &Person) -> String {
    person.unlocked().view().identity().unwrap().public().signing().fingerprint()
}

#[test]
fn of_a_peer_who_was_never_confirmed_no_device_is_taken() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.ok(&["peer", "add", "bob", &bob.id(), "--unconfirmed"]);
    let other = Person::with_vault("desktop").id();
    let told = alice.fails(&["peer", "add", "bob/desktop", &other], 14);
    assert!(told.contains("`kovra peer confirm bob`"), "{told}");
}

#[test]
fn devices_go_with_their_owner_and_come_back_compared() {
    let world = World::of_both();
    let alice = &world.alice;
    alice.fails(&["peer", "rename", "bob/desktop", "carol"], 2);
    alice.fails(&["peer", "rename", "bob", "carol/laptop"], 2);
    alice.owner_ok(&["peer", "rename", "bob", "robert"]);
    assert_eq!(names(alice), ["robert", "robert/desktop"]);
    alice.owner_ok(&["peer", "rename", "robert/desktop", "robert/tower"]);
    alice.ok(&["peer", "rm", "robert/tower"]);
    assert_eq!(names(alice), ["robert"]);
    // A statement is no proof that what was removed may come back.
    let session = world.add("robert/desktop", Some(&world.statement()));
    assert!(session.screen.contains("KNOWN BEFORE"), "{}", session.screen);
    assert!(session.screen.contains("told you by another channel?"), "{}", session.screen);
    let gone = alice.ok(&["peer", "rm", "robert"]).stderr;
    assert!(gone.contains("robert and robert/desktop are no longer peers"), "{gone}");
    assert!(names(alice).is_empty());
}

/// What is done to a peer is done to all their identities, or to none: a device without them would go on as a sender.
#[test]
fn a_device_that_is_pinned_while_a_question_is_open_is_not_left_behind() {
    let world = World::new();
    let mut seat = world.alice.waits_at(&["peer", "rename", "bob", "robert"], ASKED);
    assert_eq!(world.add("bob/desktop", Some(&world.statement())).code, 0);
    seat.press_line(PIN);
    let session = seat.end();
    assert_eq!(session.code, 21, "{}", session.screen);
    assert_eq!(names(&world.alice), ["bob", "bob/desktop"]);
}

#[test]
fn a_new_encryption_key_of_a_device_is_the_devices() {
    let world = World::of_both();
    let World { desktop, alice, .. } = &world;
    desktop.owner_ok(&["id", "rotate"]);
    let session = world.add("bob/desktop", None);
    assert!(session.screen.contains("has new encryption keys"), "{}", session.screen);
    assert_eq!(names(alice), ["bob", "bob/desktop"]);
    alice.fails(&["peer", "add", "bob", &desktop.id()], 21);
}

/// What a recovered vault beside the old one prints is taken by who knows the old one.
#[test]
fn a_vault_that_was_put_back_beside_the_old_one_is_a_device_of_it() {
    let (laptop, alice) = (Person::with_pin("bob"), Person::with_pin("alice"));
    alice.pin(&laptop);
    laptop.pin(&alice);
    crate::backup::way_back_in(&laptop);
    laptop.ok(&["backup", "b.age"]);
    let mut tower = Person::new("bob");
    ["b.age", "bob.txt"].iter().for_each(|file| laptop.hand(&tower, file));
    tower.env.insert("KOVRA_KEY_FILE".into(), "new.key".into());
    let from = ["recover", "--from", "b.age", "--identity", "bob.txt", "--new-key-file", "new.key"];
    let mut seat = tower.sit(kovra_path(), &from);
    for (prompt, answer) in [
        ("or nothing to end: ", "lives on"),
        ("(nothing for none): ", PIN),
        ("The same again: ", PIN),
    ] {
        seat.wait(prompt);
        seat.press_line(answer);
    }
    let session = seat.end();
    let statement = statement_in(&session.screen).expect("a statement");
    let add = ["peer", "add", "bob/tower", &tower.id(), "--statement", statement];
    alice.owner_ok(&add);
    alice.add("dev/db/url", "for both", &["--sensitivity", "low"]);
    alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "p.kovra"]);
    for bob in [&laptop, &tower] {
        alice.hand(bob, "p.kovra");
        bob.ok(&["import", "p.kovra"]);
    }
    // No two living vaults are one sender.
    for (bob, file) in [(&laptop, "l.kovra"), (&tower, "t.kovra")] {
        bob.ok(&["seal", "dev/db/url", "--to", "alice", "-o", file]);
        bob.hand(&alice, file);
    }
    for (file, by) in [("l.kovra", "bob"), ("t.kovra", "bob/tower")] {
        alice.ok(&["verify", file, "--from", by]);
        alice.ok(&["import", file]);
    }
}
