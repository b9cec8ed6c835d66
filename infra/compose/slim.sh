#!/bin/sh
# slim.sh FOLDER - libcurl and libmicrohttpd of Debian's own sources, patches and hardening,
# but with plain HTTP and TLS by OpenSSL only.
#
# Debian's packages bring LDAP, RTMP, SSH, HTTP/3 and a second TLS library that no service
# uses: 9 of 26 MB of an image, and code that faces the network. Name and interface of
# the libraries stay the same, so programs are compiled against Debian's.
set -eu
folder=$1

# As the image lists its packages: in either of the two formats.
sed -i 's/^Types: deb$/Types: deb deb-src/' /etc/apt/sources.list.d/*.sources 2>/dev/null || true
if [ -f /etc/apt/sources.list ]; then
    sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >/etc/apt/sources.list.d/sources.list
fi
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    dpkg-dev gcc libc6-dev libssl-dev make pkg-config xz-utils zlib1g-dev
mkdir -p "$folder" /tmp/sources
cd /tmp/sources

# The newest that can be had: a mirror may list a release whose sources it does not have yet.
source_of() { # package
    for version in $(apt-cache showsrc "$1" | sed -n 's/^Version: //p' | sort -rVu); do
        ! apt-get source -y "$1=$version" || return 0
        echo "slim: no sources of $1 $version" >&2
    done
    return 1
}
slim() { # folder's name, library in it
    strip --strip-unneeded -o "$folder/${2##*/}" "$(readlink -f /tmp/sources/"$1"-*/"$2")"
}

slim_libmicrohttpd() {
    cd /tmp/sources/libmicrohttpd-*
    ./configure -q --disable-static --disable-https --disable-doc --disable-examples --disable-tools --disable-curl
    make -s -j"$(nproc)" -C src/microhttpd
    slim libmicrohttpd src/microhttpd/.libs/libmicrohttpd.so.12
}

slim_curl() {
    cd /tmp/sources/curl-*
    ./configure -q --disable-static --enable-versioned-symbols --with-openssl \
        --with-ca-bundle=/etc/ssl/certs/ca-certificates.crt --without-ca-path \
        --without-brotli --without-libidn2 --without-libpsl --without-zstd \
        --disable-aws --disable-dict --disable-docs --disable-file --disable-ftp --disable-gopher \
        --disable-imap --disable-ldap --disable-manual --disable-mqtt --disable-ntlm --disable-pop3 \
        --disable-rtsp --disable-smb --disable-smtp --disable-telnet --disable-tftp
    make -s -j"$(nproc)" -C lib
    slim curl lib/.libs/libcurl.so.4
}

eval "$(dpkg-buildflags --export=sh)"
for package in libmicrohttpd curl; do
    if source_of "$package"; then
        "slim_$package"
        cd /tmp/sources
    else
        echo "slim: the image gets Debian's own $package" >&2
    fi
done
