//! A pointer shows as it was written, is nothing but its parts, and no part can be a host.

#![no_main]

use kovra::pointer::{AwsSm, AzureKv, Pointer, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(pointer) = text.parse::<Pointer>() else { return };
    assert_eq!(pointer.to_string(), text);
    assert!(text.len() <= 1024 && text.bytes().all(|b| b.is_ascii_graphic()));
    let field = pointer.field().map(|f| format!("#{f}")).unwrap_or_default();
    match pointer.target() {
        Target::AzureKv(AzureKv { vault, secret, version }) => {
            let version = version.as_ref().map(|v| format!("/{v}")).unwrap_or_default();
            assert_eq!(format!("azure-kv://{vault}/{secret}{version}{field}"), text);
            assert!(is_label(vault), "{vault}");
            assert!(!secret.contains(['/', '.']), "{secret}");
        }
        Target::AwsSm(AwsSm { id, region, version_id, version_stage }) => {
            assert!(text.starts_with(&format!("aws-sm://{id}")) && text.ends_with(&field));
            assert!(region.as_ref().is_none_or(|r| is_label(r)), "{region:?}");
            assert!(version_id.is_none() || version_stage.is_none());
            let given = [version_id, version_stage].into_iter().flatten();
            assert!(given.clone().all(|v| text.contains(&format!("={v}"))));
            assert!(!id.is_empty() && !id.contains(['?', '#', '&']), "{id}");
        }
    }
});

/// Whether `text` is one DNS label, so that a suffix behind it stays the host's end.
fn is_label(text: &str) -> bool {
    let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    (1..=63).contains(&text.len())
        && text.bytes().all(inner)
        && !text.starts_with('-')
        && !text.ends_with('-')
}
