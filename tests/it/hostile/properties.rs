//! What holds for any entries and any damage.

use super::{accepts, intact};
use forge::{ALICE, BOB, CAROL, CREATED, EXPIRES, Forge, NOW};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::identity::{AgreementPublic, HybridSecret, Identity, Recipient};
use kovra::package::{Draft, High, Stamp, seal};
use kovra::secret::Secret;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

/// An entry as plain data, which can be compared and shown.
type Plain = (Value, Sensitivity, Option<String>);

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Literal(Vec<u8>),
    Reference(String),
}

/// Any entries that the rules allow, by coordinate. Keys start with an `x`, as no name does that
/// loads code, and have no separators that could fold two of them into one.
fn entries() -> impl Strategy<Value = BTreeMap<String, Plain>> {
    let name = "(dev|staging|prod|qa-1)/[a-z0-9][a-z0-9-]{0,12}(\\.[a-z0-9]{1,3})?/x[a-z0-9]{0,20}";
    let entry = (value(), 0usize..4, proptest::option::of("[ -~\u{e4}\u{65e5}\u{2192}]{1,40}"));
    let all = proptest::collection::btree_map(name, entry, 1..24);
    all.prop_map(|all| {
        let mut seen = std::collections::HashSet::new();
        let fit = |(name, (value, sensitivity, description)): (String, (Value, usize, _))| {
            // Of prod, only references are sealed, and those are high at least.
            let prod = name.starts_with("prod/");
            let prod_literal = prod && matches!(value, Value::Literal(_));
            let value = if prod_literal { Value::Reference("aws-sm://prod".into()) } else { value };
            let folded = name.replace(['-', '.'], "_");
            seen.insert(folded)
                .then_some((name, (value, sensitivity_of(prod, sensitivity), description)))
        };
        all.into_iter().filter_map(fit).collect()
    })
}

fn sensitivity_of(prod: bool, index: usize) -> Sensitivity {
    Sensitivity::ALL[if prod { index.max(2) } else { index }]
}

fn value() -> impl Strategy<Value = Value> {
    let chunk = 64 << 10;
    let bytes = |size| proptest::collection::vec(any::<u8>(), size);
    prop_oneof![
        6 => bytes(0..300).prop_map(Value::Literal),
        1 => bytes(chunk - 100..chunk + 100).prop_map(Value::Literal),
        2 => "azure-kv://[a-z]{3}[a-z0-9]{0,9}/[0-9A-Za-z-]{1,30}(/[0-9a-f]{32})?(#[a-z_]{1,9})?"
            .prop_map(Value::Reference),
        2 => "aws-sm://[0-9A-Za-z/_+=.@-]{1,60}(\\?region=(eu|us)-(west|east)-[1-9])?(#[a-z]{1,9})?"
            .prop_map(Value::Reference),
    ]
}

fn to_entry((name, (value, sensitivity, description)): (&String, &Plain)) -> Entry {
    let content = match value {
        Value::Literal(bytes) => Content::Literal(Secret::copy_of(bytes)),
        Value::Reference(pointer) => Content::Reference(pointer.parse().unwrap()),
    };
    let description = description.clone();
    Entry { coordinate: name.parse().unwrap(), content, sensitivity: *sensitivity, description }
}

fn to_plain(entry: &Entry) -> (String, Plain) {
    let value = match &entry.content {
        Content::Literal(secret) => Value::Literal(secret.expose().to_vec()),
        Content::Reference(pointer) => Value::Reference(pointer.to_string()),
    };
    (entry.coordinate.to_string(), (value, entry.sensitivity, entry.description.clone()))
}

fn stamp() -> Stamp {
    let life = Duration::from_secs(EXPIRES - CREATED);
    Stamp::after(0, Moment::from_seconds(CREATED), life).unwrap()
}

/// Bob, with his keys of both kinds.
fn bob() -> Identity {
    BOB.identity().with_hybrid(1, HybridSecret::from_bytes(&[0xb4; 32]))
}

/// Bob among others, by hybrid keys, as many of them as the caller wants.
fn hybrid_recipients(count: usize) -> Vec<Recipient> {
    let others = (1..).map(|n| HybridSecret::from_bytes(&[n; 32]).public());
    let bob = bob().hybrid.iter().map(HybridSecret::public).collect::<Vec<_>>();
    bob.into_iter().chain(others).take(count).map(Recipient::Hybrid).collect()
}

/// Bob, an age recipient and an SSH key, as many of them as the caller wants.
fn recipients(count: usize) -> Vec<Recipient> {
    let blob = CAROL.ssh_blob().try_into().unwrap();
    let mut all = vec![
        Recipient::Kovra(AgreementPublic::from_bytes(&BOB.x()).unwrap()),
        Recipient::plain(&CAROL.age_recipient()).unwrap(),
        Recipient::SshEd25519(blob),
    ];
    all.truncate(count);
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_sealed_opens_to_the_same(wanted in entries(), count in 1usize..4, hybrid: bool) {
        let sender = ALICE.identity().signing;
        let stamp = stamp();
        let sealed = seal(Draft {
            sender: &sender,
            stamp: &stamp,
            recipients: &if hybrid { hybrid_recipients(count) } else { recipients(count) },
            // Any order will do.
            entries: wanted.iter().rev().map(to_entry).collect(),
        }).unwrap();
        let needs_token = |p: &Plain| matches!(p.0, Value::Literal(_)) && p.1 >= Sensitivity::High;
        let high = wanted.values().filter(|p| needs_token(p)).count();
        prop_assert_eq!(sealed.token.is_some(), high > 0);
        prop_assert_eq!(sealed.header.is_post_quantum(), hybrid);

        let verified = intact(&sealed.bytes).trust(&[ALICE.pinned()], NOW).unwrap();
        prop_assert_eq!(verified.header(), &sealed.header);
        prop_assert_eq!((verified.header().id, verified.header().high), (stamp.id(), high));
        let opened = verified.open(&bob(), High::with(sealed.token.as_ref())).unwrap();
        prop_assert_eq!(opened.skipped, 0);
        prop_assert_eq!(opened.entries.len(), wanted.len());
        let got: BTreeMap<String, Plain> = opened.entries.iter().map(to_plain).collect();
        prop_assert_eq!(&got, &wanted);

        let part = verified.open(&bob(), High::Skip).unwrap();
        prop_assert_eq!((part.entries.len(), part.skipped), (wanted.len() - high, high));
        if high > 0 {
            prop_assert!(verified.open(&bob(), High::Refuse).is_err());
        }
    }
}

/// One way to damage a file.
#[derive(Clone, Debug)]
enum Damage {
    Set(prop::sample::Index, u8),
    Insert(prop::sample::Index, Vec<u8>),
    Remove(prop::sample::Index, usize),
    Copy(prop::sample::Index, prop::sample::Index, usize),
}

impl Damage {
    fn to(&self, file: &mut Vec<u8>) {
        let some = |index: &prop::sample::Index, file: &Vec<u8>| index.index(file.len().max(1));
        match self {
            Self::Set(at, byte) => {
                let at = some(at, file);
                file[at] = *byte;
            }
            Self::Insert(at, bytes) => {
                let at = some(at, file);
                file.splice(at..at, bytes.iter().copied());
            }
            Self::Remove(at, count) => {
                let at = some(at, file);
                let end = (at + count).min(file.len() - 1);
                file.drain(at.min(end)..end);
            }
            Self::Copy(from, to, count) => {
                let (from, to) = (some(from, file), some(to, file));
                let part = file[from..(from + count).min(file.len())].to_vec();
                file.splice(to..to, part);
            }
        }
    }
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => (at(), proptest::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        1 => (at(), 1usize..200).prop_map(|(at, count)| Damage::Remove(at, count)),
        1 => (at(), at(), 1usize..200).prop_map(|(from, to, count)| Damage::Copy(from, to, count)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_damaged_package_is_never_accepted(
        damage in proptest::collection::vec(damage(), 1..6),
    ) {
        use std::sync::LazyLock;
        static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| Forge::good().file());
        let mut file = GOOD.clone();
        damage.iter().for_each(|d| d.to(&mut file));
        prop_assert_eq!(accepts(&file).is_ok(), file == *GOOD);
    }
}
