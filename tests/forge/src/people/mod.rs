//! People who run the real program, each with a home of their own and nothing else around them.

pub mod terminal;

use kovra::clock::Moment;
use kovra::ops::files::read_key_file;
use kovra::ops::peer::parse_key;
use kovra::platform::KEEPS;
use kovra::refs::Refs;
use kovra::secret::Secret;
use kovra::vault::{Custody, Kek, Locked, Peer, Pin, Proof, TrustedFile, Vault};
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::SystemTime;
use tempfile::TempDir;

/// The program under test, which stands in cargo's folder of the profile. What asks for it runs from a
/// folder below: `deps` if it is a test or a benchmark, `examples` if it is an example.
pub fn kovra_path() -> &'static str {
    static PATH: LazyLock<String> = LazyLock::new(|| {
        let me = std::env::current_exe().expect("a path of this program");
        let profile = me.ancestors().nth(2).expect("a folder of the profile");
        let path = profile.join("kovra");
        assert!(path.exists(), "{} is not there: `cargo build` makes it", path.display());
        path.into_os_string().into_string().expect("a path in UTF-8")
    });
    &PATH
}

/// Of [`Person::with_pin`].
pub const PIN: &str = "2468-owner";
/// How that is asked for.
pub const ASKED: &str = "PIN of the vault, or nothing for no: ";
/// Of [`Person::with_passphrase`].
pub const PASSPHRASE: &str = "the owner's passphrase";
/// How it is asked for to open a vault.
pub const OPENS: &str =
    if KEEPS { "asks once for 8 hours): " } else { "Passphrase of the vault: " };
/// How a vault without one asks.
pub const YES: &str = "[y/N] ";

/// Somebody with a home, a temporary folder in it, and an environment that holds nothing else.
pub struct Person {
    pub name: &'static str,
    folder: TempDir,
    pub env: BTreeMap<String, String>,
}

/// What a program printed, and how it ended.
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Person {
    /// A person without a vault.
    pub fn new(name: &'static str) -> Self {
        let folder = tempfile::tempdir().expect("a home");
        let path = |part: &str| folder.path().join(part).to_string_lossy().into_owned();
        std::fs::create_dir(path("tmp")).expect("a temporary folder");
        let env = [
            ("HOME", path("")),
            ("TMPDIR", path("tmp")),
            ("PATH", "/usr/bin:/bin".to_owned()),
            ("LANG", "C.UTF-8".to_owned()),
            // A pseudo-terminal would set it.
            ("SHELL", "/bin/sh".to_owned()),
        ];
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { name, folder, env }
    }

    /// A person with a vault whose key is in a file outside of the home's data folder.
    pub fn with_vault(name: &'static str) -> Self {
        let person = Self::new(name);
        person.ok(&["init", "--key-file", "vault.key"]);
        person
    }

    /// A person whose vault has a passphrase, which stands in the file `pass`.
    pub fn with_passphrase(name: &'static str) -> Self {
        let person = Self::new(name);
        person.write("pass", PASSPHRASE);
        person.ok(&["init", "--passphrase-file", "pass"]);
        person
    }

    /// [`Person::with_vault`], whose owner has a PIN.
    pub fn with_pin(name: &'static str) -> Self {
        let person = Self::with_vault(name);
        person.set_pin();
        person
    }

    /// Sets the [`PIN`], through the library.
    pub fn set_pin(&self) {
        // Its Argon2id takes longer than all else that a person needs.
        static DERIVED: LazyLock<Pin> =
            LazyLock::new(|| Pin::new(&Secret::copy_of(PIN.as_bytes())).expect("a PIN"));
        let mut vault = self.unlocked();
        let none = vault.view().pin().expect("a PIN, or none").basis;
        vault.write(|batch| batch.set_pin(&none, &DERIVED)).expect("a PIN that is set");
    }

    /// The same person on another disk: a home with the same files, of which `vault.key` is the key.
    pub fn twin(&self) -> Self {
        let mut twin = Self::new(self.name);
        copy_folder(self.home(), twin.home());
        let own = |name: &str| ["HOME", "TMPDIR"].contains(&name);
        twin.env.extend(self.env.clone().into_iter().filter(|(name, _)| !own(name)));
        twin.env.insert("KOVRA_KEY_FILE".into(), "vault.key".into());
        twin
    }

    pub fn home(&self) -> &Path {
        self.folder.path()
    }

    pub fn vault(&self) -> PathBuf {
        self.home().join(".local/share/kovra/vault.db")
    }

    /// Writes a file into the home. Nobody else can read a new one.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home().join(name);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&path).expect("a file in the home");
        file.write_all(bytes.as_ref()).expect("its bytes");
        path
    }

    /// The person's `kovra1...` string.
    pub fn id(&self) -> String {
        self.ok(&["id"]).stdout.trim().to_owned()
    }

    /// A program in the person's home, in a process group of its own: whoever runs the tests at a
    /// terminal is not asked instead of the person.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.env).current_dir(self.home()).process_group(0);
        command
    }

    /// The program under test, in the person's home.
    pub fn kovra(&self) -> Command {
        self.command(kovra_path())
    }

    /// Runs kovra with `input` on stdin, away from any terminal.
    pub fn pipe(&self, arguments: &[&str], input: &[u8]) -> Ran {
        self.pipe_through(&[kovra_path()], arguments, input)
    }

    /// [`Person::pipe`], started by another program: `through` is that program and its arguments, of
    /// which the last is kovra.
    pub fn pipe_through(&self, through: &[&str], arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self
            .command(through[0])
            .args(&through[1..])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kovra starts");
        // A program that fails early need not read its input.
        let _ = child.stdin.take().expect("its stdin").write_all(input);
        let output = child.wait_with_output().expect("kovra ends");
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Runs kovra with no input.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.pipe(arguments, b"")
    }

    /// Runs kovra, which must succeed.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> Ran {
        self.run(arguments).expect(arguments, 0)
    }

    /// Runs kovra, which must fail with `code`; gives what it said.
    #[track_caller]
    pub fn fails(&self, arguments: &[&str], code: i32) -> String {
        self.run(arguments).expect(arguments, code).stderr
    }

    /// Runs kovra at a terminal as its owner, who says yes to whatever it asks.
    #[track_caller]
    pub fn owner(&self, arguments: &[&str]) -> terminal::Session {
        let (prompt, yes) = self.yes();
        self.sit(kovra_path(), arguments).answer_always(prompt, yes)
    }

    /// [`Person::owner`], which must succeed.
    #[track_caller]
    pub fn owner_ok(&self, arguments: &[&str]) -> terminal::Session {
        let session = self.owner(arguments);
        assert_eq!(session.code, 0, "kovra {}\n{}", arguments.join(" "), session.screen);
        session
    }

    /// What a question ends with in this person's vault, and the yes to it.
    pub fn yes(&self) -> (&'static str, &'static str) {
        let proof = self.unlocked().view().proof().expect("a proof, or none");
        if proof == Proof::Pin { (ASKED, PIN) } else { (YES, "y") }
    }

    /// Gives an entry that is protected another value, at a terminal.
    #[track_caller]
    pub fn owner_sets(&self, coordinate: &str, value: &str) {
        let (prompt, yes) = self.yes();
        let mut seat = self.waits_at(&["set", coordinate], "(hidden): ");
        seat.press_line(value);
        let session = seat.answer_always(prompt, yes);
        assert_eq!(session.code, 0, "{}", session.screen);
    }

    /// Adds a literal.
    #[track_caller]
    pub fn add(&self, coordinate: &str, value: &str, more: &[&str]) {
        let arguments = [&["add", coordinate, "--stdin"], more].concat();
        self.pipe(&arguments, value.as_bytes()).expect(&arguments, 0);
    }

    /// Gives an entry another value.
    #[track_caller]
    pub fn set(&self, coordinate: &str, value: &str) {
        let arguments = ["set", coordinate, "--stdin"];
        self.pipe(&arguments, value.as_bytes()).expect(&arguments, 0);
    }

    /// Pins `other` under their name, confirmed.
    pub fn pin(&self, other: &Person) {
        self.pin_key(other.name, &other.id());
    }

    /// Pins a key, confirmed, as its owner would who has compared it at a terminal: through the library, which
    /// asks nobody and takes no PIN. The questions have tests of their own.
    pub fn pin_key(&self, name: &str, key: &str) {
        let key = parse_key(key).expect("a key of a peer");
        let added = Moment::from(SystemTime::now());
        let peer = Peer { name: name.to_owned(), key, added, confirmed: true };
        let mut vault = self.unlocked();
        let basis = vault.view().peer(name).expect("a peer, or none").basis;
        let pinned = vault.write(|batch| batch.put_peer(&basis, &peer));
        pinned.expect("a peer that is pinned");
    }

    /// Trusts an `.env.refs` as it is, as its owner would who has read it at a terminal.
    pub fn trust_refs(&self, name: &str) {
        let path = self.home().join(name).canonicalize().expect("a file");
        let text = std::fs::read_to_string(&path).expect("its text");
        let digest = Refs::parse(&text, Some("env")).expect("a file that is read").digest();
        let path = path.into_os_string().into_string().expect("a path in UTF-8");
        let file = TrustedFile { path, digest, added: SystemTime::now().into() };
        let mut vault = self.unlocked();
        let basis = vault.view().trusted_file(&file.path).expect("a file, or none").basis;
        let trusted = vault.write(|batch| batch.put_trusted(&basis, &file));
        trusted.expect("a file that is trusted");
    }

    /// The person's vault, opened with what they have: a key file, or a passphrase in one.
    pub fn unlocked(&self) -> Vault {
        let in_home = |path: &str| self.home().join(path);
        let given = |variable: &str| self.env.get(variable).map(|path| in_home(path));
        let folder = given("KOVRA_HOME").unwrap_or(in_home(".local/share/kovra"));
        let locked = Locked::open(&folder).expect("a vault");
        let kek = match locked.custody() {
            Custody::KeyFile { path } => {
                read_key_file(&given("KOVRA_KEY_FILE").unwrap_or(self.home().join(path)))
            }
            Custody::Passphrase { salt } => {
                let file = given("KOVRA_PASSPHRASE_FILE").expect("a passphrase in a file");
                let text = std::fs::read_to_string(file).expect("a passphrase");
                let kek = derived(text.trim_end(), *salt);
                return locked.unlock(&kek).expect("the right key");
            }
            Custody::Keyring { .. } => panic!("a keyring is not asked here"),
        };
        locked.unlock(&kek.expect("its key")).expect("the right key")
    }

    /// Gives `other` a copy of a file, under the same name.
    pub fn hand(&self, other: &Person, file: impl AsRef<Path>) {
        let [from, to] = [self, other].map(|person| person.home().join(&file));
        std::fs::copy(from, to).expect("a file to hand over");
    }

    /// Every regular file of the home with its bytes: sockets and pipes hold none.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        let mut folders = vec![self.home().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("a folder of the home") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.is_file() {
                    files.push((path.clone(), std::fs::read(&path).expect("a file")));
                }
            }
        }
        files
    }
}

/// The key of a passphrase, which takes longer than all else that is done with a vault.
fn derived(passphrase: &str, salt: [u8; 16]) -> Arc<Kek> {
    type Known = BTreeMap<(String, [u8; 16]), Arc<Kek>>;
    static KNOWN: Mutex<Known> = Mutex::new(BTreeMap::new());
    let typed = Secret::copy_of(passphrase.as_bytes());
    let derive = || Arc::new(Kek::from_passphrase(&typed, &salt).expect("a key"));
    let known = KNOWN.lock().expect("nobody panicked").get(&(passphrase.to_owned(), salt)).cloned();
    known.unwrap_or_else(|| {
        let kek = derive();
        let mut all = KNOWN.lock().expect("nobody panicked");
        all.entry((passphrase.to_owned(), salt)).or_insert(kek).clone()
    })
}

/// With the modes of files and folders.
fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let from = entry.expect("an entry").path();
        let to = to.join(from.file_name().expect("a name"));
        if from.is_dir() {
            let _ = std::fs::create_dir(&to);
            let mode = from.metadata().expect("a mode").permissions();
            std::fs::set_permissions(&to, mode).expect("the same mode");
            copy_folder(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a copy");
        }
    }
}

impl Ran {
    #[track_caller]
    pub fn expect(self, arguments: &[&str], code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(self.code, code, "kovra {}\n{stdout}{stderr}", arguments.join(" "));
        self
    }
}
