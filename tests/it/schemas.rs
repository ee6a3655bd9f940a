//! Vaults of every schema from 2 on, as the kovra of their time wrote them: `testdata/vaults`.

use kovra::ops::files::read_key_file;
use kovra::secret::Secret;
use kovra::vault::{FILE, Given, Held, Locked, Origin, Proof, Vault};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use tempfile::TempDir;

/// A copy of the vault of a schema, unlocked.
fn vault(schema: &str) -> (Vault, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/vaults").join(schema);
    for name in [FILE, "vault.key"] {
        let to = folder.path().join(name);
        fs::copy(from.join(name), &to).unwrap();
        // A checkout has whatever mode its umask gives.
        fs::set_permissions(&to, Permissions::from_mode(0o600)).unwrap();
    }
    let key = read_key_file(&folder.path().join("vault.key")).unwrap();
    (Locked::open(folder.path()).unwrap().unlock(&key).unwrap(), folder)
}

#[test]
fn a_vault_of_schema_2() {
    let (mut vault, _folder) = vault("2");
    let view = vault.view();
    let entries = view.entries().unwrap();
    let found: Vec<String> = entries
        .iter()
        .map(|entry| {
            let value = view.value(entry).unwrap();
            let text = match &entry.held {
                Held::Literal(_) => String::from_utf8(value.expose().to_vec()).unwrap(),
                Held::Reference { pointer, chosen } => format!("{pointer} {chosen}"),
            };
            format!("{} {} {} {text}", entry.origin, entry.coordinate, entry.sensitivity)
        })
        .collect();
    let expected = [
        "global dev/app/cloud medium azure-kv://team-dev/app-url true",
        "global dev/app/low low a low value",
        "global dev/app/secret high a high value",
        "global dev/app/url medium second",
        "shop dev/app/url medium of the shop",
        "global dev/lib/key medium yours",
        "global prod/app/url high of production",
    ];
    assert_eq!(found, expected);
    let at = "dev/app/url".parse().unwrap();
    let history = view.history(&Origin::Global, &at).unwrap();
    let described = history[0].entry.as_ref().unwrap().description.as_deref();
    assert_eq!((history.len(), described), (2, Some("what the app talks to")));
    let removed = view.history(&Origin::Global, &"dev/app/gone".parse().unwrap()).unwrap();
    assert!(removed[0].entry.is_none() && removed[1].entry.is_some());

    let peers = view.peers().unwrap();
    assert_eq!(peers.iter().map(|peer| peer.name.as_str()).collect::<Vec<_>>(), ["you"]);
    let you = peers[0].signing().unwrap();
    assert!(view.peer("gone").unwrap().is_none());
    let programs = view.allowed_programs().unwrap();
    assert_eq!((programs.len(), programs[0].path.as_str()), (1, "/bin/sh"));
    let share = &view.shares().unwrap()[0];
    assert_eq!(share.recipients[0].signing, Some(you));
    assert!(share.recipients[0].received.is_some());
    assert!(matches!(share.entries[0].given, Given::Literal(_)));
    let imported = "dev/lib/key".parse().unwrap();
    assert!(view.ledger(you).unwrap().seq(&imported).is_some());
    assert!(view.clock_floor().unwrap().seconds() > 1_700_000_000);
    assert!(*view.last_seq().unwrap() > 0);
    view.identity().unwrap();
    let trail = view.trail().unwrap();
    assert!(trail.damage.is_empty());
    assert_eq!(trail.events.len(), 17);
    assert_eq!(view.proof().unwrap(), Proof::Pin);
    let now = std::time::SystemTime::now().into();
    assert!(!vault.prove(Proof::Pin, &Secret::copy_of(b"1357"), now).unwrap());
    assert!(vault.prove(Proof::Pin, &Secret::copy_of(b"2468"), now).unwrap());
}
