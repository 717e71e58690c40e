# CPUs that this machine does not have, under qemu's user emulation.
# shellcheck shell=bash

# The tests of values, handles and buffers. $1 is the kernel that must be among those tried. Cargo's arguments follow. The known
# answers test the kernel that the C functions choose.
tests() {
  local kernel=$1 printed
  shift
  # Plain pages, because qemu takes memory for every page that was ever mapped. These tests make thousands of buffers.
  printed=$(SOMEMEM_EMULATED=1 SOMEMEM_PLAIN_PAGES=1 "$@" \
    --test kernels --test noise --test rows --test handles --test buffers --test threads --test known_answers \
    -- --nocapture --skip sixty_four_million --skip a_million --skip by_every_kernel 2>&1) || { printf '%s\n' "$printed" | tail -40; return 1; }
  printf '%s\n' "$printed" | grep -E 'tried here|test result'
  [ "$kernel" = none ] && kernel='tried here: \[\]' || kernel="tried here: .*\\b$kernel\\b"
  printf '%s\n' "$printed" | grep -q "$kernel"
}

# Runs the programs in C, with the library of folder $2, by the emulator that follows.
programs() { # compiler, the library's folder, emulator
  local compiler=$1 library=$2 folder=$target_dir/$1
  local link=(-L"$library" -Wl,-rpath,"$library" -lsomemem -lm -lpthread -ldl)
  shift 2
  ln -sf libsomemem.so "$library/libsomemem.so.0.1"
  compile_programs "$folder" "" "$compiler" && c_tests "$folder" "$@" && examples "$folder" "$@"
}

# Counts the instructions that the kernel takes, if there is a record to compare with.
instructions() { # the library's folder, compiler, kernel
  [ "$3" != Neon ] || SOMEMEM_LIBRARY_DIR=$1 CC=$2 RUSTC=/usr/bin/rustc python3 tests/evidence/instructions.py qemu-aarch64
}

# The same programs that `make test` runs, and the same library.
x86_64() { # qemu's CPU, the kernel
  export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="qemu-x86_64 -cpu $1"
  tests "$2" cargo test --no-default-features && make --no-print-directory --silent library \
    && programs cc "$(dirname "$target_dir")/release" qemu-x86_64 -cpu "$1"
}

foreign() { # target, compiler, emulator, the kernel
  local target=$1 compiler=$2 emulator=$3 kernel=$4 upper library=$target_dir/$1/release
  upper=$(printf '%s' "$target" | tr 'a-z-' 'A-Z_')
  export "CARGO_TARGET_${upper}_LINKER=$compiler" "CARGO_TARGET_${upper}_RUNNER=$emulator"
  tests "$kernel" debian cargo test --no-default-features --target "$target" --target-dir "$target_dir" && release "$target" \
    && programs "$compiler" "$library" "$emulator" && instructions "$library" "$compiler" "$kernel"
}

s390x() {
  use_standard_library s390x-unknown-linux-gnu std,test,panic_abort panic-unwind \
    && foreign s390x-unknown-linux-gnu s390x-linux-gnu-gcc qemu-s390x none
}
