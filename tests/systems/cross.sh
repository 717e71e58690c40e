#!/usr/bin/env bash
# Runs the library on other CPUs and systems than this machine's, and compares the values with the known answers. `make cross` calls it.
# To run some of its parts, name them: tests/systems/cross.sh windows musl
#
# Needs the packages of Debian that `cross_packages` and `system_packages` in .ci/run name. If one is missing, the parts that need it are
# reported as not run. If CI is set, that is a failure.
set -u
cd "$(dirname "$0")/../.."
target_dir=$(realpath -m "${CARGO_TARGET_DIR:-target}")/cross
parts=${*:-core2 haswell aarch64 s390x windows musl macos x86_32}
for file in common cpus windows musl unrun; do
  # shellcheck source=/dev/null
  . tests/systems/$file.sh
done

for name in $parts; do
  case $name in
    core2) part "x86-64 without AES and AVX (Core 2)" qemu-x86_64 x86_64 core2duo none ;;
    haswell) part "x86-64 with AVX2 and AES-NI, no AVX-512 (Haswell)" qemu-x86_64 x86_64 Haswell Avx2 ;;
    aarch64)
      part "aarch64 with the AES extension" \
        "/usr/bin/rustc aarch64-linux-gnu-gcc qemu-aarch64 /usr/lib/rustlib/aarch64-unknown-linux-gnu /lib/ld-linux-aarch64.so.1" \
        foreign aarch64-unknown-linux-gnu aarch64-linux-gnu-gcc qemu-aarch64 Neon
      ;;
    s390x) part "s390x, big-endian" "/usr/bin/rustc $SOURCE s390x-linux-gnu-gcc qemu-s390x /lib/ld64.so.1" s390x ;;
    windows) part "Windows on x86-64, by wine" "/usr/bin/rustc $SOURCE x86_64-w64-mingw32-gcc x86_64-w64-mingw32-g++ wine cmake" windows ;;
    musl) part "musl on x86-64, shared and static" "/usr/bin/rustc $SOURCE musl-gcc" musl ;;
    macos) part "macOS on arm64, linked and not run" "/usr/bin/rustc $SOURCE" macos ;;
    x86_32) part "32-bit x86, types only" "/usr/bin/rustc $SOURCE" x86_32 ;;
    *) echo "no such part: $name" && exit 2 ;;
  esac
done

printf '\n%s' "$report"
[ $failed = 0 ] && { [ $not_run = 0 ] || [ -z "${CI:-}" ]; }
