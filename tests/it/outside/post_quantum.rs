//! Post-quantum packages and npm's `age-encryption`. It stands in for the program `age` of version 1.3, which few
//! distributions have: the recovery of `spec/package-v1.md` clause 10 takes either.

use super::*;
use bech32::{Bech32, Hrp};
use forge::people::Person;
use forge::{Value as Forged, entry as forged, listed};
use kovra::identity::{HybridPublic, HybridSecret};

impl Files {
    /// Runs `tests/outside/age.mjs`, which must succeed, and gives the lines that it prints.
    fn npm(&self, arguments: &[&str]) -> Vec<String> {
        let text = String::from_utf8(self.script("node", "age.mjs", arguments)).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// What npm's client makes of `plaintext`.
    fn npm_encrypts(&self, plaintext: &[u8], recipients: &[String]) -> Vec<u8> {
        self.write("plain", plaintext);
        let recipients = recipients.iter().map(String::as_str);
        self.npm(
            &["encrypt", "plain", "encrypted"].into_iter().chain(recipients).collect::<Vec<_>>(),
        );
        self.read("encrypted")
    }

    /// The recipient of npm's for each identity of a file.
    fn npm_recipients(&self, keys: &str) -> Vec<String> {
        self.npm(&["recipients", keys])
    }
}

/// `spec/identity.md` 4.2.
fn age_identity(seed: &[u8; 32]) -> String {
    let hrp = Hrp::parse("AGE-SECRET-KEY-PQ-").unwrap();
    bech32::encode_upper::<Bech32>(hrp, seed).unwrap() + "\n"
}

fn public(seed: &[u8; 32]) -> HybridPublic {
    HybridSecret::from_bytes(seed).public()
}

/// What `kovra init` drew for `person`. The program gives it to nobody.
fn seed_of(person: &Person) -> [u8; 32] {
    let identity = person.unlocked().view().identity().unwrap();
    *identity.hybrid[0].expose()
}

const SEEDS: [[u8; 32]; 2] = [[0xb3; 32], [0xc3; 32]];

#[test]
#[ignore = "needs node with age-encryption, openssl and python3 with cbor2"]
fn needs_programs_a_post_quantum_package_is_read_without_kovra() {
    let sealed = sealed_by_kovra(&SEEDS.map(|seed| Recipient::Hybrid(public(&seed))));
    let files = Files::new();
    let mut digests = SEEDS.map(|seed| hex(&Sha256::digest(public(&seed).as_bytes())));
    digests.sort();
    assert_eq!(split(&files, &sealed), json!(digests.map(|digest| json!([3, digest]))));
    let token = sealed.token.unwrap();
    for seed in SEEDS {
        let key = files.write("key.txt", age_identity(&seed));
        opens_outside(Client::Npm, &files, &token, &key);
    }
}

/// `env` of `alice`, sealed by the program to `to`; split, with a good signature.
fn sealed_by(alice: &Person, to: &[&str]) -> Files {
    let to = to.iter().flat_map(|name| ["--to", name]);
    let out = ["seal", "--env", "dev", "-o", "dev.kovra", "--token-out", "dev.token"];
    alice.owner_ok(&out.into_iter().chain(to).collect::<Vec<_>>());
    let files = Files::new();
    files.write("package", std::fs::read(alice.home().join("dev.kovra")).unwrap());
    files.write("token.txt", std::fs::read(alice.home().join("dev.token")).unwrap());
    files.python(&["split", "package", "."]);
    assert!(files.openssl_verifies());
    files
}

/// Both slots of [`alice`]'s, with the key that is in `key.txt`; and that they are bound.
fn npm_opens(files: &Files) {
    let hash = hex(&Sha256::digest(files.read("header")));
    let slot = |number: u8, file: &str| {
        let payload = files.python(&["payload", file]);
        assert_eq!((&payload[2], &payload[3]), (&json!(number), &json!(hash)));
        payload[4].clone()
    };
    let literal = |coordinate: &str, value: &[u8], sensitivity: u8| json!([{"0": coordinate, "1": 0, "2": hex(value), "3": sensitivity}]);
    Client::Npm.must(files, "key.txt", "sealed", "payload0");
    assert_eq!(slot(0, "payload0"), literal("dev/db/host", b"db.internal", 0));
    Client::Npm.must(files, "key.txt", "high", "inner");
    Client::Npm.must(files, "token.txt", "inner", "payload1");
    assert_eq!(slot(1, "payload1"), literal("dev/db/password", b"correct horse", 2));
}

/// Somebody with a value for each slot.
fn alice() -> Person {
    let alice = Person::with_pin("alice");
    alice.add("dev/db/host", "db.internal", &["--sensitivity", "low"]);
    alice.add("dev/db/password", "correct horse", &["--sensitivity", "high"]);
    alice
}

#[test]
#[ignore = "needs node with age-encryption, openssl and python3 with cbor2"]
fn needs_programs_what_the_program_seals_to_its_own_identities_is_read_without_kovra() {
    let (alice, readers) = (alice(), ["bob", "carol"].map(Person::with_vault));
    readers.iter().for_each(|reader| alice.pin(reader));
    let files = sealed_by(&alice, &["bob", "carol"]);
    for reader in readers {
        files.write("key.txt", age_identity(&seed_of(&reader)));
        npm_opens(&files);
    }
}

#[test]
#[ignore = "needs node with age-encryption, openssl and python3 with cbor2"]
fn needs_programs_what_the_program_seals_to_a_key_of_npm_is_read_without_kovra() {
    let (alice, files) = (alice(), Files::new());
    let key = files.npm(&["keygen"]).concat();
    files.write("key.txt", &key);
    let [recipient] = &files.npm_recipients("key.txt")[..] else { panic!("one recipient") };
    alice.owner_ok(&["peer", "add", "carol", recipient]);
    let files = sealed_by(&alice, &["carol"]);
    files.write("key.txt", &key);
    npm_opens(&files);
}

/// A package of other people's tools: theirs are the age files, the token among them, and its signature is the forge's.
#[test]
#[ignore = "needs node with age-encryption, openssl and python3 with cbor2"]
fn needs_programs_what_npm_encrypts_opens_in_kovra() {
    let files = Files::new();
    let mut to = [SEEDS[0], SEEDS[1], [9; 32]].map(|seed| {
        let key = public(&seed);
        To { listed: listed(3, key.as_bytes()), key: key.to_age() }
    });
    to.sort_by(|a, b| a.listed.cmp(&b.listed));
    let low = forged("dev/db/host", Forged::Literal(b"db.internal"), 0);
    let high = forged("dev/db/password", Forged::Literal(b"correct horse"), 2);
    let forge = Forge::with(&to, vec![low], vec![high]);
    let token = files.npm(&["keygen"]).concat();
    files.write("token.txt", &token);
    let token = Token::from_file(&Secret::copy_of(token.as_bytes())).unwrap();

    let sealed = files.npm_encrypts(&forge.payload(0), &forge.keys);
    let inner = files.npm_encrypts(&forge.payload(1), &files.npm_recipients("token.txt"));
    let high = files.npm_encrypts(&inner, &forge.keys);
    let file = forge.file_of(&sealed, &high);
    let package = Package::parse(&file).and_then(Package::verify).unwrap();
    let package = package.trust(&[ALICE.pinned()], NOW).unwrap();
    for seed in SEEDS {
        let reader = BOB.identity().with_hybrid(1, HybridSecret::from_bytes(&seed));
        let contents = package.open(&reader, High::Open(&token)).unwrap();
        assert_eq!(names(&contents), ["dev/db/host", "dev/db/password"]);
        let Content::Literal(value) = &contents.entries[1].content else { panic!("a literal") };
        assert_eq!(value.expose(), b"correct horse");
    }
}

/// One seed has one recipient, whoever computes it; and a token's file is one of identities to them, too.
#[test]
#[ignore = "needs node with age-encryption, openssl and python3 with cbor2"]
fn needs_programs_a_seed_has_the_recipient_that_npm_gives_it() {
    let files = Files::new();
    let seeds = (0u8..32).map(|n| <[u8; 32]>::from(Sha256::digest([n])));
    let seeds: Vec<[u8; 32]> = seeds.chain([[0; 32], [0xff; 32]]).collect();
    files.write("seeds.txt", seeds.iter().map(age_identity).collect::<String>());
    let ours: Vec<String> = seeds.iter().map(|seed| public(seed).to_age()).collect();
    assert_eq!(files.npm_recipients("seeds.txt"), ours);

    files.write("token.txt", Token::generate(true).unwrap().to_file(&[7; 16]).expose());
    assert_eq!(files.npm_recipients("token.txt").len(), 1);
}
