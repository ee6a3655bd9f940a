//! The real program against programs that we did not write. Each test says what it needs and is run
//! by CI, which installs it; there a missing program is a failure.

#![cfg(target_os = "linux")]

use forge::people::{Person, kovra_path};

#[test]
#[ignore = "needs strace"]
fn a_literal_only_run_starts_no_thread_no_tls_and_no_network() {
    let person = Person::with_vault("alice");
    let mut refs = String::new();
    for n in 0..50 {
        person.add(&format!("dev/many/k{n}"), "value", &[]);
        refs += &format!("K{n}=secret:dev/many/k{n}\n");
    }
    person.write(".env.refs", refs);
    let trace = person.home().join("trace");
    let status = person
        .command("strace")
        .args(["-f", "-e", "trace=execve,openat,open,socket,connect,clone,clone3,fork,vfork", "-o"])
        .arg(&trace)
        .args([kovra_path(), "run", "--", "true"])
        .status()
        .expect("strace is installed");
    assert!(status.success());
    let trace = std::fs::read_to_string(trace).unwrap();
    assert_eq!(trace.matches("execve(").count(), 2, "kovra, then the command:\n{trace}");
    assert!(trace.contains("vault.db"), "{trace}");
    for call in ["socket(", "connect(", "clone(", "clone3(", "fork("] {
        assert!(!trace.contains(call), "{call}\n{trace}");
    }
    for file in ["ssl", "certs", "resolv.conf", ".aws", ".azure"] {
        assert!(!trace.contains(file), "{file}\n{trace}");
    }
}

#[cfg(feature = "aws")]
mod moto {
    use super::*;
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    /// A server that ends with the test.
    struct Server(Child);

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// moto's own server on a free port, and its address.
    fn moto() -> (Server, String) {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new("python3")
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("python3 with moto[server] is installed");
        let server = Server(child);
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < deadline, "moto does not listen");
            std::thread::sleep(Duration::from_millis(100));
        }
        (server, format!("http://127.0.0.1:{port}"))
    }

    #[test]
    #[ignore = "needs python3 with moto[server] and boto3"]
    fn moto_stands_in_for_aws() {
        const MANY: usize = 25;
        let (_server, endpoint) = moto();
        let mut person = Person::with_vault("alice");
        for (name, value) in [
            ("AWS_ENDPOINT_URL", endpoint.as_str()),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_REGION", "eu-west-1"),
        ] {
            person.env.insert(name.into(), value.into());
        }
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/programs/moto_secrets.py");
        let filled = Command::new("python3")
            .args([script, &endpoint, &MANY.to_string()])
            .envs(&person.env)
            .env("PATH", std::env::var_os("PATH").unwrap())
            .status();
        assert!(filled.expect("python3 is installed").success());

        let mut refs = String::new();
        for n in 0..MANY {
            let pointer = format!("aws-sm://team/k{n}#password");
            person.ok(&["add", &format!("dev/many/k{n}"), "--reference", &pointer]);
            refs += &format!("K{n}=secret:dev/many/k{n}\n");
        }
        let previous = "aws-sm://team/staged?version-stage=AWSPREVIOUS";
        person.ok(&["add", "dev/many/previous", "--reference", previous]);
        refs += "PREVIOUS=secret:dev/many/previous\n";
        person.write(".env.refs", refs);
        assert_eq!(person.ok(&["materialize"]).stdout.matches("resolved").count(), MANY + 1);
        let script = "echo $K0 $K1 $K24 $PREVIOUS";
        assert_eq!(person.ok(&["run", "--", "sh", "-c", script]).stdout, "p0 p1 p24 first\n");

        person.ok(&["add", "dev/odd/binary", "--reference", "aws-sm://team/binary"]);
        let binary = person.kovra().args(["show", "dev/odd/binary"]).output().unwrap();
        assert_eq!(binary.stdout, b"\x00\x01binary");
        person.ok(&["add", "dev/odd/deleted", "--reference", "aws-sm://team/deleted"]);
        person.ok(&["add", "dev/odd/missing", "--reference", "aws-sm://team/missing"]);
        let odd = ["materialize", "dev/odd/deleted", "dev/odd/missing", "dev/many/k0"];
        let ran = person.run(&odd).expect(&odd, 30);
        for outcome in ["disabled", "not found", "resolved"] {
            assert!(ran.stdout.contains(outcome), "{outcome}\n{}", ran.stdout);
        }
    }
}

/// What the other tests read is only as good as the stand-ins: here clients that we did not write
/// read from them too, and make of it what they make of the real clouds.
#[cfg(all(feature = "aws", feature = "azure"))]
mod standins {
    use forge::clouds::{Answer, Standin};
    use std::process::Command;

    const OLD: &str = "fedcba9876543210fedcba9876543210";

    fn reads(script: &str, clouds: &Standin) {
        let env = clouds.env();
        let output = Command::new("python3")
            .arg(format!("{}/tests/programs/{script}", env!("CARGO_MANIFEST_DIR")))
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("REQUESTS_CA_BUNDLE", &env["SSL_CERT_FILE"])
            .env("AWS_CA_BUNDLE", &env["SSL_CERT_FILE"])
            .envs(env)
            .output()
            .expect("python3 is installed");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{errors}");
        assert!(output.stdout.starts_with(b"read https://"), "{errors}");
    }

    #[test]
    #[ignore = "needs python3 with azure-keyvault-secrets and azure-identity"]
    fn microsofts_clients_read_from_the_azure_stand_in() {
        let clouds = Standin::builder()
            .azure("team-kv", "key", "value")
            .azure_version("team-kv", "key", OLD, "old")
            .azure("team-kv", "long", "x".repeat(65536).as_str())
            .azure("team-kv", "empty", "")
            .azure("team-kv", "nul", "a\0b")
            .azure("team-kv", "denied", Answer::Denied)
            .azure("team-kv", "disabled", Answer::Disabled)
            .azure("team-kv", "throttled", Answer::Throttled(7))
            .azure("team-kv", "silent", Answer::Throttled(0))
            .azure("team-kv", "broken", Answer::Broken)
            .azure("team-kv", "cut", Answer::Cut)
            .azure("team-kv", "foreign", Answer::Challenge("https://evil.example.com"))
            .azure("other-kv", "key", "other")
            .start();
        reads("standin_azure.py", &clouds);
        let tokens = clouds.requests_to("login.microsoftonline.com");
        assert_eq!(tokens.iter().filter(|r| r.method == "POST").count(), 1, "{tokens:?}");
    }

    #[test]
    #[ignore = "needs python3 with boto3"]
    fn amazons_client_reads_from_the_aws_stand_in() {
        let clouds = Standin::builder()
            .aws("eu-west-1", "team/key", "value")
            .aws_version("eu-west-1", "team/key", OLD, "old")
            .aws_version("eu-west-1", "team/key", "AWSPREVIOUS", "previous")
            .aws("eu-west-1", "team/bytes", Answer::Binary("3q2+7w=="))
            .aws("eu-west-1", "team/denied", Answer::Denied)
            .aws("eu-west-1", "team/deleted", Answer::Disabled)
            .aws("eu-west-1", "team/throttled", Answer::Throttled(1))
            .aws("eu-west-1", "team/broken", Answer::Broken)
            .aws("cn-north-1", "team/key", "value")
            .start();
        reads("standin_aws.py", &clouds);
    }
}

#[cfg(feature = "keyring")]
#[test]
#[ignore = "needs dbus-run-session and gnome-keyring-daemon"]
fn a_keyring_keeps_the_vaults_key() {
    let person = Person::new("alice");
    let session = r#"
        printf %s password | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        "$1" init && printf %s value | "$1" add dev/db/url --stdin && "$1" show dev/db/url
    "#;
    let in_session = |script: &str| {
        // For the daemon's sockets: it ends, and takes them away, a moment after its session.
        let runtime = tempfile::tempdir().unwrap();
        let mut command = person.command("dbus-run-session");
        command.env("XDG_RUNTIME_DIR", runtime.path());
        command.args(["--", "sh", "-c", script, "sh", kovra_path()]);
        command.output().expect("dbus-run-session is installed")
    };
    let output = in_session(session);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    assert!(stdout.ends_with("Added dev/db/url (medium).\nvalue"), "{stdout}{stderr}");
    for (path, bytes) in person.files() {
        let path = path.to_string_lossy().into_owned();
        let found = bytes.windows(16).any(|w| w == b"KOVRA-VAULT-KEY-");
        assert!(!found || path.contains("keyrings"), "{path} holds the key");
    }
    let said = person.fails(&["show", "dev/db/url"], 40);
    assert!(said.contains("keyring"), "{said}");
    let locked = in_session(r#""$1" show dev/db/url"#);
    assert_eq!(locked.status.code(), Some(40), "a session without an unlocked keyring");
}

/// Two keys are in the keyring while the lock changes, and one afterwards; and a keyring that is gone is no end.
#[cfg(feature = "keyring")]
#[test]
#[ignore = "needs dbus-run-session and gnome-keyring-daemon"]
fn another_key_in_the_keyring_and_a_keyring_that_is_gone() {
    use forge::people::{ASKED, PIN, terminal::Seat};
    use kovra::identity::RecoveryCode;
    use kovra::secret::Secret;
    let person = Person::new("alice");
    let runtime = tempfile::tempdir().unwrap();
    let script = r#"
        printf %s password | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        "$1" init && "$1" rekey && "$1" list; echo "ended $?"
    "#;
    let session = |script: &str| {
        let runtime = format!("XDG_RUNTIME_DIR={}", runtime.path().display());
        let words = [&runtime, "dbus-run-session", "--", "sh", "-c", script, "sh", kovra_path()];
        person.sit("env", &words)
    };
    let mut seat = session(script);
    let code = |seat: &mut Seat| {
        seat.wait("Then type its last group: ");
        let is_code = |word: &&str| RecoveryCode::parse(&Secret::copy_of(word.as_bytes())).is_ok();
        let code = seat.screen().split_whitespace().rfind(is_code).unwrap().to_owned();
        seat.press_line(&code[code.len() - 5..]);
        code
    };
    let pin = |seat: &mut Seat| {
        seat.wait("(nothing for none): ");
        seat.press_line(PIN);
        seat.wait("again: ");
        seat.press_line(PIN);
    };
    pin(&mut seat);
    seat.wait("[Y/n] ");
    seat.press_line("y");
    let recovery = code(&mut seat);
    seat.wait(ASKED);
    seat.press_line(PIN);
    let ended = seat.end();
    assert!(
        ended.screen.contains("ended 0") && !ended.screen.contains("still has"),
        "{}",
        ended.screen
    );

    std::fs::remove_dir_all(person.home().join(".local/share/keyrings")).unwrap();
    let script = r#"
        printf %s password | gnome-keyring-daemon --unlock --components=secrets >/dev/null
        "$1" list; echo "ended $?"; "$1" recover && "$1" list; echo "came $?"
    "#;
    let mut seat = session(script);
    seat.wait("ended 40");
    seat.wait("Recovery code: ");
    seat.press_line(&recovery);
    code(&mut seat);
    pin(&mut seat);
    let ended = seat.end();
    assert!(ended.screen.contains("came 0"), "{}", ended.screen);
}

/// What a bus that hangs costs, with a vault whose key a keyring has.
#[cfg(feature = "keyring")]
mod hung_bus {
    use super::*;
    use kovra::identity::Identity;
    use kovra::vault::{Custody, Kek, NewVault, Vault};
    use std::io::Read;
    use std::os::unix::net::UnixListener;
    use std::time::{Duration, Instant};

    /// Somebody whose session bus takes every connection, and never says a word.
    fn person() -> Person {
        let mut person = Person::new("alice");
        let socket = person.home().join("bus");
        let bus = UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            for mut connection in bus.incoming().flatten() {
                std::thread::spawn(
                    move || {
                        while matches!(connection.read(&mut [0; 512]), Ok(1..)) {}
                    },
                );
            }
        });
        let address = format!("unix:path={}", socket.display());
        person.env.insert("DBUS_SESSION_BUS_ADDRESS".into(), address);
        person
    }

    #[test]
    fn a_vault_of_a_keyring_that_hangs_is_locked_in_words_at_once() {
        let person = person();
        let kek = Kek::generate().unwrap();
        let folder = person.vault().parent().unwrap().to_owned();
        let id = Vault::new_id().unwrap();
        let new =
            NewVault { folder: &folder, id, custody: Custody::Keyring { item: None }, kek: &kek };
        let identity = Identity::generate(forge::NOW).unwrap();
        Vault::create(new, |batch| batch.put_identity(&identity)).unwrap();
        let start = Instant::now();
        let said = person.fails(&["list"], 40);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert!(said.contains("the keyring did not answer in time"), "{said}");
    }

    #[test]
    fn init_falls_back_to_a_passphrase_at_once() {
        let person = person();
        let start = Instant::now();
        let typed =
            [("New passphrase: ", "the passphrase"), ("The same again: ", "the passphrase")];
        let session = person.at_terminal(&["init", "--no-recovery-code"], &typed);
        assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
        assert_eq!(session.code, 0, "{}", session.screen);
        let said = "did not answer in time, so a passphrase is to keep the vault";
        assert!(session.screen.contains(said), "{}", session.screen);
        assert_eq!(
            person.at_terminal(&["list"], &[(forge::people::OPENS, "the passphrase")]).code,
            0
        );
        let start = Instant::now();
        let said = self::person().fails(&["init", "--custody", "keyring"], 40);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        assert!(said.contains("the keyring did not answer in time"), "{said}");
    }
}
