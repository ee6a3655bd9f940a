//! What goes out in packages, what comes in, and what came of both.

use super::book::Book;
use forge::cbor::{array, bytes, cat, map, text, uint};
use forge::people::Person;
use forge::{ALICE, BOB, Forge, MALLORY, To, Value, described, entry};
use kovra::clock::Moment;
use kovra::identity::{Identity, SigningSecret, Token};
use kovra::limits;
use kovra::package::Receipt;
use kovra::vault::{Peer, PeerKey};
use std::time::SystemTime;

fn alice_and_bob(book: &mut Book) -> (Person, Person) {
    let (alice, bob) = (Person::with_pin("alice"), Person::with_vault("bob"));
    book.knows(&alice);
    book.knows(&bob);
    alice.pin(&bob);
    bob.pin(&alice);
    (alice, bob)
}

pub(super) fn sealing(book: &mut Book) {
    let (alice, _) = alice_and_bob(book);
    alice.add("dev/db/url", "postgres://db", &["--description", "of the team"]);
    alice.add("dev/db/password", "hunter2", &["--sensitivity", "high"]);
    alice.add("dev/db/root", "toor", &["--sensitivity", "inject-only"]);
    alice.ok(&["add", "dev/pay/key", "--reference", "azure-kv://team-kv/pay"]);
    alice.add("prod/db/password", "swordfish", &[]);
    alice.ok(&["add", "prod/db/url", "--reference", "aws-sm://db"]);
    book.section("Sealing");
    alice.write("taken", "x");
    for line in [
        "dev/db/url --to bob -o p.kovra",
        "dev/db/url --to bob -o p.kovra",
        "dev/db/url --to bob -o p2.kovra --token-out p2.token",
        "dev/db/url --to nobody -o q.kovra",
        "dev/db/none --to bob -o q.kovra",
        "--env qa --to bob -o q.kovra",
        "dev/db/url --env qa --to bob -o q.kovra",
        "dev/db/url --pointers-only --to bob -o q.kovra",
        "dev/db/url --to bob -o no/such/q.kovra",
        "dev/db/url --to bob -o q.kovra --ttl 2000d",
        "dev/db/url --to bob -o q.kovra --ttl soon",
        "dev/db/password --to bob -o q.kovra",
        "dev/db/password --to bob -o q2.kovra --token-out q2.token",
        "dev/db/password --to bob -o q7.kovra --token-out taken",
        "prod/db/password --to bob -o q.kovra",
        "--env prod --to bob -o q.kovra",
        "--env prod --to bob -o q.kovra --pointers-only",
        "prod/db/password --to bob -o q4.kovra --token-out q4.token",
        "--env prod --to bob -o q5.kovra --token-out q5.token",
        "dev/db/url -o q.kovra",
        "--to bob -o q.kovra",
    ] {
        book.run(&alice, &format!("kovra seal {line}"));
    }
    book.at(&alice, "kovra seal dev/db/password --to bob -o q.kovra", &[]);
    book.run(&alice, "KOVRA_AGENT=1 kovra seal dev/db/url --to bob -o q6.kovra");
    book.section("What no reader would take");
    alice.add("dev/db/a-b", "x", &[]);
    alice.add("dev/db/a.b", "x", &[]);
    alice.add("dev/app/ld_preload", "x", &[]);
    book.run(&alice, "kovra seal dev/db/a-b dev/db/a.b --to bob -o q7.kovra");
    book.run(&alice, "kovra seal dev/app/ld_preload --to bob -o q7.kovra");
    too_many(book, &alice);
    for at in ["dev/db/a-b", "dev/app/ld_preload"] {
        alice.ok(&["rm", at]);
    }
    book.section("The question of a seal");
    book.no(&alice, "kovra seal --env dev --component db --to bob -o 'a package' --token-out t");
    let carol = Person::with_vault("carol");
    book.knows(&carol);
    alice.ok(&["peer", "add", "carol", &carol.id()]);
    book.run(&alice, "kovra seal dev/db/url --to bob --to carol -o q8.kovra");
    book.no(&alice, "kovra seal dev/db/url --to bob --to carol -o q8.kovra");
    book.yes(&alice, "kovra seal dev/db/url dev/db/password --to carol -o q9.kovra --token-out t9");
    book.run(&alice, "kovra shared");
}

fn too_many(book: &mut Book, alice: &Person) {
    let names: Vec<String> = (0..=limits::RECIPIENTS).map(|n| format!("peer{n}")).collect();
    let mut vault = alice.unlocked();
    let all = vault.write(|batch| {
        names.iter().try_for_each(|name| {
            let key = PeerKey::Identity(Identity::generate(forge::NOW).unwrap().public());
            let added = Moment::from(SystemTime::now());
            let peer = Peer { name: name.clone(), key, added, confirmed: true };
            let basis = batch.view().peer(name)?.basis;
            batch.put_peer(&basis, &peer)
        })
    });
    all.unwrap();
    drop(vault);
    let to: Vec<&str> = names.iter().flat_map(|name| ["--to", name]).collect();
    let all = [&["seal", "dev/db/url", "-o", "q7.kovra"], &to[..]].concat();
    let ran = alice.run(&all);
    let line = "kovra seal dev/db/url -o q7.kovra --to peer0 --to peer1 '(and 63 others)'";
    book.told(alice, line, &ran.stderr, ran.code);
}

pub(super) fn importing(book: &mut Book) {
    // Whoever imports has a PIN.
    let (bob, alice) = (Person::with_pin("bob"), Person::with_vault("alice"));
    book.knows(&alice);
    book.knows(&bob);
    alice.pin(&bob);
    bob.pin(&alice);
    let seal = |who: &Person, what: &[&str], file: &str| {
        let all = [&["seal"], what, &["--to", if who.name == "alice" { "bob" } else { "alice" }]];
        let token = format!("{file}.token");
        let more = ["-o", file, "--token-out", &token];
        who.owner(&[&all.concat()[..], &more].concat());
    };
    alice.add("dev/db/url", "postgres://db", &[]);
    alice.add("dev/db/password", "hunter2", &["--sensitivity", "high"]);
    alice.ok(&["add", "dev/pay/key", "--reference", "azure-kv://team-kv/pay"]);
    seal(&alice, &["--env", "dev"], "1.kovra");
    alice.hand(&bob, "1.kovra");
    alice.hand(&bob, "1.kovra.token");
    book.section("Looking at a package");
    let nobody = Person::new("carol");
    book.at_home(&nobody);
    alice.hand(&nobody, "1.kovra");
    book.run(&nobody, "kovra verify 1.kovra");
    book.run(&nobody, &format!("kovra verify 1.kovra --from '{}'", alice.id()));
    book.run(&nobody, "kovra verify 1.kovra --from alice");
    book.run(&nobody, "kovra inspect 1.kovra");
    book.run(&bob, "kovra verify 1.kovra");
    book.run(&bob, "kovra inspect 1.kovra");
    book.run(&bob, "kovra inspect 1.kovra --token 1.kovra.token");
    book.run(&bob, "kovra verify none.kovra");
    let eve = Person::with_vault("eve");
    book.knows(&eve);
    alice.hand(&eve, "1.kovra");
    book.run(&eve, "kovra verify 1.kovra");
    eve.ok(&["peer", "add", "alice", &alice.id()]);
    book.run(&eve, "kovra verify 1.kovra --from alice");
    eve.pin(&alice);
    book.run(&eve, "kovra verify 1.kovra --from alice");
    book.run(&eve, "kovra inspect 1.kovra");
    book.run(&eve, "kovra import 1.kovra");
    book.section("Importing");
    book.run(&bob, "kovra import 1.kovra --dry-run");
    book.run(&bob, "kovra import 1.kovra");
    bob.write("odd.token", "no token");
    book.run(&bob, "kovra import 1.kovra --token odd.token");
    book.run(&bob, "kovra import 1.kovra --token none.token");
    book.run(&bob, "kovra import 1.kovra --skip-high");
    book.run(&bob, "kovra import 1.kovra --skip-high");
    bob.write("taken", "x");
    book.run(&bob, "kovra import 1.kovra --token 1.kovra.token --receipt 1.receipt");
    book.run(&bob, "kovra import 1.kovra --token 1.kovra.token");
    book.run(&bob, "kovra import 1.kovra --token 1.kovra.token --receipt taken");
    book.run(&bob, "kovra import 1.kovra --token 1.kovra.token --receipt 2.receipt");
    book.run(&bob, "kovra import none.kovra");
    book.run(&bob, "kovra import 1.kovra --as dev/a/b");
    book.run(&bob, "kovra import aws-sm://x");
    book.section("A pointer that somebody else chose");
    book.run(&bob, "kovra show dev/pay/key");
    book.no(&bob, "kovra show dev/pay/key");
    book.run(&bob, "kovra materialize");
    book.no(&bob, "kovra materialize");
    book.no(&bob, "kovra materialize --check");
    book.no(&bob, "kovra materialize --capture");
    bob.write(".env.refs", "KEY=secret:dev/pay/key\nURL=secret:dev/db/url\n");
    super::policy::tool(&bob, "#!/bin/sh\n");
    book.run(&bob, "kovra run -- ./tool");
    book.no(&bob, "kovra run -- ./tool");
    overwriting(book, &alice, &bob, &seal);
}

fn overwriting(
    book: &mut Book,
    alice: &Person,
    bob: &Person,
    seal: &dyn Fn(&Person, &[&str], &str),
) {
    book.section("Over what is there");
    alice.set("dev/db/url", "postgres://other");
    alice.ok(&["set", "dev/pay/key", "--reference", "azure-kv://team-kv/other"]);
    seal(alice, &["dev/db/url", "dev/pay/key"], "2.kovra");
    alice.ok(&["rm", "dev/pay/key"]);
    alice.add("dev/pay/key", "a value", &[]);
    seal(alice, &["dev/db/url", "dev/pay/key"], "3.kovra");
    for file in ["2.kovra", "3.kovra"] {
        alice.hand(bob, file);
    }
    book.run(bob, "kovra import 2.kovra");
    book.no(bob, "kovra import 2.kovra");
    book.run(bob, "kovra import 3.kovra --overwrite");
    book.no(bob, "kovra import 3.kovra --overwrite");
    let asked = forge::people::ASKED;
    let moved = || bob.set("dev/db/url", "mine");
    book.meanwhile(bob, "kovra import 2.kovra", (asked, "2468-owner"), moved);
    book.yes(bob, "kovra import 3.kovra --overwrite");
    book.run(bob, "kovra import 2.kovra --overwrite");
    book.no(bob, "kovra import 2.kovra --overwrite");
    let carol = Person::with_vault("carol");
    book.knows(&carol);
    carol.pin(bob);
    bob.pin(&carol);
    carol.add("dev/db/url", "carol's", &[]);
    carol.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "carol.kovra"]);
    carol.hand(bob, "carol.kovra");
    book.no(bob, "kovra import carol.kovra --overwrite");
    book.run(bob, "kovra verify carol.kovra --from alice");
}

/// The package of ALICE to BOB as of now.
fn fresh() -> Forge {
    of_now(Forge::good())
}

fn of_now(forge: Forge) -> Forge {
    of(Moment::from(SystemTime::now()).seconds(), forge)
}

/// Sealed at that second, for a day.
fn of(second: u64, forge: Forge) -> Forge {
    let forge = forge.set(2, uint(second * 1000)).set(3, uint(second));
    forge.set(4, uint(second + 86_400))
}

pub(super) fn wrong(book: &mut Book) {
    let bob = Person::with_vault("bob");
    bob.unlocked().write(|batch| batch.put_identity(&BOB.identity())).unwrap();
    bob.pin_key("alice", &ALICE.identity().public().to_string());
    book.knows(&bob);
    let token_file = |token: Token| token.to_file(&[0x1d; 16]);
    bob.write("token", token_file(Forge::good().token()).expose());
    for (what, file) in wrong_in_itself().into_iter().chain(wrong_in_time()) {
        book.section(&format!("One that {what}"));
        bob.write("p.kovra", file);
        for line in ["verify p.kovra", "inspect p.kovra", "import p.kovra --token token"] {
            book.run(&bob, &format!("kovra {line}"));
        }
    }
    book.section("One that has the number of another");
    bob.write("alarm.kovra", of_now(Forge::normal(one())).file());
    book.run(&bob, "kovra import alarm.kovra");
    book.section("One with a token of another");
    let other = Forge { token: forge::fixed_token(0x71), ..Forge::good() }.token();
    bob.write("other.token", token_file(other).expose());
    bob.write("other.kovra", fresh().set(0, bytes(&[0x2d; 16])).file());
    book.run(&bob, "kovra import other.kovra --token other.token");
    book.run(&bob, "kovra import other.kovra");
    book.section("One that is larger than any");
    bob.write("endless.kovra", vec![0; limits::FILE + 1]);
    book.run(&bob, "kovra verify endless.kovra");
}

/// What is wrong with a package, and its bytes.
type Wrong = (&'static str, Vec<u8>);

fn wrong_in_itself() -> Vec<Wrong> {
    let normal = |entry| of_now(Forge::normal(entry)).file();
    let large = vec![b'x'; limits::LITERAL + 1];
    let loads = entry("dev/app/ld_preload", Value::Literal(b"x"), 1);
    let nobody = of_now(Forge::normal(one())).set(5, cat(&[&array(0)]));
    let crit = cat(&[&map(1), &text("later"), &bytes(b"")]);
    let sealed = cat(&[&fresh().sealed(), b"x"]);
    vec![
        ("is not of the format at all", b"hello".to_vec()),
        ("ends too early", fresh().file()[..40].to_vec()),
        ("is sealed to nobody", nobody.file()),
        ("has a value that is too large", normal(entry("dev/a/b", Value::Literal(&large), 1))),
        ("needs a later kovra", fresh().set(7, crit).file()),
        ("was changed on its way", changed(fresh().file())),
        ("has parts of another", fresh().file_of(&sealed, &fresh().high())),
        ("has a name that no variable may take", normal(loads)),
        ("has a description that is not plain", normal(described("dev/a/b", "odd \u{1b}[2J"))),
    ]
}

fn changed(mut file: Vec<u8>) -> Vec<u8> {
    let last = file.len() - 70;
    file[last] ^= 1;
    file
}

/// Nothing is wrong with these but who sealed them, for whom, or when; and nothing with the last.
fn wrong_in_time() -> Vec<Wrong> {
    let now = Moment::from(SystemTime::now()).seconds();
    let stranger = fresh().set(1, bytes(&MALLORY.ed()));
    let stranger = Forge { signer: MALLORY.signing(), ..stranger };
    let to_mallory = of_now(Forge::with(&[To::kovra(&MALLORY)], vec![one()], vec![]));
    vec![
        ("is by somebody else", stranger.file()),
        ("has expired", of(now - 900_000, Forge::good()).file()),
        ("is of tomorrow", of(now + 9000, Forge::good()).file()),
        ("is for somebody else", to_mallory.file()),
        ("is right", fresh().file()),
    ]
}

fn one() -> Vec<u8> {
    entry("dev/db/url", Value::Literal(b"x"), 1)
}

pub(super) fn receipts(book: &mut Book) {
    let (alice, bob) = alice_and_bob(book);
    let carol = Person::with_vault("carol");
    book.knows(&carol);
    alice.pin(&carol);
    alice.add("dev/db/url", "postgres://db", &[]);
    alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "1.kovra"]);
    alice.hand(&bob, "1.kovra");
    bob.ok(&["import", "1.kovra", "--receipt", "1.receipt"]);
    bob.hand(&alice, "1.receipt");
    book.section("Receipts");
    for (name, file) in odd_receipts(&alice, [&bob, &carol]) {
        alice.write(name, file);
        book.run(&alice, &format!("kovra receipt {name}"));
    }
    book.run(&alice, "kovra receipt 1.receipt");
    book.run(&alice, "kovra receipt none.receipt");
    book.section("What was shared");
    book.run(&alice, "kovra shared");
    book.run(&alice, "kovra shared --peer bobb");
    book.run(&alice, "kovra peer rm bob");
    book.run(&alice, "kovra audit");
    book.run(&alice, "kovra audit --verify");
}

/// Of the package that `alice` has sealed to the first.
fn odd_receipts(alice: &Person, [bob, carol]: [&Person; 2]) -> [(&'static str, Vec<u8>); 9] {
    let file = |name: &str| std::fs::read(alice.home().join(name)).unwrap();
    let signing = |of: &Person| of.unlocked().view().identity().unwrap().signing;
    let shares = alice.unlocked().view().shares().unwrap();
    let (id, digest) = (shares[0].package, shares[0].digest);
    let now = Moment::from(SystemTime::now());
    let late = Moment::from_seconds(now.seconds() + 90_000_000);
    let nobody = SigningSecret::from_bytes(&[3; 32]);
    [
        ("odd.receipt", b"no receipt".to_vec()),
        ("package.receipt", file("1.kovra")),
        ("changed.receipt", changed(file("1.receipt"))),
        ("unpinned.receipt", Receipt::sign(&nobody, id, digest, now)),
        ("unknown.receipt", Receipt::sign(&signing(bob), [7; 16], digest, now)),
        ("bytes.receipt", Receipt::sign(&signing(bob), id, [9; 32], now)),
        ("carol.receipt", Receipt::sign(&signing(carol), id, digest, now)),
        ("late.receipt", Receipt::sign(&signing(bob), id, digest, late)),
        ("long.receipt", vec![0; limits::RECEIPT + 1]),
    ]
}

/// What the vault says of the time is what its library was told.
pub(super) fn clocks(book: &mut Book) {
    let (alice, bob) = alice_and_bob(book);
    let tomorrow = Moment::from_seconds(Moment::from(SystemTime::now()).seconds() + 86_400);
    alice.add("dev/db/url", "postgres://db", &[]);
    alice.ok(&["seal", "dev/db/url", "--to", "bob", "-o", "1.kovra"]);
    alice.hand(&bob, "1.kovra");
    book.section("The latest package was sealed by a clock that was ahead");
    let mut vault = alice.unlocked();
    let basis = vault.view().last_seq().unwrap().basis;
    vault.write(|batch| batch.set_last_seq(&basis, tomorrow.millis())).unwrap();
    let seal = "kovra seal dev/db/url --to bob -o 2.kovra";
    book.run(&alice, seal);
    book.no(&alice, seal);
    book.yes(&alice, seal);
    book.section("The latest import was by a clock that was ahead");
    bob.unlocked().write(|batch| batch.raise_clock_floor(tomorrow)).unwrap();
    book.run(&bob, "kovra import 1.kovra");
    book.no(&bob, "kovra import 1.kovra");
    book.yes(&bob, "kovra import 1.kovra");
}
