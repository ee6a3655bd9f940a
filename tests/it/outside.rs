//! Programs that nobody here wrote read what kovra seals, and kovra reads what they make: `openssl`
//! for the signature, `age` for the slots, Python's cbor2 for the rest. This is clause 10 of
//! `spec/package-v1.md`, carried out.
//!
//! The tests are ignored unless asked for, since they need those programs. Where they are asked
//! for, a program that is missing is a failure.

mod post_quantum;

use forge::{ALICE, BOB, CAROL, CREATED, EXPIRES, Forge, NOW, To, openssh_private_key};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::identity::{AgreementPublic, Recipient, Token};
use kovra::package::{Contents, Draft, High, Package, Sealed, Stamp, seal};
use kovra::secret::Secret;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

/// A folder for one test's files.
struct Files(tempfile::TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), content).unwrap();
        self.path(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Runs `program` in this folder.
    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        let output = command.args(arguments).current_dir(self.0.path()).output();
        output.unwrap_or_else(|e| panic!("this test needs the program {program}: {e}"))
    }

    /// Runs `program`, which must succeed.
    fn must(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let output = self.run(program, arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{program} {arguments:?}: {stderr}");
        output.stdout
    }

    /// Runs a program of `tests/outside`, which must succeed.
    fn script(&self, interpreter: &str, name: &str, arguments: &[&str]) -> Vec<u8> {
        self.must(interpreter, &[&[&*outside(name)], arguments].concat())
    }

    /// Runs `tests/outside/read.py`, and returns the JSON that it prints.
    fn python(&self, arguments: &[&str]) -> Value {
        serde_json::from_slice(&self.script("python3", "read.py", arguments)).unwrap()
    }

    /// Whether `openssl` takes `signature` for the sender's over `signed`.
    fn openssl_verifies(&self) -> bool {
        let verify = ["pkeyutl", "-verify", "-rawin", "-pubin", "-keyform", "DER"];
        let files = ["-inkey", "sender.der", "-in", "signed", "-sigfile", "signature"];
        self.run("openssl", &[verify, files].concat()).status.success()
    }
}

/// The path of a program of `tests/outside`.
fn outside(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/outside").join(name);
    path.into_os_string().into_string().unwrap()
}

/// A client of age that nobody here wrote.
#[derive(Clone, Copy)]
enum Client {
    /// The program `age`, of whatever version.
    Age,
    /// npm's `age-encryption`, which knows hybrid keys.
    Npm,
}

impl Client {
    /// Decrypts the file `from` with the keys in the file `keys`.
    fn decrypts(self, files: &Files, keys: &str, from: &str, to: &str) -> Output {
        match self {
            Self::Age => files.run("age", &["-d", "-i", keys, "-o", to, from]),
            Self::Npm => files.run("node", &[&outside("age.mjs"), "decrypt", keys, from, to]),
        }
    }

    /// The same, which must succeed.
    fn must(self, files: &Files, keys: &str, from: &str, to: &str) {
        let output = self.decrypts(files, keys, from, to);
        assert!(output.status.success(), "{from}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn entry(coordinate: &str, content: Content, sensitivity: Sensitivity) -> Entry {
    let description = Some("Gr\u{fc}\u{df}e".to_owned());
    Entry { coordinate: coordinate.parse().unwrap(), content, sensitivity, description }
}

fn literal(value: &[u8]) -> Content {
    Content::Literal(Secret::copy_of(value))
}

/// For Bob's kovra identity, and for Carol's SSH key.
fn bob_and_carol() -> [Recipient; 2] {
    let bob = AgreementPublic::from_bytes(&BOB.x()).unwrap();
    [Recipient::Kovra(bob), Recipient::SshEd25519(CAROL.ssh_blob().try_into().unwrap())]
}

/// What kovra seals.
fn sealed_by_kovra(recipients: &[Recipient]) -> Sealed {
    let life = Duration::from_secs(EXPIRES - CREATED);
    seal(Draft {
        sender: &ALICE.identity().signing,
        stamp: &Stamp::after(0, Moment::from_seconds(CREATED), life).unwrap(),
        recipients,
        entries: vec![
            entry("dev/db/host", literal(b"db.internal"), Sensitivity::Low),
            entry("dev/db/blob", literal(&[0, 0xff, b'\n']), Sensitivity::Medium),
            entry("dev/db/password", literal(b"correct horse"), Sensitivity::High),
            entry("dev/api/key", literal(&[7; 70_000]), Sensitivity::InjectOnly),
            entry(
                "prod/db/url",
                Content::Reference("azure-kv://orders/db-url#dsn".parse().unwrap()),
                Sensitivity::High,
            ),
        ],
    })
    .unwrap()
}

/// An entry as `read.py` prints it.
fn shown(coordinate: &str, mode: u8, value: &str, sensitivity: u8) -> Value {
    let description = "Gr\u{fc}\u{df}e";
    json!({"0": coordinate, "1": mode, "2": value, "3": sensitivity, "4": description})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Checks both payloads, as `client` with `key` and `read.py` give them.
fn opens_outside(client: Client, files: &Files, token: &Token, key: &Path) {
    let key = key.to_str().unwrap();
    let header_hash = hex(&Sha256::digest(files.read("header")));
    files.write("token.txt", token.to_file(&[0x42; 16]).expose());

    client.must(files, key, "sealed", "payload0");
    let normal = files.python(&["payload", "payload0"]);
    let expected = json!([
        shown("dev/db/blob", 0, "00ff0a", 1),
        shown("dev/db/host", 0, &hex(b"db.internal"), 0),
        shown("prod/db/url", 1, "azure-kv://orders/db-url#dsn", 2),
    ]);
    let bound = |slot| json!(["kovra-entries", 1, slot, header_hash]);
    assert_eq!(normal.as_array().unwrap()[..4], bound(0).as_array().unwrap()[..]);
    assert_eq!(normal[4], expected);
    assert!(normal[5].as_str().unwrap().bytes().all(|b| b == b'0'));

    client.must(files, key, "high", "inner");
    let with_the_key_again = client.decrypts(files, key, "inner", "nothing");
    assert!(!with_the_key_again.status.success(), "the recipient's key alone opens slot 1");
    let with_the_token_alone = client.decrypts(files, "token.txt", "high", "nothing");
    assert!(!with_the_token_alone.status.success(), "the token alone opens slot 1");
    client.must(files, "token.txt", "inner", "payload1");
    let high = files.python(&["payload", "payload1"]);
    let expected = json!([
        shown("dev/api/key", 0, &hex(&[7; 70_000]), 3),
        shown("dev/db/password", 0, &hex(b"correct horse"), 2),
    ]);
    assert_eq!(high.as_array().unwrap()[..4], bound(1).as_array().unwrap()[..]);
    assert_eq!(high[4], expected);
}

/// Splits a package, and checks its header but for the recipients, which are given back, and its signature.
fn split(files: &Files, sealed: &Sealed) -> Value {
    files.write("package.kovra", &sealed.bytes);
    let outer = files.python(&["split", "package.kovra", "."]);
    assert_eq!((&outer["name"], &outer["version"]), (&json!("kovra-package"), &json!(1)));
    let header = &outer["header"];
    assert_eq!(header["0"], json!(sealed.header.id_hex()));
    assert_eq!(header["1"], json!(hex(&ALICE.ed())));
    assert_eq!(header["2"], json!(CREATED * 1000));
    assert_eq!((&header["3"], &header["4"]), (&json!(CREATED), &json!(EXPIRES)));
    assert_eq!(header["6"], json!([3, 2]));
    assert!(files.openssl_verifies());
    header["5"].clone()
}

#[test]
#[ignore = "needs age, openssl and python3 with cbor2"]
fn needs_programs_a_sealed_package_is_read_without_kovra() {
    let sealed = sealed_by_kovra(&bob_and_carol());
    let files = Files::new();
    let recipients =
        json!([[0, hex(&Sha256::digest(BOB.x()))], [2, hex(&Sha256::digest(CAROL.ssh_blob()))],]);
    assert_eq!(split(&files, &sealed), recipients);

    let token = sealed.token.unwrap();
    let bob = files.write("bob.txt", BOB.age_identity());
    opens_outside(Client::Age, &files, &token, &bob);
    let carol = files.write("carol", openssh_private_key(&CAROL));
    opens_outside(Client::Age, &files, &token, &carol);
}

#[test]
#[ignore = "needs age, openssl and python3 with cbor2"]
fn needs_programs_openssl_refuses_a_changed_package() {
    let files = Files::new();
    files.write("package.kovra", &sealed_by_kovra(&bob_and_carol()).bytes);
    files.python(&["split", "package.kovra", "."]);
    assert!(files.openssl_verifies());
    let good = files.read("signed");
    for at in [0, 40, good.len() / 2, good.len() - 1] {
        let mut changed = good.clone();
        changed[at] ^= 1;
        files.write("signed", &changed);
        assert!(!files.openssl_verifies(), "{at}");
    }
}

/// The same with the real program. It never gives away the key of an identity, so the recipient
/// is a plain one, whose key `age` has.
#[test]
#[ignore = "needs age, openssl and python3 with cbor2"]
fn needs_programs_what_the_program_seals_is_read_without_kovra() {
    let alice = forge::people::Person::with_vault("alice");
    alice.pin_key("carol", &CAROL.age_recipient());
    alice.add("dev/db/host", "db.internal", &[]);
    alice.add("dev/db/password", "correct horse", &["--sensitivity", "high"]);
    alice.ok(&["add", "prod/db/url", "--reference", "aws-sm://prod/db#dsn"]);
    let dev =
        ["seal", "--env", "dev", "--to", "carol", "-o", "dev.kovra", "--token-out", "dev.token"];
    let session = alice.at_terminal(&dev, &[("Go on? [y/N]", "y")]);
    assert_eq!(session.code, 0, "{}", session.screen);
    alice.ok(&["seal", "--env", "prod", "--to", "carol", "-o", "prod.kovra"]);
    let read = |env: &str| {
        let files = Files::new();
        files.write("key.txt", CAROL.age_identity());
        files.write("package", std::fs::read(alice.home().join(format!("{env}.kovra"))).unwrap());
        files.python(&["split", "package", "."]);
        assert!(files.openssl_verifies());
        files.must("age", &["-d", "-i", "key.txt", "-o", "payload0", "sealed"]);
        files
    };
    let entry = |coordinate: &str, mode: u8, value: &str, sensitivity: u8| json!([{"0": coordinate, "1": mode, "2": value, "3": sensitivity}]);
    let dev = read("dev");
    let host = entry("dev/db/host", 0, &hex(b"db.internal"), 1);
    assert_eq!(dev.python(&["payload", "payload0"])[4], host);
    dev.write("token.txt", std::fs::read(alice.home().join("dev.token")).unwrap());
    dev.must("age", &["-d", "-i", "key.txt", "-o", "inner", "high"]);
    dev.must("age", &["-d", "-i", "token.txt", "-o", "payload1", "inner"]);
    let password = entry("dev/db/password", 0, &hex(b"correct horse"), 2);
    assert_eq!(dev.python(&["payload", "payload1"])[4], password);

    let prod = read("prod");
    let url = entry("prod/db/url", 1, "aws-sm://prod/db#dsn", 2);
    assert_eq!(prod.python(&["payload", "payload0"])[4], url);
    assert!(prod.read("high").is_empty() && !alice.home().join("prod.token").exists());
}

/// What `age` makes of `plaintext`, with `-r` for each of `recipients`.
fn age_encrypts(files: &Files, plaintext: &[u8], recipients: &[String]) -> Vec<u8> {
    files.write("plain", plaintext);
    let mut arguments = vec!["-e", "-o", "encrypted"];
    recipients.iter().for_each(|r| arguments.extend(["-r", r]));
    arguments.push("plain");
    files.must("age", &arguments);
    files.read("encrypted")
}

fn bob_opens(file: &[u8], token: &Token) -> Contents {
    let intact = Package::parse(file).and_then(Package::verify).unwrap();
    let verified = intact.trust(&[ALICE.pinned()], NOW).unwrap();
    verified.open(&BOB.identity(), High::Open(token)).unwrap()
}

fn names(contents: &Contents) -> Vec<&str> {
    contents.entries.iter().map(|e| e.coordinate.as_str()).collect()
}

#[test]
#[ignore = "needs age, openssl and python3 with cbor2"]
fn needs_programs_what_age_encrypts_opens_in_kovra() {
    let files = Files::new();
    let good = Forge::good();
    let mut to = vec![To::kovra(&BOB), To::age(&CAROL), To::ssh(&ALICE)];
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let [normal, high] = good.entries;
    let forge = Forge::with(&to, normal, high);
    let sealed = age_encrypts(&files, &forge.payload(0), &forge.keys);
    let token = [forge.token.to_public().to_string()];
    let inner = age_encrypts(&files, &forge.payload(1), &token);
    let outer = age_encrypts(&files, &inner, &forge.keys);
    let contents = bob_opens(&forge.file_of(&sealed, &outer), &forge.token());
    assert_eq!(names(&contents), ["dev/db/host", "prod/db/url", "dev/db/password"]);
    let Content::Literal(value) = &contents.entries[2].content else { panic!("a literal") };
    assert_eq!(value.expose(), b"correct horse");
}

#[test]
#[ignore = "needs age, openssl and python3 with cbor2"]
fn needs_programs_what_openssl_signs_kovra_verifies() {
    let files = Files::new();
    let forge = Forge::good();
    let file = forge.file();
    let (body, signature) = file.split_at(file.len() - 64);
    files.write("signed", body);
    // RFC 8410: a PKCS #8 PrivateKeyInfo of a raw Ed25519 seed.
    let mut key = b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20".to_vec();
    key.extend_from_slice(&ALICE.signing().to_bytes());
    files.write("alice.der", key);
    let sign = ["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", "alice.der"];
    files.must("openssl", &[&sign[..], &["-in", "signed", "-out", "signature"]].concat());
    assert_eq!(files.read("signature"), signature);
    let by_openssl = [body, &files.read("signature")].concat();
    assert_eq!(bob_opens(&by_openssl, &forge.token()).entries.len(), 3);
}

/// A token file made by kovra is one to `age-keygen`, and the other way round.
#[test]
#[ignore = "needs age, openssl and python3 with cbor2"]
fn needs_programs_token_files_are_age_identity_files() {
    let files = Files::new();
    let ours = Token::generate(false).unwrap().to_file(&[7; 16]);
    files.write("token.txt", ours.expose());
    let public = String::from_utf8(files.must("age-keygen", &["-y", "token.txt"])).unwrap();
    let comment = format!("# public key: {}\n", public.trim());
    assert!(std::str::from_utf8(ours.expose()).unwrap().contains(&comment));

    files.must("age-keygen", &["-o", "theirs.txt"]);
    let text = files.read("theirs.txt");
    let theirs = Token::from_file(&Secret::copy_of(&text)).unwrap();
    let public = files.must("age-keygen", &["-y", "theirs.txt"]);
    let comment = format!("# public key: {}\n", String::from_utf8(public).unwrap().trim());
    let read_back = theirs.to_file(&[7; 16]);
    assert!(std::str::from_utf8(read_back.expose()).unwrap().contains(&comment));
}
