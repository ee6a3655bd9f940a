//! The golden vectors of `testdata/v1`, read and run. Its README says what is in a file.

use crate::vector::{self, File, unhex};
use crate::{ALICE, BOB, CAROL, Forge, Keys, MALLORY, fixed_token};
use kovra::clock::Moment;
use kovra::entry::{Content, Entry};
use kovra::identity::{SigningPublic, Token};
use kovra::package::{Class, Contents, High, Package};
use kovra::text::hex;
use sha2::{Digest, Sha256};

/// The word that the specification has for a class.
pub fn word(class: Class) -> &'static str {
    match class {
        Class::Malformed => "malformed",
        Class::Limit => "limit",
        Class::Unsupported => "unsupported",
        Class::Signature => "signature",
        Class::Untrusted => "untrusted",
        Class::Time => "time",
        Class::NotForMe => "not-for-me",
        Class::Token => "token",
        Class::Binding => "binding",
        Class::Replay => "replay",
        Class::Policy => "policy",
    }
}

/// An entry as a vector writes it.
pub fn line(entry: &Entry) -> String {
    let (mode, value) = match &entry.content {
        Content::Literal(value) if value.len() > 1024 => {
            ("literal", format!("sha256:{} {}", hex(&Sha256::digest(value.expose())), value.len()))
        }
        Content::Literal(value) => ("literal", format!("hex:{}", hex(value.expose()))),
        Content::Reference(pointer) => ("reference", pointer.as_str().to_owned()),
    };
    let sensitivity = entry.sensitivity.name();
    let description = entry.description.as_ref().map(|d| format!(" | {d}")).unwrap_or_default();
    format!("{} {mode} {sensitivity} {value}{description}", entry.coordinate)
}

/// A vector as its file says it.
pub struct Vector {
    pub name: String,
    pub clause: String,
    pub rows: Vec<u8>,
    pub class: String,
    pub stage: String,
    now: u64,
    trust: Vec<SigningPublic>,
    reader: String,
    pub token: String,
    pub entries: Vec<String>,
    pub package: Vec<u8>,
}

/// All of them.
pub fn corpus() -> Vec<Vector> {
    vector::corpus("v1").into_iter().map(Vector::from).collect()
}

impl From<File> for Vector {
    fn from(mut file: File) -> Self {
        let pinned = |key: &String| SigningPublic::from_bytes(&unhex(key).try_into().unwrap());
        let [clause, class, stage] = ["clause", "class", "stage"].map(|key| file.one(key));
        let [now, reader, token, _note] =
            ["now", "reader", "token", "note"].map(|key| file.one(key));
        let [rows, trust, entries] = ["row", "trust", "entry"].map(|key| file.many(key));
        let (name, package) = file.finish();
        Self {
            name,
            clause,
            rows: rows.iter().map(|row| row.parse().unwrap()).collect(),
            class,
            stage,
            now: now.parse().unwrap(),
            trust: trust.iter().map(|key| pinned(key).unwrap()).collect(),
            reader,
            token,
            entries,
            package,
        }
    }
}

impl Vector {
    fn reader(&self) -> Keys {
        match &self.reader[..] {
            "alice" => ALICE,
            "bob" => BOB,
            "carol" => CAROL,
            "mallory" => MALLORY,
            other => panic!("{}: nobody is called {other}", self.name),
        }
    }

    fn token(&self) -> Option<Token> {
        let good = Forge::good();
        let forge = match &self.token[..] {
            "yes" => good,
            "other" => Forge { token: fixed_token(0x71), ..good },
            "hybrid" => good.with_hybrid_token(),
            "other-hybrid" => Forge { hybrid_token: Some([0x73; 32]), ..good },
            "no" | "skip" => return None,
            other => panic!("{}: there is no token {other}", self.name),
        };
        Some(forge.token())
    }

    /// The stage that refuses with its class, or what comes out.
    pub fn run(&self) -> Result<Contents, (&'static str, Class, String)> {
        let refused = |stage| {
            move |e: kovra::package::Error| (stage, e.class, format!("{}: {}", e.place, e.what))
        };
        let intact = Package::parse(&self.package).map_err(refused("parse"))?;
        let intact = intact.verify().map_err(refused("verify"))?;
        let now = Moment::from_seconds(self.now);
        let verified = intact.trust(&self.trust, now).map_err(refused("trust"))?;
        let token = self.token();
        let high = if self.token == "skip" { High::Skip } else { High::with(token.as_ref()) };
        verified.open(&self.reader().whole_identity(1), high).map_err(refused("open"))
    }

    /// Whether it gets the class, the stage and the entries that it says; else what it gets.
    pub fn judge(&self) -> Result<(), String> {
        let got = match self.run() {
            Ok(contents) => {
                let closed = if self.token == "skip" { 1 } else { 0 };
                assert_eq!(contents.skipped, closed, "{}", self.name);
                ("ok", "open", contents.entries.iter().map(line).collect())
            }
            Err((stage, class, what)) => {
                // What came out of a package reaches a terminal only escaped.
                assert!(kovra::text::is_plain(&what), "{}: {what:?}", self.name);
                (word(class), stage, vec![])
            }
        };
        let wanted = (&self.class[..], &self.stage[..], self.entries.clone());
        let wrong = || Err(format!("{}: wants {wanted:?}, gets {got:?}", self.name));
        if got == wanted { Ok(()) } else { wrong() }
    }

    /// Whether nothing is wrong with it.
    pub fn is_good(&self) -> bool {
        self.class == "ok"
    }
}

/// The golden vectors alone, against a library that is built for nothing else: what a mutant of the parser has to
/// survive (`.ci/long mutants`). `tests/it` reads the same ones, and more of each. The first that is wrong ends it.
#[cfg(test)]
mod tests {
    use super::*;
    use crate::texts;

    #[test]
    fn packages() {
        assert_eq!(corpus().iter().find_map(|vector| vector.judge().err()), None);
    }

    #[test]
    fn identities_and_receipts() {
        let all = ["identity-v1", "receipt-v1"].map(texts::corpus);
        assert_eq!(all.iter().flatten().find_map(|text| text.judge().err()), None);
    }
}
