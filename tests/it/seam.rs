//! What differs between systems stands in `src/platform`, and nowhere else in `src`.

use std::path::{Path, PathBuf};

/// What code says when it means one system: its interfaces, its crates, its files, its modes.
const OF_A_SYSTEM: [&str; 20] = [
    "std::os",
    "cfg(unix",
    "cfg(windows",
    "(unix,",
    "not(unix",
    "unix)",
    "(windows,",
    "windows)",
    "not(windows",
    "target_os",
    "target_family",
    "rustix",
    "libc",
    "windows_sys",
    "winapi",
    "etcetera",
    "/dev/tty",
    "\"/dev/",
    "/proc/",
    // A mode.
    "0o",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn no_system_is_named_outside_of_the_seam() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (seam, others): (Vec<_>, Vec<_>) =
        sources(&src).into_iter().partition(|path| path.starts_with(src.join("platform")));
    assert!(seam.len() > 3 && others.len() > 60, "{} and {}", seam.len(), others.len());
    for path in others {
        let text = std::fs::read_to_string(&path).unwrap();
        for (number, line) in (1..).zip(text.lines()) {
            let named = OF_A_SYSTEM.iter().find(|name| line.contains(**name));
            assert_eq!(named, None, "{}:{number}: {line}", path.display());
        }
    }
}
