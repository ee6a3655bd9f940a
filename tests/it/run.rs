//! `kovra run`: the command is its own process in every way, and is never started half-resolved.

use forge::people::{ASKED, PIN, Person};
use std::os::unix::process::ExitStatusExt;

fn person_with(refs: &str) -> Person {
    let person = Person::with_vault("alice");
    person.add("dev/db/url", "postgres://dev", &[]);
    person.write(".env.refs", refs);
    person
}

#[test]
fn variables_come_from_where_the_file_says() {
    let mut person = person_with(
        "project = shop\nURL=secret:${ENV}/db/url\nGLOBAL=secret://global/dev/db/url\n\
         NONE=secret:dev/no/such | nothing\nUSER_HOME=${env:OUTER}\nREGION=${env:NOWHERE | eu}\n\
         LEVEL=info\n",
    );
    person.env.insert("OUTER".into(), "outer value".into());
    person.trust_refs(".env.refs");
    person.add("dev/db/url", "postgres://shop", &["--project", "shop"]);
    let script = "echo $URL $GLOBAL $NONE $USER_HOME $REGION $LEVEL";
    let ran = person.ok(&["run", "--env", "dev", "--", "sh", "-c", script]);
    assert_eq!(ran.stdout, "postgres://shop postgres://dev nothing outer value eu info\n");
    assert_eq!(ran.stderr, "kovra: /usr/bin/sh gets dev/db/url\n");
    person.write("other.refs", "URL=secret:dev/db/url\n");
    let other = ["run", "--refs", "other.refs", "--project", "none", "--", "sh", "-c", "echo $URL"];
    assert_eq!(person.ok(&other).stdout, "postgres://dev\n");
}

#[test]
fn the_environment_holds_what_was_asked_for_and_nothing_more() {
    let person = person_with("URL=secret:dev/db/url\n");
    let with = person.ok(&["run", "--", "env"]).stdout;
    let without = person.command("env").output().unwrap().stdout;
    let mut expected: Vec<String> =
        String::from_utf8(without).unwrap().lines().map(str::to_owned).collect();
    expected.push("URL=postgres://dev".into());
    let mut lines: Vec<&str> = with.lines().collect();
    lines.sort_unstable();
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

#[test]
fn the_process_is_replaced() {
    let person = person_with("URL=secret:dev/db/url\n");
    let mut command = person.kovra();
    command.args(["run", "--", "sh", "-c", "echo $$"]).stdout(std::process::Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = child.id().to_string();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), pid);
}

#[test]
fn exit_codes_signals_and_stdin_are_the_commands_own() {
    let person = person_with("URL=secret:dev/db/url\n");
    assert_eq!(person.run(&["run", "--", "sh", "-c", "exit 7"]).code, 7);
    let mut killed = person.kovra();
    let status = killed.args(["run", "--", "sh", "-c", "kill -TERM $$"]).status().unwrap();
    assert_eq!(status.signal(), Some(15));
    let echoed = person.pipe(&["run", "--", "cat"], b"from stdin");
    assert_eq!(echoed.stdout, "from stdin");
    let sigpipe = person.ok(&["run", "--", "sh", "-c", "yes | head -n 1"]);
    assert_eq!(sigpipe.stdout, "y\n");
    assert!(!sigpipe.stderr.contains("ipe"), "{}", sigpipe.stderr);
}

#[test]
fn commands_that_cannot_be_run() {
    let person = person_with("URL=secret:dev/db/url\n");
    person.fails(&["run", "--", "no-such-command"], 127);
    person.fails(&["run", "--", "./no-such-file"], 127);
    person.write("plain", "not a program");
    person.fails(&["run", "--", "./plain"], 126);
    person.fails(&["run", "--", "/"], 126);
    person.fails(&["run"], 125);
}

#[test]
fn our_own_failures_are_125_and_say_why() {
    let person = Person::with_vault("alice");
    let fails = |refs: &str, words: &str| {
        person.write(".env.refs", refs);
        let said = person.fails(&["run", "--env", "dev", "--", "true"], 125);
        assert!(said.contains(words), "{said}");
    };
    let missing = person.fails(&["run", "--", "true"], 125);
    assert!(missing.contains(".env.refs") && missing.contains("NAME=secret:"), "{missing}");
    fails("A=secret:dev/no/such\n", "dev/no/such is not in the vault");
    fails("\nA=secret:nonsense\n", "line 2");
    fails("LD_PRELOAD=secret:dev/db/url\n", "LD_PRELOAD");
    fails("A=${env:NOT_SET}\n", "NOT_SET");
    fails("A=secret:prod/x/y | z\n", "fallback");
    person.pipe(&["add", "dev/a/nul", "--stdin"], b"a\0b").expect(&["add"], 0);
    fails("A=secret:dev/a/nul\n", "NUL");
    person.write(".env.refs", "A=secret:${ENV}/a/nul\n");
    assert!(person.fails(&["run", "--", "true"], 125).contains("--env"));
}

#[test]
fn a_value_of_many_lines_arrives_whole() {
    let person = person_with("PEM=secret:dev/tls/pem\n");
    let pem = "-----BEGIN-----\nabc\ndef\n-----END-----\n";
    person.add("dev/tls/pem", pem, &[]);
    let ran = person.ok(&["run", "--", "sh", "-c", "printf %s \"$PEM\""]);
    assert_eq!(ran.stdout, pem);
}

#[test]
fn high_and_prod_are_confirmed_once_or_not_run_at_all() {
    let person = person_with("A=secret:dev/a/high\nB=secret:prod/b/c\nC=secret:dev/a/inject\n");
    person.add("dev/a/high", "high", &["--sensitivity", "high"]);
    person.add("prod/b/c", "prod", &[]);
    person.add("dev/a/inject", "inject", &["--sensitivity", "inject-only"]);
    let touch = ["run", "--", "sh", "-c", "touch started; echo got $A $B $C"];
    let said = person.fails(&touch, 125);
    assert!(said.contains("dev/a/high") && said.contains("prod/b/c"), "{said}");
    person.set_pin();
    let session = person.at_terminal(&touch, &[]);
    assert!(
        session.code == 125 && session.screen.contains("kovra allow add"),
        "{}",
        session.screen
    );
    let session = person.owner_ok(&["allow", "add", "sh"]);
    assert!(session.screen.contains("allows everything"), "{}", session.screen);
    let session = person.at_terminal(&touch, &[(ASKED, "")]);
    assert_eq!(session.code, 125, "{}", session.screen);
    assert!(!person.home().join("started").exists());
    let session = person.at_terminal(&touch, &[(ASKED, PIN)]);
    assert_eq!(session.code, 0, "{}", session.screen);
    assert!(session.screen.contains("WHICH YOU HAVE NOT TRUSTED YET"), "{}", session.screen);
    assert!(session.screen.contains("B = prod/b/c (high): it is of production"));
    assert!(session.screen.contains("/bin/sh -c 'touch started"), "{}", session.screen);
    assert!(session.screen.contains("got high prod inject"), "{}", session.screen);
    assert_eq!(session.screen.matches("Go on?").count(), 1);
    let again = person.at_terminal(&touch, &[(ASKED, "")]);
    assert!(!again.screen.contains("NOT TRUSTED"), "it is by now: {}", again.screen);
}

#[test]
fn an_inject_only_value_needs_no_person() {
    let mut person = person_with("A=secret:dev/a/inject\n");
    person.add("dev/a/inject", "inject", &["--sensitivity", "inject-only"]);
    person.env.insert("KOVRA_AGENT".into(), "1".into());
    let ran = person.ok(&["run", "--", "sh", "-c", "printf %s \"$A\" | wc -c"]);
    assert_eq!(ran.stdout.trim(), "6");
}

/// Of the manuals; the whole list is in `spec/policy.md` 7.
#[test]
fn names_that_no_variable_may_take_are_refused_from_wherever() {
    let person = person_with("");
    for name in [
        "LD_PRELOAD",
        "PERLLIB",
        "LUA_INIT",
        "KUBECONFIG",
        "GOPROXY",
        "SSLKEYLOGFILE",
        "AWS_ENDPOINT_URL",
        "NODE_TLS_REJECT_UNAUTHORIZED",
        "PATH",
        "https_proxy",
        "KOVRA_HOME",
    ] {
        for from in ["secret:dev/db/url", "x", "${env:HOME}", "secret:dev/no/such | x"] {
            person.write(".env.refs", format!("OK=1\n{name}={from}\n"));
            let said = person.fails(&["run", "--", "touch", "started"], 125);
            assert!(said.contains("line 2") && said.contains(name), "{name}={from}: {said}");
        }
    }
    let free = "CARGO_REGISTRY_TOKEN=secret:dev/db/url\nGITHUB_TOKEN=a\nAWS_SECRET_ACCESS_KEY=b\n";
    person.write(".env.refs", free);
    let ran = person.ok(&["run", "--", "sh", "-c", "echo $CARGO_REGISTRY_TOKEN $GITHUB_TOKEN"]);
    assert_eq!(ran.stdout, "postgres://dev a\n");
    assert!(!person.home().join("started").exists());
}

#[test]
fn a_name_is_let_through_only_by_name_and_by_the_owner() {
    let mut person = person_with("KUBECONFIG=secret:dev/db/url\nPERLLIB=lib\n");
    let both = ["--allow-name", "KUBECONFIG", "--allow-name", "PERLLIB"];
    let show = ["--", "sh", "-c", "touch started; echo got $KUBECONFIG $PERLLIB"];
    let all = [&["run"], &both[..], &show].concat();
    let one = [&["run"], &both[..2], &show].concat();
    assert!(person.fails(&one, 125).contains("line 2: PERLLIB"));
    // Nobody is there to be asked.
    assert!(person.fails(&all, 125).contains("policy"));
    let session = person.at_terminal(&all, &[("Go on? [y/N]", "n")]);
    assert_eq!(session.code, 125, "{}", session.screen);
    assert!(!person.home().join("started").exists());
    let session = person.at_terminal(
        &all,
        &[("KUBECONFIG, PERLLIB\r\nIt would receive 1 entry.\r\nGo on? [y/N]", "y")],
    );
    assert!(session.screen.contains("got postgres://dev lib"), "{}", session.screen);
    for wrong in ["KOVRA_HOME", "A-B", "LD_*", ""] {
        let said = person.fails(&["run", "--allow-name", wrong, "--", "true"], 125);
        assert!(said.contains("--allow-name"), "{said}");
    }
    // A name that needs no question gets none.
    person.write(".env.refs", "A=1\n");
    person.ok(&["run", "--allow-name", "PATH", "--", "true"]);
    person.write(".env.refs", "PERLLIB=lib\n");
    person.env.insert("KOVRA_AGENT".into(), "1".into());
    let session = person.at_terminal(&["run", "--allow-name", "PERLLIB", "--", "true"], &[]);
    assert_eq!(session.code, 125, "{}", session.screen);
}

#[test]
fn what_opens_the_vault_does_not_reach_the_command_and_what_names_it_does() {
    let mut person = person_with("URL=secret:dev/db/url\n");
    let key = person.home().join("vault.key").display().to_string();
    person.env.insert("KOVRA_KEY_FILE".into(), key);
    let env = |person: &Person, more: &[&str]| {
        let stdout = person.ok(&[&["run"], more, &["--", "env"]].concat()).stdout;
        let of_kovra = stdout.lines().filter(|line| line.starts_with("KOVRA_"));
        of_kovra.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(env(&person, &[]), Vec::<String>::new());
    let folder = person.vault().parent().unwrap().display().to_string();
    let named = format!("KOVRA_HOME={folder}");
    assert_eq!(env(&person, &["--home", ".local/share/kovra/"]).len(), 1);
    person.env.insert("KOVRA_HOME".into(), folder);
    person.env.insert("KOVRA_AGENT".into(), "me".into());
    let mut both = env(&person, &[]);
    both.sort_unstable();
    assert_eq!(both, ["KOVRA_AGENT=me", &named]);

    let bob = Person::new("bob");
    bob.write("pass", "the passphrase");
    bob.ok(&["init", "--passphrase-file", "pass"]);
    bob.write(".env.refs", "A=1\n");
    let script = r#"KOVRA_PASSPHRASE_FILE=pass exec "$0" run -- env"#;
    let ran = bob.command("sh").args(["-c", script, forge::people::kovra_path()]).output().unwrap();
    let stdout = String::from_utf8(ran.stdout).unwrap();
    assert!(stdout.contains("A=1") && !stdout.contains("KOVRA_"), "{stdout}");
}

#[cfg(target_os = "linux")]
#[test]
fn an_agent_is_not_free_of_it_by_unsetting_the_variable() {
    let mut person = person_with("URL=secret:dev/db/url\n");
    let kovra = forge::people::kovra_path();
    let unset = format!("env -u KOVRA_AGENT {kovra} show dev/db/url");
    let nested = format!("{unset}; env -u KOVRA_AGENT {kovra} run -- {unset}");
    person.ok(&["show", "dev/db/url"]);
    person.env.insert("KOVRA_AGENT".into(), "1".into());
    let said = person.command("sh").args(["-c", &format!("{nested}; :")]).output().unwrap();
    let (stdout, stderr) = (said.stdout, String::from_utf8(said.stderr).unwrap());
    assert_eq!(String::from_utf8(stdout).unwrap(), "");
    assert_eq!(stderr.matches("policy").count(), 2, "{stderr}");
    // The command is told who asks.
    let told = format!("env -u KOVRA_AGENT {kovra} run -- sh -c 'echo $KOVRA_AGENT'; :");
    let ran = person.command("sh").args(["-c", &told]).output().unwrap();
    assert_eq!(ran.stdout, b"1\n");
}

#[test]
fn what_fits_no_environment_is_refused_before_anybody_is_asked() {
    let person = person_with("");
    let limit = 128 << 10;
    // With its name, the '=' and what ends it.
    for (length, fits) in [(limit - 6, true), (limit - 5, false)] {
        person.add(&format!("dev/big/v{length}"), &"x".repeat(length), &[]);
        person.write(".env.refs", format!("BIGN=secret:dev/big/v{length}\n"));
        let ran = person.run(&["run", "--", "touch", &format!("started{length}")]);
        assert_eq!(ran.code == 0, fits, "{length}: {}", ran.stderr);
        assert_eq!(person.home().join(format!("started{length}")).exists(), fits);
        let named = ran.stderr.contains(&format!("BIGN: dev/big/v{length}"));
        assert!(fits || named && ran.stderr.contains("128 KiB"), "{}", ran.stderr);
        let audit = ["audit", "--json", "--coordinate", &format!("dev/big/v{length}")];
        let rows = person.ok(&[&audit[..], &["--action", "run"]].concat()).stdout;
        let outcome = if fits { "allowed" } else { "failed" };
        assert!(rows.contains(&format!("\"outcome\": \"{outcome}\"")), "{rows}");
        person.write(".env.refs", format!("BIGN={}\n", "x".repeat(length)));
        let said = person.run(&["run", "--", "true"]);
        assert_eq!(said.code == 0, fits, "{length}: {}", said.stderr);
    }
    // A high one would be asked for.
    let high = ["--sensitivity", "high"];
    person.add("dev/big/high", &"x".repeat(limit), &high);
    person
        .pipe(&["add", "dev/a/nul", "--stdin", "--sensitivity", "high"], b"a\0b")
        .expect(&["add"], 0);
    for (at, why) in [("dev/big/high", "128 KiB"), ("dev/a/nul", "NUL")] {
        person.write(".env.refs", format!("A=secret:{at}\n"));
        let session = person.at_terminal(&["run", "--", "true"], &[]);
        assert!(session.code == 125 && session.screen.contains(why), "{}", session.screen);
        assert!(session.screen.contains(&format!("A: {at}")), "{}", session.screen);
        assert!(!session.screen.contains("Go on?"), "{}", session.screen);
    }
    let many: String = (0..7).map(|n| format!("V{n}={}\n", "x".repeat(100_000 + n))).collect();
    person.write(".env.refs", many);
    let script = r#"ulimit -s 1024; exec "$0" run -- touch started"#;
    let output = person.command("sh").args(["-c", script, forge::people::kovra_path()]).output();
    let output = output.unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(125), "{said}");
    assert!(said.contains("the largest of .env.refs are V6, V5, V4"), "{said}");
    assert!(!person.home().join("started").exists());
}

#[test]
fn all_that_is_missing_is_said_at_once_with_its_line() {
    let person = person_with(
        "# none of these\nURL=secret:prod/db/url\nOTHER=secret:dev/no/such\n\
         G=secret://global/qa/db/url\nHERE=secret:dev/db/url\nWITH=secret:dev/no/such | x\n",
    );
    person.add("staging/db/url", "v", &[]);
    person.add("test/db/url", "v", &["--project", "shop"]);
    let said = person.fails(&["run", "--project", "shop", "--", "true"], 125);
    for line in [
        "URL (line 2): prod/db/url is not in the vault for project shop; dev, staging, test have it",
        "OTHER (line 3): dev/no/such is not in the vault for project shop\n",
        "G (line 4): qa/db/url is not in the vault; dev, staging have it",
        "`kovra list`",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    assert!(!said.contains("HERE") && !said.contains("WITH"), "{said}");
    let many: String = (0..80_000).map(|n| format!("V{n}=x\n")).collect();
    person.write(".env.refs", format!("{many}V7=y\n"));
    let start = std::time::Instant::now();
    let said = person.fails(&["run", "--", "true"], 125);
    assert!(said.contains("line 80001: V7 is there twice"), "{said}");
    assert!(start.elapsed().as_secs() < 15, "{:?}", start.elapsed());
}

#[cfg(all(feature = "aws", feature = "azure"))]
mod with_clouds {
    use super::*;
    use forge::clouds::{Answer, LEAK, Standin};

    fn bob_with_pointers(pointers: &[(&str, &str)]) -> Person {
        let (alice, bob) = (Person::with_vault("alice"), Person::with_vault("bob"));
        alice.pin(&bob);
        bob.pin(&alice);
        let mut refs = String::new();
        for (n, (coordinate, pointer)) in pointers.iter().enumerate() {
            alice.ok(&["add", coordinate, "--reference", pointer]);
            refs += &format!("V{n}=secret:{coordinate}\n");
        }
        alice.ok(&["seal", "--env", "dev", "--to", "bob", "-o", "p.kovra"]);
        alice.hand(&bob, "p.kovra");
        bob.ok(&["import", "p.kovra"]);
        bob.write(".env.refs", refs);
        bob
    }

    #[test]
    fn a_pointer_from_a_package_is_used_only_after_it_was_chosen() {
        let clouds = Standin::builder().azure("team-kv", "key", "value").start();
        let mut bob = bob_with_pointers(&[("dev/pay/key", "azure-kv://team-kv/key")]);
        bob.env.extend(clouds.env());
        let run = ["run", "--", "sh", "-c", "echo got $V0"];
        let said = bob.fails(&run, 125);
        assert!(said.contains("dev/pay/key"), "{said}");
        bob.fails(&["show", "dev/pay/key"], 20);
        assert!(clouds.requests().is_empty());
        let asked = "(medium) \u{2192} azure-kv://team-kv/key: its pointer came in a package and you have \
                     not materialized it yet\r\nGo on? [y/N]";
        let session = bob.at_terminal(&run, &[(asked, "y")]);
        assert!(session.screen.contains("got value"), "{}", session.screen);
        bob.fails(&["materialize", "dev/pay/key"], 20);
        bob.owner_ok(&["materialize", "dev/pay/key"]);
        assert_eq!(bob.ok(&run).stdout, "got value\n");
        assert_eq!(bob.ok(&["show", "dev/pay/key"]).stdout, "value");
    }

    #[test]
    fn every_pointer_that_failed_is_named_and_nothing_is_started() {
        let clouds = Standin::builder()
            .azure("team-kv", "good", "value")
            .azure("team-kv", "denied", Answer::Denied)
            .aws("eu-west-1", "good", "value")
            .start();
        let mut bob = bob_with_pointers(&[
            ("dev/a/denied", "azure-kv://team-kv/denied"),
            ("dev/a/good", "azure-kv://team-kv/good"),
            ("dev/a/missing", "aws-sm://missing?region=eu-west-1"),
        ]);
        bob.env.extend(clouds.env());
        let table = bob.owner(&["materialize"]);
        assert_eq!(table.code, 30, "{}", table.screen);
        for word in ["denied", "not found", "resolved"] {
            assert!(table.screen.contains(word), "{word}:\n{}", table.screen);
        }
        let run = ["run", "--", "touch", "started"];
        let session = bob.at_terminal(&run, &[("Go on? [y/N]", "y")]);
        assert_eq!(session.code, 125, "{}", session.screen);
        for name in ["dev/a/denied", "dev/a/missing"] {
            assert!(session.screen.contains(&format!("{name} did not resolve")));
        }
        assert!(!session.screen.contains(LEAK) && !table.screen.contains(LEAK));
        assert!(!bob.home().join("started").exists());
    }

    #[test]
    fn materialize_tells_a_missing_identity_from_an_unreachable_cloud() {
        let clouds = Standin::builder().azure("team-kv", "key", Answer::Broken).start();
        let mut bob = bob_with_pointers(&[("dev/a/key", "azure-kv://team-kv/key")]);
        bob.env.extend(clouds.env());
        assert_eq!(bob.owner(&["materialize"]).code, 32);
        bob.env.retain(|name, _| !name.starts_with("AZURE"));
        let said = bob.owner(&["materialize"]);
        assert!(said.code == 31 && said.screen.contains("az login"), "{}", said.screen);
        bob.fails(&["materialize", "--env", "staging"], 1);
        bob.fails(&["materialize", "dev/no/such"], 1);
    }
}
