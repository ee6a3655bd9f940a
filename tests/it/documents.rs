//! What the documents name is there.

use std::path::{Path, PathBuf};

/// The Markdown files that a reader starts from, and the specifications.
fn documents() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = vec![root.join("README.md"), root.join("CHANGELOG.md")];
    let vectors = ["testdata/v1", "testdata/identity-v1", "testdata/receipt-v1"];
    for folder in ["bindings/js", "spec", "testdata"].into_iter().chain(vectors) {
        let files = std::fs::read_dir(root.join(folder)).unwrap().map(|f| f.unwrap().path());
        all.extend(files.filter(|f| f.extension().is_some_and(|e| e == "md")));
    }
    all
}

/// Every `path/in/backticks` of our folders, `document.md` and [link](target).
#[test]
fn every_file_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    for document in documents() {
        let text = std::fs::read_to_string(&document).unwrap();
        let folder = document.parent().unwrap();
        let quoted = text.split('`').skip(1).step_by(2);
        let linked = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        for name in quoted.chain(linked).map(|n| n.split('#').next().unwrap()) {
            let ours =
                ["src/", "spec/", "tests/", "testdata/", "examples/", "benches/", "fuzz/", ".ci/"];
            let is_path = name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b));
            if !is_path || !(ours.iter().any(|o| name.starts_with(o)) || name.ends_with(".md")) {
                continue;
            }
            let there = root.join(name).exists() || folder.join(name).exists();
            assert!(there, "{}: {name}", document.display());
            named += 1;
        }
    }
    assert!(named > 30, "only {named} names were understood");
}

/// The number of vectors that the README gives.
#[test]
fn the_readme_counts_the_vectors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(root.join("testdata/v1")).unwrap();
    let count = files.filter(|f| f.as_ref().unwrap().path().extension().unwrap() == "txt").count();
    let readme = std::fs::read_to_string(root.join("README.md")).unwrap();
    assert!(readme.contains(&format!("- `testdata/v1`: {count} packages")), "there are {count}");
}

/// Each test that the list of attacks on the vault names is there.
#[test]
fn every_attack_on_the_vault_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let list = std::fs::read_to_string(root.join("testdata/attacks-vault.md")).unwrap();
    let names: Vec<&str> = list.split('`').filter(|text| text.contains("::")).collect();
    for name in &names {
        let (module, function) = name.rsplit_once("::").unwrap();
        let module = module.replace("::", "/");
        // A module of a file stands in the file of the one above.
        let above = module.rsplit_once('/').map_or("", |(above, _)| above);
        let files = [format!("{module}.rs"), format!("{module}/mod.rs"), format!("{above}.rs")];
        let files = files.map(|file| std::fs::read_to_string(root.join("tests/it").join(file)));
        let there = files.into_iter().flatten().any(|t| t.contains(&format!("fn {function}()")));
        assert!(there, "there is no {name}");
    }
    assert!(names.len() > 50, "only {} tests are named", names.len());
}
