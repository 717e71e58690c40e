# Systems that cannot be run here. For macOS the library and the examples are linked. 32-bit x86 is type-checked.
# shellcheck shell=bash

macos() {
  local target=aarch64-apple-darwin library=$target_dir/aarch64-apple-darwin/release
  local link=(-L"$library" -lsomemem)
  export ZIG=$target_dir/zig/bin/python CARGO_TARGET_AARCH64_APPLE_DARWIN_LINKER=$PWD/tests/systems/macos-linker
  # There is no SDK here, and no tool that strips such files.
  export SDKROOT=$target_dir CARGO_PROFILE_RELEASE_STRIP=false
  if ! "$ZIG" -c "import ziglang" 2>/dev/null; then
    python3 -m venv "$target_dir/zig" && "$ZIG" -m pip install --quiet --no-compile --disable-pip-version-check ziglang==0.17.1 || return 1
  fi
  use_standard_library $target std,panic_abort "" && release $target || return 1
  compile_programs "$target_dir/macos" "" tests/systems/macos-linker || return 1
  # The library that a program loads when it starts.
  grep -qa '@rpath/libsomemem\.0\.1\.dylib' "$target_dir/macos/hello_noise"
}

x86_32() {
  use_standard_library i686-unknown-linux-gnu std,panic_abort "" \
    && debian cargo check --quiet --release --lib --no-default-features --target i686-unknown-linux-gnu --target-dir "$target_dir"
}
