//! What `kovra verify` takes where 200 peers are pinned: whole processes, under custody by key file.
//!
//! `cargo bench --bench peers` fails if the fastest of its runs takes more than 10 ms. The fastest is what
//! the code takes; the others are what else the machine was doing.

// A benchmark that cannot set itself up has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// Its figures go to standard output.
#![allow(clippy::print_stdout)]

use forge::people::Person;
use kovra::clock::Moment;
use kovra::identity::Identity;
use kovra::ops::files::read_key_file;
use kovra::vault::{Locked, Peer, PeerKey};
use std::time::{Duration, Instant};

const PEERS: usize = 200;
const ROUNDS: usize = 200;
const LIMIT: Duration = Duration::from_millis(10);

fn main() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/db/url", "value", &[]);
    alice.ok(&["seal", "--env", "dev", "--to", "bob", "-o", "dev.kovra"]);
    pin_strangers(&bob, PEERS - 1);
    // Of names, the last: all the others are read first.
    bob.pin_key("zoe", &alice.id());
    let package = alice.home().join("dev.kovra");

    let mut verify = bob.kovra();
    verify.arg("verify").arg(package).stdout(std::process::Stdio::null());
    let mut times: Vec<Duration> = (0..ROUNDS).map(|_| timed(&mut verify)).collect();
    times.sort();
    let (fastest, median) = (times[0], times[ROUNDS / 2]);
    println!("kovra verify with {PEERS} peers, {ROUNDS} runs:");
    println!("  fastest  {fastest:>9.2?}  (limit {LIMIT:?})");
    println!("  median   {median:>9.2?}");
    assert!(fastest <= LIMIT, "verify takes longer than it may");
}

/// In one transaction, which 200 runs of the program would not be.
fn pin_strangers(person: &Person, count: usize) {
    let vault = person.vault();
    let locked = Locked::open(vault.parent().unwrap()).unwrap();
    let key = read_key_file(&person.home().join("vault.key")).unwrap();
    let peer = |n| Peer {
        name: format!("peer{n}"),
        key: PeerKey::Identity(Identity::generate(forge::NOW).unwrap().public()),
        added: Moment::from_seconds(0),
        confirmed: true,
    };
    let pin = |batch: &mut kovra::vault::Batch<'_>| {
        (0..count).map(peer).try_for_each(|peer| {
            let at = batch.view().peer(&peer.name)?.basis;
            batch.put_peer(&at, &peer)
        })
    };
    locked.unlock(&key).unwrap().write(pin).unwrap();
}

fn timed(command: &mut std::process::Command) -> Duration {
    let start = Instant::now();
    assert!(command.status().unwrap().success());
    start.elapsed()
}
