#!/bin/sh
# rootfs.sh FOLDER - what the services' images have in common: the libraries that the
# Makefile names, with all that they load, and the few files that those read.
#
# Nothing here knows the architecture: compiler and dynamic linker say what is where.
# The C library looks names up by itself (since glibc 2.34 "files" and "dns" are built
# in), OpenSSL's default provider is in libcrypto: no plug-ins are needed.
set -eu
root=$1
packages=$(sed -n 's/^PKGS *:= *//p' Makefile)

# The slim ones in the place of Debian's; none where their sources could not be had.
for library in /slim/*; do
    [ ! -e "$library" ] || cp "$library" "$(gcc -print-file-name="${library##*/}")"
done

mkdir -p "$root/usr/bin" "$root/usr/lib" "$root/usr/share" "$root/etc/ssl/certs"

# As on Debian: /lib and /lib64 are links, so that a library's path is right either way.
for link in /lib /lib64; do
    [ ! -L "$link" ] || cp -d "$link" "$root$link"
done

copy() { # library as the linker names it -> the same name in the image
    folder=$(readlink -f "$(dirname "$1")")
    mkdir -p "$root$folder"
    cp -L "$1" "$root$folder/$(basename "$1")"
}

closure() { # library -> itself and what it loads, as the linker names them
    objdump -p "$1" | awk -v dir="${1%/*}" '$1 == "SONAME" { print dir "/" $2 }'
    # "libssl.so.3 => /lib/.../libssl.so.3 (0x...)" and "/lib64/ld-linux-x86-64.so.2 (0x...)"
    ldd "$1" | grep -oE '/[^ ]+'
}

closure "$(gcc -print-file-name=libm.so.6)" >"$root.libraries"
# shellcheck disable=SC2086 # words
for name in $(pkg-config --libs-only-l $packages); do
    closure "$(readlink -f "$(gcc -print-file-name="lib${name#-l}.so")")" >>"$root.libraries"
done
while read -r library; do
    copy "$library"
done <"$root.libraries"
rm "$root.libraries"

cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
cp -a /usr/share/zoneinfo "$root/usr/share/zoneinfo"
printf 'root:x:0:0::/:/nonexistent\nwaybill:x:10000:10000::/:/nonexistent\n' >"$root/etc/passwd"
printf 'root:x:0:\nwaybill:x:10000:\n' >"$root/etc/group"
printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
