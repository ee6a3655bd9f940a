//! What `kovra run` adds to a command: 50 literals under custody by key file, whole processes.
//!
//! `cargo bench --bench startup` runs `true` and `kovra run -- true` in turns and prints the medians
//! side by side. It fails if the difference is more than 4 ms.

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
    let mut refs = String::new();
    for n in 0..LITERALS {
        person.add(&format!("dev/bench/k{n}"), &format!("value {n}"), &[]);
        refs += &format!("K{n}=secret:dev/bench/k{n}\n");
    }
    person.write(".env.refs", refs);

    let (mut bare, mut with_kovra) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        bare.push(timed(&mut person.command("true")));
        with_kovra.push(timed(person.kovra().args(["run", "--", "true"])));
    }
    let (bare, with_kovra) = (median(bare), median(with_kovra));
    let added = with_kovra.saturating_sub(bare);
    println!("{LITERALS} literals, key file, median of {ROUNDS} runs each:");
    println!("  true                  {bare:>10.2?}");
    println!("  kovra run -- true     {with_kovra:>10.2?}");
    println!("  added                 {added:>10.2?}  (limit {LIMIT:?})");
    assert!(added <= LIMIT, "kovra run adds more than it may");
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
