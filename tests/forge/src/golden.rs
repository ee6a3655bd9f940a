//! The golden vectors of `testdata/v1`, read and run. Its README says what is in a file.

use crate::vector::{self, File, unhex};
use crate::{ALICE, BOB, CAROL, Forge, Keys, MALLORY, fixed_token};
use kovra::clock::Moment;
use kovra::identity::SigningPublic;
use kovra::package::{Class, Contents, High, Package};

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

    /// The stage that refuses with its class, or what comes out.
    pub fn run(&self) -> Result<Contents, (&'static str, Class, String)> {
        let refused = |stage| {
            move |e: kovra::package::Error| (stage, e.class, format!("{}: {}", e.place, e.what))
        };
        let intact = Package::parse(&self.package).map_err(refused("parse"))?;
        let intact = intact.verify().map_err(refused("verify"))?;
        let now = Moment::from_seconds(self.now);
        let verified = intact.trust(&self.trust, now).map_err(refused("trust"))?;
        let token = match &self.token[..] {
            "yes" => Some(Forge::good().token()),
            "other" => Some(Forge { token: fixed_token(0x71), ..Forge::good() }.token()),
            "no" | "skip" => None,
            other => panic!("{}: there is no token {other}", self.name),
        };
        let high = if self.token == "skip" { High::Skip } else { High::with(token.as_ref()) };
        verified.open(&self.reader().identity(), high).map_err(refused("open"))
    }

    /// Whether nothing is wrong with it.
    pub fn is_good(&self) -> bool {
        self.class == "ok"
    }
}
