//! A vault that is unlocked for a time: what is kept, where, until when; and what it is worth to whoever takes it.

mod kept;
mod refusals;
mod thief;
mod usage;

use crate::policy::put;
use forge::people::{Person, Ran, kovra_path};
use forge::vector::root;
use kovra::entry::Content;
use kovra::entry::Sensitivity::{High, InjectOnly, Low, Medium};
use kovra::secret::Secret;
use linux_keyutils::{KeyRing, KeyRingIdentifier};
use std::ops::Deref;
use std::sync::LazyLock;

const FILE_VARIABLE: &str = "KOVRA_PASSPHRASE_FILE";
pub(crate) const FILE: [&str; 2] = ["--passphrase-file", "pass"];
/// How the passphrase is asked for to say yes.
pub(crate) const ASKED: &str = "Passphrase of the vault, or nothing for no: ";

/// Whether the kernel that these tests run on keeps keys. In a container it may not, and then all that can be told of
/// here is that kovra says so.
#[expect(clippy::print_stderr, reason = "what was not tested is said aloud")]
pub(crate) fn kernel_keeps() -> bool {
    static KEEPS: LazyLock<bool> = LazyLock::new(|| {
        let probe = || {
            let ring = KeyRing::from_special_id(KeyRingIdentifier::Process, true)?;
            ring.add_key("kovra-probe", b"x")?.invalidate()
        };
        let found = probe();
        if let Err(why) = found {
            eprintln!("NO KEYS HERE, so a vault is not unlocked for a time: {why}");
        }
        found.is_ok()
    });
    *KEEPS
}

/// Ends a test where nothing can be kept, once that has been said.
macro_rules! needs_kernel {
    () => {
        if !$crate::unlock::kernel_keeps() {
            return $crate::unlock::says_that_nothing_is_kept();
        }
    };
}
pub(crate) use needs_kernel;

#[track_caller]
pub(crate) fn says_that_nothing_is_kept() {
    let ran = with_file(&Person::with_passphrase("alice"), &["unlock"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stderr.contains("the vault stays locked: "), "{}", ran.stderr);
}

/// Runs kovra with the passphrase in a file.
pub(crate) fn with_file(person: &Person, arguments: &[&str]) -> Ran {
    person.run(&[arguments, &["--passphrase-file", "pass"]].concat())
}

/// Somebody whose vault has a passphrase, and is locked again in the end: the kernel's keys are no file of the home.
pub(crate) struct Owner(Person);

impl Deref for Owner {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.0
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        lock(self);
    }
}

pub(crate) fn lock(person: &Person) {
    let _ = person.run(&["lock"]);
}

impl Owner {
    /// With an entry of each level.
    pub(crate) fn new() -> Self {
        let mut owner = Self(Person::with_passphrase("alice"));
        owner.0.env.insert(FILE_VARIABLE.into(), "pass".into());
        let mut vault = owner.unlocked();
        owner.0.env.remove(FILE_VARIABLE);
        for (at, level) in [("low", Low), ("medium", Medium), ("high", High), ("inj", InjectOnly)] {
            let value = Secret::copy_of(format!("marker-{at}").as_bytes());
            put(&mut vault, &format!("dev/a/{at}"), Content::Literal(value), level, true);
        }
        owner.write("env", "A=secret:dev/a/low\nB=secret:dev/a/inj\n");
        owner.write("high.refs", "A=secret:dev/a/high\n");
        owner
    }

    fn now_unlocked() -> Self {
        let owner = Self::new();
        owner.with_file(&["unlock", "--for", "10m"]);
        owner
    }

    /// Runs kovra with the passphrase in a file, which must succeed.
    #[track_caller]
    pub(crate) fn with_file(&self, arguments: &[&str]) -> Ran {
        with_file(self, arguments).expect(arguments, 0)
    }

    /// Runs kovra in a session with a keyring of its own, and what else is so of it.
    pub(crate) fn in_session(&self, how: &str, arguments: &[&str]) -> Ran {
        self.through_session(how, &[&[kovra_path()], arguments].concat())
    }

    /// Runs a script, whose `$0` is kovra, in a session with a keyring of its own.
    fn shell_in_session(&self, script: &str) -> Ran {
        self.through_session("private", &["sh", "-c", script, kovra_path()])
    }

    fn through_session(&self, how: &str, command: &[&str]) -> Ran {
        let script = root().join("tests/programs/session_keys.pl");
        self.pipe_through(&["perl", script.to_str().unwrap(), how], command, b"")
    }
}
