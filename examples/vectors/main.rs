//! Writes the golden vectors of the package format, `testdata/v1/*.txt`.
//!
//! `cargo run --example vectors` makes every file again, to the byte: keys are fixed, and what age
//! draws at random is derived from what it encrypts. The builder is the one of the tests
//! (`tests/forge`), which shares no code with the product. One closure makes one vector; its name
//! starts with the clause of `spec/package-v1.md` that decides it. `testdata/v1/README.md` says what
//! is in a file.

// What goes wrong here stops the program, which is all it has to do.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../../tests/forge/mod.rs"]
mod forge;

mod age_layer;
mod case;
mod entries;
mod file;
mod grammar;
mod header;
mod payload;
mod signature;
mod trust;

use case::Case;
use std::collections::BTreeMap;
use std::path::Path;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/v1");
    std::fs::create_dir_all(&folder)?;
    let mut files = BTreeMap::new();
    for case in all() {
        let before = files.insert(format!("{}.txt", case.name), case.text());
        assert!(before.is_none(), "{} is there twice", case.name);
    }
    for stale in std::fs::read_dir(&folder)? {
        let stale = stale?;
        let name = stale.file_name().into_string().unwrap();
        if name.ends_with(".txt") && !files.contains_key(&name) {
            std::fs::remove_file(stale.path())?;
        }
    }
    for (name, text) in &files {
        std::fs::write(folder.join(name), text)?;
    }
    println!("{} vectors", files.len());
    Ok(())
}

fn all() -> impl Iterator<Item = Case> {
    [
        file::cases(),
        header::cases(),
        payload::cases(),
        grammar::cases(),
        age_layer::cases(),
        signature::cases(),
        trust::cases(),
    ]
    .into_iter()
    .flatten()
}
