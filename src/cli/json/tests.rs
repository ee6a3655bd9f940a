//! The types against `spec/json.md`, in both directions.

use super::*;
use kovra::audit::{self, Action};
use kovra::clock::Moment;
use kovra::entry::Sensitivity;
use kovra::identity::{AgreementSecret, RecipientKind, SigningSecret};
use kovra::ops::doctor::{Level, Subject};
use kovra::ops::shared::Upshot;
use kovra::package::Class;
use kovra::policy::Asker;
use kovra::provider::FaultKind;
use serde_json::Value;
use std::collections::BTreeMap;

/// The rows of each section's table, cell by cell, by the section's title.
fn document() -> BTreeMap<String, Vec<Vec<String>>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/json.md");
    let text = std::fs::read_to_string(file).unwrap();
    let row = |line: &str| -> Option<Vec<String>> {
        let cells = line.strip_prefix("| ")?.strip_suffix('|')?.split(" |");
        Some(cells.map(|cell| cell.trim().to_owned()).collect())
    };
    let section = |text: &str| {
        let (title, rest) = text.split_once('\n').unwrap();
        (title.replace('`', ""), rest.lines().filter_map(row).skip(1).collect())
    };
    text.split("\n## ").skip(1).map(section).collect()
}

fn words() -> BTreeMap<String, Vec<String>> {
    let rows = document().remove("Words").unwrap();
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    rows.into_iter().map(|row| (row[0].clone(), words(&row[1]))).collect()
}

#[test]
fn the_words_are_those_of_the_enums() {
    fn all<T: Copy>(members: &[T], name: impl Fn(T) -> &'static str) -> Vec<String> {
        members.iter().map(|member| name(*member).to_owned()).collect()
    }
    let purposes = [Purpose::Choose, Purpose::Check, Purpose::Capture];
    let kinds: Vec<_> = (0..).map_while(RecipientKind::from_number).collect();
    let classes = all(Class::ALL, Class::name);
    let key = SigningSecret::from_bytes(&[1; 32]).public();
    let known = [
        Some(Known::Peer { name: "bob".into(), fingerprint: String::new() }),
        Some(Known::Me),
        Some(Known::Given),
        None,
    ];
    let known = known.map(|known| Sender::new(&key, known.as_ref()).known);
    let expected = [
        ("action", all(Action::ALL, Action::name)),
        ("asker", all(Asker::ALL, Asker::name)),
        ("class", classes.clone()),
        ("cloud", vec!["aws".into(), "azure".into()]),
        ("fault", all(FaultKind::ALL, FaultKind::name)),
        ("known", all(&known, |word| word)),
        ("level", all(Level::ALL, Level::name)),
        ("mode", [Mode::Literal, Mode::Reference].map(|mode| mode.to_string()).to_vec()),
        ("outcome", all(audit::Outcome::ALL, audit::Outcome::name)),
        ("recipient", all(&kinds, RecipientKind::name)),
        ("resolved", [all(&purposes, resolved), vec![FAILED.into()]].concat()),
        ("sensitivity", all(&Sensitivity::ALL, Sensitivity::name)),
        ("subject", all(Subject::ALL, Subject::name)),
        ("upshot", all(Upshot::ALL, Upshot::name)),
        ("verdict", [vec![GOOD.to_owned()], classes].concat()),
    ];
    let mut told = words();
    // Which places there are, `tests/it/contracts.rs` finds out.
    assert!(told.remove("place").is_some());
    assert_eq!(told, expected.map(|(row, words)| (row.to_owned(), words)).into());
    for word in told.values().flatten() {
        assert!(
            word.bytes().all(|b| b.is_ascii_lowercase() || b"-0123456789".contains(&b)),
            "{word}"
        );
    }
}

/// Every field of an output, under its path, with all the values that it has.
fn fields<'a>(path: &str, value: &'a Value, found: &mut BTreeMap<String, Vec<&'a Value>>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                found.entry(path.clone()).or_default().push(value);
                fields(&path, value, found);
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| fields(&format!("{path}[]"), item, found));
        }
        _ => {}
    }
}

fn is(value: &Value, kind: &str) -> bool {
    let text = |good: &dyn Fn(&str) -> bool| value.as_str().is_some_and(good);
    match kind {
        "string" | "text" => value.is_string(),
        "number" => value.is_u64(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "time" => text(&|t| humantime::parse_rfc3339(t).is_ok()),
        "hex" => text(&|t| !t.is_empty() && t.bytes().all(|b| b"0123456789abcdef".contains(&b))),
        word => {
            let row = word.strip_prefix("word ").unwrap_or_else(|| panic!("no type: {word}"));
            text(&|t| words()[row].iter().any(|word| word == t))
        }
    }
}

/// The examples have every field with and, where it can be, without a value.
#[test]
fn the_fields_are_those_of_the_document() {
    let mut document = document();
    document.remove("Words");
    for (command, examples) in examples() {
        let rows =
            document.remove(&format!("kovra {command}")).unwrap_or_else(|| panic!("{command}"));
        let mut found = BTreeMap::new();
        examples.iter().for_each(|example| fields("", example, &mut found));
        for row in rows {
            let [path, kind, _] = &row[..] else { panic!("{command}: {row:?}") };
            let values = found.remove(path).unwrap_or_else(|| panic!("{command}: no {path}"));
            let kind_alone = kind.strip_suffix(" or null").unwrap_or(kind);
            let (none, some): (Vec<_>, Vec<_>) = values.into_iter().partition(|v| v.is_null());
            assert_eq!(!none.is_empty(), kind_alone != kind, "{command}: {path} null");
            assert!(!some.is_empty(), "{command}: no example of {path}");
            assert!(some.iter().all(|value| is(value, kind_alone)), "{command}: {path}: {some:?}");
        }
        assert!(found.is_empty(), "{command}: not documented: {:?}", found.keys());
    }
    assert!(document.is_empty(), "no command: {:?}", document.keys());
}

const TIME: &str = "2027-01-15T08:00:00Z";

fn json(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn fault(kind: &'static str) -> [Option<Fault>; 3] {
    let fault = |hint| Some(Fault { kind, message: "what".into(), hint });
    [fault(some("do")), fault(None), None]
}

fn contents() -> [Content; 2] {
    [Content::literal("0011aabb"), Content::reference("aws-sm://id")]
}

/// Each command, and what it prints: fields full, and as empty as they can be.
fn examples() -> Vec<(&'static str, Vec<Value>)> {
    let identity = |hybrid_fingerprint| {
        json(Identity {
            identity: "kovra1...".into(),
            fingerprint: "12345".into(),
            recipient_fingerprint: "67890".into(),
            hybrid_fingerprint,
        })
    };
    let program = Program { path: "/bin/x".into(), sha256: "00ff".into(), added: TIME.into() };
    let peer = |key, confirmed| {
        let fingerprint = "12345".into();
        json(Peer { name: "bob".into(), key, fingerprint, confirmed, post_quantum: confirmed })
    };
    vec![
        ("id", vec![identity(some("13579")), identity(None)]),
        ("peer list", vec![peer(some("kovra1..."), true), peer(None, false)]),
        ("allow list", vec![json(program)]),
        ("recovery list", ways()),
        ("doctor", findings()),
        ("list", entries()),
        ("history", pasts()),
        ("shared", shares()),
        ("audit", rows()),
        ("materialize", resolutions()),
        ("whoami", clouds()),
        ("verify", verdicts()),
    ]
}

fn findings() -> Vec<Value> {
    let (subject, level) = (Subject::Row, Level::Damage);
    let finding = ops::doctor::Finding { subject, level, what: "x".into(), remedy: "y".into() };
    vec![json(Finding::from(&finding))]
}

fn ways() -> Vec<Value> {
    let recipient = AgreementSecret::from_bytes(&[1; 32]).public();
    let way = kovra::vault::Recovery { recipient, made: Moment::from_seconds(0), is_code: true };
    vec![json(Recovery::from(&way))]
}

fn entries() -> Vec<Value> {
    let entry = |content, chosen, description, from| {
        json(Entry {
            origin: "global".into(),
            coordinate: "dev/db/url".into(),
            sensitivity: "inject-only",
            content,
            chosen,
            description,
            updated: TIME.into(),
            revision: 1,
            from,
        })
    };
    let package = Source { sender: some("12345"), package: some("00ff"), copy_of: None };
    let copy = Source { copy_of: some("op://a/b/c"), ..Source::default() };
    let [literal, reference] = contents();
    vec![
        entry(literal, None, None, Some(copy)),
        entry(reference, Some(true), some("note"), Some(package)),
        entry(Content::literal("00"), None, None, None),
    ]
}

fn pasts() -> Vec<Value> {
    let past = |removed, sensitivity, content| {
        json(Past { revision: 1, written: TIME.into(), removed, sensitivity, content })
    };
    let [literal, reference] = contents();
    vec![
        past(false, Some("low"), literal),
        past(false, Some("high"), reference),
        past(true, None, Content::default()),
    ]
}

fn shares() -> Vec<Value> {
    let shared = |content, imported| {
        json(Shared {
            peer: "bob".into(),
            fingerprint: "00000 11111".into(),
            coordinate: "dev/db/url".into(),
            origin: "global".into(),
            content,
            sealed: TIME.into(),
            package: "00ff".into(),
            post_quantum: true,
            imported,
            upshot: "rotate",
        })
    };
    let [literal, reference] = contents();
    vec![shared(literal, None), shared(reference, some(TIME))]
}

fn rows() -> Vec<Value> {
    let row = |coordinate, peer, package, program| {
        json(Row {
            row: 1,
            time: TIME.into(),
            action: "seal",
            outcome: "allowed",
            coordinate,
            asker: "person",
            peer,
            package,
            program,
        })
    };
    vec![
        row(some("dev/db/url"), some("bob"), some("00ff"), some("/bin/x")),
        row(None, None, None, None),
    ]
}

fn resolutions() -> Vec<Value> {
    let resolution = |fault: Option<Fault>| {
        let read = fault.is_none().then_some(());
        json(Resolved {
            coordinate: "dev/db/url".into(),
            origin: "global".into(),
            pointer: "aws-sm://id".into(),
            outcome: "resolved",
            version: read.and(some("v1")),
            created: read.and(some(TIME)),
            fault,
        })
    };
    fault("not-found").map(resolution).to_vec()
}

fn clouds() -> Vec<Value> {
    let cloud = |fault: Option<Fault>| {
        let who = Who { who: "the profile x".into(), r#where: "region eu-west-1".into() };
        json(Cloud { cloud: "aws".into(), identity: fault.is_none().then_some(who), fault })
    };
    fault("no-identity").map(cloud).to_vec()
}

fn recipients() -> Vec<Recipient> {
    let recipient = |name| Recipient {
        kind: "age",
        known: "peer",
        name,
        fingerprint: "12345".into(),
        id: "00".into(),
    };
    vec![recipient(some("bob")), recipient(None)]
}

fn verdicts() -> Vec<Value> {
    let sender =
        |name| Sender { known: "peer", name, fingerprint: "12345".into(), key: "00ff".into() };
    let verdict = |fault: Option<Fault>, sender: Option<Sender>| {
        let signed = sender.is_some().then_some(());
        json(Verdict {
            verdict: "good",
            intact: sender.is_some(),
            place: fault.is_some().then(|| "sender-key".into()),
            fault,
            sender,
            package: signed.and(some("00ff")),
            seq: signed.and(Some(1)),
            created: signed.and(some(TIME)),
            expires: signed.and(some(TIME)),
            entries: signed.and(Some(Counts { normal: 1, high: 0 })),
            post_quantum: signed.and(Some(true)),
            recipients: signed.map(|()| recipients()),
            ext: signed.map(|()| vec!["a/b".to_owned()]),
        })
    };
    let [full, bare, none] = fault("signature");
    vec![
        verdict(none, Some(sender(some("bob")))),
        verdict(full, Some(sender(None))),
        verdict(bare, None),
    ]
}
