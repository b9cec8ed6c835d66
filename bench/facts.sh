#!/usr/bin/env bash
# facts.sh - appends to BENCH_OUT what the figures were measured on and with: the machine,
# the versions of servers and libraries, the commit.
set -euo pipefail
cd "$(dirname "$0")/.."

setting() { # name, value
    jq -nc --arg n "$1" --arg v "$2" '{setting: $n, value: $v}' >>"${BENCH_OUT:?}"
}

# The first thing in a text that looks like a version.
version_in() {
    grep -oE '[0-9]+(\.[0-9]+)+' | head -n 1
}

newest() { # paths with a version in them
    printf '%s\n' "$@" | sort -V | tail -n 1
}

package_version() { # a Debian package
    dpkg-query -W -f '${Version}' "$1" 2>/dev/null || echo unknown
}

# What it was built from; "+" says that files differ from that commit.
commit() {
    git rev-parse --short=12 HEAD | tr -d '\n'
    git diff --quiet HEAD -- . ':!bench/results' || printf '+'
}

# What others use of the processors, in percent, over two seconds before we use any.
busy() {
    { grep '^cpu ' /proc/stat; sleep 2; grep '^cpu ' /proc/stat; } | awk '
        { all = 0; for (i = 2; i <= 9; i++) all += $i; rest = $5 + $6 }
        NR == 1 { a = all; r = rest }
        END { printf "%.0f", 100 * (1 - (rest - r) / (all - a)) }'
}

setting date "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
setting commit "$(commit 2>/dev/null || echo unknown)"
setting machine.cpu "$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)"
setting machine.cores "$(nproc)"
setting machine.memory "$(awk '$1 == "MemTotal:" { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo)"
setting machine.kernel "$(uname -sr)"
setting machine.busy "$(busy)"
setting machine.system "$(. /etc/os-release && echo "$PRETTY_NAME")"

setting version.compiler "$(${CC:-cc} --version | head -n 1)"
setting version.postgresql "$("$(newest /usr/lib/postgresql/*/bin/postgres)" --version | version_in)"
setting version.redis "$(redis-server --version | version_in)"
setting version.nginx "$(nginx -v 2>&1 | version_in)"
setting version.rabbitmq "$(package_version rabbitmq-server)"
for library in libmicrohttpd librabbitmq libpq hiredis libcurl libsodium; do
    setting "version.$library" "$(pkg-config --modversion "$library")"
done
