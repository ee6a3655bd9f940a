//! Imports against what the vault remembers, with packages that only a hostile or broken sender
//! would make: rows 44, 48-50 and 62-65 of `testdata/attacks.md`.

use forge::cbor::{bytes, uint};
use forge::{ALICE, BOB, CREATED, Forge, Keys, MALLORY, NOW, To, Value, entry};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::identity::{AgreementSecret, Identity};
use kovra::ops::import::{Effect, Options, apply, plan};
use kovra::ops::peer::{Added, Vouched, add};
use kovra::ops::{Approver, Error, Nobody, Question, Session};
use kovra::package::Class::{self, Replay, Time};
use kovra::policy::Asker;
use kovra::secret::Secret;
use kovra::vault::{
    Custody, Held, Kek, Locked, NewEntry, NewVault, Origin, Peer, PeerKey, Pin, Proof, Stored,
    Vault,
};

/// Bob's vault, in which Alice and Mallory are pinned.
struct Bob {
    vault: Vault,
    kek: Kek,
    folder: tempfile::TempDir,
}

impl Bob {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let kek = Kek::generate().unwrap();
        let custody = Custody::KeyFile { path: "vault.key".into() };
        let new = NewVault { folder: folder.path(), id: [9; 16], custody, kek: &kek };
        Vault::create(new, |batch| batch.put_identity(&BOB.identity())).unwrap();
        let mut vault = Locked::open(folder.path()).unwrap().unlock(&kek).unwrap();
        for (name, person) in [("alice", ALICE), ("mallory", MALLORY)] {
            let key = PeerKey::Identity(person.identity().public());
            let peer = Peer { name: name.into(), key, added: NOW, confirmed: true };
            let at = vault.view().peer(name).unwrap().basis;
            vault.write(|batch| batch.put_peer(&at, &peer)).unwrap();
        }
        Self { vault, kek, folder }
    }

    /// Imports `file`, or leaves the vault as it was.
    fn import(&mut self, file: &[u8], now: Moment, who: &mut dyn Approver) -> Result<(), Error> {
        let token = Forge::good().token();
        let options = Options { file, token: Some(&token), skip_high: false, project: None };
        let before = self.all();
        let result = self.session(now, who, |session| {
            plan(session, &options).and_then(|plan| apply(session, plan, true).map(|_| ()))
        });
        if result.is_err() {
            assert_eq!(self.all(), before, "a refused import changed something");
        }
        result
    }

    /// Another process has the same vault open.
    fn other_vault(&self) -> Vault {
        Locked::open(self.folder.path()).unwrap().unlock(&self.kek).unwrap()
    }

    fn session<T>(
        &mut self,
        now: Moment,
        approver: &mut dyn Approver,
        operate: impl FnOnce(&mut Session<'_>) -> T,
    ) -> T {
        operate(&mut Session::new(&mut self.vault, approver, &|| now))
    }

    /// The class of the refusal of `file`, and what it says.
    fn refuses(&mut self, file: &[u8], now: Moment) -> (Class, String) {
        match self.import(file, now, &mut Nobody).expect_err("it was imported") {
            Error::Package(e) => (e.class, e.to_string()),
            e @ Error::Clock { .. } => (Time, e.to_string()),
            e @ Error::Replay(_) => (Replay, e.to_string()),
            other => panic!("refused otherwise: {other}"),
        }
    }

    fn all(&self) -> Vec<Stored> {
        self.vault.view().entries().unwrap()
    }

    fn get(&self, coordinate: &str) -> Stored {
        self.vault
            .view()
            .entry(&Origin::Global, &coordinate.parse().unwrap())
            .unwrap()
            .found
            .unwrap()
    }

    fn value(&self, coordinate: &str) -> Vec<u8> {
        self.vault.view().value(&self.get(coordinate)).unwrap().expose().to_vec()
    }
}

const PIN: &[u8] = b"2468-owner";

/// A person who gives the same answer to everything, and counts the questions.
struct Always(bool, usize);

impl Approver for Always {
    fn asker(&self) -> Asker {
        Asker::Person
    }

    fn approve(&mut self, _: &Question<'_>, _: Proof) -> Option<Secret> {
        self.1 += 1;
        self.0.then(|| Secret::copy_of(PIN))
    }
}

/// An agent: it is asked nothing.
struct Agent;

impl Approver for Agent {
    fn asker(&self) -> Asker {
        Asker::Agent
    }

    fn approve(&mut self, _: &Question<'_>, _: Proof) -> Option<Secret> {
        None
    }
}

/// A person who says yes, and by then another import has seen a later time.
struct YesAfter(Vault, Moment);

impl Approver for YesAfter {
    fn asker(&self) -> Asker {
        Asker::Person
    }

    fn approve(&mut self, _: &Question<'_>, _: Proof) -> Option<Secret> {
        let Self(vault, later) = self;
        vault.write(|batch| batch.raise_clock_floor(*later)).unwrap();
        Some(Secret::new(Vec::new()))
    }
}

/// A package by `sender` with one literal, a `seq` and an id of its own.
fn package(sender: &Keys, number: u8, value: &str, sensitivity: u64) -> Forge {
    let entry = entry("dev/db/url", Value::Literal(value.as_bytes()), sensitivity);
    let mut forge = Forge::normal(entry)
        .set(0, bytes(&[number; 16]))
        .set(1, bytes(&sender.ed()))
        .set(2, uint(CREATED * 1000 + u64::from(number)));
    forge.signer = sender.signing();
    forge
}

/// Row 44: never silently, never without a person, and never against that person's no.
#[test]
fn a_rotated_agreement_key_is_asked_about() {
    let mut bob = Bob::new();
    let none = bob.vault.view().pin().unwrap().basis;
    let pin = Pin::new(&Secret::copy_of(PIN)).unwrap();
    bob.vault.write(|batch| batch.set_pin(&none, &pin)).unwrap();
    let rotated = Identity::new(ALICE.identity().signing, AgreementSecret::from_bytes(&[0x77; 32]));
    let key = || PeerKey::Identity(rotated.public());
    let pinned = |bob: &Bob| bob.vault.view().peer("alice").unwrap().found.unwrap().key;
    let old = pinned(&bob);
    match bob.session(NOW, &mut Nobody, |bob| add(bob, "alice", key(), Vouched::Compared)) {
        Err(Error::Rotation(name)) => assert_eq!(name, "alice"),
        _ => panic!("taken over without a person"),
    }
    let declined =
        bob.session(NOW, &mut Always(false, 0), |bob| add(bob, "alice", key(), Vouched::Compared));
    assert!(matches!(declined, Err(Error::Declined)));
    assert_eq!(pinned(&bob), old);
    let mut yes = Always(true, 0);
    let added =
        bob.session(NOW, &mut yes, |bob| add(bob, "alice", key(), Vouched::Compared)).unwrap();
    assert!(matches!(added, Added::Updated(_)));
    assert_eq!((pinned(&bob), yes.1), (key(), 1));
}

/// A clock may be set back by 300 s, so an id is remembered for as long beyond the expiry.
#[test]
fn an_expired_id_is_remembered_while_the_clock_may_go_back() {
    let mut bob = Bob::new();
    let first = package(&ALICE, 1, "one", 1).set(4, uint(CREATED + 1000)).file();
    let other = package(&ALICE, 2, "two", 1).file();
    let at = |offset| Moment::from_seconds(CREATED + offset);
    bob.import(&first, at(900), &mut Nobody).unwrap();
    bob.import(&other, at(1000), &mut Nobody).unwrap();
    assert_eq!(bob.refuses(&first, at(999)).0, Replay);
}

/// Row 48.
#[test]
fn a_clock_that_was_set_back() {
    let mut bob = Bob::new();
    let later = Moment::from_seconds(CREATED + 86_400);
    bob.import(&package(&ALICE, 1, "one", 1).file(), later, &mut Nobody).unwrap();
    let next = package(&ALICE, 2, "two", 1).file();
    let (class, what) = bob.refuses(&next, Moment::from_seconds(CREATED + 86_400 - 301));
    assert_eq!(class, Time, "{what}");
    let a_little_earlier = Moment::from_seconds(CREATED + 86_400 - 300);
    bob.import(&next, a_little_earlier, &mut Nobody).unwrap();
    assert_eq!(bob.value("dev/db/url"), b"two");
}

/// The time is judged where it is written, too: the owner was asked about something else.
#[test]
fn a_clock_that_is_behind_by_the_time_of_the_yes() {
    for (ahead, refused) in [(86_400, true), (301, true), (300, false)] {
        let mut bob = Bob::new();
        bob.import(&package(&ALICE, 1, "alice's", 1).file(), NOW, &mut Nobody).unwrap();
        let hers = package(&MALLORY, 2, "mallory's", 1).file();
        let later = Moment::from_seconds(NOW.seconds() + ahead);
        let mut yes = YesAfter(bob.other_vault(), later);
        match bob.import(&hers, NOW, &mut yes) {
            Err(Error::Clock { now, seen }) => {
                assert!(refused && (now, seen) == (NOW, later), "{ahead}: {now} {seen}");
            }
            other => assert!(other.is_ok() && !refused, "{ahead}: {other:?}"),
        }
        let value: &[u8] = if refused { b"alice's" } else { b"mallory's" };
        assert_eq!(bob.value("dev/db/url"), value, "{ahead}");
        assert_eq!(*bob.vault.view().clock_floor().unwrap(), later, "{ahead}");
    }
}

/// Row 49.
#[test]
fn the_same_id_again() {
    let mut bob = Bob::new();
    let file = package(&ALICE, 1, "one", 1).file();
    bob.import(&file, NOW, &mut Nobody).unwrap();
    let (class, what) = bob.refuses(&file, NOW);
    assert_eq!(class, Replay);
    assert!(!what.contains("ALARM"), "{what}");
    let other = package(&ALICE, 1, "two", 1).set(2, uint(CREATED * 1000 + 100)).file();
    let (class, what) = bob.refuses(&other, NOW);
    assert_eq!(class, Replay);
    assert!(what.contains("ALARM"), "{what}");
    assert_eq!(bob.value("dev/db/url"), b"one");
}

/// Row 50: older, and as old.
#[test]
fn an_older_package_of_the_same_sender() {
    let mut bob = Bob::new();
    bob.import(&package(&ALICE, 5, "new", 1).file(), NOW, &mut Nobody).unwrap();
    assert_eq!(bob.refuses(&package(&ALICE, 4, "old", 1).file(), NOW).0, Replay);
    let as_old = package(&ALICE, 6, "other", 1).set(2, uint(CREATED * 1000 + 5));
    assert_eq!(bob.refuses(&as_old.file(), NOW).0, Replay);
    bob.import(&package(&ALICE, 7, "newer", 1).file(), NOW, &mut Nobody).unwrap();
    assert_eq!(bob.value("dev/db/url"), b"newer");
}

/// Its high part stayed closed. The same package may be completed, and another of its number is another.
#[test]
fn a_package_that_was_begun_is_as_old_as_itself() {
    let mut bob = Bob::new();
    let forge = |id: u8, value: &str| {
        let normal = vec![entry("dev/db/url", Value::Literal(value.as_bytes()), 1)];
        let high = vec![entry("dev/db/high", Value::Literal(b"high"), 2)];
        Forge::with(&[To::kovra(&BOB)], normal, high).set(0, bytes(&[id; 16]))
    };
    let (begun, other) = (forge(1, "begun").file(), forge(2, "other").file());
    let options = Options { file: &begun, token: None, skip_high: true, project: None };
    bob.session(NOW, &mut Nobody, |session| {
        plan(session, &options).and_then(|plan| apply(session, plan, true).map(|_| ()))
    })
    .unwrap();
    assert_eq!(bob.all().len(), 1);
    assert_eq!(bob.refuses(&other, NOW).0, Replay);
    let older = package(&ALICE, 3, "older", 1).set(2, uint(CREATED * 1000)).file();
    assert_eq!(bob.refuses(&older, NOW).0, Replay);
    bob.import(&begun, NOW, &mut Nobody).unwrap();
    assert_eq!(bob.value("dev/db/high"), b"high");
    for file in [&begun, &other] {
        assert_eq!(bob.refuses(file, NOW).0, Replay);
    }
    assert_eq!(bob.value("dev/db/url"), b"begun");
}

/// Row 62: an import resolves nothing and chooses nothing.
#[test]
fn a_pointer_is_stored_unchosen() {
    let mut bob = Bob::new();
    let pointer = entry("dev/db/url", Value::Reference("azure-kv://orders/db-url"), 1);
    bob.import(&Forge::normal(pointer).file(), NOW, &mut Nobody).unwrap();
    let held = bob.get("dev/db/url").held;
    assert!(matches!(held, Held::Reference { chosen: false, .. }), "{held:?}");
}

/// Row 63, both ways.
#[test]
fn a_change_of_mode_needs_a_person() {
    let literal = || package(&ALICE, 1, "one", 1).entries[0][0].clone();
    let pointer = || entry("dev/db/url", Value::Reference("aws-sm://x"), 1);
    for (first, second) in [(literal(), pointer()), (pointer(), literal())] {
        let mut bob = Bob::new();
        let later = |e| Forge::normal(e).set(0, bytes(&[2; 16])).set(2, uint(CREATED * 1000 + 99));
        bob.import(&Forge::normal(first).file(), NOW, &mut Nobody).unwrap();
        let mode = bob.get("dev/db/url").held.mode();
        let file = later(second).file();
        assert!(matches!(bob.import(&file, NOW, &mut Nobody), Err(Error::Denied(_))));
        let no = bob.import(&file, NOW, &mut Always(false, 0));
        assert!(matches!(no, Err(Error::Declined)));
        assert_eq!(bob.get("dev/db/url").held.mode(), mode);
        bob.import(&file, NOW, &mut Always(true, 0)).unwrap();
        assert_ne!(bob.get("dev/db/url").held.mode(), mode);
    }
}

/// Row 64, of an entry of the same sender and of the owner's own.
#[test]
fn a_sensitivity_is_never_lowered() {
    let mut bob = Bob::new();
    let to = [To::kovra(&BOB)];
    let high = entry("dev/db/url", Value::Literal(b"one"), 2);
    bob.import(&Forge::with(&to, vec![], vec![high]).file(), NOW, &mut Nobody).unwrap();
    let two = package(&ALICE, 99, "two", 0).file();
    assert!(matches!(bob.import(&two, NOW, &mut Nobody), Err(Error::Denied(_))));
    bob.import(&two, NOW, &mut Always(true, 0)).unwrap();
    assert_eq!(bob.get("dev/db/url").sensitivity, Sensitivity::High);
    assert_eq!(bob.value("dev/db/url"), b"two");

    let mut bob = Bob::new();
    let own = Entry {
        coordinate: "dev/db/url".parse().unwrap(),
        content: Content::Literal(Secret::copy_of(b"mine")),
        sensitivity: Sensitivity::High,
        description: None,
    };
    let at = bob.vault.view().entry(&Origin::Global, &own.coordinate).unwrap().basis;
    bob.vault
        .write(|batch| {
            batch.put_entry(
                &at,
                NewEntry { origin: &Origin::Global, entry: &own, provenance: None },
                NOW,
            )
        })
        .unwrap();
    let hers = package(&ALICE, 1, "hers", 0).file();
    assert!(matches!(bob.import(&hers, NOW, &mut Nobody), Err(Error::Denied(_))));
    bob.import(&hers, NOW, &mut Always(true, 0)).unwrap();
    assert_eq!(bob.get("dev/db/url").sensitivity, Sensitivity::High);
    assert_eq!(bob.value("dev/db/url"), b"hers");
}

/// Row 65: pinned is not the same as allowed to write over somebody else's entries.
#[test]
fn another_senders_entry_needs_a_person() {
    let mut bob = Bob::new();
    bob.import(&package(&ALICE, 1, "alice's", 1).file(), NOW, &mut Nobody).unwrap();
    let hers = package(&MALLORY, 2, "mallory's", 1).file();
    assert!(matches!(bob.import(&hers, NOW, &mut Nobody), Err(Error::Denied(_))));
    assert!(matches!(bob.import(&hers, NOW, &mut Always(false, 0)), Err(Error::Declined)));
    assert_eq!(bob.value("dev/db/url"), b"alice's");
    bob.import(&hers, NOW, &mut Always(true, 0)).unwrap();
    assert_eq!(bob.value("dev/db/url"), b"mallory's");
}

/// All entries of a package are judged before one is written.
#[test]
fn one_refused_entry_refuses_all() {
    let mut bob = Bob::new();
    bob.import(&package(&ALICE, 5, "one", 1).file(), NOW, &mut Nobody).unwrap();
    let mut entries = package(&ALICE, 1, "old", 1).entries[0].clone();
    entries.insert(0, entry("dev/a/new", Value::Literal(b"v"), 1));
    let older = Forge::with(&[To::kovra(&BOB)], entries, vec![])
        .set(0, bytes(&[1; 16]))
        .set(2, uint(CREATED * 1000));
    assert_eq!(bob.refuses(&older.file(), NOW).0, Replay);
    assert_eq!(bob.all().len(), 1);
}

/// What an import would do is known before anything is written.
#[test]
fn a_plan_writes_nothing() {
    let mut bob = Bob::new();
    let file = package(&ALICE, 1, "one", 1).file();
    let options = Options { file: &file, token: None, skip_high: false, project: None };
    for _ in 0..2 {
        let plan = bob.session(NOW, &mut Nobody, |bob| plan(bob, &options)).unwrap();
        assert!(plan.preview.changes.iter().all(|change| change.effect == Effect::Added));
    }
    assert!(bob.all().is_empty());
}

/// That a package has the same value would tell an agent which value that is.
#[test]
fn a_right_guess_of_a_protected_value_looks_like_a_wrong_one() {
    let mut bob = Bob::new();
    bob.import(&package(&ALICE, 1, "right", 1).file(), NOW, &mut Nobody).unwrap();
    let now = bob.get("dev/db/url");
    let mut high = now.clone();
    high.sensitivity = Sensitivity::High;
    bob.vault.write(|batch| batch.relabel(now.basis(), &now, high, NOW)).unwrap();
    let mut guess = |value, who: &mut dyn Approver| {
        let (file, token) = (package(&ALICE, 2, value, 1).file(), Forge::good().token());
        let options = Options { file: &file, token: Some(&token), skip_high: false, project: None };
        bob.session(NOW, who, |bob| plan(bob, &options)).unwrap().preview.changes[0].effect
    };
    assert_eq!(["right", "wrong"].map(|value| guess(value, &mut Agent)), [Effect::Changed; 2]);
    assert_eq!(guess("right", &mut Nobody), Effect::Same);
}
