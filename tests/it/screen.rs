//! The screen does not lie: whatever a caller, a path, a name or a package says, it puts no escape on the
//! terminal, hides nothing there, and makes no line of its own.

use forge::Forge;
use forge::cbor::{bytes, cat, map, text};
use forge::people::{ASKED, PIN, Person, YES, kovra_path};
use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// Begins what would be a line of the attacker's.
const LINE: &str = "error: nothing is wrong";

/// What does not show, or moves what does. The last four are none of the format's list.
const HIDDEN: &str = "\u{1b}[2J\u{1b}]0;t\u{7}\u{8}\u{7f}\u{85}\u{9b}31m\u{ad}\u{34f}\u{61c}\u{115f}\u{180e}\u{200b}\
    \u{200d}\u{200f}\u{2028}\u{2029}\u{202e}\u{2060}\u{2066}\u{2069}\u{3164}\u{feff}\u{fe0f}\u{fff9}\u{e0041}\u{e0100}\
    \u{600}\u{13430}\u{1bca0}\u{1bca3}";

/// What names and paths are made of here.
fn attacks() -> Vec<OsString> {
    let text = [
        format!("x\n{LINE}"),
        format!("\n{LINE}"),
        format!("x\r\n{LINE}"),
        format!("x{HIDDEN}{LINE}"),
        format!("x\\n{LINE}'\"\\u{{1b}}[2J"),
    ];
    let bytes = [b"x\xff\n".as_slice(), b"\x1b\xc3\n\xe2\x80"].map(|start| {
        let bytes = [start, LINE.as_bytes()].concat();
        OsString::from_vec(bytes)
    });
    text.map(OsString::from).into_iter().chain(bytes).collect()
}

/// What takes a path, a name or another text, `{}` being the attacker's, and names it in its answer.
const NAMING: &[&[&str]] = &[
    &["{}"],
    &["--{}"],
    &["peer", "{}"],
    &["show", "{}"],
    &["show", "dev/a/b", "{}"],
    &["show", "dev/a/b", "--{}"],
    &["show", "dev/a/b", "--timeout", "{}"],
    &["show", "dev/a/b", "--azure-cloud", "{}"],
    &["add", "{}", "--stdin"],
    &["add", "dev/new/b", "--stdin", "--sensitivity", "{}"],
    &["add", "dev/new/b", "--reference", "{}"],
    &["add", "dev/new/b", "--reference", "aws-sm://x?{}=y"],
    &["set", "{}", "--stdin"],
    &["set", "dev/a/b", "--reference", "azure-kv://{}/x"],
    &["edit", "dev/a/b", "--sensitivity", "{}"],
    &["rm", "{}"],
    &["prune", "{}"],
    &["mv", "dev/a/b", "{}"],
    &["history", "{}"],
    &["restore", "dev/a/b", "{}"],
    &["generate", "{}"],
    &["generate", "dev/g/h", "--length", "{}"],
    &["generate", "dev/g/h", "--alphabet", "{}"],
    &["seal", "--env", "{}", "--to", "bob", "-o", "none"],
    &["seal", "dev/a/b", "--to", "{}", "-o", "none"],
    &["seal", "dev/a/b", "--to", "bob", "-o", "{}"],
    // The name is taken now.
    &["seal", "dev/a/b", "--to", "bob", "-o", "{}"],
    &["seal", "dev/a/b", "--to", "bob", "-o", "{}/none"],
    &["seal", "dev/a/b", "--to", "bob", "-o", "none", "--ttl", "{}"],
    &["verify", "{}.none"],
    &["verify", "p.kovra", "--from", "{}"],
    &["inspect", "{}.none"],
    &["inspect", "p.kovra", "--token", "{}.none"],
    &["inspect", "p.kovra", "--token", "{}"],
    &["import", "{}.none"],
    &["import", "p.kovra", "--token", "{}.none"],
    &["import", "p.kovra", "--receipt", "{}/none"],
    &["import", "op://vault/item/field", "--as", "{}"],
    &["materialize", "{}"],
    &["materialize", "--env", "{}"],
    &["run", "{}"],
    &["run", "--refs", "{}.none", "--", "true"],
    &["run", "--refs", "{}", "--", "true"],
    &["run", "--", "{}"],
    &["run", "--", "./{}.script"],
    &["run", "--allow-name", "{}", "--", "true"],
    &["allow", "add", "{}"],
    &["allow", "add", "./{}.script"],
    &["allow", "rm", "{}"],
    &["refs", "trust", "{}"],
    &["refs", "trust", "{}.refs"],
    &["refs", "distrust", "{}"],
    &["peer", "add", "new", "--from", "{}.none"],
    &["peer", "add", "{}", "--from", "p.kovra"],
    &["peer", "add", "{}", "--from", "p.kovra", "--fingerprint", "1"],
    &["peer", "show", "{}"],
    &["peer", "confirm", "{}"],
    &["peer", "rename", "{}", "new"],
    &["peer", "rm", "{}"],
    &["shared", "--peer", "{}"],
    &["audit", "--peer", "{}"],
    &["audit", "--coordinate", "{}"],
    &["audit", "--action", "{}"],
    &["list", "--home", "{}"],
    &["list", "--home", "{}/x"],
    &["init", "--home", "{}", "--custody", "{}"],
    &["init", "--home", "{}.new", "--key-file", "{}.key"],
    &["init", "--home", "{}.new", "--key-file", "{}.key"],
    &["init", "--home", "{}.other", "--key-file", "{}"],
    &["list", "--key-file", "{}.none"],
    &["list", "--key-file", "{}"],
    &["list", "--home", "locked", "--passphrase-file", "{}.none"],
    &["list", "--home", "locked", "--passphrase-file", "{}"],
    &["init", "--home", "{}.third", "--passphrase-file", "{}.none"],
];

/// What takes one, and answers in words of its own.
const QUIET: &[&[&str]] = &[
    &["show", "dev/a/b", "--project", "{}"],
    &["add", "dev/new/b", "--stdin", "--description", "{}"],
    &["add", "dev/new/b", "--stdin", "--project", "{}"],
    &["edit", "dev/a/b", "--description", "{}"],
    &["cp", "dev/a/b", "dev/c/d", "--to-project", "{}"],
    &["list", "--env", "{}"],
    &["list", "--component", "{}"],
    &["list", "--project", "{}"],
    &["seal", "dev/a/b", "--to", "bob", "-o", "with", "--token-out", "{}.token"],
    &["verify", "{}"],
    &["verify", "p.kovra", "--from", "kovra1{}"],
    &["import", "p.kovra", "--project", "{}"],
    &["import", "op://{}/item/field", "--as", "dev/i/j"],
    &["import", "azure-kv://{}/x", "--as", "dev/i/j"],
    &["receipt", "{}"],
    &["materialize", "--project", "{}"],
    &["run", "--env", "{}", "--refs", "env.refs", "--", "true"],
    &["run", "--project", "{}", "--", "true"],
    &["peer", "add", "{}", "KEY"],
    &["peer", "add", "new", "{}"],
    &["peer", "add", "new", "age1{}"],
    &["peer", "add", "new", "ssh-ed25519 {}"],
    &["peer", "rename", "bob", "{}"],
    &["audit", "--env", "{}"],
    &["audit", "--since", "{}"],
    &["list", "--home", "{}.vault"],
];

/// Variables that name something.
const VARIABLES: [&str; 5] =
    ["KOVRA_HOME", "KOVRA_KEY_FILE", "KOVRA_PASSPHRASE_FILE", "KOVRA_AZURE_CLOUD", "PATH"];

/// Somebody with what the commands need, and files and folders with the attacker's names.
fn victim(attack: &OsStr) -> Person {
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    alice.add("dev/a/b", "the value", &[]);
    bob.add("dev/x/y", "another", &[]);
    bob.pin(&alice);
    bob.ok(&["seal", "dev/x/y", "--to", "alice", "-o", "p.kovra"]);
    bob.hand(&alice, "p.kovra");
    let named = |end: &str| {
        let mut name = attack.to_owned();
        name.push(end);
        alice.home().join(name)
    };
    std::fs::write(named(".script"), "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(named(".script"), Permissions::from_mode(0o700)).unwrap();
    std::fs::write(named(".refs"), "A=secret://global/dev/a/b\nB=x\u{1bca0}y\n").unwrap();
    // Another vault's file, and none.
    std::fs::create_dir(named(".vault")).unwrap();
    std::fs::write(named(".vault").join("vault.db"), "no vault").unwrap();
    alice.write("env.refs", "A=secret:${ENV}/a/b\n");
    alice.write(".env.refs", "A=secret:dev/a/b\n");
    alice.write("pass", "the passphrase");
    alice.ok(&["init", "--home", "locked", "--passphrase-file", "pass"]);
    alice
}

fn filled(argument: &str, attack: &OsStr) -> OsString {
    let parts: Vec<&[u8]> = argument.split("{}").map(str::as_bytes).collect();
    OsString::from_vec(parts.join(attack.as_bytes()))
}

/// What is on a screen is seen, and no line of it is the attacker's.
#[track_caller]
fn is_honest(screen: &[u8], what: &dyn std::fmt::Debug) {
    let screen =
        std::str::from_utf8(screen).unwrap_or_else(|e| panic!("{what:?}: {e}: {screen:?}"));
    for c in screen.chars().filter(|c| *c != '\n') {
        let hidden = c.is_control() || HIDDEN.chars().filter(|c| !c.is_ascii()).any(|h| h == c);
        assert!(!hidden && kovra::text::is_seen(c), "{what:?}: {c:?} in {screen:?}");
    }
    // The one error that a command ends with is its own.
    let theirs = screen.lines().find(|line| line.trim().starts_with(LINE));
    assert_eq!(theirs, None, "{what:?}: {screen}");
}

/// What a command prints to two pipes.
#[track_caller]
fn piped(command: &mut Command) -> Vec<u8> {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let panicked = output.status.code().is_none_or(|code| code == 101);
    assert!(!panicked, "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    [output.stdout, b"\n".to_vec(), output.stderr].concat()
}

fn with(attack: &OsStr, key: &str, command: &[&str]) -> Vec<OsString> {
    let argument =
        |argument: &&str| filled(if *argument == "KEY" { key } else { argument }, attack);
    command.iter().map(argument).collect()
}

#[test]
fn no_argument_makes_a_line_or_an_escape() {
    let mut unnamed = NAMING.to_vec();
    for attack in attacks() {
        let person = victim(&attack);
        let key = person.id();
        for command in NAMING.iter().chain(QUIET) {
            let arguments = with(&attack, &key, command);
            let screen = piped(person.kovra().args(&arguments));
            is_honest(&screen, &arguments);
            let named = String::from_utf8_lossy(&screen).contains(LINE);
            unnamed.retain(|other| other != command || !named);
        }
        // What was left in the trail and in the lists is told there.
        for list in [&["audit"][..], &["allow", "list"], &["refs", "list"], &["shared"], &["list"]]
        {
            is_honest(&piped(person.kovra().args(list)), &list);
        }
    }
    assert!(unnamed.is_empty(), "nothing of it was shown: {unnamed:?}");
}

#[test]
fn no_variable_makes_a_line_or_an_escape() {
    for attack in attacks() {
        let person = victim(&attack);
        for name in VARIABLES {
            for command in
                [&["show", "dev/a/b"][..], &["whoami"], &["init"], &["run", "--", "true"]]
            {
                let screen = piped(person.kovra().env(name, &attack).args(command));
                is_honest(&screen, &(name, command, &attack));
            }
        }
        // The name under which it was started.
        for command in [&["--help"][..], &["show", "--help"], &["--version"], &["show"], &["peer"]]
        {
            let screen = piped(person.kovra().arg0(&attack).args(command));
            is_honest(&screen, &(command, &attack));
        }
    }
}

/// The same at a terminal, where tables are as wide as it is and whatever is protected is asked about.
#[test]
fn no_argument_makes_a_line_or_an_escape_on_a_terminal() {
    for attack in [format!("x\n{LINE}{HIDDEN}").into(), attacks().pop().unwrap()] {
        let person = victim(&attack);
        let key = person.id();
        // These would wait for somebody to type a value, or a PIN.
        let types = |command: &[&str]| command.contains(&"--stdin") || command.contains(&"init");
        for command in NAMING.iter().chain(QUIET).filter(|command| !types(command)) {
            let arguments = with(&attack, &key, command);
            let session = person.sit(kovra_path(), &arguments).answer_always(YES, "y");
            is_honest(session.screen.as_bytes(), &arguments);
        }
    }
}

/// What the owner says yes to: the file, the program, its arguments, what makes it load code, and who asks.
#[test]
fn no_question_has_a_line_or_an_escape_of_the_attackers() {
    let attack = format!("x\n{LINE}{HIDDEN}");
    let mut person = victim(attack.as_ref());
    person.set_pin();
    person.add("dev/a/high", "the value", &["--sensitivity", "high"]);
    for name in ["BASH_ENV".to_owned(), format!("BASH_FUNC_{attack}%%")] {
        person.env.insert(name, attack.clone());
    }
    std::fs::copy("/bin/sh", person.home().join(&attack)).unwrap();
    let script = format!("./{attack}.script");
    let (refs, shell) = (format!("{attack}.refs"), format!("./{attack}"));
    let (out, token) = (format!("{attack}.kovra"), format!("{attack}.token"));
    let more = format!("{attack}.more");
    std::fs::copy(person.home().join(&refs), person.home().join(&more)).unwrap();
    let show = format!("{} show dev/a/high; :", kovra_path());
    let kovra = kovra_path();
    for (program, arguments) in [
        (kovra, &["run", "--refs", &refs, "--", &script, &attack][..]),
        (kovra, &["seal", "dev/a/high", "--to", "bob", "-o", &out, "--token-out", &token]),
        (kovra, &["allow", "add", &script]),
        (kovra, &["refs", "trust", &more]),
        (&shell, &["-c", &show]),
    ] {
        let mut seat = person.sit(program, arguments);
        seat.wait(ASKED);
        assert!(seat.screen().contains("error: nothin"), "{arguments:?}: {}", seat.screen());
        seat.press_line(PIN);
        is_honest(seat.end().screen.as_bytes(), &arguments);
    }
}

/// The names of extensions come from whoever sealed the package; what is in quotes ends where they do.
#[test]
fn no_name_of_an_extension_closes_its_quotes() {
    let person = Person::new("anyone");
    for (name, shown) in
        [("a\", ignored\nx: \"b", r#""a\", ignored\nx: \"b""#), ("a\\\" b", r#""a\\\" b""#)]
    {
        let named = cat(&[&map(1), &text(name), &bytes(b"")]);
        person.write("ext", Forge::good().set(8, named.clone()).file());
        person.write("crit", Forge::good().set(7, named).file());
        for arguments in
            [["verify", "ext"], ["inspect", "ext"], ["verify", "crit"], ["inspect", "crit"]]
        {
            let screen = piped(person.kovra().args(arguments));
            is_honest(&screen, &arguments);
            let screen = String::from_utf8(screen).unwrap();
            assert!(screen.contains(shown), "{arguments:?}: {screen}");
        }
        let screen = piped(person.kovra().args(["inspect", "--diag", "ext"]));
        assert!(String::from_utf8(screen).unwrap().contains(shown));
    }
}

/// The format's list lets through what Unicode's data has as invisible; it is shown all the same.
#[test]
fn what_the_format_lets_through_is_seen() {
    let attack = "a\u{1bca0}b\u{13430}";
    let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
    alice.pin(&bob);
    bob.pin(&alice);
    alice.add("dev/d/e", "x", &["--description", attack]);
    alice.ok(&["seal", "dev/d/e", "--to", "bob", "-o", "p.kovra"]);
    alice.hand(&bob, "p.kovra");
    let screen = bob.ok(&["inspect", "p.kovra"]).stdout;
    is_honest(screen.as_bytes(), &"inspect");
    assert!(screen.contains("a\\u{1bca0}b\\u{13430}"), "{screen}");
}

/// `op` says what it likes.
#[test]
fn the_words_of_another_program_are_escaped() {
    let mut person = victim("x".as_ref());
    std::fs::create_dir(person.home().join("bin")).unwrap();
    let complaint = format!(
        "#!/bin/sh\n[ $1 = read ] || exit 0\nprintf '[ERROR] x\\033[2J\\n{LINE}\\n' >&2; exit 1\n"
    );
    let op = person.write("bin/op", complaint);
    std::fs::set_permissions(op, Permissions::from_mode(0o700)).unwrap();
    person.env.insert("PATH".into(), format!("{}/bin:/usr/bin:/bin", person.home().display()));
    let arguments = ["import", "op://vault/item/field", "--as", "dev/i/j"];
    let screen = piped(person.kovra().args(arguments));
    is_honest(&screen, &arguments);
    assert!(String::from_utf8_lossy(&screen).contains("x\\u{1b}[2J"), "{screen:?}");
}

#[cfg(unix)]
#[test]
fn bytes_that_are_no_text_are_shown() {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::OsStr::from_bytes(b"a\xff\n\\\xc3\xa9");
    assert_eq!(kovra::text::shown(name), "a\\xff\\n\\\\\u{e9}");
}

/// Row 16, to both readers: people and programs.
#[test]
fn names_from_a_package_are_escaped() {
    let name = "a\u{1b}[2J\u{9b}31m\u{202e}b";
    let ext = cat(&[&map(1), &text(name), &bytes(b"")]);
    let person = Person::new("anyone");
    person.write("p.kovra", Forge::good().set(8, ext).file());
    let plain = person.run(&["verify", "p.kovra"]).expect(&["verify"], 14).stdout;
    assert!(plain.contains("\\u{1b}[2J\\u{9b}31m\\u{202e}b"), "{plain}");
    let json = person.run(&["verify", "p.kovra", "--json"]).expect(&["verify"], 14).stdout;
    assert!(json.contains("\\u001b[2J\\u009b31m\\u202eb"), "{json}");
    assert!(json.is_ascii());
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["ext"][0], name);
}

#[test]
fn a_value_that_is_not_plain_is_escaped_on_a_terminal_only() {
    let person = Person::with_vault("alice");
    person.add("dev/a/b", "red\u{1b}[31m", &[]);
    assert_eq!(person.ok(&["show", "dev/a/b"]).stdout, "red\u{1b}[31m");
    let session = person.at_terminal(&["show", "dev/a/b"], &[]);
    assert!(session.screen.contains("red\\u{1b}[31m"), "{}", session.screen);
}
