//! The vectors taken apart, for the fuzz targets: each parser starts from what was made for it.

use crate::device::DEVICE;
use crate::identity::IDENTITY;
use forge::cbor::cat;
use forge::part::Part;
use forge::{BOB, fixed_token};
use kovra::cbor::Reader;
use std::collections::HashSet;
use std::path::Path;

/// A longer input only makes a fuzzer slow.
const LONGEST: usize = 64 << 10;

/// Array, name, version, slot and header hash: the target makes these itself.
const PAYLOAD_START: usize = 1 + 14 + 1 + 1 + 34;

/// Writes `folder/<target>/<vector>` for every target that vectors have something for.
pub(crate) fn write(folder: &Path) -> std::io::Result<usize> {
    let mut seeds = HashSet::new();
    let mut put = |target: &str, name: &str, bytes: &[u8]| {
        // Many vectors have parts in common.
        if bytes.len() > LONGEST || !seeds.insert((target.to_owned(), bytes.to_vec())) {
            return Ok(());
        }
        std::fs::create_dir_all(folder.join(target))?;
        std::fs::write(folder.join(target).join(name), bytes)
    };
    for case in crate::all() {
        let package = case.package();
        put("package", &case.name, &package)?;
        for (part, given) in given(&package, case.is_good()) {
            let bytes = cat(&[&[part as u8], &given]);
            put("outside", &format!("{}-{}", case.name, part as u8), &bytes)?;
        }
        let Some((header, sealed)) = parts(&package) else { continue };
        put("header", &case.name, header)?;
        put("cbor", &case.name, header)?;
        put("age_header", &case.name, sealed)?;
        let Some(payload) = decrypted(&BOB.age_identity(), sealed) else { continue };
        put("cbor", &format!("{}-payload", case.name), &payload)?;
        if let Some(rest) = payload.get(PAYLOAD_START..) {
            put("payload", &case.name, rest)?;
        }
    }
    for case in crate::texts().filter(|case| [IDENTITY, DEVICE].contains(&case.kind)) {
        put("identity", &case.name, &case.bytes)?;
        let inside = std::str::from_utf8(&case.bytes).ok().and_then(|t| bech32::decode(t).ok());
        if let Some((_, bytes)) = inside {
            put("identity", &format!("{}-inside", case.name), &bytes)?;
        }
    }
    Ok(seeds.len())
}

/// Header and sealed, where the package has them.
fn parts(package: &[u8]) -> Option<(&[u8], &[u8])> {
    all_parts(package).map(|[header, sealed, _]| (header, sealed))
}

/// And high.
fn all_parts(package: &[u8]) -> Option<[&[u8]; 3]> {
    let mut r = Reader::new(package, "package");
    r.tag().ok()?;
    r.array().ok()?;
    r.text().ok()?;
    r.uint().ok()?;
    Some([r.bytes().ok()?, r.bytes().ok()?, r.bytes().ok()?])
}

fn decrypted(identity: &str, file: &[u8]) -> Option<Vec<u8>> {
    age::decrypt(&identity.parse::<age::x25519::Identity>().unwrap(), file).ok()
}

/// What a package would be made of by [`Part::package`]. All of it, only if it is good: the other reader has read
/// every vector already.
fn given(package: &[u8], is_good: bool) -> Vec<(Part, Vec<u8>)> {
    if package.len() > LONGEST {
        return vec![];
    }
    let whole = [Part::File, Part::Signed].map(|part| (part, package.to_vec()));
    let mut given: Vec<_> = whole.into_iter().filter(|_| is_good).collect();
    let Some([header, sealed, high]) = all_parts(package) else { return given };
    given.extend([(Part::Header, header.to_vec()), (Part::Sealed, sealed.to_vec())]);
    if let Some(stanzas) = stanzas(sealed) {
        let hybrid = stanzas.starts_with("-> mlkem768x25519 ");
        let part = if hybrid { Part::Hybrid } else { Part::Stanzas };
        given.push((part, stanzas.into()));
    }
    let rest = |payload: Vec<u8>| payload.get(PAYLOAD_START..).map(<[u8]>::to_vec);
    let bob = BOB.age_identity();
    if let Some(payload) = decrypted(&bob, sealed).and_then(rest) {
        given.push((Part::Payload, payload));
    }
    if high.is_empty() {
        return given;
    }
    given.push((Part::High, high.to_vec()));
    let Some(inner) = decrypted(&bob, high) else { return given };
    let token = fixed_token(0x70);
    let payload = age::decrypt(&token, &inner).ok().and_then(rest);
    given.push((Part::Inner, inner));
    given.extend(payload.map(|payload| (Part::HighPayload, payload)));
    given
}

/// The lines between the first and the MAC.
fn stanzas(age: &[u8]) -> Option<&str> {
    let text = age.strip_prefix(b"age-encryption.org/v1\n")?;
    let end = text.windows(5).position(|five| five == b"\n--- ")?;
    std::str::from_utf8(&text[..=end]).ok()
}
