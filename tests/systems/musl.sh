# Linux with musl as its C library: the shared library, and static programs.
# shellcheck shell=bash

musl() {
  local target=x86_64-unknown-linux-musl library=$target_dir/x86_64-unknown-linux-musl/release
  local link=(-L"$library" -Wl,-rpath,"$library" -lsomemem)
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=musl-gcc
  use_standard_library $target std,panic_abort "" || return 1
  # Without this option Rust makes no shared libraries for musl. For backtraces it links libgcc_s, which Debian has only for glibc.
  local unwind=$target_dir/musl/unwind.o
  mkdir -p "$target_dir/musl" && musl-gcc -O2 -fPIC -c tests/systems/musl_unwind.c -o "$unwind" \
    && echo "INPUT(-lgcc_eh -lgcc $unwind)" >"$target_dir/musl/libgcc_s.so" || return 1
  CARGO_ENCODED_RUSTFLAGS+=$'\x1f'-Ctarget-feature=-crt-static$'\x1f'-Clink-arg=-L$target_dir/musl
  release $target && ln -sf libsomemem.so "$library/libsomemem.so.0.1" || return 1
  cp "$library/libsomemem.so" "$target_dir/other.so"
  run_programs "$target_dir/musl" "$target_dir/other.so" || return 1

  link=(-static "$library/libsomemem.a" "$unwind")
  run_programs "$target_dir/musl-static" "" && ! readelf -d "$target_dir/musl-static/known_answers" | grep NEEDED
}

run_programs() { # folder, another copy of the library
  # shellcheck disable=SC2086
  compile_programs "$1" tests/c/threads.c musl-gcc && "$1/misuse" $2 && "$1/threads" && c_tests "$1" && checksum "$1/known_answers" && examples "$1"
}
