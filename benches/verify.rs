//! What it costs to check a package, beside what that cannot do without.
//!
//! `cargo bench --bench verify` runs `kovra verify` of a package of 10 KB and, in turns, what it can't do without:
//! its own start, which is `kovra --version`, and what a process that reads the file, hashes it and calls
//! `verify_strict` once takes more than one that does nothing. Both are this program itself. Then it parses
//! packages of 16 MiB, beside reading them. It prints the figures, and fails where one is over its limit.
//!
//! Of processes it is the CPU time, which other work on the machine changes least.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

use ed25519_dalek::{Signature, VerifyingKey};
use forge::age;
use forge::cbor::{cat, map};
use forge::people::Person;
use forge::{ALICE, BOB, Forge, To, Value, entry, stranger};
use kovra::clock::Moment;
use kovra::limits;
use kovra::package::Package;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeVal;
use sha2::{Digest, Sha512};
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Of a process that verifies, to one that does only what it must.
const VERIFY_LIMIT: f64 = 1.5;
/// Of parsing, to reading.
const PARSE_LIMIT: f64 = 3.0;
const RUNS: usize = 400;
/// What this program is run to do.
const NOTHING: &str = "nothing";
const REFERENCE: &str = "reference";
const READS: usize = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.first().map(String::as_str) {
        Some(NOTHING) => return,
        Some(REFERENCE) => return reference(Path::new(&arguments[1])),
        _ => {}
    }
    let person = Person::new("bob");
    let verify = verify(&person);
    let parse = [("padded", padded()), ("crowded", crowded())]
        .map(|(name, file)| parse(&person, name, &file));
    assert!(verify <= VERIFY_LIMIT, "verify takes longer than it may");
    assert!(parse.iter().all(|ratio| *ratio <= PARSE_LIMIT), "parsing takes longer than it may");
}

/// The file, a hash of it, and the one check of its signature.
fn reference(file: &Path) {
    let file = std::fs::read(file).unwrap();
    let hash = Sha512::digest(&file);
    let (message, signature) = file.split_last_chunk::<64>().unwrap();
    let key = VerifyingKey::from_bytes(&ALICE.ed()).unwrap();
    assert!(key.verify_strict(message, &Signature::from_bytes(signature)).is_ok());
    black_box(hash);
}

fn verify(person: &Person) -> f64 {
    let value = vec![7; 9_500];
    let now = Moment::from(std::time::SystemTime::now()).seconds();
    let forge = Forge::normal(entry("dev/a/b", Value::Literal(&value), 0));
    let file = in_date(forge, now).file();
    let path = person.write("p.kovra", &file);
    let sender = ALICE.identity().public().to_string();
    let me = || Command::new(std::env::current_exe().unwrap());
    let mut commands = [
        with(person.kovra(), &["verify", "p.kovra", "--from", &sender]),
        with(person.kovra(), &["--version"]),
        with(me(), &[REFERENCE, path.to_str().unwrap()]),
        with(me(), &[NOTHING]),
    ];
    let mut times = [const { Vec::new() }; 4];
    for _ in 0..RUNS {
        times.iter_mut().zip(&mut commands).for_each(|(times, command)| times.push(cpu(command)));
    }
    let [verify, start, reference, nothing] = times.map(median);
    let least = start + reference.saturating_sub(nothing);
    let ratio = verify.as_secs_f64() / least.as_secs_f64();
    println!("a package of {} bytes, CPU, median of {RUNS} runs each:", file.len());
    println!("  kovra verify                 {verify:>10.2?}");
    println!("  kovra --version              {start:>10.2?}");
    println!("  a hash and verify_strict     {reference:>10.2?}");
    println!("  a process that does nothing  {nothing:>10.2?}");
    println!("  of what it can't do without  {ratio:>10.2}  (limit {VERIFY_LIMIT})");
    ratio
}

fn in_date(forge: Forge, now: u64) -> Forge {
    use forge::cbor::uint;
    forge.set(2, uint(now * 1000)).set(3, uint(now)).set(4, uint(now + 86_400))
}

fn parse(person: &Person, name: &str, file: &[u8]) -> f64 {
    assert!(file.len() > limits::FILE - (1 << 10) && file.len() <= limits::FILE);
    let path: PathBuf = person.write("large.kovra", file);
    let (mut reads, mut parses) = (Vec::new(), Vec::new());
    for _ in 0..READS {
        let start = Instant::now();
        let bytes = std::fs::read(&path).unwrap();
        let read = start.elapsed();
        assert!(Package::parse(black_box(&bytes)).is_ok());
        parses.push(start.elapsed() - read);
        reads.push(read);
    }
    let (read, parse) = (median(reads), median(parses));
    let ratio = parse.as_secs_f64() / read.as_secs_f64();
    println!("a {name} package of {} bytes, median of {READS} each:", file.len());
    println!("  read from the page cache     {read:>10.2?}");
    println!("  parsed                       {parse:>10.2?}");
    println!("  of it                        {ratio:>10.4}  (limit {PARSE_LIMIT})");
    ratio
}

/// The file that `make` makes of as many bytes as bring it to the limit, or a little below.
fn largest(make: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    let room = limits::FILE - make(0).len();
    // A tag stands behind each chunk.
    make(room - 16 * room.div_ceil(age::CHUNK) - 32)
}

/// An entry, and padding.
fn padded() -> Vec<u8> {
    let to = [To::kovra(&BOB)];
    let forge = Forge::normal(entry("dev/a/b", Value::Literal(b"v"), 0));
    largest(|n| forge.file_of(&age_of(&to, n), b""))
}

/// As much as there may be of what a parser looks into: recipients, stanzas in both slots, names.
fn crowded() -> Vec<u8> {
    let mut to: Vec<To> =
        (0..32).flat_map(|n| [To::kovra(&stranger(n)), To::ssh(&stranger(n))]).collect();
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let names: Vec<u8> = (0..0x50)
        .flat_map(|a| (0..0x26).flat_map(move |b| [0x62, 0x20 + a, 0x20 + b, 0x40]))
        .collect();
    let ext = cat(&[&map(0x50 * 0x26), &names]);
    let high = vec![entry("dev/a/c", Value::Literal(b"v"), 2)];
    let forge = Forge::with(&to, vec![entry("dev/a/b", Value::Literal(b"v"), 0)], high).set(8, ext);
    largest(|n| forge.file_of(&age_of(&to, 9), &age_of(&to, n)))
}

fn age_of(to: &[To], length: usize) -> Vec<u8> {
    let keys: Vec<String> = to.iter().map(|to| to.key.clone()).collect();
    age::encrypt(&keys, &vec![0; length])
}

fn with(mut command: Command, arguments: &[&str]) -> Command {
    command.args(arguments).stdout(Stdio::null());
    command
}

/// User and system time of a command that succeeds.
fn cpu(command: &mut Command) -> Duration {
    let before = of_children();
    assert!(command.status().unwrap().success());
    of_children() - before
}

/// Of all that were waited for.
fn of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = |time: TimeVal| time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64;
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
