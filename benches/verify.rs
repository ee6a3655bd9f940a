//! What it costs to check a package, beside what that cannot do without.
//!
//! `cargo bench --bench verify` runs `kovra verify` of a package of 10 KB and, in turns, a process that does
//! nothing but read the file, hash it and call `verify_strict` once: this program itself. Then it parses
//! packages of 16 MiB, beside reading them. It prints both figures, and fails where one is over its limit.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

use ed25519_dalek::{Signature, VerifyingKey};
use forge::age::{self, Age};
use forge::cbor::{cat, map};
use forge::people::Person;
use forge::{ALICE, BOB, Forge, To, Value, entry, stranger};
use kovra::clock::Moment;
use kovra::limits;
use kovra::package::Package;
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
const READS: usize = 40;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, file] = &arguments[..]
        && mode == "reference"
    {
        reference(Path::new(file));
        return;
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
    let (mut kovra, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        bare.push(timed(
            Command::new(std::env::current_exe().unwrap()).arg("reference").arg(&path),
        ));
        kovra.push(timed(person.kovra().args(["verify", "p.kovra", "--from", &sender])));
    }
    let (kovra, bare) = (median(kovra), median(bare));
    let ratio = kovra.as_secs_f64() / bare.as_secs_f64();
    println!("a package of {} bytes, median of {RUNS} runs each:", file.len());
    println!("  read, hashed, verify_strict  {bare:>10.2?}");
    println!("  kovra verify                 {kovra:>10.2?}");
    println!("  of it                        {ratio:>10.2}  (limit {VERIFY_LIMIT})");
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

/// An entry, and padding.
fn padded() -> Vec<u8> {
    let forge = Forge::normal(entry("dev/a/b", Value::Literal(b"v"), 0));
    let body = vec![0; limits::FILE - 5_000];
    Forge { cipher: age::encrypt, ..forge }.file_of(&age_of(&[To::kovra(&BOB)], &body), b"")
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
    let half = vec![0; limits::FILE / 2 - 20_000];
    forge.file_of(&age_of(&to, &half), &age_of(&to, &half))
}

fn age_of(to: &[To], plaintext: &[u8]) -> Vec<u8> {
    let keys: Vec<String> = to.iter().map(|to| to.key.clone()).collect();
    Age::of(&keys, plaintext).file()
}

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    assert!(command.stdout(Stdio::null()).status().unwrap().success());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
