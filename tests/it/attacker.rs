//! Somebody of the same user, with the vault unlocked for jobs, no passphrase and no PIN, tries through kovra's own
//! commands and files to get what only the owner's yes gives. In a vault with a PIN, in one with a passphrase, in one
//! with neither, and in one that was unlocked for a time.

use crate::policy::{allow, put, script};
use forge::people::{Person, kovra_path};
use kovra::audit::{Event, Outcome};
use kovra::entry::{Content, Sensitivity};
use kovra::identity::SigningSecret;
use kovra::package::Receipt;
use kovra::secret::Secret;
use kovra::vault::{Origin, Stored};
use std::collections::BTreeMap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lock {
    Pin,
    Passphrase,
    /// A passphrase, which is not given: the vault was unlocked for a time.
    Unlocked,
    Neither,
}

const PASSPHRASE_FILE: &str = "KOVRA_PASSPHRASE_FILE";

/// Some steps, of which the last must end with one of these codes; and what is set in the environment.
pub(crate) struct Attempt {
    name: &'static str,
    steps: Vec<Vec<&'static str>>,
    codes: &'static [i32],
    env: &'static [(&'static str, &'static str)],
}

pub(crate) fn attempt(
    name: &'static str,
    codes: &'static [i32],
    steps: &[&'static str],
) -> Attempt {
    let steps = steps.iter().map(|step| step.split(' ').collect()).collect();
    Attempt { name, steps, codes, env: &[] }
}

fn with(env: &'static [(&'static str, &'static str)], attempt: Attempt) -> Attempt {
    Attempt { env, ..attempt }
}

const AGENT: &[(&str, &str)] = &[("KOVRA_AGENT", "1")];

const NO: &[i32] = &[20];
const NOT_RUN: &[i32] = &[125];

fn of_peers() -> Vec<Attempt> {
    vec![
        attempt("exchange", &[21], &["peer add bob MALLORY"]),
        attempt("exchange by two steps", &[14], &["peer rm bob", "peer add bob MALLORY"]),
        attempt("another name for a known key", &[14], &["peer rm bob", "peer add robert BOB"]),
        attempt("rename", NO, &["peer rename bob mallory"]),
        attempt("vouch", NO, &["peer add mallory MALLORY", "peer confirm mallory"]),
        attempt("become a sender", &[14], &["peer add mallory MALLORY", "verify mallory.kovra"]),
        attempt(
            "become a named sender",
            &[14],
            &["peer add mallory MALLORY", "verify mallory.kovra --from mallory"],
        ),
        attempt("be imported", &[14], &["peer add mallory MALLORY", "import mallory.kovra"]),
        attempt("be looked into", &[0], &["peer add mallory MALLORY", "inspect mallory.kovra"]),
        attempt("be pinned from a package", &[14], &["peer add mallory --from mallory.kovra"]),
        attempt(
            "with a fingerprint of one's own",
            NO,
            &["peer add mallory --from mallory.kovra --fingerprint FINGERPRINT"],
        ),
        attempt(
            "low to an unconfirmed peer",
            NO,
            &["peer add mallory MALLORY", "seal dev/low/x --to mallory -o out.kovra"],
        ),
        attempt(
            "a pointer to an unconfirmed peer, beside a confirmed one",
            NO,
            &["peer add mallory MALLORY", "seal prod/db/url --to bob --to mallory -o out.kovra"],
        ),
        attempt("high to a peer", NO, &["seal dev/high/lit --to bob -o out.kovra --token-out t"]),
    ]
}

fn of_changes() -> Vec<Attempt> {
    vec![
        attempt("re-aim", NO, &["set prod/db/url --reference aws-sm://evil"]),
        attempt("remove", NO, &["rm prod/db/url"]),
        attempt("add over", &[21], &["add prod/db/url --reference aws-sm://evil"]),
        attempt("win over prod", NO, &["add prod/db/url --reference aws-sm://evil --project shop"]),
        attempt(
            "win over high, low",
            NO,
            &["add dev/high/lit --reference aws-sm://evil --project shop --sensitivity low"],
        ),
        attempt("describe", NO, &["edit prod/db/url --description x"]),
        attempt("restore an older one", NO, &["restore prod/db/url 1"]),
        attempt("erase the history", NO, &["prune prod/db/url"]),
        attempt("generate over", NO, &["generate dev/high/lit --replace"]),
        attempt("import over", NO, &["import aws-sm://evil --as dev/high/lit --overwrite"]),
        attempt("a colleague's package over it", NO, &["import carol.kovra --overwrite"]),
    ]
}

fn of_choosing() -> Vec<Attempt> {
    vec![
        attempt("follow", NO, &["materialize dev/imp/ptr"]),
        attempt("check", NO, &["materialize --check dev/imp/ptr"]),
        attempt("capture", NO, &["materialize --capture dev/imp/ptr"]),
        attempt("show", NO, &["show dev/imp/ptr"]),
        attempt("inject", NOT_RUN, &["run --refs imp.refs -- env"]),
        attempt("choose by set", NO, &["set dev/imp/ptr --reference azure-kv://evil/key"]),
        attempt("choose by another", NO, &["add dev/q/q --reference azure-kv://EVIL/key#f"]),
        attempt("choose by a copy", NO, &["cp dev/imp/ptr dev/q/q", "show dev/q/q"]),
        attempt("choose by a move", NO, &["mv dev/imp/ptr dev/q/q", "materialize dev/q/q"]),
        attempt("choose by words", NO, &["edit dev/imp/ptr --description x", "show dev/imp/ptr"]),
        attempt(
            "choose by its history",
            NO,
            &["rm dev/imp/ptr", "restore dev/imp/ptr 1", "show dev/imp/ptr"],
        ),
    ]
}

fn of_levels() -> Vec<Attempt> {
    vec![
        attempt("lower high", NO, &["edit dev/high/lit --sensitivity low"]),
        attempt("lower inject-only", NO, &["edit dev/inj/key --sensitivity high"]),
        attempt("lower prod", NO, &["edit prod/db/pass --sensitivity medium"]),
        attempt("move out of prod", NO, &["mv prod/db/url dev/q/q"]),
        attempt("copy out of prod", NO, &["cp prod/db/pass dev/q/q"]),
        attempt(
            "copy and lower",
            NO,
            &["cp dev/high/lit dev/q/q", "edit dev/q/q --sensitivity low"],
        ),
        attempt("point there too", NO, &["add dev/q/q --reference aws-sm://prod/db"]),
        attempt("as a version", NO, &["add dev/q/q --reference aws-sm://prod/db?version-stage=A"]),
        attempt("as a field", NO, &["add dev/q/q --reference aws-sm://prod/db#password"]),
        attempt("elsewhere", NO, &["add dev/q/q --reference aws-sm://prod/db?region=us-east-1"]),
        attempt(
            "by its ARN",
            NO,
            &["add dev/q/q --reference \
               aws-sm://arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-a1B2c3"],
        ),
        attempt("in capitals", NO, &["add dev/q/q --reference azure-kv://TEAM-kv/KEY"]),
    ]
}

fn of_programs() -> Vec<Attempt> {
    vec![
        attempt("allow", NO, &["allow add ./evil"]),
        attempt("see high", NO, &["show dev/high/lit"]),
        attempt("see prod", NO, &["show prod/db/pass"]),
        attempt("see inject-only", NO, &["show dev/inj/key"]),
        attempt("run with high", NOT_RUN, &["run --refs good.refs -- ./evil"]),
        attempt("run with prod", NOT_RUN, &["run --refs prod.refs -- ./allowed"]),
        attempt("trust a file", NO, &["refs trust prod.refs"]),
        attempt("a project", NOT_RUN, &["run --refs project.refs -- ./allowed"]),
        attempt("a global entry", NOT_RUN, &["run --refs global.refs -- ./allowed"]),
        attempt("a trusted file that changed", NOT_RUN, &["run --refs changed.refs -- ./allowed"]),
        attempt("a literal loader", NOT_RUN, &["run --refs loader.refs -- ./allowed"]),
        attempt(
            "a name let through",
            NOT_RUN,
            &["run --refs loader.refs --allow-name LD_PRELOAD -- ./allowed"],
        ),
        attempt("no file", NOT_RUN, &["run --refs zero.refs -- ./allowed"]),
        attempt("an exchanged program", NOT_RUN, &["run --refs good.refs -- ./swapped"]),
    ]
}

fn of_the_rest() -> Vec<Attempt> {
    vec![
        attempt("another's receipt", &[14], &["receipt forged.receipt"]),
        attempt("a PIN", &[2, 20], &["pin set"]),
    ]
}

fn attempts() -> Vec<Attempt> {
    let groups = [of_peers, of_changes, of_choosing, of_levels, of_programs, of_the_rest];
    let mut all: Vec<Attempt> = groups.into_iter().flat_map(|group| group()).collect();
    const LOADERS: [&[(&str, &str)]; 6] = [
        &[("LD_PRELOAD", "/tmp/evil.so")],
        &[("BASH_ENV", "evil")],
        &[("PYTHONSTARTUP", "evil")],
        &[("PATH", "/tmp:/usr/bin:/bin")],
        &[("NODE_OPTIONS", "--require=./evil")],
        &[("PERL5OPT", "-Mevil")],
    ];
    let good = "run --refs good.refs -- ./allowed";
    all.extend(LOADERS.map(|env| with(env, attempt("a loader", NOT_RUN, &[good]))));
    let of_agent = [
        "add prod/new/key --reference aws-sm://x",
        "add dev/new/key --reference aws-sm://x --sensitivity high",
        "peer add mallory MALLORY",
        "peer rm bob",
        "allow rm ./allowed",
        "refs distrust good.refs",
        "edit dev/high/lit --sensitivity inject-only",
        "show dev/low/x",
        "seal dev/low/x --to bob -o out.kovra",
    ];
    all.extend(of_agent.map(|step| with(AGENT, attempt("an agent", NO, &[step]))));
    all
}

/// Alice, and what the attempts are about.
pub(crate) struct World {
    alice: Person,
    lock: Lock,
    words: BTreeMap<&'static str, String>,
}

impl World {
    pub(crate) fn new(lock: Lock) -> Self {
        let alice = match lock {
            Lock::Pin => Person::with_pin("alice"),
            Lock::Neither => Person::with_vault("alice"),
            Lock::Passphrase | Lock::Unlocked => {
                let mut alice = Person::with_passphrase("alice");
                alice.env.insert(PASSPHRASE_FILE.into(), "pass".into());
                alice
            }
        };
        let others = ["bob", "carol", "mallory"].map(Person::with_vault);
        let [bob, carol, mallory] = &others;
        alice.pin(bob);
        alice.pin(carol);
        let id = alice.id();
        let give = |from: &Person, file: &str| {
            from.pin_key("alice", &id);
            from.ok(&["add", "prod/db/url", "--reference", "aws-sm://evil"]);
            from.add("dev/high/other", "theirs", &["--sensitivity", "low"]);
            from.ok(&["seal", "prod/db/url", "dev/high/other", "--to", "alice", "-o", file]);
            from.hand(&alice, file);
        };
        give(carol, "carol.kovra");
        give(mallory, "mallory.kovra");
        entries(&alice);
        for (file, text) in [
            ("good.refs", "A=secret:dev/high/lit\n"),
            ("changed.refs", "A=secret:dev/high/lit\n"),
            ("imp.refs", "A=secret:dev/imp/ptr\n"),
            ("prod.refs", "A=secret:prod/db/pass\n"),
            ("project.refs", "project = shop\nA=secret:dev/low/x\n"),
            ("global.refs", "A=secret://global/dev/low/x\n"),
            ("loader.refs", "LD_PRELOAD=./evil.so\n"),
        ] {
            alice.write(file, text);
        }
        ["allowed", "evil", "swapped"].iter().for_each(|name| script(&alice, name));
        let stranger = SigningSecret::from_bytes(&[5; 32]);
        let forged =
            Receipt::sign(&stranger, [1; 16], [2; 32], std::time::SystemTime::now().into());
        alice.write("forged.receipt", forged);
        let said = mallory.ok(&["id"]).stderr;
        let print = said.lines().find_map(|line| line.strip_prefix("Fingerprint: ")).unwrap();
        let words = BTreeMap::from([
            ("MALLORY", mallory.id()),
            ("BOB", bob.id()),
            ("FINGERPRINT", print.replace(' ', "")),
        ]);
        Self { alice, lock, words }
    }

    /// A copy, whose owner has allowed two programs and trusted two files.
    pub(crate) fn twin(&self) -> Person {
        let mut twin = self.alice.twin();
        if matches!(self.lock, Lock::Passphrase | Lock::Unlocked) {
            twin.env.remove("KOVRA_KEY_FILE");
        }
        let mut vault = twin.unlocked();
        allow(&twin, &mut vault, "allowed");
        allow(&twin, &mut vault, "swapped");
        drop(vault);
        twin.trust_refs("good.refs");
        twin.trust_refs("changed.refs");
        twin.write("changed.refs", "B=secret:dev/high/lit\n");
        std::fs::write(twin.home().join("swapped"), "#!/bin/sh\nenv\n").unwrap();
        std::os::unix::fs::symlink("/dev/zero", twin.home().join("zero.refs")).unwrap();
        twin
    }

    fn step<'a>(&'a self, step: &[&'a str]) -> Vec<&'a str> {
        step.iter().map(|word| self.words.get(word).map_or(*word, |text| text)).collect()
    }
}

fn entries(alice: &Person) {
    let mut vault = alice.unlocked();
    let literal = |text: &str| Content::Literal(Secret::copy_of(text.as_bytes()));
    let pointer = |text: &str| Content::Reference(text.parse().unwrap());
    use Sensitivity::{High, InjectOnly, Low, Medium};
    for (at, content, level, ours) in [
        ("dev/low/x", literal("plain"), Low, true),
        ("dev/high/lit", literal("marker-high"), High, true),
        ("dev/high/ptr", pointer("azure-kv://team-kv/key"), High, true),
        ("dev/inj/key", literal("marker-inject"), InjectOnly, true),
        ("dev/imp/ptr", pointer("azure-kv://evil/key"), Medium, false),
        ("prod/db/pass", literal("marker-prod"), High, true),
        ("prod/db/url", pointer("aws-sm://prod/older"), High, true),
        ("prod/db/url", pointer("aws-sm://prod/db"), High, true),
    ] {
        put(&mut vault, at, content, level, ours);
    }
}

/// What only the owner changes.
#[derive(Debug, PartialEq)]
pub(crate) struct Kept {
    protected: Vec<(String, String, usize)>,
    unchosen: usize,
    trusted: Vec<String>,
    /// How many refusals are on record.
    denied: usize,
}

pub(crate) fn kept(person: &Person, from: &[Stored]) -> Kept {
    let vault = person.unlocked();
    let view = vault.view();
    let guarded = |e: &&Stored| e.sensitivity >= Sensitivity::High;
    let protected = from.iter().filter(guarded).map(|entry| {
        let found = view.entry(&Origin::Global, &entry.coordinate).unwrap().found;
        let history = view.history(&Origin::Global, &entry.coordinate).unwrap().len();
        let held = found.map(|found| format!("{:?}", found.held)).unwrap_or_default();
        (entry.coordinate.to_string(), held, history)
    });
    let now = view.entries().unwrap();
    let evil = |e: &&Stored| format!("{:?}", e.held).contains("evil");
    let chosen_evil =
        now.iter().filter(evil).filter(|e| format!("{:?}", e.held).contains("chosen: true"));
    let peers = view.peers().unwrap().into_iter().filter(|peer| peer.confirmed);
    let peers = peers.map(|peer| peer.fingerprint());
    let programs = view.allowed_programs().unwrap().into_iter().map(|p| p.path);
    let files = view.trusted_files().unwrap().into_iter().map(|f| format!("{f:?}"));
    let denied = |(_, event): &&(u64, Event)| event.outcome == Outcome::Denied;
    Kept {
        protected: protected.collect(),
        unchosen: chosen_evil.count(),
        trusted: peers.chain(programs).chain(files).collect(),
        denied: view.trail().unwrap().events.iter().filter(denied).count(),
    }
}

/// Nothing is gained by an attempt: what is kept is as it was, or less is trusted.
pub(crate) fn gained(before: &Kept, after: &Kept) -> Option<String> {
    if before.protected != after.protected {
        return Some(format!("{:?}\n    became {:?}", before.protected, after.protected));
    }
    if after.unchosen > before.unchosen {
        return Some("a pointer that nobody chose was chosen".into());
    }
    let new = after.trusted.iter().find(|one| !before.trusted.contains(one));
    new.map(|one| format!("it is trusted by now: {one}"))
}

fn tries_everything(lock: Lock) {
    try_all(lock, attempts());
}

pub(crate) fn try_all(lock: Lock, all: Vec<Attempt>) {
    let world = World::new(lock);
    let seeded = world.alice.unlocked().view().entries().unwrap();
    let mut wrong = Vec::new();
    if lock == Lock::Unlocked {
        // All twins are this vault.
        world.alice.ok(&["unlock", "--for", "2h"]);
    }
    for Attempt { name, steps, codes, env } in all {
        let mut twin = world.twin();
        let before = kept(&twin, &seeded);
        if lock == Lock::Unlocked {
            twin.env.remove(PASSPHRASE_FILE);
        }
        twin.env.extend(env.iter().map(|(name, value)| ((*name).into(), (*value).into())));
        let mut said = String::new();
        let mut code = 0;
        for step in &steps {
            let ran = twin.run(&world.step(step));
            said += &(ran.stdout + &ran.stderr);
            code = ran.code;
        }
        if lock == Lock::Unlocked {
            twin.env.insert(PASSPHRASE_FILE.into(), "pass".into());
        }
        let after = kept(&twin, &seeded);
        // A rule of prod's names, and a PIN that nobody is there to type, come before policy is asked.
        let asked = !["lower prod", "a PIN"].contains(&name);
        let refused = code == 20 || code == 125 && said.contains("error: policy: ");
        if refused && asked && after.denied == before.denied {
            wrong.push(format!("{name} {steps:?}: the refusal is not on record\n{said}"));
        }
        let through = gained(&before, &after);
        let shown = said.contains("marker-") || twin.home().join("out.kovra").exists();
        // Less is possible: what takes the guard key is locked, and what it would have made is not there.
        let locked = lock == Lock::Unlocked && [1, 20, 21, 40, 125].contains(&code);
        if !(locked || codes.contains(&code)) || through.is_some() || shown {
            wrong.push(format!("{name} {steps:?}: {code}, {through:?}\n{said}"));
        }
    }
    crate::unlock::lock(&world.alice);
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn unattended_in_a_vault_with_a_pin() {
    tries_everything(Lock::Pin);
}

#[test]
fn unattended_in_a_vault_with_a_passphrase() {
    tries_everything(Lock::Passphrase);
}

#[test]
fn unattended_in_a_vault_that_was_unlocked_for_a_time() {
    if crate::unlock::kernel_keeps() {
        tries_everything(Lock::Unlocked);
    }
}

#[test]
fn unattended_in_a_vault_with_neither() {
    tries_everything(Lock::Neither);
}

/// Who has a terminal of their own guesses. Where there is nothing to guess, a plain yes is taken for entries,
/// and for nothing that is trusted.
#[test]
fn at_a_terminal_without_the_proof() {
    let trust = [
        "peer rename bob mallory",
        "peer add mallory --from mallory.kovra",
        "allow add ./evil",
        "refs trust prod.refs",
    ];
    let entries = [
        "show prod/db/pass",
        "set prod/db/url --reference aws-sm://evil",
        "rm prod/db/url",
        "edit dev/high/lit --sensitivity low",
        "materialize --check dev/imp/ptr",
        "seal dev/high/lit --to bob -o out.kovra --token-out t",
        "import carol.kovra --overwrite",
        "prune prod/db/url",
        "cp prod/db/pass dev/q/q",
    ];
    for lock in [Lock::Pin, Lock::Passphrase, Lock::Neither] {
        let world = World::new(lock);
        let seeded = world.alice.unlocked().view().entries().unwrap();
        let twin = world.twin();
        twin.ok(&["peer", "add", "mallory-2", &world.words["MALLORY"], "--unconfirmed"]);
        let before = kept(&twin, &seeded);
        let all: Vec<&str> = match lock {
            Lock::Neither => trust.into(),
            Lock::Pin | Lock::Passphrase | Lock::Unlocked => {
                trust.into_iter().chain(entries).collect()
            }
        };
        for step in all.into_iter().chain(["peer confirm mallory-2"]) {
            let step: Vec<&str> = step.split(' ').collect();
            let session = match lock {
                Lock::Neither => twin.at_terminal(&step, &[]),
                _ => twin.sit(kovra_path(), &step).answer_always("nothing for no: ", ""),
            };
            assert!([14, 20, 21].contains(&session.code), "{step:?}\n{}", session.screen);
            assert!(!session.screen.contains("marker-"), "{step:?}\n{}", session.screen);
            assert_eq!(gained(&before, &kept(&twin, &seeded)), None, "{step:?}");
        }
        assert!(!twin.home().join("out.kovra").exists());
    }
}
