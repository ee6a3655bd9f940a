//! `inspect`: all that a package shows, and with my key all but its values.

use super::Error;
use super::import::trusted;
use crate::cbor;
use crate::clock::Moment;
use crate::entry::{Content, Entry, Sensitivity};
use crate::identity::{SigningPublic, Token};
use crate::package::{self, Header, High, Package, Verified};
use crate::vault::Vault;

pub struct Report {
    /// True only if the package is intact.
    pub header: Header,
    /// Who signed it, if the signature holds.
    pub intact: Result<SigningPublic, package::Error>,
    /// What is inside, if there is a vault to open it with, or why that does not open it.
    pub contents: Option<Result<Inside, Error>>,
}

/// What is inside a package, without any value.
pub struct Inside {
    /// The entries that opened, by coordinate.
    pub entries: Vec<Shown>,
    /// How many stayed closed for want of the token.
    pub closed: usize,
}

/// An entry without its value.
pub struct Shown {
    pub coordinate: String,
    pub sensitivity: Sensitivity,
    /// `None` for a literal.
    pub pointer: Option<String>,
    pub description: Option<String>,
}

/// Looks at a package. Nothing is written, and it need not be trusted or in date to be looked at
/// from outside; it must be both to be opened. Fails only for what is not even well-formed.
pub fn inspect(
    file: &[u8],
    vault: Option<&Vault>,
    token: Option<&Token>,
    now: Moment,
) -> Result<Report, Error> {
    let package = Package::parse(file)?;
    let header = package.header().clone();
    Ok(match package.verify() {
        Err(why) => Report { header, intact: Err(why), contents: None },
        Ok(package) => Report {
            header,
            intact: Ok(package.sender()),
            contents: vault.map(|vault| open(package, vault, token, now)),
        },
    })
}

fn open(
    package: Verified<'_>,
    vault: &Vault,
    token: Option<&Token>,
    now: Moment,
) -> Result<Inside, Error> {
    let identity = vault.view().identity()?;
    let trusted = trusted(vault.view(), &identity)?;
    let verified = package.trust(&trusted, now)?;
    let high = token.map_or(High::Skip, High::Open);
    let contents = verified.open(&identity, high)?;
    let mut entries: Vec<Shown> = contents.entries.iter().map(shown).collect();
    entries.sort_by(|a, b| a.coordinate.cmp(&b.coordinate));
    Ok(Inside { entries, closed: contents.skipped })
}

fn shown(entry: &Entry) -> Shown {
    Shown {
        coordinate: entry.coordinate.to_string(),
        sensitivity: entry.sensitivity,
        pointer: match &entry.content {
            Content::Literal(_) => None,
            Content::Reference(pointer) => Some(pointer.to_string()),
        },
        description: entry.description.clone(),
    }
}

/// A package in CBOR's diagnostic notation (RFC 8949 §8), its header unfolded.
pub fn diagnose(file: &[u8]) -> Result<String, Error> {
    Package::parse(file)?;
    Ok(cbor::diagnose(file, "package").map_err(package::Error::from)?)
}
