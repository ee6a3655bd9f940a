//! What is sealed stays closed to a quantum computer, or it is said who prevents that; and no key comes back that
//! gave way to another (`spec/identity.md` 6.2).

use forge::people::{PIN, Person};
use forge::{ALICE, CAROL, To};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::identity::{HybridSecret, Identity, Recipient};
use kovra::package::{Class, Draft, Stamp};
use kovra::secret::Secret;
use serde_json::Value;
use std::time::Duration;

/// Gives somebody's identity by what `change` makes of it.
fn identity_of(person: &Person, change: impl FnOnce(Identity) -> Identity) -> String {
    let identity = person.unlocked().view().identity().unwrap();
    change(identity).public().to_string()
}

/// Somebody's vault as it was before there were hybrid keys.
fn classical(name: &'static str) -> Person {
    let person = Person::with_pin(name);
    let mut vault = person.unlocked();
    let Identity { signing, agreement, .. } = vault.view().identity().unwrap();
    vault.write(|batch| batch.put_identity(&Identity::new(signing, agreement))).unwrap();
    person
}

/// An age recipient that is hybrid, and no kovra identity.
fn age_hybrid() -> String {
    HybridSecret::from_bytes(&[7; 32]).public().to_age()
}

fn json(person: &Person, arguments: &[&str]) -> Value {
    serde_json::from_str(&person.ok(arguments).stdout).unwrap()
}

/// Pins by the file that the other writes.
fn pin_by_file(person: &Person, other: &Person) {
    let file = format!("{}.kovra-id", other.name);
    other.ok(&["id", "-o", &file]);
    other.hand(person, &file);
    let session = person.owner(&["peer", "add", other.name, &file]);
    assert_eq!(session.code, 0, "{}", session.screen);
}

#[test]
fn two_people_hand_over_a_package_and_it_is_post_quantum() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_pin("bob"));
    pin_by_file(&alice, &bob);
    pin_by_file(&bob, &alice);
    alice.add("dev/db/url", "postgres://db", &[]);
    alice.add("dev/db/password", "correct horse", &["--sensitivity", "high"]);
    let seal = ["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    let sealed = alice.owner(&seal);
    assert!(sealed.code == 0 && sealed.screen.contains("safe: post-quantum"), "{}", sealed.screen);
    let token = std::fs::read_to_string(alice.home().join("p.token")).unwrap();
    assert!(token.contains("\nAGE-SECRET-KEY-PQ-1") && !token.contains("public key"), "{token}");
    alice.hand(&bob, "p.kovra");
    alice.hand(&bob, "p.token");
    assert!(bob.ok(&["verify", "p.kovra"]).stdout.contains("quantum   safe: post-quantum"));
    assert!(bob.ok(&["inspect", "p.kovra"]).stdout.contains("quantum     safe: post-quantum"));
    let verdict = json(&bob, &["verify", "p.kovra", "--json"]);
    assert_eq!(verdict["post_quantum"], true);
    assert_eq!(verdict["recipients"][0]["kind"], "hybrid");
    assert_eq!(verdict["recipients"][0]["known"], "me");
    bob.ok(&["import", "p.kovra", "--token", "p.token"]);
    assert_eq!(bob.ok(&["show", "dev/db/url"]).stdout, "postgres://db");
    let screen = bob.owner(&["show", "dev/db/password"]).screen;
    assert!(screen.contains("correct horse"), "{screen}");
    // A stranger sees as much, without a vault.
    let carol = Person::new("carol");
    bob.hand(&carol, "p.kovra");
    alice.hand(&carol, "alice.kovra-id");
    let seen = carol.ok(&["verify", "p.kovra", "--from", "alice.kovra-id"]);
    assert!(seen.stdout.contains("safe: post-quantum"), "{}", seen.stdout);
    let said = carol.fails(&["verify", "p.kovra", "--from", "dora.kovra-id"], 1);
    assert!(said.contains("dora.kovra-id: No such file"), "{said}");
}

#[test]
fn who_has_no_hybrid_key_is_named_and_gets_one_by_a_rotation() {
    let (alice, bob, carol) =
        (Person::with_pin("alice"), classical("bob"), Person::with_vault("carol"));
    alice.pin(&bob);
    alice.pin(&carol);
    bob.pin(&alice);
    alice.add("dev/db/url", "postgres://db", &[]);
    let to_both =
        |out: &str| alice.ok(&["seal", "dev/db/url", "--to", "bob", "--to", "carol", "-o", out]);
    let said = to_both("old.kovra").stdout;
    assert!(said.contains("not safe: classical"), "{said}");
    assert!(said.contains("no hybrid key is known of bob: `kovra id rotate`"), "{said}");
    assert!(!said.contains("is known of carol"), "{said}");
    alice.hand(&bob, "old.kovra");
    for command in ["verify", "inspect"] {
        let said = alice.ok(&[command, "old.kovra"]).stdout;
        assert!(said.contains("no hybrid key is known of bob"), "{said}");
        assert!(!said.contains("known of carol"), "{said}");
        let said = bob.ok(&[command, "old.kovra"]).stdout;
        assert!(said.contains("you have no hybrid key: `kovra id rotate`"), "{said}");
    }
    assert_eq!(json(&alice, &["peer", "list", "--json"])[0]["post_quantum"], false);

    let refused = ["seal", "dev/db/url", "--to", "bob", "-o", "no.kovra"];
    let said = alice.fails(&[&refused[..], &["--require-pq"]].concat(), 20);
    assert!(said.contains("known of bob") && said.contains("bob: `kovra id rotate`"), "{said}");
    alice.fails(&["require-pq", "on"], 20);
    alice.owner_ok(&["require-pq", "on"]);
    assert!(alice.ok(&["require-pq"]).stdout.starts_with("on: "));
    alice.fails(&refused, 20);
    assert!(!alice.home().join("no.kovra").exists());
    alice.ok(&["seal", "dev/db/url", "--to", "carol", "-o", "carol.kovra"]);

    let before = bob.id();
    assert!(before.len() == 219 && bob.ok(&["id"]).stderr.contains("`kovra id rotate` makes one"));
    bob.owner_ok(&["id", "rotate"]);
    bob.ok(&["import", "old.kovra"]);
    bob.ok(&["id", "-o", "bob.kovra-id"]);
    bob.hand(&alice, "bob.kovra-id");
    alice.fails(&["peer", "add", "bob", "bob.kovra-id"], 14);
    alice.owner_ok(&["peer", "add", "bob", "bob.kovra-id"]);
    assert!(to_both("new.kovra").stdout.contains("safe: post-quantum"));
    alice.hand(&bob, "new.kovra");
    bob.ok(&["import", "new.kovra", "--overwrite"]);
    alice.owner_ok(&["require-pq", "off"]);
    assert!(alice.ok(&["require-pq"]).stdout.starts_with("off: "));
}

#[test]
fn no_key_comes_back_that_gave_way_to_another() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    let later = Moment::from_seconds(9_000_000_000);
    let first = bob.id();
    let version_1 = identity_of(&bob, |bob| Identity::new(bob.signing, bob.agreement));
    let second = identity_of(&bob, |bob| bob.rotate(later).unwrap());
    let other_second = identity_of(&bob, |bob| bob.rotate(later).unwrap());
    let third = identity_of(&bob, |bob| {
        bob.rotate(later).unwrap().rotate(Moment::from_seconds(0)).unwrap()
    });
    let refused = |text: &String| {
        let session = alice.at_terminal(&["peer", "add", "bob", text], &[]);
        assert_eq!(session.code, 19, "{}", session.screen);
        assert!(
            session.screen.contains("are older than those that are known"),
            "{}",
            session.screen
        );
    };
    // Version 1 gives way to version 2, and never comes back.
    alice.pin_key("bob", &version_1);
    alice.owner_ok(&["peer", "add", "bob", &first]);
    refused(&version_1);
    alice.owner_ok(&["peer", "add", "bob", &second]);
    alice.ok(&["peer", "add", "bob", &second]);
    [&version_1, &first, &other_second].into_iter().for_each(refused);
    alice.owner_ok(&["peer", "add", "bob", &third]);
    [&version_1, &first, &second].into_iter().for_each(refused);
    // Nor to who was removed, nor under another name.
    alice.ok(&["peer", "rm", "bob"]);
    [&version_1, &first, &second].into_iter().for_each(refused);
    let renamed = alice.at_terminal(&["peer", "add", "robert", &second], &[]);
    assert_eq!(renamed.code, 19, "{}", renamed.screen);
    alice.owner_ok(&["peer", "add", "bob", &third]);
}

/// While the question is open, somebody else pins the later key.
#[test]
fn a_later_key_that_came_while_the_question_was_open_stays() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    let at = |seconds| identity_of(&bob, |bob| bob.rotate(Moment::from_seconds(seconds)).unwrap());
    let (second, third) = (at(9_000_000_000), at(9_000_000_001));
    alice.pin_key("bob", &bob.id());
    let waits = alice.waits_at(&["peer", "add", "bob", &second], forge::people::ASKED);
    alice.pin_key("bob", &third);
    let session = waits.then_answers(PIN);
    assert_eq!(session.code, 21, "{}", session.screen);
    assert_eq!(alice.ok(&["peer", "show", "bob"]).stdout.trim(), third);
}

/// What a seal was weighed by is compared again when its question was answered.
#[test]
fn a_seal_that_waits_at_its_question_is_held_to_what_was_switched_on_meanwhile() {
    let (alice, bob) = (Person::with_pin("alice"), classical("bob"));
    alice.pin(&bob);
    alice.add("dev/db/password", "x", &["--sensitivity", "high"]);
    let seal =
        ["seal", "dev/db/password", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    let waits = alice.waits_at(&seal, forge::people::ASKED);
    alice.owner_ok(&["require-pq", "on"]);
    let session = waits.then_answers(PIN);
    assert_eq!(session.code, 21, "{}", session.screen);
    assert!(!alice.home().join("p.kovra").exists() && !alice.home().join("p.token").exists());
}

#[test]
fn the_short_form_makes_a_sender_and_no_recipient() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    let short = bob.ok(&["id", "--short"]).stdout.trim().to_owned();
    assert_eq!(short.len(), 283);
    alice.owner_ok(&["peer", "add", "bob", &short]);
    alice.add("dev/db/url", "x", &[]);
    let said = alice.fails(&["seal", "dev/db/url", "--to", "bob", "-o", "p.kovra"], 2);
    assert!(said.contains("only as a sender") && said.contains("`kovra id -o FILE`"), "{said}");
    bob.pin(&alice);
    bob.add("dev/db/url", "x", &[]);
    bob.ok(&["seal", "dev/db/url", "--to", "alice", "-o", "b.kovra"]);
    bob.hand(&alice, "b.kovra");
    alice.ok(&["verify", "b.kovra", "--from", "bob"]);
    alice.ok(&["verify", "b.kovra", "--from", &short]);
    // The whole comes later.
    alice.owner_ok(&["peer", "add", "bob", &bob.id()]);
    alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "p.kovra", "--require-pq"]);
}

#[test]
fn recipients_of_age_and_ssh_stay_good_ones_and_are_not_mixed() {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "x", &[]);
    alice.write("erin.pub", format!("# of her laptop\r\n{}\r\n", age_hybrid()));
    alice.write("dave.pub", format!("{} dave@laptop\n", To::ssh(&CAROL).key));
    alice.pin_key("carol", &CAROL.age_recipient());
    for name in ["erin", "dave"] {
        alice.ok(&["peer", "add", name, &format!("{name}.pub"), "--unconfirmed"]);
    }
    for (name, key) in [("erin", age_hybrid()), ("dave", To::ssh(&CAROL).key)] {
        alice.ok(&["peer", "rm", name]);
        alice.pin_key(name, &key);
    }
    let frank = Person::with_vault("frank");
    alice.pin(&frank);
    let seal = |to: &[&str], out: &str| {
        let to: Vec<&str> = to.iter().flat_map(|name| ["--to", name]).collect();
        alice.run(&[&["seal", "dev/db/url", "-o", out], &to[..]].concat())
    };
    assert!(seal(&["erin", "frank"], "1.kovra").stdout.contains("safe: post-quantum"));
    let said = seal(&["carol", "dave", "frank"], "2.kovra").stdout;
    assert!(
        said.contains("carol: `age-keygen -pq`") && said.contains("dave: no SSH key is"),
        "{said}"
    );
    let mixed = seal(&["erin", "dave", "frank"], "3.kovra");
    assert_eq!(mixed.code, 2);
    assert!(
        mixed.stderr.contains("erin has a hybrid key alone, and dave has none"),
        "{}",
        mixed.stderr
    );
    assert!(!alice.home().join("3.kovra").exists());
}

#[test]
fn what_went_out_classically_is_remembered() {
    let (alice, bob) = (Person::with_pin("alice"), classical("bob"));
    alice.pin(&bob);
    alice.add("dev/db/url", "x", &[]);
    alice.add("dev/db/user", "y", &[]);
    alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "1.kovra"]);
    bob.owner_ok(&["id", "rotate"]);
    alice.owner_ok(&["peer", "add", "bob", &bob.id()]);
    // Again, and safely: that does not bring back the first.
    alice.ok(&["seal", "dev/db/url", "dev/db/user", "--to", "bob", "-o", "2.kovra"]);
    let shared = json(&alice, &["shared", "--json"]);
    let of =
        |at: &str| shared.as_array().unwrap().iter().find(|item| item["coordinate"] == at).unwrap();
    assert_eq!(of("dev/db/url")["post_quantum"], false);
    assert_eq!(of("dev/db/user")["post_quantum"], true);
    let found = |person: &Person| person.run(&["doctor"]).stdout;
    assert!(found(&alice).contains("the packages in which dev/db/url went"), "{}", found(&alice));
    alice.set("dev/db/url", "another");
    assert!(!found(&alice).contains("quantum"), "{}", found(&alice));
    assert!(found(&classical("carol")).contains("your identity has no hybrid key"));
}

#[test]
fn a_file_that_holds_no_key_is_told_as_such() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    let id = bob.id();
    let (string, key) = id.split_once(' ').unwrap();
    let other = identity_of(&alice, |alice| alice).split_once(' ').unwrap().1.to_owned();
    let x25519 = ALICE.age_recipient();
    for (text, code, words) in [
        (format!("{string}\n{other}\n"), 13, "is not the one that its kovra1... was signed with"),
        (format!("{string}\n{}\n", &key[..900]), 10, "something else than one whole age1pq1..."),
        (format!("{string}\n{x25519}\n"), 10, "something else than one whole age1pq1..."),
        (format!("{string}\n{key}\nx\n"), 10, "something else than one whole age1pq1..."),
        ("# nothing\n".to_owned(), 10, "neither a file nor a key"),
        ("AGE-SECRET-KEY-PQ-1QQQ\n".to_owned(), 10, "neither a file nor a key"),
        (format!("{id}\n{}\n", "#".repeat(4096)), 10, "neither a file nor a key"),
    ] {
        bob.write("bob.kovra-id", text);
        bob.hand(&alice, "bob.kovra-id");
        let said = alice.fails(&["peer", "add", "bob", "bob.kovra-id"], code);
        assert!(said.contains(words), "{said}");
    }
    alice.fails(&["peer", "add", "bob", "nowhere.kovra-id"], 10);
    // A file that is called like a key is not read for it.
    alice.write(&x25519, &id);
    alice.ok(&["peer", "add", "carol", &x25519, "--unconfirmed"]);
    assert_eq!(alice.ok(&["peer", "show", "carol"]).stdout.trim(), x25519);
    let cut = &x25519[..40];
    alice.write(cut, &id);
    alice.fails(&["peer", "add", "bob", cut], 10);
    bob.fails(&["id", "-o", "bob.kovra-id"], 21);
    bob.fails(&["id", "-o", "b.kovra-id", "--short"], 2);
}

/// What `kovra seal` never asks of the library.
#[test]
fn nothing_is_sealed_to_hybrid_keys_and_others() {
    let recipients = [
        Recipient::Hybrid(HybridSecret::from_bytes(&[7; 32]).public()),
        Recipient::plain(&CAROL.age_recipient()).unwrap(),
    ];
    let refused = kovra::package::seal(Draft {
        sender: &ALICE.identity().signing,
        stamp: &Stamp::after(0, forge::NOW, Duration::from_secs(60)).unwrap(),
        recipients: &recipients,
        entries: vec![Entry {
            coordinate: "dev/db/url".parse().unwrap(),
            content: Content::Literal(Secret::copy_of(b"x")),
            sensitivity: Sensitivity::Low,
            description: None,
        }],
    });
    assert_eq!(refused.err().map(|e| e.class), Some(Class::Malformed));
}
