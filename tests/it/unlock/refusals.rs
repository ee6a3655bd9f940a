//! Where the system keeps nothing: words, and no file.

use super::{Owner, needs_kernel};
use std::collections::BTreeSet;
use std::os::unix::fs::chown;
use std::path::PathBuf;

#[track_caller]
fn keeps_nothing(owner: &Owner, how: &str, why: &str) {
    let before = names(owner);
    let ran = owner.in_session(how, &["unlock", "--passphrase-file", "pass"]);
    assert_eq!(ran.code, 1, "{how}: {}", ran.stderr);
    assert!(ran.stderr.contains(&format!("the vault stays locked: {why}")), "{}", ran.stderr);
    assert!(ran.stderr.contains("--passphrase-file FILE"), "{}", ran.stderr);
    assert_eq!(names(owner), before, "{how}: no file takes its place");
    assert_eq!(owner.in_session(how, &["list"]).code, 40, "{how}");
    assert_eq!(owner.in_session(how, &["list", "--passphrase-file", "pass"]).code, 0, "{how}");
}

/// Of all files but the log of the vault, which comes and goes.
fn names(owner: &Owner) -> BTreeSet<PathBuf> {
    let log = |path: &PathBuf| path.to_str().is_some_and(|path| path.contains("vault.db-"));
    owner.files().into_iter().map(|(path, _)| path).filter(|path| !log(path)).collect()
}

#[test]
fn a_filter_forbids_it() {
    let owner = Owner::new();
    for (errno, why) in [
        (1, "the kernel keeps no keys here, as in most containers"),
        (38, "the kernel keeps no keys here, as in most containers"),
        (13, "the kernel refuses this process the keyring"),
    ] {
        keeps_nothing(&owner, &format!("errno={errno}"), why);
    }
    let ran = owner.in_session("errno=1", &["lock"]);
    assert!(ran.code == 0 && ran.stdout.starts_with("Nothing was kept"), "{}", ran.stderr);
    let failed = owner.with_file(&["audit", "--action", "unlock"]).stdout;
    assert!(failed.contains("failed") && !failed.contains("allowed"), "{failed}");
}

#[test]
fn the_session_is_over() {
    needs_kernel!();
    keeps_nothing(&Owner::new(), "revoked", "this session's keyring is no longer valid");
}

/// Whose quota is used up is another user, so that nobody else's tests come to nothing.
#[test]
#[ignore = "needs root, to use up another user's quota"]
fn the_quota_is_full() {
    needs_kernel!();
    const SOMEBODY: u32 = 61_234;
    let owner = Owner::new();
    let all = owner.files().into_iter().map(|(path, _)| path);
    let vault = owner.vault();
    let folders = vault.ancestors().skip(1).take_while(|folder| folder.starts_with(owner.home()));
    for path in all.chain(folders.map(Into::into)) {
        chown(path, Some(SOMEBODY), None).expect("root");
    }
    let why = "the keys that the kernel keeps for this user";
    keeps_nothing(&owner, &format!("full={SOMEBODY}"), why);
}
