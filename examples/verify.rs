//! Whether a package is whole, in date and by the sender that it should be by. It takes no key.
//!
//! `cargo run --example verify -- dev.kovra kovra1...`

#![allow(clippy::print_stdout)]

use kovra::identity::PublicIdentity;
use kovra::package::Package;
use std::error::Error;
use std::time::SystemTime;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, sender] = &arguments[..] else { return Err("usage: verify FILE kovra1...".into()) };
    let sender: PublicIdentity = sender.parse()?;
    let bytes = std::fs::read(file)?;

    // Well-formed, and as it was signed; then by somebody whom you trust, and in date.
    let package =
        Package::parse(&bytes)?.verify()?.trust(&[sender.signing()], SystemTime::now().into())?;

    let header = package.header();
    println!("by {}", package.sender().fingerprint());
    println!("{} entries, good until {}", header.normal + header.high, header.expires);
    Ok(())
}
