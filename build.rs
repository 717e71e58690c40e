//! Names the shared library, and generates the C header into the build's output folder.

/// The functions of the header, in its order.
#[cfg(feature = "header")]
const SOURCES: [&str; 5] = ["memory.rs", "noise.rs", "threads.rs", "status.rs", "version.rs"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    name_library();
    #[cfg(feature = "header")]
    generate_header();
}

/// While the version is 0.x, each minor version may break the ABI and so has a SONAME of its own. The library stays
/// loaded after dlclose(), because handles may still be in use.
fn name_library() {
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        let minor = env!("CARGO_PKG_VERSION_MINOR");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libsomemem.so.0.{minor}");
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}

#[cfg(feature = "header")]
fn generate_header() {
    println!("cargo::rerun-if-changed=cbindgen.toml");
    println!("cargo::rerun-if-changed=src/capi");
    let root = std::path::PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is valid");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for source in SOURCES {
        builder = builder.with_src(root.join("src/capi").join(source));
    }
    builder.generate().expect("the C interface is in cbindgen's subset").write_to_file(out.join("somemem.h"));
}
