//! What is in a package, for the identity that it is sealed to.
//!
//! An identity is 96 random bytes: `head -c 96 /dev/urandom > bob.keys`.
//! `cargo run --example open -- bob.keys` prints its string, which a sender seals to, and
//! `cargo run --example open -- bob.keys dev.kovra kovra1...` opens what that sender made.

#![allow(clippy::print_stdout)]

use kovra::entry::Content;
use kovra::identity::{AgreementSecret, HybridSecret, Identity, PublicIdentity, SigningSecret};
use kovra::package::{High, Package};
use std::error::Error;
use std::time::SystemTime;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [keys, package @ ..] = &arguments[..] else {
        return Err("usage: open KEYS [FILE kovra1...]".into());
    };
    let me = identity(keys)?;
    let [file, sender] = package else {
        println!("{}", me.public());
        return Ok(());
    };
    let sender: PublicIdentity = sender.parse()?;
    let bytes = std::fs::read(file)?;

    let package =
        Package::parse(&bytes)?.verify()?.trust(&[sender.signing()], SystemTime::now().into())?;
    // High literals would want the token file too: `High::Open(&token)`.
    let contents = package.open(&me, High::Skip)?;

    for entry in &contents.entries {
        match &entry.content {
            Content::Literal(secret) => println!("{}: {} bytes", entry.coordinate, secret.len()),
            Content::Reference(pointer) => println!("{}: {pointer}", entry.coordinate),
        }
    }
    Ok(())
}

/// The secret halves of an identity, from a file.
fn identity(file: &str) -> Result<Identity, Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let ([signing, agreement, hybrid], []) = bytes.as_chunks() else {
        return Err("a file of keys has 96 bytes".into());
    };
    let agreement = AgreementSecret::from_bytes(agreement);
    let identity = Identity::new(SigningSecret::from_bytes(signing), agreement);
    // Who changes keys counts up; these are the first.
    Ok(identity.with_hybrid(1, HybridSecret::from_bytes(hybrid)))
}
