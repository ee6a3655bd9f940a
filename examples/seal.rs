//! One literal, sealed to somebody. It prints the sender's string, which the receiver wants to know.
//!
//! `cargo run --example seal -- "kovra1... age1pq1..." dev.kovra`

#![allow(clippy::print_stdout)]

use kovra::clock::Moment;
use kovra::entry::{Content, Entry, Sensitivity};
use kovra::identity::{Identity, PublicIdentity};
use kovra::limits;
use kovra::package::{Draft, Stamp, seal};
use kovra::secret::Secret;
use std::error::Error;
use std::time::{Duration, SystemTime};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [to, file] = &arguments[..] else {
        return Err("usage: seal \"kovra1... age1pq1...\" FILE".into());
    };
    let to: PublicIdentity = to.parse()?;
    let to = to.recipient().ok_or("nobody is sealed to by a kovra1... of version 2 alone")?;

    // Who seals more than once keeps these keys. A vault does.
    let now = Moment::from(SystemTime::now());
    let me = Identity::generate(now)?;
    let life = Duration::from_secs(limits::DEFAULT_LIFE);
    let sealed = seal(Draft {
        sender: &me.signing,
        // It is the first of this sender: there is no `seq` before it. Who seals more keeps that of the last.
        stamp: &Stamp::after(0, now, life)?,
        recipients: &[to],
        entries: vec![Entry {
            coordinate: "dev/db/url".parse()?,
            content: Content::Literal(Secret::copy_of(b"postgres://localhost/orders")),
            sensitivity: Sensitivity::Medium,
            description: None,
        }],
    })?;

    std::fs::write(file, &sealed.bytes)?;
    println!("{}", me.public());
    Ok(())
}
