//! Names the shared library, and generates the C header into the build's output folder.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    name_library();
    #[cfg(feature = "header")]
    header::generate();
}

/// While the version is 0.x, each minor version may break the ABI and so has a SONAME of its own. The library stays
/// loaded after dlclose(), because handles may still be in use.
fn name_library() {
    let minor = env!("CARGO_PKG_VERSION_MINOR");
    match variable("CARGO_CFG_TARGET_OS").as_str() {
        "linux" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libsomemem.so.0.{minor}");
            println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
        }
        "macos" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libsomemem.0.{minor}.dylib");
            // CPython's functions are in the program that loads the module.
            #[cfg(feature = "python")]
            println!("cargo::rustc-cdylib-link-arg=-Wl,-undefined,dynamic_lookup");
        }
        "windows" if variable("CARGO_CFG_TARGET_ENV") == "gnu" => add_version(),
        _ => {}
    }
}

/// Adds the version that Windows shows for the DLL. This needs windres of binutils. Without windres the DLL only lacks this
/// version.
fn add_version() {
    let out = std::path::PathBuf::from(variable("OUT_DIR"));
    let (source, object) = (out.join("version.rc"), out.join("version.o"));
    let numbers = ["MAJOR", "MINOR", "PATCH"].map(|part| variable(&format!("CARGO_PKG_VERSION_{part}"))).join(",");
    let text = RESOURCE.replace("@numbers@", &numbers).replace("@version@", env!("CARGO_PKG_VERSION"));
    std::fs::write(&source, text).expect("the output folder can be written to");
    let named = format!("{}-w64-mingw32-windres", variable("CARGO_CFG_TARGET_ARCH"));
    let compile =
        |windres: &str| Command::new(windres).args([Path::new("-i"), &source, Path::new("-o"), &object]).status();
    if [named.as_str(), "windres"].into_iter().any(|windres| compile(windres).is_ok_and(|status| status.success())) {
        println!("cargo::rustc-cdylib-link-arg={}", object.display());
    } else {
        println!("cargo::warning=somemem.dll has no version resource: {named} and windres were not found or failed");
    }
}

/// 0x40004 is Windows NT, 2 a DLL, and 0x4b0 Unicode.
const RESOURCE: &str = r#"
1 VERSIONINFO
FILEVERSION @numbers@,0
PRODUCTVERSION @numbers@,0
FILEOS 0x40004
FILETYPE 2
{
  BLOCK "StringFileInfo" {
    BLOCK "000004b0" {
      VALUE "FileDescription", "Memory full of Gaussian noise"
      VALUE "ProductName", "somemem"
      VALUE "ProductVersion", "@version@"
      VALUE "FileVersion", "@version@"
      VALUE "OriginalFilename", "somemem.dll"
    }
  }
  BLOCK "VarFileInfo" { VALUE "Translation", 0, 0x4b0 }
}
"#;

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

#[cfg(feature = "header")]
mod header {
    use std::path::PathBuf;

    /// The functions of the header, in its order.
    const SOURCES: [&str; 5] = ["noise.rs", "memory.rs", "threads.rs", "status.rs", "version.rs"];

    const BEGIN_GUARD: &str = "

#ifndef SOMEMEM_H
#define SOMEMEM_H";

    const BEGIN_C_LINKAGE: &str = "
#ifdef __cplusplus
extern \"C\" {
#endif";

    const END: &str = "#ifdef __cplusplus
} /* extern \"C\" */
#endif

#endif /* SOMEMEM_H */";

    pub fn generate() {
        println!("cargo::rerun-if-changed=cbindgen.toml");
        println!("cargo::rerun-if-changed=src/capi");
        let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
        let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
        let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is valid");
        config.export.item_types.push(cbindgen::ItemType::Constants);
        let manual = config.header.clone().expect("cbindgen.toml begins the header");
        let mut builder = cbindgen::Builder::new()
            .with_config(config)
            .with_header(manual + BEGIN_GUARD)
            .with_after_include(BEGIN_C_LINKAGE)
            .with_trailer(END);
        for source in SOURCES {
            builder = builder.with_src(root.join("src/capi").join(source));
        }
        let mut header = Vec::new();
        builder.generate().expect("the C interface is in cbindgen's subset").write(&mut header);
        let header = String::from_utf8(header).expect("cbindgen writes text");
        // C89 and C++98 have no comma after the last enumerator.
        let header = header.replace(",\n}", "\n}");
        // Examples in C have fences for rustdoc, which the header does not need: they are indented.
        let header = header.replace(" * ```text\n", "").replace(" * ```\n", "");
        std::fs::write(out.join("somemem.h"), header).expect("the output folder can be written to");
    }
}
