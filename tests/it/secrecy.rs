//! Nothing secret where it was not asked for: files, arguments, environments, core files.

use forge::people::{Person, kovra_path};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

const PLAIN: &str = "marker-of-a-medium-value";
const HIGH: &str = "marker-of-a-high-value";
const PASSPHRASE: &str = "marker-of-a-passphrase";

/// A hand-off with every kind of secret in it, and the folder of Bob's passphrase.
fn hand_off() -> (Person, Person, TempDir) {
    let (alice, mut bob) = (Person::with_vault("alice"), Person::new("bob"));
    let outside = tempfile::tempdir().unwrap();
    let passphrase = outside.path().join("passphrase");
    std::fs::write(&passphrase, PASSPHRASE).unwrap();
    std::fs::set_permissions(&passphrase, Permissions::from_mode(0o600)).unwrap();
    let file = passphrase.to_string_lossy().into_owned();
    bob.env.insert("KOVRA_PASSPHRASE_FILE".into(), file);
    bob.ok(&["init"]);
    alice.pin(&bob);
    bob.pin(&alice);
    alice.add("dev/db/url", PLAIN, &[]);
    alice.add("dev/db/password", HIGH, &["--sensitivity", "high"]);
    let seal = ["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra", "--token-out", "p.token"];
    assert_eq!(alice.at_terminal(&seal, &[("Go on? [y/N]", "y")]).code, 0);
    for file in ["p.kovra", "p.token"] {
        alice.hand(&bob, file);
    }
    bob.ok(&["import", "p.kovra", "--token", "p.token"]);
    bob.ok(&["show", "dev/db/url"]);
    bob.write(".env.refs", "A=secret:dev/db/url\nB=secret:dev/db/password\n");
    let run = ["run", "--", "true"];
    let typed = [("Passphrase of the vault, or nothing for no: ", PASSPHRASE)];
    assert_eq!(bob.at_terminal(&run, &typed).code, 0);
    bob.fails(&["import", "p.kovra", "--token", "p.token"], 19);
    (alice, bob, outside)
}

#[test]
fn no_file_holds_a_value_a_key_or_a_token() {
    let (alice, bob, _outside) = hand_off();
    let secret_line = |path: &str| {
        let text = std::fs::read_to_string(alice.home().join(path)).unwrap();
        text.lines().last().unwrap().to_owned()
    };
    let (key, token) = (secret_line("vault.key"), secret_line("p.token"));
    let needles = [PLAIN, HIGH, PASSPHRASE, &key, &token];
    let mut read = 0;
    for (path, bytes) in alice.files().into_iter().chain(bob.files()) {
        for needle in needles {
            let at_home = path.ends_with("vault.key") && needle == key
                || path.ends_with("p.token") && needle == token;
            let found = bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
            assert!(!found || at_home, "{} holds a secret", path.display());
            read += 1;
        }
    }
    assert!(read > 20, "the homes hold files");
}

#[test]
fn arguments_and_messages_hold_no_value() {
    let (_, bob, _outside) = hand_off();
    bob.write(".env.refs", "A=secret:dev/db/url\n");
    let own = bob.ok(&["run", "--", "cat", "/proc/self/cmdline"]);
    assert!(!own.stdout.contains(PLAIN));
    for arguments in [
        &["list"][..],
        &["list", "--json"],
        &["verify", "p.kovra"],
        &["import", "p.kovra"],
        &["show", "dev/db/password"],
        &["peer", "list"],
        &["add", "dev/db/url", "--stdin"],
    ] {
        let ran = bob.pipe(arguments, PLAIN.as_bytes());
        for text in [&ran.stdout, &ran.stderr] {
            assert!(!text.contains(PLAIN) && !text.contains(HIGH), "{arguments:?}:\n{text}");
        }
    }
}

/// Kills a program after `wait` so that it would write a core file, and says if it did.
fn crash(person: &Person, program: &str, arguments: &[&str], wait: Duration) -> bool {
    let limit = ["-c", "ulimit -c unlimited; exec \"$@\"", "sh", program];
    let mut child = person
        .command("sh")
        .args(limit)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(wait);
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-ABRT", &pid]).status().unwrap().success());
    let status = child.wait().unwrap();
    assert_eq!(status.signal(), Some(6), "it was alive when it was killed");
    status.core_dumped()
}

const SOON: Duration = Duration::from_millis(300);

#[test]
#[ignore = "needs a system that writes core files (ulimit -Hc unlimited)"]
fn a_crash_writes_no_core_file() {
    let (_, bob, _outside) = hand_off();
    assert!(crash(&bob, "cat", &[], SOON), "this system writes core files");
    assert!(!crash(&bob, kovra_path(), &["add", "dev/x/y", "--stdin"], SOON), "kovra wrote one");
}

#[cfg(all(feature = "aws", feature = "azure"))]
#[test]
#[ignore = "needs a system that writes core files (ulimit -Hc unlimited)"]
fn a_crash_with_a_clouds_answer_in_memory_writes_no_core_file() {
    use forge::clouds::{Answer, LEAK, Standin};
    let clouds = Standin::builder()
        .azure("team-kv", "key", LEAK)
        .azure("team-kv", "hangs", Answer::Hang)
        .start();
    let mut person = Person::with_vault("bob");
    for name in ["key", "hangs"] {
        let pointer = format!("azure-kv://team-kv/{name}");
        person.ok(&["add", &format!("dev/a/{name}"), "--reference", &pointer]);
    }
    person.env.extend(clouds.env());
    assert!(crash(&person, "cat", &[], SOON), "this system writes core files");
    // By then one answer is there, and the other is waited for.
    let wait = Duration::from_secs(3);
    assert!(!crash(&person, kovra_path(), &["materialize"], wait), "kovra wrote one");
    assert!(clouds.requests().iter().any(|r| r.path.contains("/key") && r.authorization.is_some()));
    for (path, bytes) in person.files() {
        let found = bytes.windows(LEAK.len()).any(|w| w == LEAK.as_bytes());
        assert!(!found, "{} holds the value", path.display());
    }
}
