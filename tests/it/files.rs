//! Files that kovra reads and writes: whose they are, what stands in their place, and when they get
//! their names.

use forge::people::{Person, kovra_path};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Root makes the tests in CI, and only root can make a file that is another's.
fn am_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

#[test]
fn a_secret_that_others_can_write_or_read_is_refused() {
    let person = Person::with_vault("alice");
    let key = person.home().join("vault.key");
    for (mode, why) in [
        (0o622, "others can write it; `chmod go-w` takes that away"),
        (0o644, "others can read it; `chmod go-rwx` takes that away"),
        (0o640, "others can read it"),
    ] {
        chmod(&key, mode);
        let said = person.fails(&["list"], 40);
        assert!(said.contains("vault.key: ") && said.contains(why), "{said}");
        assert!(!said.contains("--key-file"), "{said}");
        assert!(person.fails(&["run", "--", "true"], 125).contains(".env.refs"));
    }
    if am_root() {
        chmod(&key, 0o600);
        chown(&key, Some(65534), None).unwrap();
        let said = person.fails(&["list"], 40);
        assert!(said.contains("it belongs to another user (number 65534)"), "{said}");
        chown(&key, Some(0), None).unwrap();
    }
    chmod(&key, 0o400);
    person.ok(&["list"]);
    symlink(&key, person.home().join("link.key")).unwrap();
    person.ok(&["list", "--key-file", "link.key"]);

    let bob = Person::new("bob");
    let pass = bob.write("pass", "the passphrase");
    bob.ok(&["init", "--passphrase-file", "pass"]);
    for mode in [0o666, 0o644] {
        chmod(&pass, mode);
        let said = bob.fails(&["list", "--passphrase-file", "pass"], 40);
        assert!(said.contains("pass: others can "), "{said}");
    }
    let script = r#""$0" list --passphrase-file <(printf "the passphrase")"#;
    let given = bob.command("bash").args(["-c", script, kovra_path()]).output().unwrap();
    assert!(given.status.success(), "{}", String::from_utf8_lossy(&given.stderr));
    let carol = Person::new("carol");
    chmod(&carol.write("other.key", fs::read(&key).unwrap()), 0o644);
    let said = carol.fails(&["init", "--key-file", "other.key"], 40);
    assert!(said.contains("other.key: others can read it"), "{said}");
    assert!(!carol.vault().exists());
}

/// As a secret of a container is, whoever runs there.
#[test]
fn a_readable_key_on_a_read_only_mount_is_accepted() {
    if !am_root() {
        return;
    }
    let person = Person::with_vault("alice");
    let script = r#"set -e
        mkdir secrets && mount -t tmpfs none secrets
        cp vault.key secrets/ && chmod 444 secrets/vault.key
        "$0" list --key-file secrets/vault.key && exit 99
        mount -o remount,ro secrets
        "$0" list --key-file secrets/vault.key"#;
    let mut command = person.command("unshare");
    let output = command.args(["--mount", "sh", "-c", script, kovra_path()]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("others can read it"), "{said}");
}

/// Each in the place of each file that is read: the answer comes soon, names it, and takes no memory.
#[test]
fn whatever_stands_in_place_of_a_file_is_bounded_and_named() {
    let person = Person::with_vault("alice");
    let at = |name: &str| person.home().join(name);
    fs::create_dir(at("folder")).unwrap();
    assert!(person.command("mkfifo").arg("pipe").status().unwrap().success());
    let _socket = UnixListener::bind(at("socket")).unwrap();
    symlink("/dev/zero", at("zero")).unwrap();
    File::create(at("sparse")).unwrap().set_len(10 << 30).unwrap();
    chmod(&at("sparse"), 0o600);
    person.write("p.kovra", "");
    let bob = Person::new("bob");
    bob.write("pass", "the passphrase");
    bob.ok(&["init", "--passphrase-file", "pass"]);
    for odd in ["folder", "pipe", "socket", "zero", "sparse"] {
        let bobs = at(odd).to_string_lossy().into_owned();
        std::thread::scope(|scope| {
            for (read, codes) in [
                ("verify ODD", [1, 11]),
                ("inspect ODD", [1, 11]),
                ("import ODD", [1, 11]),
                ("receipt ODD", [1, 11]),
                ("import p.kovra --token ODD", [17, 17]),
                ("peer add bob --from ODD", [1, 11]),
                ("run --refs ODD -- true", [125, 125]),
                ("list --key-file ODD", [40, 40]),
            ] {
                let person = &person;
                scope.spawn(move || {
                    let words = read.split(' ').map(|word| if word == "ODD" { odd } else { word });
                    bounded(person, odd, &words.collect::<Vec<_>>(), &codes);
                });
            }
            bounded(&bob, &bobs, &["list", "--passphrase-file", &bobs], &[40]);
        });
    }
    // Where the key file was when the vault was made.
    fs::remove_file(at("vault.key")).unwrap();
    fs::rename(at("pipe"), at("vault.key")).unwrap();
    let start = Instant::now();
    let said = person.fails(&["list"], 40);
    assert!(said.contains("vault.key: it is a pipe, and not a file"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    for (odd, made) in [("a pipe", "pipe"), ("a device", "/dev/zero"), ("a folder", "folder")] {
        match made {
            "pipe" => drop(person.command("mkfifo").arg(".env.refs").status().unwrap()),
            to => symlink(to, at(".env.refs")).unwrap(),
        }
        let start = Instant::now();
        let said = person.fails(&["run", "--", "true"], 125);
        assert!(said.contains(&format!(".env.refs: it is {odd}, and not a file")), "{said}");
        assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
        fs::remove_file(at(".env.refs")).unwrap();
    }
}

/// Whatever the caller opened is read as well as a file, and a pipe that has a name is not.
#[test]
fn what_the_caller_hands_over_is_read() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    alice.add("dev/db/url", "v", &["--sensitivity", "high"]);
    let seal = ["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra", "--token-out", "t"];
    let session = alice.at_terminal(&seal, &[("[y/N]", "y")]);
    assert_eq!(session.code, 0, "{}", session.screen);
    alice.ok(&["id", "-o", "alice.kovra-id"]);
    ["p.kovra", "t", "alice.kovra-id"].iter().for_each(|file| alice.hand(&bob, file));
    let bash = |script: &str| {
        let output = bob.command("bash").args(["-c", script, kovra_path()]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned() + &said)
    };
    for script in [
        r#""$0" verify <(cat p.kovra)"#,
        r#"cat p.kovra | "$0" verify /dev/stdin"#,
        r#""$0" verify /dev/stdin < p.kovra"#,
        r#""$0" verify /dev/fd/7 7< p.kovra"#,
        r#""$0" run --refs <(sleep 0.2; echo A=b) -- sh -c 'test $A = b'"#,
        r#""$0" list --key-file <(cat vault.key)"#,
        r#""$0" peer add alice <(cat alice.kovra-id)"#,
        r#""$0" verify p.kovra --from <(cat alice.kovra-id)"#,
        r#""$0" import p.kovra --token <(cat t)"#,
    ] {
        let (code, said) = bash(script);
        assert_eq!(code, Some(0), "{script}\n{said}");
    }
    assert!(bob.command("mkfifo").arg("named").status().unwrap().success());
    for script in [
        r#"cat p.kovra > named & "$0" verify named; code=$?; cat named > /dev/null; exit $code"#,
        r#""$0" verify /dev/zero"#,
        r#""$0" run --refs /dev/zero -- true"#,
        r#""$0" list --key-file /dev/stdin < /dev/zero"#,
        r#""$0" peer add carol /dev/zero"#,
    ] {
        let (code, said) = bash(script);
        assert!(code != Some(0) && said.contains(", and not a file"), "{script}\n{said}");
    }
}

#[track_caller]
fn bounded(person: &Person, odd: &str, arguments: &[&str], codes: &[i32]) {
    let start = Instant::now();
    let mut command = person.command("sh");
    // In KiB: twice what the largest package takes, and what the program maps.
    let limited = r#"ulimit -v 1000000 && exec "$0" "$@""#;
    let output = command.args(["-c", limited, kovra_path()]).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code().unwrap_or(-1);
    assert!(codes.contains(&code), "{arguments:?}: {code}\n{said}");
    let over = ["package: larger than", "receipt: larger than"];
    let named = said.contains(odd) || over.iter().any(|what| said.contains(what));
    assert!(named, "{arguments:?}\n{said}");
    assert!(start.elapsed() < Duration::from_secs(20), "{arguments:?}: {:?}", start.elapsed());
}

#[test]
fn a_sealed_file_has_its_mode_and_no_draft_beside_it() {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/db/url", "v", &[]);
    fs::create_dir(alice.home().join("out")).unwrap();
    let seal = r#"umask 027; exec "$0" seal --env dev --to bob -o out/p.kovra"#;
    let sealed = alice.command("sh").args(["-c", seal, kovra_path()]).status().unwrap();
    assert!(sealed.success());
    let mode = alice.home().join("out/p.kovra").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    assert_eq!(fs::read_dir(alice.home().join("out")).unwrap().count(), 1);
    alice.write("out/q.kovra", "mine");
    alice.fails(&["seal", "--env", "dev", "--to", "bob", "-o", "out/q.kovra"], 21);
    assert_eq!(fs::read(alice.home().join("out/q.kovra")).unwrap(), b"mine");
    assert_eq!(fs::read_dir(alice.home().join("out")).unwrap().count(), 2);
}

#[test]
fn what_may_not_be_looked_at_is_not_taken_for_absent() {
    let mut person = Person::new("alice");
    person.write("home", "a file");
    person.env.insert("KOVRA_HOME".into(), person.home().join("home/kovra").display().to_string());
    person.write("p.kovra", "");
    for arguments in [&["init", "--key-file", "k"][..], &["inspect", "p.kovra"]] {
        let said = person.fails(arguments, 1);
        assert!(said.contains("vault.db: Not a directory"), "{said}");
    }
}

#[test]
fn a_limit_for_files_is_an_error_and_not_the_end() {
    let person = Person::new("alice");
    // Of 512 bytes each: none, and what a vault does not fit in.
    for blocks in ["0", "8"] {
        let script = format!(r#"ulimit -f {blocks}; exec "$0" init --key-file vault.key"#);
        let output = person.command("sh").args(["-c", &script, kovra_path()]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code().is_some_and(|code| code > 0), "{:?} {said}", output.status);
        assert!(!person.vault().exists(), "{said}");
    }
    person.ok(&["init", "--key-file", "vault.key"]);
    // What kovra becomes has the signal as it is everywhere.
    person.write(".env.refs", "A=b\n");
    let script = "ulimit -f 0; echo text > over";
    let mut run = person.kovra();
    let output = run.args(["run", "--", "sh", "-c", script]).output().unwrap();
    let status = std::os::unix::process::ExitStatusExt::signal(&output.status);
    assert_eq!(status, Some(25), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What an init leaves: nothing of a vault's.
#[track_caller]
fn no_vault_was_made(person: &Person, what: &str) {
    let made: Vec<_> = person.files().into_iter().map(|(path, _)| path).collect();
    let of_a_vault = |path: &&std::path::PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("vault.db") || name.starts_with(".kovra-")
    };
    let made: Vec<_> = made.iter().filter(of_a_vault).collect();
    assert!(made.is_empty(), "{what}: {made:?}");
}

#[test]
fn an_init_that_is_broken_off_leaves_no_vault() {
    let init = ["init", "--key-file", "vault.key", "--no-recovery-code"];
    for prompts in [&["New PIN"][..], &["New PIN", "The same again: "]] {
        let person = Person::new("alice");
        let mut seat = person.sit(kovra_path(), &init);
        for (n, prompt) in prompts.iter().enumerate() {
            seat.wait(prompt);
            if n + 1 < prompts.len() {
                seat.press_line("2468");
            }
        }
        seat.press("\u{3}");
        let session = seat.end();
        assert_ne!(session.code, 0, "{}", session.screen);
        no_vault_was_made(&person, "broken off");
        person.ok(&init);
        person.ok(&["list"]);
    }
}

#[test]
fn a_pin_that_is_none_is_said_to_be_none() {
    let init = ["init", "--key-file", "vault.key", "--no-recovery-code"];
    for (typed, why) in [
        (&[("New PIN", "x")][..], "none was set"),
        (&[("New PIN", "2468"), ("The same again: ", "8642")], "none was set"),
        (&[("New PIN", "")], "No PIN"),
    ] {
        let person = Person::new("alice");
        let session = person.at_terminal(&init, typed);
        assert_eq!(session.code, 0, "{}", session.screen);
        assert!(session.screen.contains(why), "{}", session.screen);
        assert!(session.screen.contains("Made a vault"), "{}", session.screen);
        person.add("dev/a/high", "marker", &["--sensitivity", "high"]);
        let session = person.at_terminal(&["show", "dev/a/high"], &[("[y/N]", "y")]);
        assert!(session.code == 0 && session.screen.contains("marker"), "{}", session.screen);
    }
}

#[test]
fn an_init_that_fails_leaves_no_vault() {
    for blocks in [0, 1, 4, 16, 32] {
        let person = Person::new("alice");
        let limit = format!("ulimit -f {blocks}; exec \"$0\" \"$@\"");
        let init = ["init", "--key-file", "vault.key", "--no-recovery-code"];
        let ran = person.pipe_through(&["sh", "-c", &limit, kovra_path()], &init, b"");
        assert_eq!(ran.code, 1, "{blocks}: {}{}", ran.stdout, ran.stderr);
        assert!(!ran.stderr.contains("damaged"), "{blocks}: {}", ran.stderr);
        no_vault_was_made(&person, &format!("{blocks} blocks"));
        person.ok(&init);
        person.ok(&["list"]);
    }
}

#[test]
fn a_vault_is_made_in_no_folder_that_others_can_write() {
    for mode in [0o777, 0o770, 0o707] {
        let mut person = Person::new("alice");
        let folder = person.home().join("shared");
        fs::create_dir(&folder).unwrap();
        chmod(&folder, mode);
        person.env.insert("KOVRA_HOME".into(), folder.to_str().unwrap().into());
        let ran = person.run(&["init", "--key-file", "vault.key"]);
        assert!(![0, 41].contains(&ran.code) && ran.stderr.contains("shared"), "{}", ran.stderr);
        no_vault_was_made(&person, "a folder of others");
        chmod(&folder, 0o700);
        person.ok(&["init", "--key-file", "vault.key"]);
    }
}

#[test]
fn a_vault_has_one_custody() {
    let mut person = Person::new("alice");
    person.write("pass", "the passphrase\n");
    let files = || person.files().len();
    let before = files();
    for more in [&[][..], &["--custody", "key-file"], &["--custody", "passphrase"]] {
        let both = ["init", "--key-file", "vault.key", "--passphrase-file", "pass"];
        person.fails(&[&both[..], more].concat(), 2);
        assert_eq!(files(), before, "something was made");
    }
    person.env.insert("KOVRA_PASSPHRASE_FILE".into(), "pass".into());
    person.fails(&["init", "--key-file", "vault.key"], 2);
    assert_eq!(person.files().len(), before, "something was made");
    person.env.remove("KOVRA_PASSPHRASE_FILE");
    person.ok(&["init", "--key-file", "vault.key"]);
}
