//! Another program of the same user, with what is kept and the vault's file, both read and written without kovra.

use super::kept::Record;
use super::{ASKED, Owner, needs_kernel};
use crate::policy::script;
use crate::vault_file::{fold, open};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use forge::people::{PASSPHRASE, Person, kovra_path};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use kovra::cbor::Writer;
use kovra::vault::{Error, Locked, Origin};
use rusqlite::{Connection, params};
use sha2::Sha256;

const ENTRY: i64 = 1;
const PEER: i64 = 2;
const PROGRAM: i64 = 4;

/// Somebody who has the vault key, and wrote their own program by `spec/vault.md`.
struct Thief {
    key: Vec<u8>,
    id: Vec<u8>,
    db: Connection,
}

/// A row, but for its value.
struct Row {
    kind: i64,
    lookup: Vec<u8>,
    revision: i64,
    guarded: bool,
    nonce: Vec<u8>,
    metadata: Vec<u8>,
}

impl Row {
    fn place(&self) -> Vec<u8> {
        let (kind, revision) = (self.kind.to_be_bytes(), self.revision.to_be_bytes());
        let guarded = i64::from(self.guarded).to_be_bytes();
        [&kind[..], &self.lookup, &revision, &guarded].concat()
    }
}

impl Thief {
    fn new(owner: &Person) -> Self {
        let key = Record::of(owner).key;
        let db = open(owner);
        let id = db.query_row("SELECT value FROM meta WHERE number = 1", [], |row| row.get(0));
        Self { key, id: id.unwrap(), db }
    }

    fn sub_key(&self, purpose: &str) -> [u8; 32] {
        let mut key = [0; 32];
        let info = format!("kovra-vault-v2 {purpose}");
        Hkdf::<Sha256>::new(Some(&self.id), &self.key).expand(info.as_bytes(), &mut key).unwrap();
        key
    }

    fn mac(&self, purpose: &str) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.sub_key(purpose)).unwrap()
    }

    fn lookup(&self, parts: &[&str]) -> Vec<u8> {
        let mut mac = self.mac("lookup");
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        mac.finalize().into_bytes().to_vec()
    }

    fn associated(&self, row: &Row) -> Vec<u8> {
        [&self.id[..], &row.place()].concat()
    }

    fn rows(&self) -> Vec<Row> {
        let columns = "kind, lookup, revision, guarded, nonce, metadata";
        let sql = format!("SELECT {columns} FROM sealed ORDER BY kind, lookup, revision");
        let mut query = self.db.prepare(&sql).unwrap();
        let row = |row: &rusqlite::Row<'_>| {
            let (kind, lookup, revision) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let (guarded, nonce, metadata) = (row.get(3)?, row.get(4)?, row.get(5)?);
            Ok(Row { kind, lookup, revision, guarded, nonce, metadata })
        };
        query.query_map([], row).unwrap().map(Result::unwrap).collect()
    }

    /// The latest revision of an entry.
    fn entry(&self, at: &str) -> Row {
        let lookup = self.lookup(&["entry", "global", at]);
        self.rows().into_iter().rfind(|row| row.kind == ENTRY && row.lookup == lookup).unwrap()
    }

    /// What opens under a key that the vault key leads to.
    fn value(&self, at: &str, purpose: &str) -> Option<Vec<u8>> {
        let row = self.entry(at);
        let sql = "SELECT value FROM sealed WHERE lookup = ?1 AND revision = ?2";
        let key = params![row.lookup, row.revision];
        let sealed: Vec<u8> = self.db.query_row(sql, key, |row| row.get(0)).unwrap();
        let aad = [&self.associated(&row), &row.metadata[..]].concat();
        let nonce: [u8; 24] = row.nonce.try_into().unwrap();
        let cipher = XChaCha20Poly1305::new(&self.sub_key(purpose).into());
        cipher.decrypt(&nonce.into(), Payload { msg: &sealed, aad: &aad }).ok()
    }

    /// Puts a row of their own into the file, which its digest covers.
    fn forge(&self, (kind, lookup, revision): Place, guarded: bool, metadata: &[u8]) {
        let nonce = vec![revision as u8; 24];
        let mut row = Row { kind, lookup, revision, guarded, nonce, metadata: Vec::new() };
        let seal = |purpose, aad: &[u8], msg: &[u8]| {
            let nonce: [u8; 24] = row.nonce.clone().try_into().unwrap();
            let cipher = XChaCha20Poly1305::new(&self.sub_key(purpose).into());
            cipher.encrypt(&nonce.into(), Payload { msg, aad }).unwrap()
        };
        let aad = self.associated(&row);
        let sealed = seal("metadata", &aad, metadata);
        let value = seal("value", &[&aad, &sealed[..]].concat(), b"theirs");
        row.metadata = sealed;
        let Row { kind, lookup, revision, guarded, nonce, metadata } = row;
        let all = params![kind, lookup, revision, guarded, nonce, metadata, value];
        self.db.execute("INSERT INTO sealed VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", all).unwrap();
        self.digest();
    }

    fn digest(&self) {
        let mut mac = self.mac("digest");
        mac.update(&2_u64.to_be_bytes());
        for number in [1, 2] {
            let sql = "SELECT value FROM meta WHERE number = ?1";
            let value: Vec<u8> = self.db.query_row(sql, [number], |row| row.get(0)).unwrap();
            mac.update(&(value.len() as u64).to_be_bytes());
            mac.update(&value);
        }
        for row in self.rows() {
            mac.update(&row.place());
            mac.update(&row.nonce);
        }
        let digest = mac.finalize().into_bytes().to_vec();
        self.db.execute("UPDATE meta SET value = ?1 WHERE number = 3", [digest]).unwrap();
    }
}

/// An entry's metadata, as its owner would have written it. A literal's fingerprint is made up.
fn entry(at: &str, sensitivity: u64, pointer: Option<&str>) -> Vec<u8> {
    let (mut content, mut provenance) = (Writer::with_capacity(64), Writer::with_capacity(8));
    let mode = match pointer {
        Some(pointer) => {
            content.array(2).text(pointer).uint(1);
            1
        }
        None => {
            content.array(1).bytes(&[0; 4]);
            0
        }
    };
    provenance.array(1).uint(0);
    let mut w = Writer::with_capacity(256);
    w.array(8).text("global").text(at).uint(sensitivity).text("").uint(1_800_000_000_000);
    w.uint(mode).bytes(content.as_bytes()).bytes(provenance.as_bytes());
    w.finish()
}

fn program(person: &Person, name: &str) -> (String, Vec<u8>) {
    let path = person.home().join(name);
    let digest = kovra::ops::allow::digest(&path).unwrap();
    let env = person.env.iter().map(|(name, value)| (name.into(), value.into()));
    let loaders = kovra::env_name::digest(&kovra::env_name::loaders(env));
    let path = path.to_str().unwrap().to_owned();
    let mut w = Writer::with_capacity(256);
    w.array(4).text(&path).bytes(&digest).uint(1_800_000_000_000).bytes(&loaders);
    (path, w.finish())
}

fn peer(name: &str, key: &str) -> Vec<u8> {
    let mut w = Writer::with_capacity(512);
    w.array(4).text(name).uint(1_800_000_000_000).uint(0).text(key);
    w.finish()
}

#[test]
fn what_is_kept_opens_nothing_that_is_high() {
    needs_kernel!();
    let owner = Owner::now_unlocked();
    let thief = Thief::new(&owner);
    for low in ["low", "medium", "inj"] {
        let value = thief.value(&format!("dev/a/{low}"), "value").expect("what is kept opens it");
        assert_eq!(value, format!("marker-{low}").as_bytes());
    }
    let purposes = ["lookup", "metadata", "value", "digest", "trail"];
    let guards = ["guard value", "guard digest", "guard grant"];
    for purpose in purposes.into_iter().chain(guards) {
        assert_eq!(thief.value("dev/a/high", purpose), None, "{purpose}");
    }
    let locked = || Locked::open(owner.vault().parent().unwrap()).unwrap();
    let mut vault = locked().unlock_kept(locked().kept().unwrap()).unwrap().unwrap();
    let at = "dev/a/high".parse().unwrap();
    let high = vault.view().entry(&Origin::Global, &at).unwrap();
    let entry = high.found.as_ref().unwrap();
    assert!(matches!(vault.view().value(entry), Err(Error::Guarded)));
    let now = kovra::clock::Moment::from_seconds(0);
    assert!(matches!(vault.write(|batch| batch.remove_entry(entry, now)), Err(Error::Guarded)));
    let peer = kovra::vault::Peer {
        name: "mallory".into(),
        key: kovra::ops::peer::parse_key(&Person::with_vault("mallory").id()).unwrap(),
        added: now,
        confirmed: true,
    };
    let none = vault.view().peer("mallory").unwrap().basis;
    assert!(matches!(vault.write(|batch| batch.put_peer(&none, &peer)), Err(Error::Guarded)));
}

/// What is forged, where, whether it is guarded, its metadata, and whether it is noticed before the owner's proof.
type Forgery = (&'static str, Place, bool, Vec<u8>, bool);

/// A kind, a lookup and a revision.
type Place = (i64, Vec<u8>, i64);

/// Rows that the thief sealed and digested. Under the vault key alone some are taken for what they say; and with the
/// owner's proof, which the values take, all are found.
#[test]
fn what_the_thief_writes_is_found_before_a_high_value_is_given() {
    needs_kernel!();
    let owner = Owner::new();
    script(&owner, "evil");
    owner.with_file(&["unlock", "--for", "10m"]);
    fold(&owner);
    let whole = std::fs::read(owner.vault()).unwrap();
    let thief = Thief::new(&owner);
    let (path, allowed) = program(&owner, "evil");
    let mallory = peer("mallory", &Person::with_vault("mallory").id());
    let of = |parts: &[&str]| thief.lookup(parts);
    let (high, low) =
        (of(&["entry", "global", "dev/a/high"]), of(&["entry", "global", "dev/a/low"]));
    let prod = of(&["entry", "global", "prod/a/b"]);
    let pointer = |at| entry(at, 2, Some("aws-sm://evil"));
    let (program, peer) = (of(&["program", &path]), of(&["peer", "mallory"]));
    let forgeries: [Forgery; 9] = [
        ("a program", (PROGRAM, program.clone(), 1), true, allowed.clone(), false),
        ("a program, not guarded", (PROGRAM, program, 1), false, allowed, true),
        ("a peer", (PEER, peer.clone(), 1), true, mallory.clone(), false),
        ("a peer, not guarded", (PEER, peer, 1), false, mallory, true),
        ("a pointer in place of it", (ENTRY, high.clone(), 2), true, pointer("dev/a/high"), false),
        ("a lower one", (ENTRY, high.clone(), 2), true, entry("dev/a/high", 0, None), false),
        ("a lower one, not guarded", (ENTRY, high, 2), false, entry("dev/a/high", 0, None), true),
        ("a pointer of prod", (ENTRY, prod.clone(), 1), true, pointer("prod/a/b"), false),
        ("a pointer of prod, not guarded", (ENTRY, prod, 1), false, pointer("prod/a/b"), true),
    ];
    drop(thief);
    for (what, place, guarded, metadata, at_once) in forgeries {
        crate::vault_file::put_back(&owner, &whole);
        crate::vault_file::drop_logs(&owner);
        let thief = Thief::new(&owner);
        thief.forge(place, guarded, &metadata);
        drop(thief);
        fold(&owner);
        let code = owner.run(&["list"]).code;
        assert_eq!(code, if at_once { 41 } else { 0 }, "{what}");
        let at = if what.contains("prod") { "prod/a/b" } else { "dev/a/high" };
        let show = ["show", at];
        let session = owner.sit(kovra_path(), &show).answer_always(ASKED, PASSPHRASE);
        let theirs =
            what == "a lower one" && session.code == 0 && session.screen.contains("theirs");
        assert!(session.code == 41 || theirs, "{what}: {}\n{}", session.code, session.screen);
        assert!(!session.screen.contains("marker-"), "{what}\n{}", session.screen);
        assert_eq!(super::with_file(&owner, &["list"]).code, 41, "{what}");
    }
    // What is low is the thief's to write: that is what a key file would give them, too.
    crate::vault_file::put_back(&owner, &whole);
    crate::vault_file::drop_logs(&owner);
    let thief = Thief::new(&owner);
    thief.forge((ENTRY, low, 2), false, &entry("dev/a/low", 0, None));
    drop(thief);
    assert_eq!(owner.ok(&["show", "dev/a/low"]).stdout, "theirs");
}
