//! More that somebody of the same user tries: other orders of commands, and what a yes may not mean.

use crate::attacker::{Attempt, Lock, World, attempt, try_all};
use crate::owner::rotated_id;
use crate::policy::script;
use forge::people::{ASKED, Person};
use kovra::vault::{Held, Stored};

const NO: &[i32] = &[20];

fn more() -> Vec<Attempt> {
    vec![
        attempt("import over prod in a project", NO, &["import carol.kovra --project shop"]),
        attempt("copy over high", NO, &["cp dev/low/x dev/high/lit --to-project shop"]),
        attempt("move over high", NO, &["mv dev/low/x dev/high/lit --to-project shop"]),
        attempt("generate over high", NO, &["generate dev/high/lit --project shop"]),
        attempt("describe inject-only", NO, &["edit dev/inj/key --description x"]),
        attempt("restore high", NO, &["restore dev/high/lit 1"]),
        attempt("prune high", NO, &["prune dev/high/lit"]),
        attempt("prune low", NO, &["prune dev/low/x"]),
        attempt("remove and lower", NO, &["rm dev/inj/key"]),
        attempt(
            "copy what is high",
            NO,
            &["import azure-kv://team-kv/key --as dev/q/q --sensitivity low"],
        ),
        attempt("copy what nobody chose", NO, &["import azure-kv://evil/key --as dev/q/q"]),
        attempt("copy what is prod's", NO, &["import aws-sm://prod/db --as prod/q/q"]),
        attempt("seal prod", NO, &["seal prod/db/pass --to bob -o out.kovra --token-out t"]),
        attempt("seal inject-only", NO, &["seal dev/inj/key --to bob -o out.kovra --token-out t"]),
        attempt("trust another", NO, &["refs trust global.refs"]),
        attempt("prod's pointer", &[125], &["run --refs prod.refs -- ./evil"]),
        attempt(
            "two names at once",
            NO,
            &["peer add m1 MALLORY", "seal dev/low/x --to bob --to m1 -o out.kovra"],
        ),
        attempt("a second name", &[21], &["peer add m1 MALLORY", "peer add m2 MALLORY"]),
        attempt(
            "a name that was",
            &[21],
            &["peer add m1 MALLORY", "peer rm m1", "peer add m1 BOB"],
        ),
        attempt("back again", &[14], &["peer rm bob", "peer add bob BOB"]),
        attempt(
            "lower by way of a copy",
            NO,
            &["cp dev/high/ptr dev/q/q", "edit dev/q/q --sensitivity low"],
        ),
        attempt(
            "over its copy",
            NO,
            &["cp dev/high/lit dev/q/q", "set dev/q/q --reference aws-sm://evil"],
        ),
    ]
}

#[test]
fn more_is_tried_in_each_kind_of_vault() {
    for lock in [Lock::Pin, Lock::Passphrase, Lock::Neither] {
        try_all(lock, more());
    }
}

/// Nobody is called what the owner is called.
#[test]
fn no_peer_is_me_or_you() {
    let (alice, mallory) = (Person::with_vault("alice"), Person::with_vault("mallory"));
    for name in ["me", "you"] {
        let ran = alice.run(&["peer", "add", name, &mallory.id()]);
        assert_eq!(ran.code, 2, "{name}: {}{}", ran.stdout, ran.stderr);
    }
}

fn evil(person: &Person) -> Option<Stored> {
    let all = person.unlocked().view().entries().unwrap();
    let evil = |e: &Stored| matches!(&e.held, Held::Reference { pointer, chosen: true } if pointer.as_str().contains("evil/key"));
    all.into_iter().find(evil)
}

/// Tries the steps, and gives what was said.
fn steps(person: &Person, steps: &[&str]) -> (i32, String) {
    let mut last = (0, String::new());
    for step in steps {
        let ran = person.run(&step.split(' ').collect::<Vec<_>>());
        last = (
            ran.code,
            last.1 + &format!("$ kovra {step}\n{}{}[{}]\n", ran.stdout, ran.stderr, ran.code),
        );
    }
    last
}

#[test]
fn a_high_value_does_not_come_out_by_being_called_inject_only() {
    for lock in [Lock::Pin, Lock::Passphrase, Lock::Neither] {
        let twin = World::new(lock).twin();
        twin.write("steal.refs", "A=secret:dev/high/lit\n");
        let (_, said) = steps(
            &twin,
            &["edit dev/high/lit --sensitivity inject-only", "run --refs steal.refs -- env"],
        );
        assert!(!said.contains("marker-high"), "{said}");
    }
}

#[cfg(all(feature = "aws", feature = "azure"))]
#[test]
fn what_a_protected_pointer_leads_to_does_not_come_out_by_another_pointer() {
    use crate::policy::put;
    use forge::clouds::Standin;
    use kovra::entry::{Content, Sensitivity};
    use kovra::vault::Origin;
    let clouds = Standin::builder()
        .aws("eu-west-1", "prod/db", "marker-of-the-cloud")
        .aws("eu-west-1", "db-secret", "marker-of-the-cloud")
        .azure("team-kv", "key", "marker-of-the-cloud")
        .start();
    let world = World::new(Lock::Pin);
    let arn = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-secret-a1B2c3";
    let arn = format!("add dev/q/q --reference aws-sm://{arn}");
    let mut wrong = Vec::new();
    for step in [
        "add dev/q/q --reference aws-sm://prod/db --sensitivity inject-only",
        "add dev/q/q --reference azure-kv://team-kv/key --sensitivity inject-only",
        "add dev/q/q --reference aws-sm://prod/db --sensitivity high",
        &arn,
    ] {
        let mut twin = world.twin();
        twin.env.extend(clouds.env());
        let content = Content::Reference("aws-sm://db-secret".parse().unwrap());
        put(&mut twin.unlocked(), "prod/db/other", content, Sensitivity::High, true);
        twin.write("steal.refs", "A=secret:dev/q/q\n");
        let (_, said) = steps(&twin, &[step, "run --refs steal.refs -- env"]);
        let at = "dev/q/q".parse().unwrap();
        let added = twin.unlocked().view().entry(&Origin::Global, &at).unwrap().found.is_some();
        if said.contains("marker-") || added {
            wrong.push(said);
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn nobody_chooses_an_imported_pointer_by_writing_it_again() {
    let world = World::new(Lock::Pin);
    let mut wrong = Vec::new();
    for way in [
        &["rm dev/imp/ptr", "add dev/imp/ptr --reference azure-kv://evil/key"][..],
        &["rm dev/imp/ptr", "add dev/q/q --reference azure-kv://evil/key"],
        &[
            "set dev/imp/ptr --reference aws-sm://else",
            "set dev/imp/ptr --reference azure-kv://evil/key",
        ],
        &[
            "mv dev/imp/ptr dev/q/q",
            "set dev/q/q --reference aws-sm://else",
            "add dev/r/r --reference azure-kv://evil/key",
        ],
    ] {
        let twin = world.twin();
        let (_, said) = steps(&twin, way);
        if let Some(entry) = evil(&twin) {
            wrong.push(format!("{said}{} is chosen", entry.coordinate));
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

fn confirmed(person: &Person, name: &str) -> bool {
    person.unlocked().view().peer(name).unwrap().found.is_some_and(|peer| peer.confirmed)
}

/// A yes to other encryption keys is no yes to a sender whom nobody confirmed.
#[test]
fn a_new_key_of_an_unconfirmed_peer_makes_them_no_sender() {
    let (alice, mallory) = (Person::with_pin("alice"), Person::with_vault("mallory"));
    alice.ok(&["peer", "add", "mallory", &mallory.id()]);
    let rotated = rotated_id(&mallory);
    let mut seat = alice.waits_at(&["peer", "add", "mallory", &rotated], ASKED);
    let asked = seat.screen().to_owned();
    seat.press_line(forge::people::PIN);
    seat.end();
    let told = asked.contains("packages are trusted");
    assert!(told || !confirmed(&alice, "mallory"), "they are trusted by a yes to\n{asked}");
}

/// To compare the key of their package is to confirm who was pinned to be sealed to.
#[test]
fn the_package_of_an_unconfirmed_peer_is_asked_about_as_what_it_is() {
    let (alice, mallory) = (Person::with_pin("alice"), Person::with_vault("mallory"));
    alice.ok(&["peer", "add", "mallory", &mallory.id()]);
    mallory.pin_key("alice", &alice.id());
    mallory.add("dev/a/b", "theirs", &["--sensitivity", "low"]);
    mallory.ok(&["seal", "dev/a/b", "--to", "alice", "-o", "m.kovra"]);
    mallory.hand(&alice, "m.kovra");
    let mut seat = alice.waits_at(&["peer", "add", "mallory", "--from", "m.kovra"], ASKED);
    let asked = seat.screen().to_owned();
    seat.press_line(forge::people::PIN);
    seat.end();
    assert!(!asked.contains("new X25519 key"), "a package has none:\n{asked}");
    assert!(!alice.ok(&["peer", "show", "mallory"]).stdout.contains("sender only"));
}

/// What a pointer of prod leads to is copied under another name by nobody but the owner, who is told.
#[test]
fn what_prod_points_at_is_not_copied_under_another_name() {
    let twin = World::new(Lock::Pin).twin();
    let arguments = ["import", "aws-sm://prod/db", "--as", "dev/q/q", "--sensitivity", "high"];
    twin.fails(&arguments, 20);
    let session = twin.at_terminal(&arguments, &[(ASKED, "")]);
    assert!(session.screen.contains("treated less carefully"), "{}", session.screen);
}

/// The owner can't see what is behind twenty lines that mean nothing.
#[test]
fn what_matters_is_not_behind_a_count() {
    let mut alice = Person::with_pin("alice");
    alice.add("prod/db/pass", "marker", &[]);
    let mut lines: String = (0..30).map(|n| format!("V{n:02}=secret:dev/a/k{n} | x\n")).collect();
    lines += "Z=secret:prod/db/pass\n";
    alice.write("long.refs", &lines);
    let session = alice.at_terminal(&["refs", "trust", "long.refs"], &[(ASKED, "")]);
    let mut wrong = Vec::new();
    if !session.screen.contains("prod/db/pass") {
        wrong.push(session.screen);
    }
    script(&alice, "tool");
    let none = (0..25).map(|n| (format!("A{n:02}_OPTS"), "x".to_owned()));
    alice.env.extend(none);
    alice.env.insert("LD_AUDIT".into(), String::new());
    let session = alice.at_terminal(&["allow", "add", "./tool"], &[(ASKED, "")]);
    if !session.screen.contains("LD_AUDIT") {
        wrong.push(session.screen);
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_rename_says_whose_name_it_was() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    let carol = Person::with_vault("carol");
    alice.pin(&bob);
    alice.pin(&carol);
    alice.ok(&["peer", "rm", "bob"]);
    let session = alice.at_terminal(&["peer", "rename", "carol", "bob"], &[(ASKED, "")]);
    assert!(session.screen.contains("KNOWN BEFORE"), "{}", session.screen);
}

/// Whoever was known stays known, whatever became of their name since.
#[test]
fn a_key_that_gave_way_to_another_is_known() {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    let carol = Person::with_vault("carol");
    alice.pin(&bob);
    alice.pin(&carol);
    alice.ok(&["peer", "rm", "bob"]);
    alice.owner_ok(&["peer", "rename", "carol", "bob"]);
    let ran = alice.run(&["peer", "add", "robert", &bob.id()]);
    assert_eq!(ran.code, 14, "bob's key is new again:\n{}{}", ran.stdout, ran.stderr);
}
