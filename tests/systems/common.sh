# Shared by the scripts in this folder: the report of what was run, the programs in C, and Rust's standard library.
# shellcheck shell=bash

failed=0 not_run=0
report=""

say() { # result, what
  report+=$(printf '%-8s %s' "$1" "$2")$'\n'
  printf '\n== %s: %s\n' "$2" "$1"
  case $1 in failed) failed=1 ;; "not run") not_run=1 ;; esac
}

# Runs the function that follows, in an environment of its own, and reports the result. If a command or file that it needs is
# missing, it is reported as not run.
part() { # what, what it needs, the function and its arguments
  local name=$1 each
  for each in $2; do
    command -v "$each" >/dev/null || [ -e "$each" ] || { echo "missing: $each"; say "not run" "$name"; return; }
  done
  shift 2
  local before after
  before=$(cpu_seconds)
  ("$@") && say passed "$name" || say failed "$name"
  after=$(cpu_seconds)
  report+=$(printf '%8s %s s of CPU time' "" $((after - before)))$'\n'
}

cpu_seconds() { awk '{ print int(($14 + $15 + $16 + $17) / 100) }' /proc/$$/stat; }

# Debian's compiler is used, because Debian has standard libraries for other targets, or their source.
debian() { RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 "$@"; }
SOURCE=/usr/lib/rustlib/src/rust/library

# Builds a standard library from its source, for targets for which Debian has none. After that, everything is compiled with it. It is
# built once, for tests and releases, while cargo's own way would build it for each. It is hardly optimised, because most optimisation
# is repeated when it is linked. Where no tests in Rust are run, it does not unwind, and so needs no library for that.
use_standard_library() { # target, its crates, its features
  local target=$1 crates=$2 features=$3 work libraries abort=-Cpanic=abort
  [[ $crates != *test* ]] || abort=-Cpanic=unwind
  work=$target_dir/std/$(/usr/bin/rustc --version | tr -c 'a-z0-9.\n' _)
  libraries=$work/sysroot/lib/rustlib/$target/lib
  if [ ! -e "$libraries/complete" ]; then
    rm -rf "$libraries" && mkdir -p "$work/src" "$libraries" && : >"$work/src/lib.rs" || return 1
    printf '[package]\nname = "nothing"\nedition = "2024"\n[workspace]\n[profile.release]\nopt-level = 0\n' >"$work/Cargo.toml"
    (cd "$work" && CARGO_ENCODED_RUSTFLAGS=-Cembed-bitcode=yes$'\x1f'$abort debian cargo build --quiet --release -Zbuild-std="$crates" \
      -Zbuild-std-features="$features" --target "$target" --target-dir "$work/target") || return 1
    cp "$work/target/$target/release/deps/"lib*.rlib "$libraries" && rm "$libraries"/libnothing-* || return 1
    # Cargo compiled the library to unwind, as tests do.
    rm "$libraries"/libpanic_abort-* && debian /usr/bin/rustc --edition 2024 "$SOURCE/panic_abort/src/lib.rs" --crate-name panic_abort \
      --crate-type rlib --target "$target" -Cpanic=abort -Zforce-unstable-if-unmarked -Cembed-bitcode=yes \
      --sysroot "$work/sysroot" --out-dir "$libraries" || return 1
    rm -r "$work/target" && : >"$libraries/complete"
  fi
  export CARGO_ENCODED_RUSTFLAGS="-Cforce-frame-pointers=yes"$'\x1f'"--sysroot=$work/sysroot"
}

# Builds the library as it is released. The target's standard library is Debian's, or that of use_standard_library.
release() { # target
  debian cargo build --quiet --release --no-default-features --target "$1" --target-dir "$target_dir"
}

# Runs the C examples in folder $1 at small sizes, each by the command that follows.
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
    "$@" "$folder/$program$suffix" $sizes >/dev/null || { echo "$program failed"; return 1; }
  done
}

# The ending of a program's name, and its libraries.
suffix="" link=()

# Compiles the examples that need no MPI and some of the tests in C into a folder, by the compiler that follows.
compile_programs() { # folder, further tests, compiler
  local folder=$1 source further=$2
  shift 2
  mkdir -p "$folder" || return 1
  for source in c_examples/*.c tests/c/{misuse,stack,bounds,known_answers}.c $further; do
    [[ $source == */mpi_* ]] && continue
    "$@" -std=c11 -O2 -Wall -Wextra -Wpedantic -Werror -Iinclude "$source" -o "$folder/$(basename "$source" .c)$suffix" "${link[@]}" || return 1
  done
}

# Runs wrong calls, known answers, the ends of memory and the use of the stack. The portable kernel needs the most stack.
c_tests() {
  local folder=$1
  shift
  "$@" "$folder/misuse$suffix" && "$@" "$folder/known_answers$suffix" && "$@" "$folder/bounds$suffix" && "$@" "$folder/stack$suffix"
}

# The checksum of all bytes of a known answer, which a program writes.
checksum() { # the program
  "$@" 0 | sha256sum | grep -q "^$(sed -n 's/^sha256 0 0 0 //p' tests/known_answers/spec1.txt) "
}
