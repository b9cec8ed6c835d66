#!/bin/sh
# check-https.sh FOLDER - does an https call from these files verify whom it reaches? The image's
# build asks, of a server of its own: refused as a stranger, taken with its certificate among
# those in the folder.
set -eu
root=$(mktemp -d)
cp -a "$1/." "$root"
cd /tmp

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost \
    -addext subjectAltName=IP:127.0.0.1 -keyout https.key -out https.crt 2>/dev/null
openssl s_server -quiet -www -accept 127.0.0.1:8443 -key https.key -cert https.crt &
server=$!
trap 'kill $server' EXIT

cat >https.c <<'C'
#include <curl/curl.h>

int main(int argc, char **argv)
{
    CURL *easy = curl_easy_init();

    return argc < 2 || curl_easy_setopt(easy, CURLOPT_URL, argv[1]) ? 1 : curl_easy_perform(easy);
}
C
gcc -o "$root/https" https.c -lcurl

ends_with() { # libcurl's code
    result=0
    chroot "$root" /https https://127.0.0.1:8443/ >/dev/null || result=$?
    [ "$result" = "$1" ] || { echo "https: libcurl's code $result, not $1" >&2; exit 1; }
}

while ! openssl s_client -connect 127.0.0.1:8443 </dev/null >/dev/null 2>&1; do
    kill -0 $server
    sleep 0.1
done
ends_with 60 # a certificate of nobody that we know
cat https.crt >>"$root/etc/ssl/certs/ca-certificates.crt"
ends_with 0
rm -r "$root" https.*
echo "https: certificates are found and verified"
