//! New keys: all that was there is there, and nothing of before opens it.

use super::*;
use crate::audit::{Action, Event, Outcome};
use crate::identity::AgreementSecret;
use crate::policy::Asker;

const OTHER: [u8; 32] = [7; 32];

fn another() -> (Custody, Kek) {
    (Custody::KeyFile { path: "/other".into() }, Kek::generate().unwrap())
}

fn renew(vault: &mut Vault) -> Kek {
    let (custody, kek) = another();
    vault.write(|batch| batch.renew_keys(custody, &kek)).unwrap();
    kek
}

/// A vault with a row of most kinds, with a history and a trail.
pub(super) fn filled() -> Home {
    let home = Home::new();
    let mut vault = home.open().unwrap();
    for (coordinate, value) in [("dev/db/url", "1"), ("dev/db/url", "2"), ("prod/db/url", "3")] {
        put(&mut vault, &literal(coordinate, value));
    }
    put(&mut vault, &Entry { sensitivity: Sensitivity::InjectOnly, ..literal("dev/a/b", "4") });
    let entry =
        vault.view().find(&Origin::Global, &"dev/db/url".parse().unwrap()).unwrap().unwrap();
    let Held::Literal(version) = entry.held else { panic!() };
    let given = |given| SharedEntry {
        origin: Origin::Global,
        coordinate: "dev/db/url".into(),
        given: Given::Literal(given),
    };
    let share = Share {
        post_quantum: true,
        package: [1; 16],
        digest: [2; 32],
        sealed: NOW,
        expires: NOW,
        recipients: Vec::new(),
        entries: vec![given(version), given(Version([9; 4]))],
    };
    let event = Event::new(Action::Add, Outcome::Allowed, Asker::Person, NOW);
    let pin = Pin::new(&Secret::copy_of(b"2468")).unwrap();
    let recipient = AgreementSecret::from_bytes(&OTHER).public();
    vault
        .write(|batch| {
            batch.audit(std::slice::from_ref(&event))?;
            batch.audit(&[event])?;
            let none = batch.view().share(&share.package)?.basis;
            batch.put_share(&none, &share)?;
            let none = batch.view().pin()?.basis;
            batch.set_pin(&none, &pin)?;
            batch.put_recovery(Recovery { recipient, made: NOW, is_code: false }, None)
        })
        .unwrap();
    home
}

#[test]
fn with_new_keys_all_is_there_and_the_old_key_opens_nothing() {
    let home = filled();
    let mut vault = home.open().unwrap();
    let (identity, lookup) =
        (vault.view().identity().unwrap().public(), vault.keys.lookup(&[b"x"]));
    let kek = renew(&mut vault);
    assert_ne!(vault.keys.lookup(&[b"x"]), lookup);
    put(&mut vault, &literal("dev/after/it", "5"));
    drop(vault);
    assert!(matches!(home.open(), Err(Error::WrongKey(_))));
    let vault = Locked::open(home.folder.path()).unwrap().unlock(&kek).unwrap();
    let values =
        ["dev/db/url", "prod/db/url", "dev/a/b", "dev/after/it"].map(|at| value(&vault, at));
    assert_eq!(values.concat(), b"2345");
    let at = "dev/db/url".parse().unwrap();
    let history = vault.view().history(&Origin::Global, &at).unwrap().found;
    let earlier = history[1].entry.as_ref().unwrap();
    assert_eq!(vault.view().value(earlier).unwrap().expose(), b"1");
    let trail = vault.view().trail().unwrap();
    assert!(trail.damage.is_empty() && trail.events.len() == 2, "{:?}", trail.damage);
    assert_eq!(vault.view().identity().unwrap().public(), identity);
    assert_eq!(vault.view().proof().unwrap(), Proof::Pin);
}

#[test]
fn a_share_names_the_same_values() {
    let home = filled();
    let mut vault = home.open().unwrap();
    renew(&mut vault);
    let view = vault.view();
    let entry = view.find(&Origin::Global, &"dev/db/url".parse().unwrap()).unwrap().unwrap();
    let given =
        view.shares().unwrap()[0].entries.iter().map(|e| e.given.clone()).collect::<Vec<_>>();
    let Held::Literal(version) = entry.held else { panic!() };
    assert_eq!(given, [Given::Literal(version), Given::Literal(Version([9; 4]))]);
}

#[test]
fn a_way_back_in_opens_before_and_after() {
    let home = filled();
    let secret = AgreementSecret::from_bytes(&OTHER);
    let recover = || Locked::open(home.folder.path()).unwrap().recover(&secret);
    let mut vault = recover().unwrap();
    renew(&mut vault);
    drop(vault);
    assert_eq!(value(&recover().unwrap(), "prod/db/url"), b"3");
    let stranger = AgreementSecret::from_bytes(&[8; 32]);
    let refused = Locked::open(home.folder.path()).unwrap().recover(&stranger);
    assert!(matches!(refused, Err(Error::NoSuchWay)));
}

#[test]
fn what_fails_leaves_the_keys_as_they_were() {
    let home = filled();
    let mut vault = home.open().unwrap();
    let (custody, kek) = another();
    let failed: Result<(), Error> = vault.write(|batch| {
        batch.renew_keys(custody, &kek)?;
        Err(Error::Busy)
    });
    assert!(matches!(failed, Err(Error::Busy)));
    put(&mut vault, &literal("dev/after/it", "5"));
    drop(vault);
    let vault = home.open().unwrap();
    assert_eq!(value(&vault, "dev/after/it"), b"5");
    assert_eq!(vault.view().recovery().len(), 1);
}

#[test]
fn who_waits_while_the_keys_change_goes_on_with_nothing() {
    let home = filled();
    let (mut waits, mut renews) = (home.open().unwrap(), home.open().unwrap());
    renew(&mut renews);
    let at = "dev/db/url".parse().unwrap();
    let basis = waits.view().entry(&Origin::Global, &at).unwrap().basis;
    let new = literal("dev/db/url", "x");
    let put = waits.write(|batch| {
        let new = NewEntry { origin: &Origin::Global, entry: &new, provenance: None };
        batch.put_entry(&basis, new, NOW)
    });
    assert!(matches!(put, Err(Error::Moved(_))));
}

#[test]
fn a_row_of_a_later_kovra_keeps_the_keys_as_they_are() {
    let home = filled();
    let mut vault = home.open().unwrap();
    vault
        .write(|batch| {
            let content = crate::vault::batch::Content::of(&[0x80], false);
            batch.add(crate::vault::place::Kind(99), [1; 32], &content).map(|_| ())
        })
        .unwrap();
    let (custody, kek) = another();
    let refused = vault.write(|batch| batch.renew_keys(custody, &kek));
    assert!(matches!(refused, Err(Error::Later(_))));
    assert_eq!(value(&vault, "dev/db/url"), b"2");
}

#[test]
fn wrapped_again_the_keys_are_the_same() {
    let home = filled();
    let mut vault = home.open().unwrap();
    let (custody, kek) = another();
    let lookup = vault.keys.lookup(&[b"x"]);
    vault.write(|batch| batch.rewrap_keys(custody, &kek)).unwrap();
    drop(vault);
    assert!(matches!(home.open(), Err(Error::WrongKey(_))));
    let vault = Locked::open(home.folder.path()).unwrap().unlock(&kek).unwrap();
    assert_eq!(vault.keys.lookup(&[b"x"]), lookup);
    assert_eq!(vault.view().recovery().len(), 1);
}
