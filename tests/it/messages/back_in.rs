//! What is lost, and how its owner gets back in; and another lock.

use super::book::Book;
use forge::people::{ASKED, PIN, Person, kovra_path, terminal::Seat};
use kovra::identity::{AgreementSecret, RecoveryCode, Token};
use kovra::secret::Secret;

const AGAIN: &str = "The same again: ";
const OFFER: &str = "Make one? [Y/n] ";
const TYPE_IT: &str = "Then type its last group: ";

pub(super) fn back_in(book: &mut Book) {
    passphrase(book);
    key_file(book);
    ways(book);
    locks(book);
    identity(book);
    health(book);
    repair(book);
    salvage(book);
}

/// At a terminal which shows a recovery code, that is taken.
fn takes(book: &mut Book, who: &Person, line: &str, typed: &[(&str, &str)]) {
    let arguments: Vec<&str> = line.split(' ').skip(1).collect();
    let mut seat = who.sit(kovra_path(), &arguments);
    let mut types = Vec::new();
    for (prompt, answer) in typed {
        if *prompt == TYPE_IT {
            let code = shown(&mut seat);
            seat.press_line(&code[code.len() - 5..]);
            types.push(("", "the code's last group"));
        } else {
            seat.wait(prompt);
            seat.press_line(answer);
            types.push(("", *answer));
        }
    }
    let session = seat.end();
    book.shown(who, line, &types, session);
}

fn shown(seat: &mut Seat) -> String {
    seat.wait(TYPE_IT);
    let is_code = |word: &&str| RecoveryCode::parse(&Secret::copy_of(word.as_bytes())).is_ok();
    seat.screen().split_whitespace().rfind(is_code).expect("a code").to_owned()
}

fn passphrase(book: &mut Book) {
    book.section("A forgotten passphrase");
    let mut alice = Person::new("alice");
    book.at_home(&alice);
    let new = [("New passphrase: ", "the passphrase"), (AGAIN, "the passphrase")];
    let init = "kovra init --custody passphrase";
    book.at(&alice, init, &[("New passphrase: ", "short")]);
    let arguments: Vec<&str> = init.split(' ').skip(1).collect();
    let mut seat = alice.sit(kovra_path(), &arguments);
    for (prompt, answer) in [new[0], new[1], (OFFER, "")] {
        seat.wait(prompt);
        seat.press_line(answer);
    }
    let code = shown(&mut seat);
    seat.press_line(&code[code.len() - 5..]);
    let session = seat.end();
    alice.write("pass", "the passphrase");
    alice.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    book.knows(&alice);
    alice.env.remove("KOVRA_PASSPHRASE_FILE");
    let typed = [new[0], new[1], ("", ""), ("", "the code's last group")];
    book.shown(&alice, init, &typed, session);
    book.run(&alice, "kovra recover");
    book.at(&alice, "kovra recover", &[("Recovery code: ", "")]);
    let mut typo = code.clone();
    typo.replace_range(12..13, if &code[12..13] == "7" { "8" } else { "7" });
    book.at(
        &alice,
        "kovra recover",
        &[("Recovery code: ", &typo), ("Recovery code: ", "U"), ("Recovery code: ", "")],
    );
    let recover = [("Recovery code: ", &code[..]), new[0], new[1], (TYPE_IT, "")];
    takes(book, &alice, "kovra recover", &recover);
    let other = String::from_utf8(RecoveryCode::generate().unwrap().to_text().expose().to_vec());
    let other = other.unwrap();
    book.at(&alice, "kovra recover", &[("Recovery code: ", &other)]);
}

/// A recipient of age, and the file of its secret half.
fn recipient(person: &Person, file: &str) -> String {
    let text = Token::generate(false).unwrap().to_file(&[0; 16]);
    person.write(file, text.expose());
    AgreementSecret::of_file(&text).unwrap().public().to_age()
}

fn key_file(book: &mut Book) {
    book.section("A lost key file");
    let mut bob = Person::new("bob");
    book.at_home(&bob);
    let to = recipient(&bob, "id.txt");
    book.name(&to, "<age1...>");
    book.run(&bob, "kovra init --key-file vault.key --recovery-recipient kovra1");
    let init = format!("kovra init --key-file vault.key --recovery-recipient {to}");
    let ran = bob.ok(&init.split(' ').skip(1).collect::<Vec<_>>());
    bob.env.insert("KOVRA_KEY_FILE".into(), "vault.key".into());
    book.knows(&bob);
    book.told(&bob, &init, &ran.stderr, ran.code);
    std::fs::remove_file(bob.home().join("vault.key")).unwrap();
    book.run(&bob, "kovra list");
    bob.write("empty", "# no key\n");
    book.run(&bob, "kovra recover --identity empty");
    book.run(&bob, "kovra recover --identity id.txt");
    book.at(&bob, "kovra recover --identity id.txt", &[]);
    let pin = [("(nothing for none): ", PIN), (AGAIN, PIN)];
    book.at(&bob, "kovra recover --identity id.txt --new-key-file new.key", &pin);
}

fn ways(book: &mut Book) {
    book.section("Ways back in");
    let alice = Person::with_pin("alice");
    book.knows(&alice);
    let to = recipient(&alice, "id.txt");
    book.name(&to, "<age1...>");
    book.run(&alice, "kovra recovery list");
    book.run(&alice, "kovra recovery add");
    takes(book, &alice, "kovra recovery add", &[(ASKED, PIN), (TYPE_IT, "")]);
    book.at(&alice, "kovra recovery add", &[(ASKED, PIN), (TYPE_IT, "no")]);
    book.yes(&alice, &format!("kovra recovery add --to {to}"));
    book.run(&alice, &format!("kovra recovery add --to {to}"));
    let listed: serde_json::Value =
        serde_json::from_str(&alice.ok(&["recovery", "list", "--json"]).stdout).unwrap();
    book.name(listed[0]["recipient"].as_str().unwrap(), "<the code's recipient>");
    book.run(&alice, "kovra recovery list");
    book.no(&alice, "kovra recovery rm code");
    book.yes(&alice, "kovra recovery rm code");
    book.run(&alice, "kovra recovery rm code");
    let mut vault = alice.unlocked();
    for n in 0..7 {
        let recipient = AgreementSecret::from_bytes(&[n + 100; 32]).public();
        let made = kovra::clock::Moment::from_seconds(0);
        let way = kovra::vault::Recovery { recipient, made, is_code: false };
        vault.write(|batch| batch.put_recovery(way, None)).unwrap();
    }
    drop(vault);
    book.say("with eight of them");
    book.run(&alice, "kovra recovery add");
}

fn locks(book: &mut Book) {
    book.section("Another lock");
    let alice = Person::with_pin("alice");
    book.knows(&alice);
    book.run(&alice, "kovra rekey");
    book.run(&alice, "kovra rekey --custody keyring --new-key-file new.key");
    book.run(&alice, "kovra rekey --new-key-file vault.key");
    book.run(&alice, "kovra rekey --new-key-file new.key");
    book.no(&alice, "kovra rekey --new-key-file new.key");
    book.yes(&alice, "kovra rekey --new-key-file new.key");
    book.run(&alice, "kovra list --key-file vault.key");
    book.yes(&alice, "kovra rekey --rewrap --new-key-file newer.key");
    let nobody = Person::with_vault("bob");
    book.knows(&nobody);
    book.say("in a vault without passphrase and PIN");
    book.at(&nobody, "kovra rekey --new-key-file new.key", &[]);
}

fn identity(book: &mut Book) {
    book.section("Another encryption key");
    let bob = Person::with_pin("bob");
    book.knows(&bob);
    let ran = bob.owner_ok(&["id", "rotate"]);
    book.name(&bob.id(), "<bob's new id>");
    book.shown(&bob, "kovra id rotate", &[("", PIN)], ran);
}

fn health(book: &mut Book) {
    book.section("What the doctor finds");
    let alice = Person::with_vault("alice");
    book.knows(&alice);
    book.run(&alice, "kovra doctor");
    book.run(&alice, "kovra doctor --json");
    let bob = Person::with_pin("bob");
    book.knows(&bob);
    let to = recipient(&bob, "id.txt");
    book.name(&to, "<age1...>");
    bob.owner_ok(&["recovery", "add", "--to", &to]);
    bob.ok(&["backup", "b.age"]);
    book.say("with a PIN, a way back in and a backup");
    book.run(&bob, "kovra doctor");
    let key = Person::with_vault("carol").id();
    bob.ok(&["peer", "add", "carol", &key, "--unconfirmed"]);
    let mode = |mode| {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(bob.vault(), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    mode(0o644);
    book.run(&bob, "kovra doctor");
    mode(0o666);
    book.run(&bob, "kovra doctor");
    book.at(&bob, "kovra doctor --fix", &[("[Y/n] ", "y")]);
}

fn repair(book: &mut Book) {
    book.section("A vault whose schema somebody edited");
    let mut alice = Person::with_pin("alice");
    book.knows(&alice);
    alice.add("dev/a/b", "kept", &[]);
    let vault = alice.vault();
    let edit = |sql: &str| rusqlite::Connection::open(&vault).unwrap().execute_batch(sql).unwrap();
    edit("CREATE INDEX \"more; rm -rf ~\" ON sealed (revision); CREATE VIEW more AS SELECT 1");
    book.run(&alice, "kovra doctor");
    book.run(&alice, "kovra doctor --fix");
    book.at(&alice, "kovra doctor --fix", &[(ASKED, PIN)]);
    edit("CREATE INDEX more ON sealed (revision)");
    alice.env.insert("KOVRA_AGENT".into(), "1".into());
    book.say("an agent");
    book.run(&alice, "kovra doctor --fix");
    alice.env.remove("KOVRA_AGENT");
    edit("ALTER TABLE trail ADD COLUMN more BLOB; DELETE FROM sealed WHERE kind = 1");
    book.say("an entry is gone, too");
    book.at(&alice, "kovra doctor --fix", &[]);
}

fn salvage(book: &mut Book) {
    book.section("A damaged vault, and what still opens of it");
    let mut alice = Person::with_pin("alice");
    book.knows(&alice);
    alice.add("dev/a/b", "kept", &[]);
    alice.add("prod/c/d", "lost", &[]);
    let whole = "kovra recover --salvage .local/share/kovra --home new --new-key-file new.key";
    book.at(&alice, whole, &[]);
    let db = rusqlite::Connection::open(alice.vault()).unwrap();
    let spoil = "UPDATE sealed SET value = zeroblob(length(value)) WHERE kind = 1 AND guarded = 1";
    assert_eq!(db.execute(spoil, []).unwrap(), 1);
    drop(db);
    alice.env.insert("KOVRA_KEY_FILE".into(), "vault.key".into());
    book.run(&alice, "kovra doctor");
    let line = "kovra recover --salvage damaged --new-key-file new.key";
    book.run(&alice, line);
    let folder = alice.vault().parent().unwrap().to_owned();
    std::fs::rename(folder, alice.home().join("damaged")).unwrap();
    book.run(&alice, line);
    book.at(&alice, line, &[(ASKED, PIN), ("(nothing for none): ", PIN), (AGAIN, PIN)]);
}
