//! What it costs to refuse a hostile package: CPU time and peak memory of whole processes.
//!
//! `cargo bench --bench hostile` runs every bad golden vector through the library, each in a process
//! of its own, and through kovra packages of 16 MiB that are made to cost as much as they can. It
//! prints the worst ten of each kind by both measures, and fails if one is beyond a limit.
//!
//! 50 ms hold for what anybody can send, which is refused before anything is decrypted. What a pinned
//! sender signs to the reader is hashed and then decrypted to its last byte, slot 1 even twice, before
//! anything in it is believed: that is bounded too, and takes longer. Where the vault holds as many
//! entries as a package can, each is compared as well.
//!
//! It needs Linux, whose /proc it reads.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

mod cases;
mod usage;

use cases::{Case, Ground};
use forge::golden::Vector;
use forge::people::Person;
use forge::vector::{self, File};
use kovra::exit::Exit;
use kovra::limits;
use std::cmp::Reverse;
use std::path::PathBuf;
use std::time::Duration;
use usage::Cost;

/// For the vectors, and for what anybody can send.
const CPU_LIMIT: Duration = Duration::from_millis(50);
const MEMORY_LIMIT: u64 = 64 << 20;
/// How often what comes near a limit is run again.
const ROUNDS: usize = 4;
const WORST: usize = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(answer) = usage::answer(&arguments) {
        println!("{answer}");
        return;
    }
    let reader = Person::with_vault("bob");
    let ground = Ground::of(&reader);
    let of = |cases, commands: &[_]| made(&reader, &ground, cases, commands);
    let all = ["verify", "inspect", "import"];
    let millis = Duration::from_millis;
    let groups = [
        ("bad golden vectors, in the library", CPU_LIMIT, vectors()),
        ("by anybody", CPU_LIMIT, of(cases::by_anybody(), &all)),
        ("by a pinned sender, decrypted", millis(150), of(cases::by_a_peer(), &all[1..])),
        ("and compared with a full vault", millis(500), of(cases::remembered(), &all[2..])),
    ];
    for (what, limit, rows) in &groups {
        report(what, *limit, rows);
    }
    for (what, limit, rows) in &groups {
        assert!(rows.iter().all(|(_, cost)| cost.cpu <= *limit), "{what}: too much CPU");
        assert!(
            rows.iter().all(|(_, cost)| cost.memory <= MEMORY_LIMIT),
            "{what}: too much memory"
        );
    }
}

/// A name, and what it costs to refuse what has it.
type Row = (String, Cost);

fn vectors() -> Vec<Row> {
    let files = vector::files("v1");
    let texts = files.iter().filter(|file| file.extension().is_some_and(|e| e == "txt"));
    let bad = texts.filter(|file| !Vector::from(File::read(file)).is_good());
    let row = |file: &PathBuf| {
        let cost = least(|| {
            let (accepted, cost) = usage::of_vector(file);
            assert_eq!(accepted, 0, "{}", file.display());
            cost
        });
        (file.file_stem().unwrap().to_string_lossy().into_owned(), cost)
    };
    let rows: Vec<Row> = bad.map(row).collect();
    assert!(rows.len() > 600, "only {} bad vectors", rows.len());
    rows
}

/// What each of `commands` takes for each of `cases`.
fn made(reader: &Person, ground: &Ground, cases: Vec<Case>, commands: &[&str]) -> Vec<Row> {
    let mut rows = Vec::new();
    for Case { name, class, make } in cases {
        let code = i32::from(Exit::from(class).code());
        let bytes = make(ground);
        assert!(bytes.len() <= limits::FILE + 1, "{name} has {} bytes", bytes.len());
        reader.write("hostile.kovra", bytes);
        for verb in commands {
            let sender = ["--from", &ground.sender()];
            let options = if *verb == "verify" { sender } else { ["--token", "token"] };
            let mut command = reader.kovra();
            command.args([verb, "hostile.kovra"]).args(options);
            // What is only found inside is not for `verify` to find, and `inspect` tells it and goes on.
            let codes = if *verb == "import" { [code; 2] } else { [code, 0] };
            let cost = least(|| {
                let (got, cost) = usage::of_command(&command);
                assert!(codes.contains(&got), "kovra {verb}, {name}: {got}, not {code}");
                cost
            });
            rows.push((format!("{verb:<8} {name}"), cost));
        }
    }
    rows
}

/// One run, and the least of many if that was not far from a limit.
fn least(run: impl Fn() -> Cost) -> Cost {
    let first = run();
    if first.cpu < CPU_LIMIT / 2 && first.memory < MEMORY_LIMIT / 2 {
        return first;
    }
    (1..ROUNDS).fold(first, |least, _| least.least(run()))
}

fn report(what: &str, limit: Duration, rows: &[Row]) {
    println!("{} {what}:", rows.len());
    let mut rows: Vec<&Row> = rows.iter().collect();
    let show = |rows: &[&Row]| {
        for (name, Cost { cpu, memory }) in rows.iter().take(WORST) {
            let (millis, mib) = (cpu.as_secs_f64() * 1000.0, *memory as f64 / f64::from(1 << 20));
            println!("    {millis:>6.1} ms  {mib:>5.1} MiB  {name}");
        }
    };
    println!("  most CPU (limit {limit:?})");
    rows.sort_by_key(|(_, cost)| Reverse(cost.cpu));
    show(&rows);
    println!("  most memory (limit {} MiB)", MEMORY_LIMIT >> 20);
    rows.sort_by_key(|(_, cost)| Reverse(cost.memory));
    show(&rows);
}
