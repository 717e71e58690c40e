#!/usr/bin/env bash
# Builds and installs the committed sources with vendored dependencies, as distributions do: without a network, and without cargo's
# files of this user. The result must equal the library that `make` has built here, byte by byte, although folder, user and day are
# different. It must work on a CPU of 2006. pip's build of the source distribution must work there too. Its bytes are not compared.
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Panic messages name the crates' source files. In this folder of cargo's home the names are those of downloaded crates.
registry=$(basename "$(dirname "$(cargo metadata --format-version 1 --locked | grep -o '[^"]*/aes-[0-9.]*/Cargo.toml' | head -1 | xargs dirname)")")
git archive --prefix=somemem/ HEAD | tar -x -C "$work"
cd "$work/somemem"
mkdir "$work/home"
cargo vendor --locked --versioned-dirs "$work/home/registry/src/$registry" 2>"$work/vendor.txt" >"$work/home/config.toml"

export CARGO_HOME=$work/home CARGO_NET_OFFLINE=true
unset CARGO_TARGET_DIR
without_network=()
if unshare --net true 2>/dev/null; then without_network=(unshare --net); fi
"${without_network[@]}" make --silent install PREFIX=/usr DESTDIR="$work/stage"

for library in libsomemem.so libsomemem.a; do
  if grep -q "$work" "$work/stage/usr/lib/$library"; then
    echo "$library names the folder it was built in" >&2
    exit 1
  fi
done

said="not compared with what make has built, because there are changes that are not committed"
if [ -z "$(git -C "$here" status --porcelain -- Makefile packaging/cargo.mk Cargo.toml Cargo.lock build.rs .cargo src rust)" ]; then
  for library in libsomemem.so libsomemem.a; do
    cmp "$here/target/release/$library" "$work/stage/usr/lib/$library"
  done
  said="the same bytes in another folder"
fi

cat >"$work/noise.c" <<'END'
#include <somemem.h>
int main(void) { SomeMem *noise = random_noise_seeded(100000, 42); return !noise || somemem_free(noise); }
END
cc "$work/noise.c" -o "$work/noise" -I"$work/stage/usr/include" -L"$work/stage/usr/lib" -lsomemem
if [ "$(uname -m)" = x86_64 ]; then
  LD_LIBRARY_PATH=$work/stage/usr/lib qemu-x86_64 -cpu core2duo "$work/noise"
else
  LD_LIBRARY_PATH=$work/stage/usr/lib "$work/noise"
fi

# Hardly optimised, to save time.
export PATH=$here/.venv/bin:$PATH CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_OPT_LEVEL=0
maturin sdist --out "$work/sdist" 2>"$work/sdist.txt"
"${without_network[@]}" pip install --quiet --disable-pip-version-check --no-index --no-build-isolation --no-deps --target "$work/site" "$work"/sdist/*.tar.gz
cd "$work"
PYTHONPATH=$work/site python -c 'import somemem; assert somemem.__file__.startswith("'"$work"'"); print(somemem.random_noise(3, seed=42))'
echo "vendored: builds without a network (${without_network[*]:-cargo offline}), works; $said"
