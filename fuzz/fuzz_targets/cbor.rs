//! The strict reader takes exactly what other people's deterministic CBOR is, in the types that
//! packages use.

#![no_main]

use kovra::cbor::diagnose;
use libfuzzer_sys::fuzz_target;

/// dcbor recurses, and its stack is no concern here.
const LONGEST: usize = 1024;

fuzz_target!(|data: &[u8]| {
    if data.len() > LONGEST {
        return;
    }
    match diagnose(data, "input") {
        Ok(text) => {
            oracle::assert_deterministic(data);
            assert!(kovra::text::is_plain(&text), "{text:?}");
        }
        // It stands in for the depth that a package's grammar has.
        Err(e) if e.what == "nested too deeply" => {}
        Err(e) => assert!(!oracle::is_subset(data), "{}", e.what),
    }
});
