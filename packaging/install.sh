#!/bin/sh
# install.sh LIBRARY: copies the shared library, the static one beside it, and what goes with them. `make install` calls it in the top
# folder, with these variables: SONAME, by which a program asks for the library; VERSION; NEEDED, what a program that is linked statically needs besides;
# PREFIX, LIBRARIES, the folder below it, and DESTDIR. Nothing in what is installed names PREFIX, so it can be moved.
set -eu
built=$(dirname "$1") library=$(basename "$1")
share=$DESTDIR$PREFIX to=$DESTDIR$LIBRARIES
below=${LIBRARIES#"$PREFIX"/}
up=$(printf '%s/pkgconfig' "$below" | sed 's|[^/]*|..|g')
address=$(sed -n 's/^repository = "\([^"]*\)".*/\1/p' Cargo.toml)

install -d "$to/pkgconfig" "$share/include" "$share/share/cmake/somemem" "$share/share/man/man3"
case $library in
  *.dll)
    install -d "$share/bin"
    install -m 755 "$1" "$share/bin"
    install -m 644 "$built/lib$library.a" "$to"
    ;;
  *)
    # libsomemem.so.0.1 and libsomemem.so.0.1.0; on macOS the numbers stand before the ending.
    file=$(printf '%s' "$SONAME" | sed "s|${VERSION%.*}|$VERSION|")
    install -m 755 "$1" "$to/$file"
    ln -sf "$file" "$to/$SONAME"
    ln -sf "$file" "$to/$library"
    ;;
esac
install -m 644 "$built/libsomemem.a" "$to"
sed -e "s|@UP@|$up|; s|@LIBDIR@|$below|; s|@VERSION@|$VERSION|; s|@NEEDED@|$NEEDED|; s|@URL@|$address|; /^URL: *\$/d" somemem.pc.in >"$to/pkgconfig/somemem.pc"
chmod 644 "$to/pkgconfig/somemem.pc"
install -m 644 include/* "$share/include"
install -m 644 cmake/*.cmake "$share/share/cmake/somemem"
install -m 644 man/*.3 "$share/share/man/man3"
