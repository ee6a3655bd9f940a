//! Backups: who gets one and who is asked, what is in it, what any age and any tar make of it, and what is no
//! backup.

use forge::people::{ASKED, PIN, Person, kovra_path};
use forge::{BOB, CAROL, To};
use kovra::clock::Moment;
use kovra::identity::{AgreementPublic, Recipient};
use kovra::vault::Recovery;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

const MARKER: &str = "marker-of-a-value";

/// Gives a vault a way back in, to a key that is kept in `bob.txt`.
pub(crate) fn way_back_in(person: &Person) {
    let recipient = AgreementPublic::from_age(&BOB.age_recipient()).unwrap();
    let recovery = Recovery { recipient, made: Moment::from_seconds(0), is_code: false };
    let put = person.unlocked().write(|batch| batch.put_recovery(recovery, None));
    put.expect("a way back in");
    person.write("bob.txt", BOB.age_identity());
}

/// Somebody with a PIN, a way back in, and entries of each kind.
fn alice() -> Person {
    let alice = Person::with_pin("alice");
    way_back_in(&alice);
    alice.add("dev/db/url", MARKER, &["--sensitivity", "low"]);
    alice.add("dev/db/password", MARKER, &["--sensitivity", "high"]);
    alice.add("prod/db/password", MARKER, &[]);
    alice.ok(&["add", "dev/pay/key", "--reference", "aws-sm://key"]);
    alice.set("dev/db/url", "another");
    alice.ok(&["rm", "dev/pay/key"]);
    alice
}

fn verify<'a>(file: &'a str, key: &'a str) -> [&'a str; 5] {
    ["backup", "--verify", file, "--identity", key]
}

fn json(person: &Person, arguments: &[&str]) -> Value {
    serde_json::from_str(&person.ok(arguments).stdout).unwrap()
}

/// The outcomes of backups in the trail, each with whom it was for.
fn on_record(person: &Person) -> Vec<(String, Option<String>)> {
    let rows = json(person, &["audit", "--json", "--action", "backup"]);
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let row = |row: &Value| (text(&row["outcome"]).unwrap(), text(&row["peer"]));
    rows.as_array().unwrap().iter().map(row).collect()
}

fn groups(key: &str) -> String {
    Recipient::plain(key).unwrap().id().groups()
}

#[test]
fn a_job_backs_up_to_the_ways_back_in() {
    let alice = alice();
    alice.ok(&["backup", "b.age"]);
    let file = alice.home().join("b.age");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let found = alice.ok(&verify("b.age", "bob.txt")).stdout;
    for words in ["Good: all that is in it opens.", "entries   3\n", "peers     0\n", " ago)"] {
        assert!(found.contains(words), "{words}\n{found}");
    }
    let fingerprint = json(&alice, &["id", "--json"])["fingerprint"].as_str().unwrap().to_owned();
    assert!(found.contains(&fingerprint), "{found}");
    assert_eq!(on_record(&alice), [("allowed".into(), Some(BOB.age_recipient()))]);
    let made = alice.unlocked().view().last_backup().unwrap().expect("it is known when");
    assert!(found.contains(&made.to_string()), "{found}");
    for (path, bytes) in alice.files() {
        let there = bytes.windows(MARKER.len()).any(|part| part == MARKER.as_bytes());
        assert!(!there, "{}", path.display());
    }
}

#[test]
fn a_name_that_is_taken_is_refused_before_any_question() {
    let alice = alice();
    alice.write("b.age", "mine");
    let backup = ["backup", "b.age", "--to", &CAROL.age_recipient()];
    let session = alice.at_terminal(&backup, &[]);
    assert!(session.code == 21 && !session.screen.contains(ASKED), "{}", session.screen);
    let session = alice.at_terminal(&["backup", "b.age", "--passphrase"], &[]);
    assert!(session.code == 21 && !session.screen.contains("passphrase"), "{}", session.screen);
    alice.fails(&["backup", "b.age"], 21);
    assert_eq!(std::fs::read(alice.home().join("b.age")).unwrap(), b"mine");
    assert_eq!(alice.unlocked().view().last_backup().unwrap(), None);
    assert!(on_record(&alice).is_empty());
}

#[test]
fn an_agent_backs_up_nothing() {
    let mut alice = alice();
    alice.env.insert("KOVRA_AGENT".into(), "1".into());
    let stranger = CAROL.age_recipient();
    for more in [&[][..], &["--to", &stranger], &["--passphrase"]] {
        let session = alice.at_terminal(&[&["backup", "b.age"], more].concat(), &[]);
        assert!(session.code == 20 && !session.screen.contains(ASKED), "{}", session.screen);
    }
    assert!(!alice.home().join("b.age").exists());
    alice.env.remove("KOVRA_AGENT");
    assert!(on_record(&alice).iter().all(|(outcome, _)| outcome == "denied"));
}

#[test]
fn somebody_else_is_asked_about_with_the_fingerprint() {
    let alice = alice();
    let stranger = CAROL.age_recipient();
    let backup = ["backup", "b.age", "--to", &stranger, "--to", &BOB.age_recipient()];
    let denied = alice.fails(&backup, 20);
    assert!(denied.contains("no terminal to ask at"), "{denied}");
    let no = alice.at_terminal(&backup, &[(ASKED, "")]);
    for words in [
        "copy the whole vault, with every value and your identity, into b.age, for",
        &format!("{stranger} (NO WAY BACK IN OF THIS VAULT)"),
        &groups(&stranger),
        &format!("{} (a way back in)", BOB.age_recipient()),
    ] {
        assert!(no.screen.contains(words), "{words}\n{}", no.screen);
    }
    assert_eq!(no.code, 20);
    assert_eq!(alice.at_terminal(&backup, &[(ASKED, "0000")]).code, 20);
    assert!(!alice.home().join("b.age").exists());
    assert_eq!(alice.at_terminal(&backup, &[(ASKED, PIN)]).code, 0);
    alice.write("carol.txt", CAROL.age_identity());
    alice.ok(&verify("b.age", "carol.txt"));
    alice.ok(&verify("b.age", "bob.txt"));
    let last = on_record(&alice).split_off(3);
    assert!(last.contains(&("confirmed".into(), Some(stranger))), "{last:?}");
    assert!(last.contains(&("allowed".into(), Some(BOB.age_recipient()))), "{last:?}");
}

#[test]
fn without_a_proof_nobody_else_gets_one() {
    let alice = Person::with_vault("alice");
    for more in [["--to", &CAROL.age_recipient()].as_slice(), &["--passphrase"]] {
        let session = alice.at_terminal(&[&["backup", "b.age"], more].concat(), &[]);
        assert!(session.code == 20 && session.screen.contains("`kovra pin set`"));
    }
    let none = alice.fails(&["backup", "b.age"], 2);
    assert!(none.contains("`kovra recovery add`") && none.contains("--to age1"), "{none}");
    let none = alice.fails(&["backup", "b.age", "--to", "bob"], 10);
    assert!(none.contains("this is neither a file nor a key"), "{none}");
    alice.fails(&["backup", "b.age", "--to", "age1tagpq1qqqq"], 12);
    alice.fails(&["backup", "b.age", "--to", &To::ssh(&CAROL).key], 2);
}

#[test]
fn a_passphrase_is_typed_twice_and_opens_it() {
    let alice = alice();
    let backup = ["backup", "b.age", "--passphrase"];
    let (new, again) = ("New passphrase of the backup: ", "The same again: ");
    assert_eq!(alice.at_terminal(&backup, &[(new, "short")]).code, 2);
    assert_eq!(
        alice.at_terminal(&backup, &[(new, "long enough 1"), (again, "long enough 2")]).code,
        2
    );
    alice.fails(&backup, 20);
    let typed = [(new, "long enough 1"), (again, "long enough 1"), (ASKED, PIN)];
    let session = alice.at_terminal(&backup, &typed);
    assert!(session.code == 0 && session.screen.contains("whoever knows the passphrase"));
    let opened = |typed| {
        alice
            .at_terminal(&["backup", "--verify", "b.age"], &[("Passphrase of the backup: ", typed)])
    };
    assert_eq!(opened("long enough 1").code, 0);
    assert_eq!(opened("long enough 2").code, 40);
    alice.fails(&["backup", "--verify", "b.age"], 40);
    alice.fails(&verify("b.age", "bob.txt"), 40);
}

#[test]
fn what_is_no_backup_is_told_as_what_it_is() {
    let alice = alice();
    alice.ok(&["backup", "b.age"]);
    let whole = std::fs::read(alice.home().join("b.age")).unwrap();
    alice.write("carol.txt", CAROL.age_identity());
    alice.fails(&verify("b.age", "carol.txt"), 40);
    alice.write("none.txt", "# no key\n");
    alice.fails(&verify("b.age", "none.txt"), 40);
    let told = |bytes: &[u8], code| {
        alice.write("odd", bytes);
        let words = alice.fails(&verify("odd", "bob.txt"), code);
        assert!(words.contains("hint: "), "{words}");
    };
    for (bytes, code) in [(&b""[..], 10), (b"hello", 10), (&whole[..10], 10), (&whole[..100], 10)] {
        told(bytes, code);
    }
    for end in [whole.len() / 3, whole.len() - 20, whole.len() - 1] {
        told(&whole[..end], 41);
    }
    for at in [whole.len() / 2, whole.len() - 1] {
        let mut flipped = whole.clone();
        flipped[at] ^= 1;
        told(&flipped, 41);
    }
    told(&[&whole[..], b"more"].concat(), 41);
    let scrypt =
        "-> scrypt AQEBAQEBAQEBAQEBAQEBAQ 30\nCQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
    let mac = "--- CQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n";
    let heavy = format!("age-encryption.org/v1\n{scrypt}{mac}{}", "x".repeat(64));
    told(heavy.as_bytes(), 11);
    std::fs::File::create(alice.home().join("odd")).unwrap().set_len(1 << 33).unwrap();
    alice.fails(&verify("odd", "bob.txt"), 11);
    alice.fails(&verify("nowhere", "bob.txt"), 1);
}

#[test]
fn a_backup_of_another_vault_is_told_as_that() {
    let (alice, bob) = (alice(), Person::with_vault("bob"));
    alice.ok(&["backup", "b.age"]);
    alice.hand(&bob, "b.age");
    alice.hand(&bob, "bob.txt");
    let ran = bob.run(&verify("b.age", "bob.txt"));
    assert!(ran.code == 18 && ran.stdout.contains("Good: "), "{}", ran.stderr);
    // Where there is no vault yet, it is just a good one.
    let new = Person::new("alice");
    alice.hand(&new, "b.age");
    alice.hand(&new, "bob.txt");
    new.ok(&verify("b.age", "bob.txt"));
}

/// Each `add` is an entry and a row of the trail, in one transaction: so they are as many in every backup.
#[test]
fn a_backup_is_of_one_moment_while_others_write() {
    let alice = Person::with_vault("alice");
    way_back_in(&alice);
    let kovra = kovra_path();
    let script = format!(
        "for n in $(seq 1000); do printf v | {kovra} add dev/many/k$n --stdin || exit; done"
    );
    let mut writer = alice.command("sh");
    writer.args(["-c", &script]).stdout(Stdio::null()).stderr(Stdio::null());
    let mut writer = writer.spawn().unwrap();
    let mut counts = Vec::new();
    for n in 0..6 {
        let file = format!("{n}.age");
        alice.ok(&["backup", &file]);
        let found = alice.ok(&verify(&file, "bob.txt")).stdout;
        let number = |name: &str| -> usize {
            let line = found.lines().find(|line| line.trim().starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        assert_eq!(number("trail"), number("entries") + n, "{found}");
        counts.push(number("entries"));
    }
    writer.kill().unwrap();
    writer.wait().unwrap();
    assert!(counts.is_sorted() && counts[5] > counts[0], "nobody wrote: {counts:?}");
}

/// A backup that would not restore is none.
#[test]
fn a_vault_that_is_not_whole_is_not_backed_up() {
    use crate::vault_file::{bytes, edit, fold, put_back};
    let alice = alice();
    fold(&alice);
    let whole = bytes(&alice);
    for harm in [
        "UPDATE sealed SET value = zeroblob(length(value)) WHERE kind = 1",
        "UPDATE trail SET sealed = zeroblob(length(sealed)) WHERE number = 2",
        "DELETE FROM trail WHERE number = 2",
    ] {
        edit(&alice, harm);
        let told = alice.fails(&["backup", "b.age"], 41);
        assert!(told.contains("not as it was written") || told.contains("audit trail"), "{told}");
        assert!(!alice.home().join("b.age").exists());
        put_back(&alice, &whole);
    }
    alice.ok(&["backup", "b.age"]);
}

/// What `age` and `tar` make of a backup is a vault's folder, with the ways back in of the vault.
#[test]
#[ignore = "needs age and tar"]
fn needs_programs_age_and_tar_unpack_a_vault() {
    let alice = alice();
    alice.ok(&["backup", "b.age"]);
    let unpack = "mkdir f && age -d -i bob.txt b.age | tar -x -C f";
    assert!(alice.command("sh").args(["-c", unpack]).status().unwrap().success());
    opens(&alice, "f");
    let names =
        alice.command("sh").args(["-c", "age -d -i bob.txt b.age | tar -t"]).output().unwrap();
    assert_eq!(names.stdout, b"vault.key\nvault.db\n");
}

#[test]
#[ignore = "needs age and tar"]
fn needs_programs_age_asks_for_the_passphrase() {
    let alice = alice();
    let (new, again) = ("New passphrase of the backup: ", "The same again: ");
    let typed = [(new, "long enough 1"), (again, "long enough 1"), (ASKED, PIN)];
    assert_eq!(alice.at_terminal(&["backup", "b.age", "--passphrase"], &typed).code, 0);
    let asked = [("passphrase: ", "long enough 1")];
    let session = alice.program_at_terminal("age", &["-d", "-o", "b.tar", "b.age"], &asked);
    assert_eq!(session.code, 0, "{}", session.screen);
    let unpack = "mkdir f && tar -x -C f -f b.tar";
    assert!(alice.command("sh").args(["-c", unpack]).status().unwrap().success());
    opens(&alice, "f");
    // And the other way: what tar packs and age seals is a backup.
    let pack =
        format!("tar -c -C f vault.key vault.db | age -r {} > again.age", BOB.age_recipient());
    assert!(alice.command("sh").args(["-c", &pack]).status().unwrap().success());
    alice.ok(&verify("again.age", "bob.txt"));
}

/// The vault in a folder has all that there is in the one at home.
fn opens(alice: &Person, folder: &str) {
    let key = format!("{folder}/vault.key");
    let there = ["--home", folder, "--key-file", &key];
    for command in [&["list", "--json"][..], &["history", "dev/db/url", "--json"], &["id"]] {
        let copied = alice.ok(&[command, &there].concat()).stdout;
        assert_eq!(copied, alice.ok(command).stdout);
    }
    alice.ok(&[&["audit", "--verify"][..], &there].concat());
    let show = [&["show", "prod/db/password"][..], &there].concat();
    let session = alice.at_terminal(&show, &[(ASKED, PIN)]);
    assert!(session.code == 0 && session.screen.contains(MARKER), "{}", session.screen);
}
