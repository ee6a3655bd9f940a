//! The vectors taken apart, for the fuzz targets: each parser starts from what was made for it.

use crate::device::DEVICE;
use crate::identity::IDENTITY;
use forge::BOB;
use kovra::cbor::Reader;
use std::path::Path;

/// A longer input only makes a fuzzer slow.
const LONGEST: usize = 64 << 10;

/// Array, name, version, slot and header hash: the target makes these itself.
const PAYLOAD_START: usize = 1 + 14 + 1 + 1 + 34;

/// Writes `folder/<target>/<vector>` for every target that vectors have something for.
pub(crate) fn write(folder: &Path) -> std::io::Result<usize> {
    let mut count = 0;
    let mut put = |target: &str, name: &str, bytes: &[u8]| {
        if bytes.len() > LONGEST {
            return Ok(());
        }
        count += 1;
        std::fs::create_dir_all(folder.join(target))?;
        std::fs::write(folder.join(target).join(name), bytes)
    };
    for case in crate::all() {
        let package = case.package();
        put("package", &case.name, &package)?;
        let Some((header, sealed)) = parts(&package) else { continue };
        put("header", &case.name, header)?;
        put("cbor", &case.name, header)?;
        put("age_header", &case.name, sealed)?;
        let bob: age::x25519::Identity = BOB.age_identity().parse().unwrap();
        let Ok(payload) = age::decrypt(&bob, sealed) else { continue };
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
    Ok(count)
}

/// Header and sealed, where the package has them.
fn parts(package: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut r = Reader::new(package, "package");
    r.tag().ok()?;
    r.array().ok()?;
    r.text().ok()?;
    r.uint().ok()?;
    Some((r.bytes().ok()?, r.bytes().ok()?))
}
