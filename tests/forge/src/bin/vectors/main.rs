//! Writes the golden vectors: of packages in `testdata/v1`, of identities in `testdata/identity-v1`, of receipts in
//! `testdata/receipt-v1`.
//!
//! `cargo run -p kovra-forge --bin vectors` makes every file again, to the byte: keys are fixed, and what
//! age draws at random is derived from what it encrypts. The maker is the one of the tests, which shares
//! no code with the product. One closure makes one vector; its name starts with the clause of
//! `spec/package-v1.md`, `spec/identity.md` or `spec/receipt.md` that decides it. The README in each folder says what is in
//! a file.
//!
//! With `-- fuzz/corpus` it writes no vector, and makes of them what the fuzz targets start from.

mod additions;
mod age_layer;
mod bounds;
mod case;
mod device;
mod entries;
mod file;
mod grammar;
mod header;
mod hybrid;
mod hybrid_open;
mod identity;
mod opening;
mod order;
mod payload;
mod receipt;
mod seeds;
mod signature;
mod text;
mod trust;
mod version_2;

use case::Case;
use forge::vector::root;
use std::collections::BTreeMap;
use std::path::Path;

fn main() -> std::io::Result<()> {
    if let Some(folder) = std::env::args_os().nth(1) {
        println!("{} seeds", seeds::write(Path::new(&folder))?);
        return Ok(());
    }
    let packages = all().map(|case| (case.name.clone(), case.text()));
    let texts = texts().map(|case| (case.name.clone(), case.text()));
    println!("{} packages", write("v1", packages)?);
    println!("{} identities, recipients, tokens and statements", write("identity-v1", texts)?);
    let receipts = receipt::cases().into_iter().map(|case| (case.name.clone(), case.text()));
    println!("{} receipts", write("receipt-v1", receipts)?);
    Ok(())
}

/// Writes the vectors of one folder, and removes those that are no more.
fn write(folder: &str, cases: impl Iterator<Item = (String, String)>) -> std::io::Result<usize> {
    let folder = root().join("testdata").join(folder);
    std::fs::create_dir_all(&folder)?;
    let mut files = BTreeMap::new();
    for (name, text) in cases {
        let before = files.insert(format!("{name}.txt"), text);
        assert!(before.is_none(), "{name} is there twice");
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
    Ok(files.len())
}

fn all() -> impl Iterator<Item = Case> {
    [
        file::cases(),
        header::cases(),
        payload::cases(),
        additions::cases(),
        grammar::cases(),
        bounds::cases(),
        order::cases(),
        age_layer::cases(),
        opening::cases(),
        hybrid::cases(),
        hybrid_open::cases(),
        signature::cases(),
        trust::cases(),
    ]
    .into_iter()
    .flatten()
}

fn texts() -> impl Iterator<Item = text::Case> {
    [identity::cases(), version_2::cases(), device::cases()].into_iter().flatten()
}
