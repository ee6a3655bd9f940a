//! A whole hand-off between two people, with the real program and both clouds on loopback.
//!
//! `cargo run --example handoff` shows every command and what it printed. `cargo test` plays it too.

// A story that goes wrong has nothing better to do than to panic.
#![allow(clippy::unwrap_used, clippy::expect_used)]
// It is told on standard output.
#![allow(clippy::print_stdout)]

use forge::clouds::Standin;
use forge::people::{ASKED, PIN, Person, Ran};
use sha2::{Digest, Sha256};
use std::process::Command;

const URL: &str = "postgres://orders@db.internal/orders";
const PASSWORD: &str = "correct horse battery staple";
const STRIPE: &str = "sk_live_51Standin";
const SMTP: &str = "smtp-Pa55";
const PROD: &str = "postgres://orders@prod.internal/orders";

/// Variable, coordinate's value.
const RECEIVED: [(&str, &str); 5] = [
    ("DATABASE_URL", URL),
    ("DATABASE_PASSWORD", PASSWORD),
    ("STRIPE_KEY", STRIPE),
    ("SMTP_PASSWORD", SMTP),
    ("PROD_DATABASE_URL", PROD),
];

/// Prints a digest of each variable, so that the value itself is nowhere in the story.
const SCRIPT: &str = r#"for name in DATABASE_URL DATABASE_PASSWORD STRIPE_KEY SMTP_PASSWORD PROD_DATABASE_URL; do
    eval "value=\$$name"
    echo "$name sha256 $(printf %s "$value" | sha256sum | cut -c1-64)"
done
"#;

fn shown(person: &Person, arguments: &[&str], output: &str) {
    let words: Vec<String> = arguments
        .iter()
        .map(|a| if a.contains([' ', '#', '$', '&']) { format!("'{a}'") } else { (*a).to_owned() })
        .collect();
    println!("{}$ kovra {}", person.name, words.join(" "));
    println!("{}\n", output.trim_end());
}

#[track_caller]
fn step(person: &Person, arguments: &[&str], input: &str) -> Ran {
    let ran = person.pipe(arguments, input.as_bytes());
    shown(person, arguments, &format!("{}{}", ran.stderr, ran.stdout));
    ran.expect(arguments, 0)
}

/// A command at a pseudo-terminal, where questions are answered by typing.
#[track_caller]
fn step_at_terminal(person: &Person, arguments: &[&str], typed: &[(&str, &str)]) -> String {
    let session = person.at_terminal(arguments, typed);
    shown(person, arguments, &session.screen);
    assert_eq!(session.code, 0);
    session.screen
}

fn clouds() -> Standin {
    let smtp = format!(r#"{{"user": "orders", "password": "{SMTP}"}}"#);
    Standin::builder()
        .azure("orders-kv", "stripe-key", STRIPE)
        .azure("orders-kv", "prod-db-url", PROD)
        .aws("eu-west-1", "orders/smtp", smtp.as_str())
        .start()
}

/// Makes a vault whose owner is known by a PIN, and a file of the identity in it, for the other.
fn init(person: &Person, other: &Person) {
    let typed =
        [("(nothing for none): ", PIN), ("The same again: ", PIN), ("Make one? [Y/n] ", "n")];
    step_at_terminal(person, &["init", "--key-file", "vault.key"], &typed);
    let file = format!("{}.kovra-id", person.name);
    step(person, &["id", "-o", &file], "");
    person.hand(other, &file);
}

fn alice_seals(alice: &Person) {
    step(alice, &["add", "dev/db/url", "--stdin"], URL);
    step(alice, &["add", "dev/db/password", "--stdin", "--sensitivity", "high"], PASSWORD);
    step(
        alice,
        &["add", "dev/pay/stripe-key", "--reference", "azure-kv://orders-kv/stripe-key"],
        "",
    );
    let smtp = "aws-sm://orders/smtp?region=eu-west-1#password";
    step(alice, &["add", "dev/mail/password", "--reference", smtp], "");
    step(alice, &["add", "prod/db/url", "--reference", "azure-kv://orders-kv/prod-db-url"], "");
    step(alice, &["list"], "");
    step_at_terminal(alice, &["peer", "add", "bob", "bob.kovra-id"], &[(ASKED, PIN)]);
    let dev =
        ["seal", "--env", "dev", "--to", "bob", "-o", "dev.kovra", "--token-out", "dev.token"];
    step_at_terminal(alice, &dev, &[(ASKED, PIN)]);
    step(alice, &["seal", "prod/db/url", "--to", "bob", "-o", "prod.kovra"], "");
}

fn bob_imports(bob: &Person) {
    step(bob, &["verify", "dev.kovra", "--from", "alice.kovra-id"], "");
    step_at_terminal(bob, &["peer", "add", "alice", "alice.kovra-id"], &[(ASKED, PIN)]);
    step(bob, &["verify", "prod.kovra"], "");
    step(bob, &["import", "dev.kovra", "--token", "dev.token"], "");
    step(bob, &["import", "prod.kovra"], "");
    step(bob, &["list"], "");
}

fn main() {
    build();
    play();
}

/// Builds the program, which `cargo run --example` leaves out. It names the example as well: so the
/// two have their dependencies in common, and none is built again.
fn build() {
    let me = std::env::current_exe().unwrap();
    let [folder, target] = [2, 3].map(|n| me.ancestors().nth(n).unwrap());
    let name = folder.file_name().unwrap();
    let profile = if name == "debug" { "dev".as_ref() } else { name };
    let cargo = std::env::var_os("CARGO").unwrap_or("cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--bin", "kovra", "--example", "handoff", "--profile"]);
    command.arg(profile).arg("--target-dir").arg(target).current_dir(env!("CARGO_MANIFEST_DIR"));
    assert!(command.status().expect("cargo is there").success());
}

fn play() {
    let (alice, mut bob) = (Person::new("alice"), Person::new("bob"));
    let clouds = clouds();
    println!();
    init(&alice, &bob);
    init(&bob, &alice);
    alice_seals(&alice);

    println!("(Alice sends dev.kovra and prod.kovra by mail, and dev.token by another channel.)\n");
    for file in ["dev.kovra", "prod.kovra", "dev.token"] {
        std::fs::copy(alice.home().join(file), bob.home().join(file)).unwrap();
    }
    bob_imports(&bob);
    assert!(clouds.requests().is_empty(), "sealing and importing touch no network");

    println!("(From here on Bob has his own identity in both clouds.)\n");
    bob.env.extend(clouds.env());
    let outcome = step_at_terminal(&bob, &["materialize"], &[(ASKED, PIN)]);
    assert_eq!(outcome.matches(" resolved ").count(), 3);
    bob.write(
        ".env.refs",
        "DATABASE_URL=secret:${ENV}/db/url\nDATABASE_PASSWORD=secret:${ENV}/db/password\n\
         STRIPE_KEY=secret:${ENV}/pay/stripe-key\nSMTP_PASSWORD=secret:${ENV}/mail/password\n\
         PROD_DATABASE_URL=secret:prod/db/url\n",
    );
    bob.write("digests.sh", SCRIPT);
    for file in [".env.refs", "digests.sh"] {
        println!("bob$ cat {file}\n{}", std::fs::read_to_string(bob.home().join(file)).unwrap());
    }
    step_at_terminal(&bob, &["allow", "add", "sh"], &[(ASKED, PIN)]);
    let run = ["run", "--env", "dev", "--", "sh", "digests.sh"];
    let screen = step_at_terminal(&bob, &run, &[(ASKED, PIN)]);
    for (name, value) in RECEIVED {
        let digest: String = Sha256::digest(value).iter().map(|b| format!("{b:02x}")).collect();
        assert!(screen.contains(&format!("{name} sha256 {digest}")), "{name} was not received");
        for text in [&screen, &outcome] {
            assert!(!text.contains(value), "the value of {name} was shown");
        }
    }
    println!("All five values reached the command, and none was shown or written on the way.");
}

#[cfg(test)]
#[test]
fn a_whole_hand_off() {
    play();
}
