//! Every row of the tables in `spec/policy.md`, and the command that comes to it: as a person at a terminal,
//! unattended, and as an agent.

use crate::backup::way_back_in;
use forge::CAROL;
use forge::people::{ASKED, PIN, Person, kovra_path};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::env_name;
use kovra::identity::{AgreementSecret, Identity, SigningSecret, Token};
use kovra::ops::allow::digest;
use kovra::secret::Secret;
use kovra::vault::{AllowedProgram, NewEntry, Origin, Provenance, Recovery, Vault};
use std::time::SystemTime;

/// The cells of the rows of the table whose heading starts so.
fn rows(heading: &str) -> Vec<Vec<&'static str>> {
    let spec = include_str!("../../spec/policy.md");
    let (_, table) = spec.split_once(heading).expect("the table");
    let lines = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

fn now() -> Moment {
    SystemTime::now().into()
}

/// As somebody else's package brings it, or as its owner adds it.
pub(crate) fn put(
    vault: &mut Vault,
    at: &str,
    content: Content,
    sensitivity: Sensitivity,
    ours: bool,
) {
    let entry = Entry { coordinate: at.parse().unwrap(), content, sensitivity, description: None };
    let sender = SigningSecret::from_bytes(&[7; 32]).public();
    let theirs = Provenance::Package { sender, package: [3; 16], seq: 1 };
    let provenance = if ours { None } else { Some(theirs) };
    let basis = vault.view().entry(&Origin::Global, &entry.coordinate).unwrap().basis;
    let new = NewEntry { origin: &Origin::Global, entry: &entry, provenance };
    vault.write(|batch| batch.put_entry(&basis, new, now())).unwrap();
}

pub(crate) fn script(person: &Person, name: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = person.write(name, "#!/bin/sh\nexit 0\n");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

pub(crate) fn allow(person: &Person, vault: &mut Vault, name: &str) {
    let path = person.home().join(name);
    let env = person.env.iter().map(|(name, value)| (name.into(), value.into()));
    let program = AllowedProgram {
        path: path.to_str().unwrap().to_owned(),
        digest: digest(&path).unwrap(),
        added: now(),
        loaders: Some(env_name::digest(&env_name::loaders(env))),
    };
    let none = vault.view().allowed_program(&program.path).unwrap().basis;
    vault.write(|batch| batch.put_program(&none, &program)).unwrap();
}

/// What came of a command.
#[derive(Debug)]
struct Outcome {
    code: i32,
    asked: bool,
    said: String,
}

/// Runs a command as `asker`. A person answers a question with `answer`.
fn tried(person: &mut Person, asker: &str, arguments: &[&str], answer: &str) -> Outcome {
    if asker == "person" {
        let mut seat = person.sit(kovra_path(), arguments);
        let asked = seat.comes("kovra, asked by ");
        if asked {
            seat.wait(ASKED);
            seat.press_line(answer);
        }
        let ended = seat.end();
        return Outcome { code: ended.code as i32, asked, said: ended.screen };
    }
    if asker == "agent" {
        person.env.insert("KOVRA_AGENT".into(), "1".into());
    }
    let ran = person.run(arguments);
    person.env.remove("KOVRA_AGENT");
    Outcome { code: ran.code, asked: false, said: ran.stdout + &ran.stderr }
}

/// Whether a command ended as the cell of its row says. `yes` if a question was answered with the PIN.
fn judge(cell: &str, yes: bool, outcome: &Outcome) -> bool {
    let Outcome { code, asked, said } = outcome;
    let refused = [20, 125, 14, 15].contains(code);
    match cell {
        "allow" => *code == 0 && !asked,
        "confirm" if yes => *code == 0 && *asked,
        "confirm" => refused && *asked && said.contains("you did not confirm"),
        "deny" => refused && !asked,
        other => panic!("what is {other}?"),
    }
}

#[cfg(all(feature = "aws", feature = "azure"))]
mod entries {
    use super::*;
    use forge::clouds::Standin;
    use kovra::coordinate::Coordinate;
    use kovra::vault::Stored;

    const ASKERS: [&str; 3] = ["person", "unattended", "agent"];

    fn get(vault: &Vault, at: &str) -> Option<Stored> {
        let at: Coordinate = at.parse().unwrap();
        vault.view().entry(&Origin::Global, &at).unwrap().found
    }

    /// A row, tried by somebody.
    struct Case {
        number: usize,
        cells: Vec<&'static str>,
        asker: &'static str,
    }

    impl Case {
        fn operation(&self) -> &'static str {
            self.cells[0]
        }

        fn level(&self) -> Sensitivity {
            self.cells[1].parse().unwrap()
        }

        fn cell(&self) -> &'static str {
            self.cells[6 + ASKERS.iter().position(|asker| *asker == self.asker).unwrap()]
        }

        fn at(&self) -> String {
            let env = if self.cells[2] == "prod" { "prod" } else { "dev" };
            format!("{env}/row{}/{}", self.number, self.asker)
        }

        /// The name of a secret in the cloud.
        fn secret(&self) -> String {
            format!("row{}/{}", self.number, self.asker)
        }

        fn prepare(&self, person: &Person, vault: &mut Vault) {
            let pointer = format!("aws-sm://{}?region=eu-west-1", self.secret());
            let content = match self.cells[3] {
                "reference" => Content::Reference(pointer.parse().unwrap()),
                _ => Content::Literal(Secret::copy_of(self.secret().as_bytes())),
            };
            if self.operation() != "add" {
                put(vault, &self.at(), content, self.level(), self.cells[4] != "no");
            }
            if self.operation() == "inject" {
                person.write(&format!("{}.refs", self.file()), format!("V=secret:{}\n", self.at()));
            }
        }

        fn file(&self) -> String {
            format!("row{}-{}", self.number, self.asker)
        }

        fn command(&self) -> Vec<String> {
            let (at, file) = (self.at(), self.file());
            let step = |by: i64| {
                let all = Sensitivity::ALL.map(Sensitivity::name);
                all[usize::try_from(self.level() as i64 + by).unwrap()].to_owned()
            };
            let other = format!("aws-sm://other{}{}", self.number, self.asker);
            let copy = format!("dev/copy{}/{}", self.number, self.asker);
            let (level, refs) = (self.level().name().to_owned(), format!("{file}.refs"));
            let [package, token] = ["kovra", "token"].map(|end| format!("{file}.{end}"));
            let allowed = self.cells[5] == "allowed";
            let program = if allowed { "./allowed" } else { "./other" }.to_owned();
            let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
            match self.operation() {
                "inject" => words(&["run", "--refs", &refs, "--", &program]),
                "reveal" => words(&["show", &at]),
                "seal" => {
                    words(&["seal", &at, "--to", "bob", "-o", &package, "--token-out", &token])
                }
                "resolve" => words(&["materialize", "--check", &at]),
                "capture" => words(&["materialize", "--capture", &at]),
                "add" => words(&["add", &at, "--reference", &other, "--sensitivity", &level]),
                "change" => words(&["set", &at, "--reference", &other]),
                "remove" => words(&["rm", &at]),
                "raise" => words(&["edit", &at, "--sensitivity", &step(1)]),
                "lower" if self.cells[1..3] == ["high", "prod"] => words(&["cp", &at, &copy]),
                "lower" => words(&["edit", &at, "--sensitivity", &step(-1)]),
                other => panic!("which command comes to {other}?"),
            }
        }
    }

    /// Tries all rows of these operations.
    fn try_rows(operations: &[&str]) {
        let all = rows("| operation | sensitivity | env |").into_iter().enumerate();
        let wanted: Vec<_> = all.filter(|(_, cells)| operations.contains(&cells[0])).collect();
        assert!(!wanted.is_empty());
        let case = |(number, cells): &(usize, Vec<&'static str>), asker| {
            let (number, cells) = (*number, cells.clone());
            Case { number, cells, asker }
        };
        let cases: Vec<Case> =
            wanted.iter().flat_map(|row| ASKERS.map(|asker| case(row, asker))).collect();
        let clouds = cases.iter().fold(Standin::builder(), |clouds, case| {
            clouds.aws("eu-west-1", &case.secret(), "value")
        });
        let clouds = clouds.start();
        let (mut person, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
        person.env.extend(clouds.env());
        person.pin(&bob);
        script(&person, "allowed");
        script(&person, "other");
        person.set_pin();
        let mut vault = person.unlocked();
        allow(&person, &mut vault, "allowed");
        for case in &cases {
            case.prepare(&person, &mut vault);
        }
        drop(vault);
        for case in cases.iter().filter(|case| case.operation() == "inject") {
            person.trust_refs(&format!("{}.refs", case.file()));
        }
        let before = person.unlocked();
        let mut wrong = Vec::new();
        for case in &cases {
            let command = case.command();
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            // A proof takes a while, so not every yes is given.
            let yes = case.number % 4 == 0;
            let outcome = tried(&mut person, case.asker, &words, if yes { PIN } else { "" });
            let cell = case.cell();
            if !judge(cell, yes, &outcome) {
                wrong.push(format!("{:?} as {}: {cell}\n{outcome:?}", case.cells, case.asker));
            }
            let refused = cell == "deny" || cell == "confirm" && !yes;
            let after = person.unlocked();
            if refused && get(&after, &case.at()) != get(&before, &case.at()) {
                wrong.push(format!("{:?} as {}: changed all the same", case.cells, case.asker));
            }
        }
        assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
    }

    #[test]
    fn inject() {
        try_rows(&["inject"]);
    }

    #[test]
    fn reveal_and_seal() {
        try_rows(&["reveal", "seal"]);
    }

    #[test]
    fn resolve_and_capture() {
        try_rows(&["resolve", "capture"]);
    }

    #[test]
    fn changes() {
        try_rows(&["add", "change", "remove", "raise", "lower"]);
    }
}

/// What comes to a row about trust, for one asker: things of its own, and a command.
fn trust_command(person: &Person, operation: &str, name: &str) -> Vec<String> {
    let mut vault = person.unlocked();
    let key = || Identity::generate(forge::NOW).unwrap().public().to_string();
    let tool = format!("./{name}-tool");
    script(person, &tool[2..]);
    let at = format!("dev/{name}/key");
    let (package, refs) = (format!("{name}.kovra"), format!("{name}.refs"));
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    let unconfirmed = |key: &str| person.ok(&["peer", "add", name, key, "--unconfirmed"]);
    match operation {
        "pin" => words(&["peer", "add", name, &key(), "--unconfirmed"]),
        "vouch" => {
            unconfirmed(&key());
            words(&["peer", "confirm", name])
        }
        "exchange" => {
            unconfirmed(&key());
            person.ok(&["peer", "rm", name]);
            words(&["peer", "add", name, &key(), "--unconfirmed"])
        }
        "rename" => {
            unconfirmed(&key());
            words(&["peer", "rename", name, &format!("{name}-2")])
        }
        "unpin" => {
            unconfirmed(&key());
            words(&["peer", "rm", name])
        }
        "allow" => words(&["allow", "add", &tool]),
        "disallow" => {
            allow(person, &mut vault, &tool[2..]);
            words(&["allow", "rm", &tool])
        }
        "trust" => {
            person.write(&refs, format!("project = {name}\n"));
            words(&["refs", "trust", &refs])
        }
        "distrust" => {
            person.write(&refs, "V=x\n");
            drop(vault);
            person.trust_refs(&refs);
            words(&["refs", "distrust", &refs])
        }
        "overwrite" => {
            let value = Content::Literal(Secret::copy_of(b"another's"));
            put(&mut vault, &at, value, Sensitivity::Low, false);
            let carol = Person::with_vault("carol");
            carol.pin(person);
            carol.add(&at, "carol's", &["--sensitivity", "low"]);
            carol.ok(&["seal", &at, "--to", person.name, "-o", &package]);
            carol.hand(person, &package);
            drop(vault);
            let known = person.unlocked().view().peer("carol").unwrap().found.is_some();
            let carols = if known { name } else { "carol" };
            person.pin_key(carols, &carol.id());
            words(&["import", &package, "--overwrite"])
        }
        "name" => {
            person.write(&refs, "KUBECONFIG=x\n");
            words(&["run", "--refs", &refs, "--allow-name", "KUBECONFIG", "--", &tool])
        }
        "prune" => {
            person.add(&at, "one", &[]);
            person.set(&at, "two");
            words(&["prune", &at])
        }
        "set-pin" => words(&["pin", "set"]),
        "keep" => words(&["unlock", "--passphrase-file", "pass"]),
        "clock" => {
            person.add(&at, "one", &[]);
            let seq = vault.view().last_seq().unwrap().basis;
            let ahead = now().millis() + 86_400_000;
            vault.write(|batch| batch.set_last_seq(&seq, ahead)).unwrap();
            words(&["seal", &at, "--to", "bob", "-o", &package])
        }
        other => lock_command(person, &mut vault, other, name),
    }
}

/// About ways into the vault, and copies of it.
fn lock_command(person: &Person, vault: &mut Vault, operation: &str, name: &str) -> Vec<String> {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    match operation {
        "recovery" => {
            let secret = AgreementSecret::from_bytes(&[name.len() as u8; 32]);
            words(&["recovery", "add", "--to", &secret.public().to_age()])
        }
        "rotate" => words(&["id", "rotate"]),
        "require" => {
            let required = vault.view().requires_post_quantum().unwrap().found;
            words(&["require-pq", if required { "off" } else { "on" }])
        }
        "device" => {
            let other = Identity::generate(forge::NOW).unwrap().public().to_string();
            words(&["id", "add-device", &other])
        }
        "back-up" => {
            way_back_in(person);
            words(&["backup", &format!("{name}.age")])
        }
        "hand-out" => words(&["backup", &format!("{name}.age"), "--to", &CAROL.age_recipient()]),
        "rekey" => words(&["rekey", "--rewrap", "--new-key-file", &format!("{name}.key")]),
        "recover" => {
            let text = Token::generate(false).unwrap().to_file(&[0; 16]);
            let secret = AgreementSecret::of_file(&text).unwrap();
            let way = Recovery { recipient: secret.public(), made: now(), is_code: false };
            vault.write(|batch| batch.put_recovery(way, None)).unwrap();
            let identity = format!("{name}.txt");
            person.write(&identity, text.expose());
            person.write("pass", "a long passphrase");
            words(&["recover", "--identity", &identity, "--new-passphrase-file", "pass"])
        }
        "salvage" => {
            let (from, to) = (format!("{name}.damaged"), format!("{name}.saved"));
            let copied = person.vault().parent().unwrap().to_owned();
            let cp = person.command("cp").arg("-r").arg(copied).arg(&from).status();
            assert!(cp.unwrap().success());
            let copy = person.home().join(&from).join("vault.db");
            let db = rusqlite::Connection::open(copy).unwrap();
            db.execute("UPDATE meta SET value = zeroblob(32) WHERE number = 3", []).unwrap();
            drop(db);
            person.write("pass", "a long passphrase");
            words(&["recover", "--salvage", &from, "--home", &to, "--new-passphrase-file", "pass"])
        }
        "repair" => {
            let copy = format!("{name}.edited");
            let copied = person.vault().parent().unwrap().to_owned();
            let cp = person.command("cp").arg("-r").arg(copied).arg(&copy).status();
            assert!(cp.unwrap().success());
            let file = person.home().join(&copy).join("vault.db");
            let db = rusqlite::Connection::open(file).unwrap();
            db.execute_batch("CREATE INDEX more ON sealed (revision)").unwrap();
            drop(db);
            words(&["doctor", "--fix", "--home", &copy])
        }
        other => panic!("which command comes to {other}?"),
    }
}

#[test]
fn trust() {
    let heading = "| operation | person | person, vault without proof |";
    let columns =
        [(1, "person", true), (2, "person", false), (3, "unattended", true), (4, "agent", true)];
    let mut wrong = Vec::new();
    for (column, asker, proof) in columns {
        let (mut person, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
        person.pin(&bob);
        if proof {
            person.set_pin();
        }
        // Where there is none, a PIN that is set is asked for from then on.
        let mut all = rows(heading);
        let last = ["rekey", "set-pin", "recover"];
        all.sort_by_key(|cells| last.iter().position(|name| *name == cells[0]));
        for cells in all {
            let name = format!("{}{column}", cells[0]);
            let command = trust_command(&person, cells[0], &name);
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            let outcome = match cells[0] {
                "set-pin" => pin_set(&mut person, asker, proof),
                "keep" => keep(asker, &words),
                _ if proof => tried(&mut person, asker, &words, PIN),
                _ => plain_yes(&person, &words),
            };
            let outcome = if cells[0] == "repair" { repaired(outcome) } else { outcome };
            // The key that opens the vault by now.
            let new_key = person.home().join(format!("{name}.key"));
            if new_key.exists() {
                person.env.insert("KOVRA_KEY_FILE".into(), new_key.to_str().unwrap().into());
            }
            if !judge(cells[column], true, &outcome) {
                wrong.push(format!("{} as {asker}: {}\n{outcome:?}", cells[0], cells[column]));
            }
        }
    }
    assert!(wrong.is_empty(), "{} rows:\n{}", wrong.len(), wrong.join("\n"));
}

/// Only a vault with a passphrase has anything to keep.
fn keep(asker: &str, arguments: &[&str]) -> Outcome {
    let mut person = Person::with_passphrase("alice");
    let outcome = tried(&mut person, asker, arguments, "");
    person.ok(&["lock"]);
    let nowhere = outcome.said.contains("the vault stays locked");
    let code = if nowhere { 0 } else { outcome.code };
    Outcome { code, ..outcome }
}

/// Whatever else the doctor finds in the vault.
fn repaired(outcome: Outcome) -> Outcome {
    let landed = outcome.code == 1 && outcome.said.contains("in a fresh file now");
    Outcome { code: if landed { 0 } else { outcome.code }, ..outcome }
}

/// A person of a vault without PIN says yes.
fn plain_yes(person: &Person, arguments: &[&str]) -> Outcome {
    let mut seat = person.sit(kovra_path(), arguments);
    let asked = seat.comes("[y/N] ");
    if asked {
        seat.press_line("y");
    }
    let ended = seat.end();
    Outcome { code: ended.code as i32, asked, said: ended.screen }
}

/// The new PIN is typed first, which only a person is asked for.
fn pin_set(person: &mut Person, asker: &str, proof: bool) -> Outcome {
    if asker != "person" {
        return tried(person, asker, &["pin", "set"], "");
    }
    let mut seat = person.waits_at(&["pin", "set"], "New PIN: ");
    seat.press_line(PIN);
    seat.wait("The same again: ");
    seat.press_line(PIN);
    let asked = proof && seat.comes(ASKED);
    if asked {
        seat.press_line(PIN);
    }
    let ended = seat.end();
    Outcome { code: ended.code as i32, asked, said: ended.screen }
}
