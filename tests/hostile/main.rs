//! What hostile and damaged packages get, through the library: parse, verify, trust, open.
//!
//! Numbers are the rows of the list of attacks that the format was made against. A row that needs
//! state, a terminal or a network is tested where that is, and named here all the same.
//!
//! | rows | where |
//! |---|---|
//! | 1-5, 7-10, 14, 18 | `file`: the CBOR of all layers; FIFO and /dev/zero of row 10 in `tests/cli.rs` |
//! | 6, 11-13, 15-17, 46, 51 | `header` |
//! | 19-23, 38-40 | `age_layer` |
//! | 24-31, 47 | `signature`: bits, keys, signatures, trust and time |
//! | 32-37, 52-60, 66, 67 | `payload`; 57 and 58 once more, where variables are set, in `tests/run.rs` |
//! | 41-43, 45 | `identity` |
//! | 44, 48-50, 62-65 | `tests/import.rs`: they need a vault |
//! | 61 | `tests/providers.rs`: it needs a provider |
//! | 68 | `tests/secrecy.rs`: it needs a process to kill |

// A test says what is wrong by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../forge/mod.rs"]
mod forge;

mod age_layer;
mod file;
mod header;
mod identity;
mod payload;
mod properties;
mod signature;

use forge::{ALICE, BOB, Forge, NOW, Person};
use kovra::identity::Token;
use kovra::package::{Class, Contents, Error, High, Intact, Package};

/// The refusal of bytes that must not even parse.
fn parse_error(file: &[u8]) -> Error {
    Package::parse(file).err().expect("it parsed")
}

/// The class of [`parse_error`].
fn parse_class(file: &[u8]) -> Class {
    parse_error(file).class
}

/// A package that must be intact.
fn intact(file: &[u8]) -> Intact<'_> {
    Package::parse(file).expect("it parses").verify().expect("its signature holds")
}

/// The class of the refusal of a package that must parse, and must not verify.
fn verify_class(file: &[u8]) -> Class {
    Package::parse(file).expect("it parses").verify().err().expect("it verified").class
}

/// What `reader`, who has pinned Alice, gets out of an intact package.
fn open(file: &[u8], reader: &Person, token: Option<&Token>) -> Result<Contents, Error> {
    let verified = intact(file).trust(&[ALICE.pinned()], NOW).expect("Alice is trusted");
    verified.open(&reader.identity(), High::Open(token))
}

/// The refusal that Bob gets out of an intact package, with the token that the forge uses.
fn open_error(file: &[u8]) -> Error {
    open(file, &BOB, Some(&Forge::good().token())).err().expect("it opened")
}

/// The class of [`open_error`].
fn open_class(file: &[u8]) -> Class {
    open_error(file).class
}

/// All four stages for Bob, who has pinned Alice and has the forge's token.
fn accepts(file: &[u8]) -> Result<Contents, Error> {
    let intact = Package::parse(file)?.verify()?;
    let token = Forge::good().token();
    intact.trust(&[ALICE.pinned()], NOW)?.open(&BOB.identity(), High::Open(Some(&token)))
}

#[test]
fn the_good_package_is_good() {
    let contents = accepts(&Forge::good().file()).unwrap();
    let names: Vec<&str> = contents.entries.iter().map(|e| e.coordinate.as_str()).collect();
    assert_eq!(names, ["dev/db/host", "prod/db/url", "dev/db/password"]);
    assert_eq!(contents.skipped, 0);
}
