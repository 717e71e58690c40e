#!/usr/bin/env bash
# Runs the library on CPUs that this machine does not have, under qemu's user emulation, and compares the values with the
# known answers. Type-checks it for systems that cannot be run here. `make cross` calls it.
#
# Needs the packages of Debian that `cross_packages` in .ci/run names. Without one, what needs it is reported as not run,
# and where CI is set that is a failure. The standard library for s390x and for 32-bit x86 is compiled from its source.
set -u
cd "$(dirname "$0")/.."
target_dir=${CARGO_TARGET_DIR:-target}/cross
failed=0 not_run=0
report=""

say() { # result, what
  report+=$(printf '%-8s %s' "$1" "$2")$'\n'
  printf '\n== %s: %s\n' "$2" "$1"
  case $1 in failed) failed=1 ;; "not run") not_run=1 ;; esac
}

# Debian's compiler: it can have standard libraries for other targets, or their source.
debian() { RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "$@"; }

have() { # the commands and files that something needs
  local each
  for each in "$@"; do
    command -v "$each" >/dev/null || [ -e "$each" ] || { echo "missing: $each"; return 1; }
  done
}

# The tests of values, handles and buffers; $1 is the kernel that must be among those tried, then come cargo's arguments.
tests() {
  local kernel=$1 printed
  shift
  # Plain pages, because qemu takes memory for every page that was ever mapped, and these tests make thousands of buffers.
  printed=$(SOMEMEM_EMULATED=1 SOMEMEM_PLAIN_PAGES=1 "$@" --target-dir "$target_dir" --no-default-features \
    --test kernels --test noise --test rows --test handles --test buffers --test threads --test known_answers \
    -- --nocapture --skip sixty_four_million --skip a_million 2>&1) || { printf '%s\n' "$printed" | tail -40; return 1; }
  printf '%s\n' "$printed" | grep -E 'tried here|test result'
  [ "$kernel" = none ] && kernel='tried here: \[\]' || kernel="tried here: .*\\b$kernel\\b"
  printf '%s\n' "$printed" | grep -q "$kernel"
}

# The C examples at small sizes, in folder $1, each run by the command that follows.
examples() {
  local folder=$1 program
  shift
  for program in hello_noise errors resize awgn reproducible option_price brownian histogram zeroth_order radio domain sketch; do
    local sizes=100000
    case $program in
      errors) sizes= ;;
      hello_noise) sizes=10 ;;
      resize | zeroth_order | sketch) sizes=1000 ;;
      brownian) sizes="200 50" ;;
      domain) sizes="15 17 19" ;;
    esac
    # shellcheck disable=SC2086
    "$@" "$folder/$program" $sizes >/dev/null || { echo "$program failed"; return 1; }
  done
}

# Compiles the examples that need no MPI and some of the tests in C with compiler $1 against the library in folder $2.
compile_programs() {
  local compiler=$1 library=$2 source
  mkdir -p "$library/c_examples"
  ln -sf libsomemem.so "$library/libsomemem.so.0.1"
  for source in c_examples/*.c tests/c/misuse.c tests/c/stack.c tests/c/bounds.c tests/c/known_answers.c; do
    [[ $source == */mpi_* ]] && continue
    "$compiler" -std=c11 -O2 -Iinclude "$source" -o "$library/c_examples/$(basename "$source" .c)" \
      -L"$library" -Wl,-rpath,"$(realpath "$library")" -lsomemem -lm -lpthread -ldl || return 1
  done
}

# Wrong calls, known answers, the ends of memory and the use of the stack; the portable kernel is the one that needs most of it.
c_tests() {
  local folder=$1
  shift
  "$@" "$folder/misuse" && "$@" "$folder/known_answers" && "$@" "$folder/bounds" && "$@" "$folder/stack"
}

# The instructions that the kernel takes, where there is a record of them.
instructions() { # the library's folder, compiler, kernel
  [ "$3" != Neon ] || SOMEMEM_LIBRARY_DIR=$1 CC=$2 RUSTC=/usr/bin/rustc python3 tests/instructions.py qemu-aarch64
}

x86_64() { # what to say, qemu's CPU, the kernel
  if have qemu-x86_64; then
    export CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER="qemu-x86_64 -cpu $2"
    local library=$target_dir/x86_64-unknown-linux-gnu/release
    { tests "$3" cargo test --target x86_64-unknown-linux-gnu \
      && cargo build --quiet --release --no-default-features --target x86_64-unknown-linux-gnu --target-dir "$target_dir" \
      && compile_programs cc "$library" \
      && c_tests "$library/c_examples" qemu-x86_64 -cpu "$2" \
      && examples "$library/c_examples" qemu-x86_64 -cpu "$2"; } && say passed "$1" || say failed "$1"
  else
    say "not run" "$1"
  fi
}

foreign() { # what to say, target, compiler, emulator, the kernel, cargo's further arguments
  local name=$1 target=$2 compiler=$3 emulator=$4 kernel=$5 upper
  shift 5
  upper=$(printf '%s' "$target" | tr 'a-z-' 'A-Z_')
  export "CARGO_TARGET_${upper}_LINKER=$compiler" "CARGO_TARGET_${upper}_RUNNER=$emulator"
  if have /usr/bin/rustc "$compiler" "$emulator" "${needed[@]}"; then
    { tests "$kernel" debian cargo test "$@" --target "$target" \
      && debian cargo build --quiet --release --no-default-features "$@" --target "$target" --target-dir "$target_dir" \
      && compile_programs "$compiler" "$target_dir/$target/release" \
      && c_tests "$target_dir/$target/release/c_examples" "$emulator" \
      && examples "$target_dir/$target/release/c_examples" "$emulator" \
      && instructions "$target_dir/$target/release" "$compiler" "$kernel"; } && say passed "$name" || say failed "$name"
  else
    say "not run" "$name"
  fi
}

type_check() { # target
  if have /usr/bin/rustc /usr/lib/rustlib/src/rust/library; then
    debian cargo check --quiet -Zbuild-std --lib --no-default-features --target "$1" --target-dir "$target_dir" \
      && say passed "$1, types only" || say failed "$1, types only"
  else
    say "not run" "$1, types only"
  fi
}

x86_64 "x86-64 without AES and AVX (Core 2)" core2duo none
x86_64 "x86-64 with AVX2 and AES-NI, no AVX-512 (Haswell)" Haswell Avx2
needed=(/usr/lib/rustlib/aarch64-unknown-linux-gnu /lib/ld-linux-aarch64.so.1)
foreign "aarch64 with the AES extension" aarch64-unknown-linux-gnu aarch64-linux-gnu-gcc qemu-aarch64 Neon
needed=(/usr/lib/rustlib/src/rust/library /lib/ld64.so.1)
foreign "s390x, big-endian" s390x-unknown-linux-gnu s390x-linux-gnu-gcc qemu-s390x none -Zbuild-std=std,test,panic_abort
type_check i686-unknown-linux-gnu
type_check x86_64-pc-windows-msvc
type_check aarch64-apple-darwin

printf '\n%s' "$report"
[ $failed = 0 ] && { [ $not_run = 0 ] || [ -z "${CI:-}" ]; }
