//! include/somemem.h is what cbindgen makes of the C interface.
#![cfg(feature = "header")]

use std::path::Path;

#[test]
fn the_committed_header_is_the_generated_one() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("include/somemem.h");
    let generated = include_str!(concat!(env!("OUT_DIR"), "/somemem.h"));
    if std::env::var_os("SOMEMEM_UPDATE_HEADER").is_some() {
        std::fs::write(&committed, generated).unwrap();
    }
    let differs = std::fs::read_to_string(&committed).unwrap() != generated;
    assert!(!differs, "include/somemem.h differs from the C interface in src/capi. Run `make header` and commit it.");
}
