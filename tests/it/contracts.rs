//! What other programs build on: limits, exit codes, JSON and hints, against the documents.

use forge::people::Person;
use kovra::clock::Moment;
use kovra::exit::Exit;
use kovra::identity::{Identity, SigningSecret};
use kovra::limits;
use kovra::ops::{self, Nobody, Session, import};
use kovra::package::{Class, Package, Receipt};
use kovra::vault::Locked;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::SystemTime;

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// The rows of every table under a heading, cell by cell, without the tables' own headings.
fn rows(document: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = document.split_once(heading).unwrap_or_else(|| panic!("no {heading}"));
    let section = section.split("\n## ").next().unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
    };
    let lines: Vec<&str> = section.lines().filter(|line| line.starts_with('|')).collect();
    let is_rule = |at: usize| lines.get(at).is_some_and(|line| line.starts_with("|--"));
    (0..lines.len())
        .filter(|at| !is_rule(*at) && !is_rule(at + 1))
        .map(|at| cells(lines[at]))
        .collect()
}

/// Clause 9 of the format, row by row, and the limits that other clauses name.
#[test]
fn the_limits_are_those_of_the_spec() {
    let bytes = |n| format!("{} ({} bytes)", limits::size(n), limits::count(n));
    let expected = [
        ["file".to_owned(), bytes(limits::FILE)],
        [
            "header; each age header".into(),
            format!(
                "{}; an age header of hybrid stanzas {} bytes more for each",
                bytes(limits::HEADER),
                limits::count(limits::HYBRID_STANZA)
            ),
        ],
        ["recipients".into(), limits::count(limits::RECIPIENTS)],
        ["entries in both slots".into(), limits::count(limits::ENTRIES)],
        ["literal".into(), bytes(limits::LITERAL)],
        ["pointer".into(), format!("{} bytes", limits::count(limits::POINTER))],
        ["description".into(), limits::size(limits::DESCRIPTION)],
        ["extension name".into(), limits::size(limits::EXTENSION_NAME)],
        ["life".into(), format!("{} days", limits::days(limits::LIFE))],
        ["expiry".into(), Moment::from_seconds(limits::LATEST).to_string()],
        ["sender's clock ahead".into(), format!("{} s", limits::CLOCK_SKEW)],
    ];
    let spec = document("spec/package-v1.md");
    assert_eq!(rows(&spec, "\n## 9 Limits"), expected);

    let bytes = |n| format!("{} bytes", limits::count(n));
    assert!(spec.contains(&format!("one of more than {}, not", bytes(limits::GREASE))));
    assert!(spec.contains(&format!("length of at least {}:", bytes(limits::PADDED))));
    assert!(spec.contains(&format!("`[a-z0-9][a-z0-9._-]{{0,{}}}`", limits::SEGMENT - 1)));
    let receipt = document("spec/receipt.md");
    assert!(receipt.contains(&format!("| at most {} | limit |", bytes(limits::RECEIPT))));
}

/// README's table: every code once, in order, with its meaning. The specification's: every class, with its
/// word, its code, and no other.
#[test]
fn the_exit_codes_are_those_of_the_documents() {
    let apart = |cell: &str| cell.split(", ").map(str::to_owned).collect::<Vec<_>>();
    let mut told = Vec::new();
    for row in rows(&document("README.md"), "\n## Exit codes") {
        let [codes, meanings] = [apart(&row[0]), apart(&row[1])];
        assert_eq!(codes.len(), meanings.len(), "{row:?}");
        told.extend(codes.into_iter().zip(meanings));
    }
    let exits = Exit::ALL.iter().map(|exit| (exit.code().to_string(), exit.meaning().to_owned()));
    assert_eq!(told, exits.collect::<Vec<_>>());

    let spec = document("spec/package-v1.md");
    let told = rows(&spec, "A **refusal** has a class.");
    let told: Vec<_> = told.iter().map(|row| (row[0].as_str(), row[1].clone())).collect();
    let code = |class| Exit::from(class).code().to_string();
    let classes: Vec<_> = Class::ALL.iter().map(|c| (c.name(), code(*c))).collect();
    assert_eq!(told, classes);
    for class in Class::ALL {
        assert_eq!(Exit::from(*class).meaning(), class.phrase());
    }

    // Clause 8 says which class each step refuses with; import's own are the last of it.
    let steps = rows(&spec, "\n## 8 Order");
    let used: BTreeSet<String> = steps
        .iter()
        .flat_map(|row| row[2].split([',', ';']).map(|word| word.trim().to_owned()))
        .collect();
    assert_eq!(used, Class::ALL.iter().map(|class| class.name().to_owned()).collect());
}

/// Runs kovra, which must fail with `code`, and gives its hint.
fn hint(person: &Person, arguments: &[&str], code: i32) -> String {
    let said = person.fails(arguments, code);
    let (_, hint) = said.split_once("\n  hint: ").unwrap_or_else(|| panic!("no hint: {said}"));
    hint.trim_end().to_owned()
}

/// Who seals is not told to ask a sender.
#[test]
fn sealing_to_too_many_peers_tells_the_sealer_what_to_change() {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "v", &[]);
    let mut seal: Vec<String> =
        ["seal", "--env", "dev", "-o", "p.kovra"].map(str::to_owned).to_vec();
    for number in 0..=limits::RECIPIENTS {
        let (name, key) =
            (format!("peer{number}"), Identity::generate(forge::NOW).unwrap().public());
        alice.pin_key(&name, &key.to_string());
        seal.extend(["--to".to_owned(), name]);
    }
    let seal: Vec<&str> = seal.iter().map(String::as_str).collect();
    let hint = hint(&alice, &seal, 11);
    assert_eq!(hint, "nothing was sealed; seal fewer entries at a time, or to fewer peers");
}

/// Who gets a receipt is told about its recipient, and not about a package.
#[test]
fn a_receipt_that_is_odd_or_unpinned_has_its_own_hints() {
    let alice = Person::with_vault("alice");
    alice.write("odd", b"not a receipt");
    let odd = hint(&alice, &["receipt", "odd"], 10);
    assert_eq!(odd, "nothing was recorded; ask the recipient for a new one");

    let stranger = SigningSecret::from_bytes(&[3; 32]);
    let now = Moment::from_seconds(1_800_000_000);
    alice.write("unpinned", Receipt::sign(&stranger, [7; 16], [9; 32], now));
    let unpinned = hint(&alice, &["receipt", "unpinned"], 14);
    let pin = "if the fingerprint is theirs, pin their kovra1... string with `kovra peer add`";
    assert_eq!(unpinned, pin);
}

#[test]
fn a_rotation_that_nobody_confirms_is_not_answered_with_a_file() {
    let alice = Person::with_vault("alice");
    let bob = Identity::generate(forge::NOW).unwrap();
    alice.pin_key("bob", &bob.public().to_string());
    let rotated = bob.rotate(forge::NOW).unwrap();
    let hint = hint(&alice, &["peer", "add", "bob", &rotated.public().to_string()], 14);
    assert_eq!(hint, "nothing was changed; ask bob about the new key before you confirm it");
}

/// No sender can help against a clock that was set back here.
#[test]
fn a_clock_that_was_set_back_is_the_importers_own() {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "v", &[]);
    alice.pin(&alice);
    alice.ok(&["seal", "--env", "dev", "--to", "alice", "-o", "p.kovra"]);
    let kek = ops::files::read_key_file(&alice.home().join("vault.key")).unwrap();
    let folder = alice.vault().parent().unwrap().to_owned();
    let mut vault = Locked::open(&folder).unwrap().unlock(&kek).unwrap();
    let now: Moment = SystemTime::now().into();
    let seen = Moment::from_seconds(now.seconds() + 86_400);
    vault.write(|batch| batch.raise_clock_floor(seen)).unwrap();
    let file = std::fs::read(alice.home().join("p.kovra")).unwrap();
    let options = import::Options { file: &file, token: None, skip_high: false, project: None };
    let clock = || now;
    let mut nobody = Nobody;
    let mut session = Session::new(&mut vault, &mut nobody, &clock);
    let Err(error) = import::plan(&mut session, &options) else { panic!("imported") };
    assert_eq!(
        error.to_string(),
        format!(
            "expired or not yet valid: clock: it is {now} here, and this vault has seen {seen}"
        )
    );
    let hint = error.hint().unwrap();
    assert_eq!(
        hint,
        "nothing was changed; import it once the clock is right, or at a terminal, where you can \
         confirm that it is"
    );
    drop(vault);
    alice.fails(&["import", "p.kovra"], 15);
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// A package of Alice's for Bob, in Alice's home.
fn sealed() -> (Person, Person) {
    let [alice, bob] = ["alice", "bob"].map(Person::with_vault);
    alice.add("dev/db/url", "v", &[]);
    alice.pin(&bob);
    alice.ok(&["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra"]);
    (alice, bob)
}

/// Intact or not, trusted or not: a file that can be read has JSON, and the exit code is that of the words.
#[test]
fn verify_says_in_json_what_is_wrong_with_any_file() {
    let (alice, bob) = sealed();
    let good = std::fs::read(alice.home().join("p.kovra")).unwrap();
    let flipped = |at: usize| {
        let mut file = good.clone();
        file[at] ^= 1;
        file
    };
    let versioned = good.iter().position(|b| *b == b'e').unwrap() + 1;
    let known =
        |told: &serde_json::Value| (told["sender"]["known"].clone(), told["intact"].clone());
    for (file, code, verdict, place) in [
        (b"no package".to_vec(), 10, "malformed", "package"),
        (Vec::new(), 10, "malformed", "package"),
        (vec![0; limits::FILE + 1], 11, "limit", "package"),
        (flipped(versioned), 12, "unsupported", "package"),
        (flipped(good.len() - 1), 13, "signature", "signature"),
        (good.clone(), 14, "untrusted", "sender"),
    ] {
        bob.write("p.kovra", &file);
        let verify = ["verify", "p.kovra", "--json"];
        let ran = bob.run(&verify).expect(&verify, code);
        let told = json(&ran.stdout);
        assert_eq!((&told["verdict"], &told["place"]), (&verdict.into(), &place.into()), "{told}");
        assert_eq!(told["fault"]["kind"], verdict);
        assert!(ran.stderr.contains(told["fault"]["message"].as_str().unwrap()), "{}", ran.stderr);
        assert_eq!(told["intact"], code == 14);
        assert_eq!(told["package"].is_null(), code != 14);
        if code == 14 {
            assert_eq!(known(&told), ("unknown".into(), true.into()));
        } else {
            assert_eq!(bob.run(&["verify", "p.kovra"]).expect(&["verify"], code).stdout, "");
        }
    }
    bob.pin(&alice);
    for (who, name) in
        [("--from=alice".to_owned(), "alice"), (format!("--from={}", alice.id()), "")]
    {
        let told = json(&bob.ok(&["verify", "p.kovra", "--json", &who]).stdout);
        let expected = if name.is_empty() { "given" } else { "peer" };
        assert_eq!(
            (&told["verdict"], known(&told)),
            (&"good".into(), (expected.into(), true.into()))
        );
        assert_eq!(told["sender"]["name"].as_str().unwrap_or_default(), name);
        assert!(told["fault"].is_null() && told["place"].is_null());
    }
    let own = json(&alice.ok(&["verify", "p.kovra", "--json"]).stdout);
    assert_eq!(known(&own), ("me".into(), true.into()));
}

/// Whatever bit of a package changes, the place that is told is a documented one; and each of those can be.
#[test]
fn the_places_of_a_refusal_are_documented() {
    let (alice, _) = sealed();
    let good = std::fs::read(alice.home().join("p.kovra")).unwrap();
    let mut places = BTreeSet::new();
    for bit in 0..good.len() * 8 {
        let mut file = good.clone();
        file[bit / 8] ^= 1 << (bit % 8);
        let refusal =
            Package::parse(&file).and_then(Package::verify).err().expect("one bit is off");
        places.insert(refusal.place.replace(' ', "-"));
    }
    let intact = Package::parse(&good).and_then(Package::verify).unwrap();
    places.insert(intact.trust(&[], SystemTime::now().into()).err().unwrap().place.to_owned());
    let words = rows(&document("spec/json.md"), "\n## Words");
    let told = words.into_iter().find(|row| row[0] == "place").unwrap();
    let told = told[1].split(", ").map(|word| word.trim_matches('`').to_owned()).collect();
    assert_eq!(places, told);
}

/// A typo is no question that the trail could answer with nothing.
#[test]
fn audit_takes_coordinates_only() {
    let alice = Person::with_vault("alice");
    alice.add("dev/db/url", "v", &[]);
    let rows = |coordinate: &str| {
        let audit = ["audit", "--json", "--coordinate", coordinate];
        json(&alice.ok(&audit).stdout).as_array().unwrap().len()
    };
    for coordinate in ["dev/db/url", "secret:dev/db/url", "secret://global/dev/db/url"] {
        assert_eq!(rows(coordinate), 1, "{coordinate}");
    }
    let said = alice.fails(&["audit", "--coordinate", "dev/db/other"], 1);
    assert!(said.contains("is not in the vault, and never was"), "{said}");
    for typo in ["dev/db", "dev.db.url", "secret://dev/db/url", "Dev/db/url"] {
        alice.fails(&["audit", "--coordinate", typo], 2);
    }
}

/// What an entry holds has the same fields wherever it is told.
#[test]
fn history_and_shared_tell_content_as_list_does() {
    let (alice, _) = sealed();
    let content = |told: &serde_json::Value| {
        ["mode", "value_version", "pointer"].map(|field| told[0][field].clone())
    };
    let told = |command: &str| {
        let arguments: Vec<&str> = command.split(' ').chain(["--json"]).collect();
        content(&json(&alice.ok(&arguments).stdout))
    };
    let literal = told("list");
    assert_eq!((&literal[0], &literal[2]), (&"literal".into(), &serde_json::Value::Null));
    assert_eq!([told("history dev/db/url"), told("shared")], [literal.clone(), literal]);
    alice.ok(&["set", "dev/db/url", "--reference", "aws-sm://id"]);
    let reference = told("list");
    assert_eq!((&reference[0], &reference[2]), (&"reference".into(), &"aws-sm://id".into()));
    assert_eq!(told("history dev/db/url"), reference);
    alice.ok(&["rm", "dev/db/url"]);
    assert_eq!(told("history dev/db/url"), [(); 3].map(|()| serde_json::Value::Null));
}
