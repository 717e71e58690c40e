#!/usr/bin/env bash
# Builds and installs what is committed from vendored dependencies, without a network and with nothing that cargo keeps for this
# user, as distributions do; then the result must work on a CPU of 2006 and name no folder of the build.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

git archive --prefix=somemem/ HEAD | tar -x -C "$work"
cd "$work/somemem"
cargo vendor --locked vendor 2>"$work/vendor.txt" >>.cargo/config.toml

mkdir "$work/home"
export CARGO_HOME=$work/home CARGO_NET_OFFLINE=true
unset CARGO_TARGET_DIR
without_network=()
if unshare --net true 2>/dev/null; then without_network=(unshare --net); fi
"${without_network[@]}" make --silent install PREFIX=/usr DESTDIR="$work/stage"

for library in "$work"/stage/usr/lib/libsomemem.{so,a}; do
  if grep -q "$work" "$library"; then
    echo "$(basename "$library") names the folder it was built in" >&2
    exit 1
  fi
done

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
echo "vendored: builds without a network (${without_network[*]:-cargo offline}), works"
