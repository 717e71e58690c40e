#!/usr/bin/env bash
# against.sh COMMIT FOLDER PROFILE SECONDS: builds the kernels of another commit in FOLDER, and measures them beside those of this one.
# `make bench AGAINST=COMMIT` calls it. PROFILE is where below a target folder cargo builds. What is printed stays in FOLDER.txt too.
set -euo pipefail
commit=$1 folder=$2 profile=$3 seconds=$4
rm -rf "$folder/source"
mkdir -p "$folder/source"
folder=$(realpath "$folder")
git archive "$commit" | tar -x -C "$folder/source"
(cd "$folder/source" && "${CARGO:-cargo}" build --release --example kernels --target-dir "$folder/build")
"${CARGO:-cargo}" build --release --example kernels
"${CC:-cc}" -std=c11 -Wall -Wextra -Wpedantic -Wundef -Werror -O2 benches/against.c -o "$folder/against" -ldl
library=$profile/examples/libkernels.so
"$folder/against" "$folder/build/$library" "$CARGO_TARGET_DIR/$library" "$commit" "$seconds" | tee "$folder.txt"
