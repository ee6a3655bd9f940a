//! What hostile and damaged packages get that a golden vector can't show: every bit, every cut, every
//! wrong head at every place; memory and stack; and what holds for any package.
//!
//! Numbers are the rows of `testdata/attacks.md`, the list of attacks that the format was made against.
//! Most of them are golden vectors too, or tests elsewhere, which the list names.
//!
//! | rows | here |
//! |---|---|
//! | 3, 4, 6-9, 16, 18, 24, 47 | `file`: every place |
//! | 38, 55 | `slots`: every byte of an age file, chunks in the middle; how much of a name is told |
//! | 43-45 | `identity`: every bit, every typo, of statements about devices too; what a rotation keeps |
//!
//! And 10 in `cli`, with a FIFO and /dev/zero; 57 and 58 in `run`, where variables are set.

mod file;
mod identity;
mod properties;
mod slots;

use forge::{ALICE, BOB, Forge, NOW};
use kovra::package::{Class, Contents, Error, High, Package, Verified};

/// The class of the refusal of bytes that must not even parse.
fn parse_class(file: &[u8]) -> Class {
    Package::parse(file).err().expect("it parsed").class
}

/// A package that must be intact.
fn intact(file: &[u8]) -> Verified<'_> {
    Package::parse(file).expect("it parses").verify().expect("its signature holds")
}

/// What Bob, who has pinned Alice and has the forge's token, gets out of a package.
fn accepts(file: &[u8]) -> Result<Contents, Error> {
    let intact = Package::parse(file)?.verify()?;
    let token = Forge::good().token();
    intact.trust(&[ALICE.pinned()], NOW)?.open(&BOB.identity(), High::Open(&token))
}

/// His refusal of a package that must be intact.
fn open_error(file: &[u8]) -> Error {
    intact(file);
    accepts(file).err().expect("it opened")
}

/// The class of [`open_error`].
fn open_class(file: &[u8]) -> Class {
    open_error(file).class
}

#[test]
fn the_good_package_is_good() {
    let contents = accepts(&Forge::good().file()).unwrap();
    let names: Vec<&str> = contents.entries.iter().map(|e| e.coordinate.as_str()).collect();
    assert_eq!(names, ["dev/db/host", "prod/db/url", "dev/db/password"]);
    assert_eq!(contents.skipped, 0);
}
