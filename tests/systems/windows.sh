# Windows, by wine. docs/platforms.md says what wine cannot show.
# shellcheck shell=bash

windows() {
  local target=x86_64-pc-windows-gnu folder=$target_dir/windows library=$target_dir/x86_64-pc-windows-gnu/release
  local suffix=.exe link=(-L"$library" -l:libsomemem.dll.a -lpthread -lversion)
  local compiler=x86_64-w64-mingw32-gcc source
  export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=$compiler CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
  export CARGO_PROFILE_DEV_OPT_LEVEL=1 CARGO_PROFILE_DEV_DEBUG=false
  # No desktop, no .NET, no browser, and no debugger that waits for input.
  export WINEPREFIX=$folder/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml,winedbg.exe="
  export WINEPATH="Z:${folder//\//\\}"
  mkdir -p "$folder" && use_standard_library $target std,test,panic_abort panic-unwind && release $target || return 1

  compile_programs "$folder" "tests/c/threads.c tests/c/windows.c" $compiler || return 1
  for source in c_examples/raii.cpp tests/c/hpp.cpp; do
    ${compiler/%gcc/g++} -std=c++17 -O1 -Wall -Wextra -Wpedantic -Werror -Iinclude "$source" -static-libstdc++ -static-libgcc \
      -o "$folder/$(basename "$source" .cpp).exe" "${link[@]}" || return 1
  done
  $compiler -O2 -shared tests/systems/bcryptprimitives.c -o "$folder/bcryptprimitives.dll" -ladvapi32 || return 1
  for copy in somemem other unused; do cp "$library/somemem.dll" "$folder/$copy.dll" || return 1; done
  cp "$(dirname "$($compiler -print-file-name=libwinpthread-1.dll)")/libwinpthread-1.dll" "$folder" || return 1
  (cd "$folder" && wineboot --init && wine windows.exe other.dll unused.dll && wine misuse.exe other.dll && wine threads.exe && wine hpp.exe && wine raii.exe) \
    && c_tests "$folder" wine && examples "$folder" wine && checksum wine "$folder/known_answers.exe" \
    && cmake_package && rust_tests $target || return 1
  wineserver --kill
}

rust_tests() { # target
  SOMEMEM_EMULATED=1 debian cargo test --quiet --no-default-features --target "$1" --target-dir "$target_dir" \
    --test buffers --test handles --test threads --test known_answers -- --skip a_million --skip by_every_kernel
}

# CMake finds the DLL with its import library, and the static library with the system libraries that it needs, where cargo-c installs them.
cmake_package() {
  local prefix=$folder/installed
  rm -rf "$prefix" "$folder/cmake" && mkdir -p "$prefix"/{bin,lib,include,share/cmake/somemem} "$folder/cmake" || return 1
  cp "$library/somemem.dll" "$prefix/bin" && cp "$library"/libsomemem{.dll,}.a "$prefix/lib" && cp include/somemem.h "$prefix/include" \
    && cp cmake/*.cmake "$prefix/share/cmake/somemem" && cp tests/systems/CMakeLists.txt "$folder/cmake" || return 1
  cmake -S "$folder/cmake" -B "$folder/cmake/build" -DCMAKE_SYSTEM_NAME=Windows -DCMAKE_C_COMPILER=$compiler -DCMAKE_FIND_ROOT_PATH="$prefix" \
    -DCMAKE_BUILD_TYPE=Release -DTESTS="$PWD/tests/c" >"$folder/cmake/log" && cmake --build "$folder/cmake/build" >>"$folder/cmake/log" \
    || { cat "$folder/cmake/log"; return 1; }
  wine "$folder/cmake/build/with_shared.exe" && checksum wine "$folder/cmake/build/with_static.exe" \
    && wine "$folder/cmake/build/with_static.exe" && ! grep -q somemem.dll "$folder/cmake/build/with_static.exe"
}
