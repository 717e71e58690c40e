# Systems that nothing here can run: their code is type-checked.
# shellcheck shell=bash

types() {
  local target
  for target in i686-unknown-linux-gnu aarch64-apple-darwin; do
    (use_standard_library $target std,panic_abort "" && debian cargo check --quiet --lib --no-default-features --target $target \
      --target-dir "$target_dir") || return 1
  done
}
