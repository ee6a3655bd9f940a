//! A yes means what the person read: what the questions say, and what a yes to them does.

use forge::people::{ASKED, PIN, Person, kovra_path};
use kovra::identity::Identity;
use kovra::limits;
use serde_json::Value;

fn json(person: &Person, arguments: &[&str]) -> Value {
    serde_json::from_str(&person.ok(arguments).stdout).unwrap()
}

fn fingerprint(person: &Person) -> String {
    json(person, &["id", "--json"])["fingerprint"].as_str().unwrap().to_owned()
}

/// The outcomes of an action in the trail.
fn outcomes(person: &Person, action: &str) -> Vec<String> {
    let rows = json(person, &["audit", "--json", "--action", action]);
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row["outcome"].as_str().unwrap().to_owned()).collect()
}

/// `b.kovra`, with one entry, by somebody who knows the one whom it is for.
fn package_of(sender: &Person, to: &Person) {
    sender.pin(to);
    sender.add("dev/b/b", "bob's", &[]);
    sender.ok(&["seal", "dev/b/b", "--to", to.name, "-o", "b.kovra"]);
    sender.hand(to, "b.kovra");
}

#[test]
fn a_seal_says_what_to_whom_until_when_and_into_which_file() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.ok(&["peer", "add", "bob", &bob.id()]);
    alice.add("dev/db/password", "marker", &["--sensitivity", "high"]);
    alice.add("dev/db/url", "x", &[]);
    alice.ok(&["add", "dev/pay/key", "--reference", "aws-sm://key"]);
    let seal = ["seal", "--env", "dev", "--to", "bob", "-o", "p 1.kovra", "--token-out", "t"];
    let asked = alice.at_terminal(&seal, &[(ASKED, "")]);
    let print = fingerprint(&bob);
    for words in [
        "seal 3 entries (2 with a value, 1 of them high)",
        "  dev/db/password (high) ",
        "  dev/pay/key (medium) \u{2192} aws-sm://key",
        "into 'p 1.kovra' until ",
        &format!("  bob ({print}; NEVER CONFIRMED)"),
        "with a token in t",
        "Is that the fingerprint that bob told you by another channel?",
    ] {
        assert!(asked.screen.contains(words), "{words}\n{}", asked.screen);
    }
    assert!(asked.code == 20 && !alice.home().join("p 1.kovra").exists());
    assert_eq!(json(&alice, &["peer", "list", "--json"])[0]["confirmed"], false);
    assert_eq!(outcomes(&alice, "seal"), ["denied"; 1]);
}

/// A no leaves the peer as they were; a yes vouches for them, in the transaction that seals.
#[test]
fn who_is_sealed_to_is_confirmed_by_the_same_yes() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.ok(&["peer", "add", "bob", &bob.id()]);
    package_of(&bob, &alice);
    alice.fails(&["verify", "b.kovra"], 14);
    alice.add("dev/db/url", "x", &["--sensitivity", "low"]);
    let seal = |file| ["seal", "dev/db/url", "--to", "bob", "-o", file];
    alice.fails(&seal("1.kovra"), 20);
    alice.owner_ok(&seal("2.kovra"));
    alice.ok(&seal("3.kovra"));
    alice.ok(&["verify", "b.kovra"]);
    alice.ok(&["verify", "b.kovra", "--from", "bob"]);
    assert_eq!(outcomes(&alice, "peer-confirm"), ["denied", "confirmed"]);
    // A name that is there twice is one peer.
    let carol = Person::with_vault("carol");
    alice.ok(&["peer", "add", "carol", &carol.id()]);
    alice.owner_ok(&["seal", "dev/db/url", "--to", "carol", "--to", "carol", "-o", "4.kovra"]);
}

#[test]
fn a_peer_who_was_known_comes_back_only_with_the_proof() {
    let alice = Person::with_pin("alice");
    let [bob, mallory] = ["bob", "mallory"].map(Person::with_vault);
    alice.pin(&bob);
    alice.ok(&["peer", "rm", "bob"]);
    let add = ["peer", "add", "bob", &mallory.id()];
    let said = alice.fails(&add, 14);
    assert!(said.contains("known before"), "{said}");
    let asked = alice.at_terminal(&add, &[(ASKED, "")]);
    let known = format!("KNOWN BEFORE: bob with the key\n  {}", fingerprint(&bob));
    assert!(asked.screen.contains(&known), "{}", asked.screen);
    assert!(asked.screen.contains(&fingerprint(&mallory)), "{}", asked.screen);
    alice.fails(&["peer", "show", "bob"], 1);
    alice.owner_ok(&["peer", "add", "bob", &bob.id()]);
    let renamed = alice.owner_ok(&["peer", "rename", "bob", "robert"]);
    assert!(renamed.screen.contains("bob is robert from now on."), "{}", renamed.screen);
    alice.fails(&["peer", "add", "bob", &mallory.id()], 14);
    let listed = json(&alice, &["peer", "list", "--json"]);
    assert_eq!((&listed[0]["name"], listed.as_array().unwrap().len()), (&"robert".into(), 1));
}

/// A package of a peer shows their signing key alone, and takes nothing away of what is known.
#[test]
fn a_peer_is_confirmed_by_a_package_of_theirs_too() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.ok(&["peer", "add", "bob", &bob.id()]);
    package_of(&bob, &alice);
    alice.owner_ok(&["peer", "add", "bob", "--from", "b.kovra"]);
    assert_eq!(alice.ok(&["peer", "show", "bob"]).stdout.trim(), bob.id());
    alice.ok(&["import", "b.kovra"]);
    alice.ok(&["seal", "dev/b/b", "--to", "bob", "-o", "back.kovra"]);
}

/// The X25519 or hybrid key of one identity under the signing key of another.
#[test]
fn nobodys_key_is_anothers() {
    use kovra::identity::Identity;
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    let stolen = |of: &Person| {
        let agreement = of.unlocked().view().identity().unwrap().agreement;
        let signing = Identity::generate(forge::NOW).unwrap().signing;
        Identity::new(signing, agreement).public().to_string()
    };
    let stolen_hybrid = |of: &Person| {
        let key = of.unlocked().view().identity().unwrap().hybrid.swap_remove(0);
        let eve = Identity::generate(forge::NOW).unwrap();
        eve.with_hybrid(u64::MAX, key).public().to_string()
    };
    for stolen in [&stolen as &dyn Fn(&Person) -> String, &stolen_hybrid] {
        let said = alice.fails(&["peer", "add", "eve", &stolen(&bob)], 21);
        assert!(said.contains("pinned already, as bob"), "{said}");
        let said = alice.fails(&["peer", "add", "eve", &stolen(&alice)], 21);
        assert!(said.contains("your own"), "{said}");
    }
}

/// Names that begin as keys of other programs do are names; whole keys are keys.
#[test]
fn a_name_is_not_taken_for_a_key() {
    let alice = Person::with_vault("alice");
    for name in ["sk-dora", "ssh-rsa", "age1x1"] {
        let said = alice.fails(&["peer", "show", name], 1);
        assert!(said.contains(&format!("no peer named {name}")), "{said}");
    }
    alice.fails(&["peer", "show", "ssh-rsa AAAAB3NzaC1yc2E="], 12);
    alice.write("id_rsa.pub", "ssh-rsa AAAAB3NzaC1yc2E= bob\n");
    let said = alice.fails(&["peer", "add", "bob", "--from", "id_rsa.pub"], 2);
    assert!(said.contains("this file holds a key, and no package"), "{said}");
}

#[test]
fn what_a_person_confirmed_is_on_record_as_confirmed() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.owner_ok(&["peer", "add", "bob", &bob.id()]);
    bob.pin(&alice);
    alice.add("dev/a/b", "mine", &["--sensitivity", "high"]);
    alice.owner_ok(&["edit", "dev/a/b", "--description", "a note"]);
    alice.owner_sets("dev/a/b", "later");
    bob.add("dev/a/b", "bob's", &[]);
    bob.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "b.kovra"]);
    bob.hand(&alice, "b.kovra");
    alice.owner_ok(&["import", "b.kovra"]);
    alice.owner_ok(&["rm", "dev/a/b"]);
    for action in ["peer-add", "edit", "set", "import", "rm"] {
        assert_eq!(outcomes(&alice, action), ["confirmed"], "{action}");
    }
}

/// With its history, its sensitivity, and what was given to whom.
#[test]
fn an_entry_is_moved_and_copied_with_all_that_is_known_of_it() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/a/b", "one", &["--sensitivity", "low", "--description", "a note"]);
    alice.set("dev/a/b", "two");
    alice.ok(&["seal", "dev/a/b", "--to", "bob", "-o", "p.kovra"]);
    alice.ok(&["cp", "dev/a/b", "qa/a/b", "--to-project", "shop"]);
    assert_eq!(alice.ok(&["show", "qa/a/b", "--project", "shop"]).stdout, "two");
    alice.ok(&["mv", "dev/a/b", "dev/new/name"]);
    alice.fails(&["show", "dev/a/b"], 1);
    assert_eq!(alice.ok(&["show", "dev/new/name"]).stdout, "two");
    let history = json(&alice, &["history", "dev/new/name", "--json"]);
    assert_eq!(history.as_array().unwrap().len(), 2);
    let shared = json(&alice, &["shared", "--json"]);
    let mut names: Vec<(&str, &str)> = shared
        .as_array()
        .unwrap()
        .iter()
        .map(|item| (item["coordinate"].as_str().unwrap(), item["upshot"].as_str().unwrap()))
        .collect();
    names.sort_unstable();
    assert_eq!(names, [("dev/new/name", "rotate"), ("qa/a/b", "rotate")]);
    alice.ok(&["restore", "dev/new/name", "1"]);
    assert_eq!(alice.ok(&["show", "dev/new/name"]).stdout, "one");
    alice.fails(&["mv", "dev/new/name", "dev/new/name"], 21);
    alice.fails(&["cp", "dev/no/such", "dev/x/y"], 1);
    // What goes to prod is born high there; what leaves it takes the proof.
    alice.ok(&["mv", "dev/new/name", "prod/new/name"]);
    let listed = json(&alice, &["list", "--json", "--env", "prod"]);
    assert_eq!(listed[0]["sensitivity"], "high");
    alice.fails(&["mv", "prod/new/name", "dev/back/again"], 20);
    alice.owner_ok(&["mv", "prod/new/name", "dev/back/again"]);
    assert_eq!(json(&alice, &["list", "--json", "--env", "dev"])[0]["sensitivity"], "high");
}

#[test]
fn a_file_of_a_checkout_is_shown_once_and_trusted_as_it_is() {
    let alice = Person::with_pin("alice");
    alice.add("dev/a/b", "value", &["--project", "shop"]);
    alice.write(".env.refs", "# ours\nproject = shop\nA=secret:dev/a/b\nB=x\n");
    let run = ["run", "--", "sh", "-c", "echo got $A"];
    let said = alice.fails(&run, 125);
    assert!(said.contains("`kovra refs trust` does"), "{said}");
    let asked = alice.at_terminal(&run, &[(ASKED, PIN)]);
    for words in ["NOT TRUSTED YET, says", "project = shop", "A = secret:dev/a/b", "got value"] {
        assert!(asked.screen.contains(words), "{words}\n{}", asked.screen);
    }
    assert_eq!(alice.ok(&run).stdout, "got value\n");
    alice.write(".env.refs", "B=x\nA=secret:dev/a/b\n\nproject = shop\n# the order is free\n");
    alice.ok(&run);
    for changed in [
        "project = shop\nA=secret:dev/a/b\nB=y\n",
        "project = shop\nC=secret:dev/a/b\nB=x\n",
        "project = shop\nA=secret:dev/a/b | z\nB=x\n",
        "project = other\nA=secret:dev/a/b | z\nB=x\n",
        "project = shop\nA=secret:dev/a/b\nB=x\nD=${env:HOME}\n",
    ] {
        alice.write(".env.refs", changed);
        alice.fails(&run, 125);
    }
    assert!(alice.ok(&["refs", "list"]).stdout.contains(".env.refs"));
    alice.ok(&["refs", "distrust"]);
    alice.fails(&["refs", "distrust"], 1);
    alice.write(".env.refs", "project = shop\nA=secret:dev/a/b\nB=x\n");
    alice.fails(&run, 125);
    alice.owner_ok(&["refs", "trust"]);
    alice.ok(&run);
    // One's own low and medium entries need none of it.
    alice.add("dev/own/medium", "mine", &[]);
    alice.write(".env.refs", "A=secret:dev/own/medium\n");
    assert_eq!(alice.ok(&run).stdout, "got mine\n");
}

/// No argument, path or name says anything in a question's own words.
#[test]
fn a_caller_words_no_part_of_a_question() {
    let alice = Person::with_pin("alice");
    alice.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    alice.write(".env.refs", "A=secret:dev/a/high\n");
    let forged = "x\r\nGo on?\r\nPIN of the vault, or nothing for no: \u{1b}[2J\u{202e}";
    let long = "y".repeat(5_000);
    let mut run = vec!["run", "--", "/bin/echo", forged, &long, "it's", ""];
    run.extend(["z"; 100]);
    // The forged one stands before it, and has no lines.
    let seat = alice.waits_at(&run, &format!("Go on?\r\n{ASKED}"));
    let asked = seat.screen().to_owned();
    let _ = seat.then_answers("");
    assert!(!asked.contains('\u{1b}') && !asked.contains('\u{202e}'), "{asked}");
    assert_eq!(asked.matches("Go on?\r\nPIN").count(), 1, "{asked}");
    for words in
        ["... (4800 more)", "'it\\'s'", "''", "and 84 more arguments", "A = dev/a/high (high)"]
    {
        assert!(asked.contains(words), "{words}\n{asked}");
    }
    assert!(asked.len() < 6_000, "{}", asked.len());
}

/// What can fail without an answer fails before the question, and before a value is typed.
#[test]
fn nothing_is_asked_that_comes_too_late() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    alice.add("prod/a/b", "marker", &[]);
    alice.write("taken", "x");
    let seal = |more: &[&'static str]| [&["seal", "dev/a/high"], more].concat();
    for (arguments, code) in [
        (seal(&["--to", "nobody", "-o", "p", "--token-out", "t"]), 1),
        (seal(&["--to", "bob", "-o", "taken", "--token-out", "t"]), 21),
        (seal(&["--to", "bob", "-o", "p", "--token-out", "taken"]), 21),
        (seal(&["--to", "bob", "-o", "p"]), 2),
        (seal(&["--to", "bob", "-o", "no/such/p", "--token-out", "t"]), 1),
        (seal(&["prod/a/b", "--to", "bob", "-o", "p", "--token-out", "t"]), 20),
        (vec!["add", "dev/a/high"], 21),
        (vec!["set", "dev/no/such"], 1),
        (vec!["edit", "dev/no/such", "--sensitivity", "low"], 1),
    ] {
        let session = alice.sit(kovra_path(), &arguments).end();
        assert_eq!(session.code, code, "{arguments:?}\n{}", session.screen);
        let silent = !session.screen.contains("asked by") && !session.screen.contains("hidden");
        assert!(silent, "{arguments:?}\n{}", session.screen);
    }
}

/// Policy is asked first, so that a refusal tells nothing of what is there.
#[test]
fn a_package_that_no_reader_takes_is_refused_before_the_question() {
    let alice = Person::with_pin("alice");
    alice.add("dev/a/high", "marker", &["--sensitivity", "high"]);
    let mut seal: Vec<String> =
        ["seal", "dev/a/high", "-o", "p", "--token-out", "t"].map(str::to_owned).to_vec();
    for number in 0..=limits::RECIPIENTS {
        let (name, key) =
            (format!("peer{number}"), Identity::generate(forge::NOW).unwrap().public());
        alice.pin_key(&name, &key.to_string());
        seal.extend(["--to".to_owned(), name]);
    }
    let seal: Vec<&str> = seal.iter().map(String::as_str).collect();
    let session = alice.sit(kovra_path(), &seal).end();
    assert_eq!(session.code, 11, "{}", session.screen);
    assert!(!session.screen.contains("asked by"), "{}", session.screen);
    assert_eq!(alice.run(&seal).code, 20);
    assert_eq!(outcomes(&alice, "seal"), ["denied"]);
}

/// A package is not imported if its receipt would have nowhere to go.
#[test]
fn a_receipt_has_a_place_before_anything_is_imported() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    bob.pin(&alice);
    package_of(&alice, &bob);
    bob.write("taken", "x");
    for (place, code) in [("taken", 21), ("no/such", 1)] {
        let said = bob.fails(&["import", "b.kovra", "--receipt", place], code);
        assert!(said.contains(place), "{said}");
    }
    assert!(outcomes(&bob, "import").is_empty());
    bob.ok(&["import", "b.kovra", "--receipt", "r"]);
}
