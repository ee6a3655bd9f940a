//! What hybrid recipients cost beside classical ones: sealing, parsing and opening, to 1 to 64 of them.
//!
//! `cargo bench --bench hybrid` does all of it in turns, in this process, with the reader's own stanza the last, and
//! prints medians of the CPU time side by side; then that of a hostile header of 64 hybrid stanzas that have the one
//! shape and open for nobody. It fails where a figure for 64 hybrid recipients is over its limit.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use forge::age::Age;
use forge::{ALICE, B32, CREATED, EXPIRES, Forge, NOW, To, Value, entry, listed};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::identity::{AgreementSecret, HybridSecret, Identity, Recipient, SigningSecret};
use kovra::limits;
use kovra::package::{Class, Contents, Draft, Error, High, Package, Sealed, Stamp, seal};
use kovra::secret::Secret;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use std::hint::black_box;
use std::time::Duration;

/// For a package to 64 hybrid recipients, in milliseconds.
const SEAL_LIMIT: f64 = 12.0;
const OPEN_LIMIT: f64 = 12.0;
const HOSTILE_LIMIT: f64 = 25.0;
const SIZES: [u8; 4] = [1, 4, 16, 64];
const RUNS: usize = 60;

/// What is measured, of how many recipients, and its limit for 64 hybrid ones.
type Step = (&'static str, fn(&Case), Option<f64>);

const STEPS: [Step; 5] = [
    ("seal", |case| drop(case.seal(false)), Some(SEAL_LIMIT)),
    ("seal both slots", |case| drop(case.seal(true)), None),
    ("parse", |case| assert!(Package::parse(black_box(&case.normal.bytes)).is_ok()), None),
    ("open", |case| assert!(case.open(&case.normal).is_ok()), Some(OPEN_LIMIT)),
    ("open both slots", |case| assert!(case.open(&case.both).is_ok()), None),
];

fn main() {
    println!("CPU in ms, median of {RUNS} runs each:");
    println!("  {:<28}{:>10}{:>10}", "", "classical", "hybrid");
    let mut good = true;
    for count in SIZES {
        let cases = [Case::new(count, false), Case::new(count, true)];
        for (name, step, limit) in STEPS {
            let [classical, hybrid] = in_turns([&cases[0], &cases[1]], step);
            let limit = limit.filter(|_| usize::from(count) == limits::RECIPIENTS);
            let told = limit.map(|limit| format!("  (limit {limit})")).unwrap_or_default();
            println!("  {name:<18}{count:>10}{classical:>10.3}{hybrid:>10.3}{told}");
            good &= limit.is_none_or(|limit| hybrid <= limit);
        }
    }
    let [hostile] = in_turns([&hostile()], |case| {
        let refused = case.open(&case.both).err().map(|e| e.class);
        assert_eq!(refused, Some(Class::NotForMe));
    });
    println!("  a hostile header, parsed and opened   {hostile:>10.3}  (limit {HOSTILE_LIMIT})");
    assert!(good && hostile <= HOSTILE_LIMIT, "hybrid recipients cost more than they may");
}

/// A package to so many, of whom the reader is the last.
struct Case {
    recipients: Vec<Recipient>,
    reader: Identity,
    normal: Sealed,
    both: Sealed,
}

impl Case {
    fn new(count: u8, hybrid: bool) -> Self {
        let mut people: Vec<Identity> = (1..=count).map(person).collect();
        let recipient = |person: &Identity| match hybrid {
            true => Recipient::Hybrid(person.hybrid[0].public()),
            false => Recipient::Kovra(person.agreement.public()),
        };
        people.sort_by_key(|person| recipient(person).id());
        let recipients: Vec<Recipient> = people.iter().map(recipient).collect();
        let [normal, both] = [false, true].map(|high| sealed(&recipients, high));
        Self { recipients, reader: people.pop().unwrap(), normal, both }
    }

    fn seal(&self, high: bool) -> Sealed {
        sealed(black_box(&self.recipients), high)
    }

    /// All that a reader does.
    fn open(&self, sealed: &Sealed) -> Result<Contents, Error> {
        let package = Package::parse(black_box(&sealed.bytes))?.verify()?;
        package.trust(&[ALICE.pinned()], NOW)?.open(&self.reader, High::with(sealed.token.as_ref()))
    }
}

fn person(number: u8) -> Identity {
    let secret = [number; 32];
    Identity::new(SigningSecret::from_bytes(&secret), AgreementSecret::from_bytes(&secret))
        .with_hybrid(1, HybridSecret::from_bytes(&secret))
}

/// A literal of 1,000 bytes, and perhaps another in slot 1.
fn sealed(recipients: &[Recipient], high: bool) -> Sealed {
    let entry = |key: &str, sensitivity| Entry {
        coordinate: format!("dev/bench/{key}").parse().unwrap(),
        content: Content::Literal(Secret::new(vec![7; 1000])),
        sensitivity,
        description: None,
    };
    let mut entries = vec![entry("a", Sensitivity::Medium)];
    entries.extend(high.then(|| entry("b", Sensitivity::High)));
    let life = Duration::from_secs(EXPIRES - CREATED);
    let stamp = Stamp::after(0, Moment::from_seconds(CREATED), life).unwrap();
    seal(Draft { sender: &ALICE.identity().signing, stamp: &stamp, recipients, entries }).unwrap()
}

/// Both slots have as many stanzas as there may be, and a grease stanza of as many lines. None opens.
fn hostile() -> Case {
    let case = Case::new(limits::RECIPIENTS as u8, true);
    let key = |recipient: &Recipient| match recipient {
        Recipient::Hybrid(key) => To { listed: listed(3, key.as_bytes()), key: key.to_age() },
        _ => panic!("a hybrid recipient"),
    };
    let to: Vec<To> = case.recipients.iter().map(key).collect();
    let mut age = Age::of(&[], b"plain");
    age.stanzas = vec![stanza(); to.len()];
    age.stanzas.push(grease());
    let file = age.file();
    let entries = [0, 2].map(|high| vec![entry("dev/a/b", Value::Literal(b"v"), high)]);
    let [normal, high] = entries;
    let bytes = Forge::with(&to, normal, high).file_of(&file, &file);
    let both = Sealed { bytes, ..sealed(&case.recipients, true) };
    Case { both, ..case }
}

/// Of a ciphertext that nobody made, with a good share.
fn stanza() -> String {
    let share = ALICE.x();
    let enc = BASE64_STANDARD_NO_PAD.encode([&[0xab; 1088][..], &share].concat());
    format!("-> mlkem768x25519 {enc}\n{B32}\n")
}

fn grease() -> String {
    let line = "A".repeat(64) + "\n";
    let start = "-> x-grease\n";
    let lines = (limits::GREASE - start.len()) / line.len();
    format!("{start}{}\n", line.repeat(lines))
}

/// The median of `step` for each of `cases`, in milliseconds.
fn in_turns<const N: usize>(cases: [&Case; N], step: fn(&Case)) -> [f64; N] {
    let mut times = [const { Vec::new() }; N];
    for _ in 0..RUNS {
        for (times, case) in times.iter_mut().zip(cases) {
            let before = cpu();
            step(case);
            times.push(cpu() - before);
        }
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2] as f64 / 1000.0
    })
}

/// Of this process, in microseconds.
fn cpu() -> i64 {
    let usage = getrusage(UsageWho::RUSAGE_SELF).unwrap();
    let micros = |time: TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    micros(usage.user_time()) + micros(usage.system_time())
}
