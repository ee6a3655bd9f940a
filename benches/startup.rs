//! What `kovra run` adds to a command: 50 literals under custody by key file, whole processes; and what it costs more
//! in a vault with a passphrase that was unlocked for a time.
//!
//! `cargo bench --bench startup` runs `true` and both in turns and prints the medians side by side. It fails if either
//! difference is more than 4 ms.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

use forge::people::Person;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const LITERALS: usize = 50;
const ROUNDS: usize = 300;
const LIMIT: Duration = Duration::from_millis(4);

fn main() {
    let person = Person::with_vault("alice");
    fill(&person);
    let unlocked = unlocked();
    let (mut bare, mut with_kovra, mut kept) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(&mut person.command("true")));
        with_kovra.push(timed(person.kovra().args(["run", "--", "true"])));
        if let Some(unlocked) = &unlocked {
            kept.push(timed(unlocked.kovra().args(["run", "--", "true"])));
        }
    }
    let (bare, with_kovra) = (median(bare), median(with_kovra));
    let added = with_kovra.saturating_sub(bare);
    println!("{LITERALS} literals, key file, median of {ROUNDS} runs each:");
    println!("  true                  {bare:>10.2?}");
    println!("  kovra run -- true     {with_kovra:>10.2?}");
    println!("  added                 {added:>10.2?}  (limit {LIMIT:?})");
    let more = unlocked.map(|unlocked| {
        unlocked.ok(&["lock"]);
        more(median(kept), with_kovra)
    });
    assert!(added <= LIMIT, "kovra run adds more than it may");
    assert!(more.is_none_or(|more| more <= LIMIT), "an unlocked vault costs more than it may");
}

/// What the passphrase that was typed costs a command, over a key file.
fn more(kept: Duration, with_key_file: Duration) -> Duration {
    let more = kept.saturating_sub(with_key_file);
    println!("  unlocked for a time   {kept:>10.2?}");
    println!("  more than a key file  {more:>10.2?}  (limit {LIMIT:?})");
    more
}

fn fill(person: &Person) {
    let mut refs = String::new();
    for n in 0..LITERALS {
        person.add(&format!("dev/bench/k{n}"), &format!("value {n}"), &[]);
        refs += &format!("K{n}=secret:dev/bench/k{n}\n");
    }
    person.write(".env.refs", refs);
}

/// Somebody whose passphrase was typed once, if the kernel keeps that.
fn unlocked() -> Option<Person> {
    let person = Person::with_passphrase("bob");
    let kept = person.run(&["unlock", "--passphrase-file", "pass"]).code == 0;
    if !kept {
        println!("the kernel keeps no keys here, so nothing was unlocked");
    }
    kept.then(|| {
        fill(&person);
        person
    })
}

fn timed(command: &mut Command) -> Duration {
    let start = Instant::now();
    // What `run` says of medium entries is no figure.
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
