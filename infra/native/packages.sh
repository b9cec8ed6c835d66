#!/usr/bin/env bash
# packages.sh [group...] - installs what is missing of packages.tsv; silent and quick when nothing is.
#
# The stack runs its own private servers. So nothing that a package brings may start
# as a service of the machine: a policy-rc.d forbids it while apt runs, and systemd
# units that came with the new packages are disabled.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
policy=/usr/sbin/policy-rc.d

wanted() { # group... -> "package<TAB>why" lines
    local groups="$*"
    awk -F '\t' -v groups=" $groups " '!/^#/ && index(groups, " " $1 " ") { print $2 "\t" $3 }' \
        "$here/packages.tsv"
}

is_debian() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null
}

missing() { # keeps the lines whose package is not installed
    local installed
    installed=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null) || true
    awk -F '\t' '
        NR == FNR { if (sub(/^installed /, "")) have[$0] = 1; next }
        !($1 in have)' <(printf '%s\n' "$installed") -
}

list() { # "package<TAB>why" lines -> a table
    awk -F '\t' '{ printf "    %-22s %s\n", $1, $2 }'
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

forbid_starting() {
    [ -e "$policy" ] && return # someone else's policy: respect it
    # shellcheck disable=SC2064 # expand now: the trap must remove exactly this file
    trap "as_root rm -f $policy" EXIT
    printf '#!/bin/sh\n# Made by waybill while it installs packages; removed afterwards.\nexit 101\n' |
        as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

# Units of the packages just installed, and of what they pulled in, must not start at
# the next boot either.
disable_units() { # file with the packages that were installed before
    [ -d /run/systemd/system ] || return 0
    local units unit
    units=$(dpkg-query -W -f '${Package}\n' | sort | comm -13 "$1" - |
        xargs -r dpkg-query -L 2>/dev/null |
        sed -nE 's,^(/usr)?/lib/systemd/system/([^/@]+\.(service|socket))$,\2,p' | sort -u)
    [ -z "$units" ] && return 0
    # Enabled ones only: a static unit cannot be disabled and does no harm.
    for unit in $units; do
        if systemctl is-enabled --quiet "$unit" 2>/dev/null; then
            as_root systemctl disable --quiet --now "$unit"
        fi
    done
}

install() { # package...
    local before log
    before=$(mktemp)
    log=$(mktemp)
    dpkg-query -W -f '${Package}\n' | sort >"$before"
    forbid_starting
    # No recommends: runit would bring an init of its own.
    if ! { as_root apt-get update -qq &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
            --no-install-recommends -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@"; } </dev/null >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        echo "waybill: apt-get failed; all it said is in $log" >&2
        exit 1
    fi
    disable_units "$before"
    rm -f "$before" "$log"
}

main() {
    local groups=("$@") lines
    [ $# -gt 0 ] || groups=(run)
    if ! is_debian; then
        echo "This is not Debian. Install what these packages are called on your system, or use containers:" >&2
        wanted "${groups[@]}" | list >&2
        exit 1
    fi
    lines=$(wanted "${groups[@]}" | missing)
    [ -n "$lines" ] || exit 0

    echo "Installing from Debian (no service of the machine is started):"
    list <<<"$lines"
    if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
        echo "Not root and no sudo. Run this as root, then try again:" >&2
        echo "    apt-get install --no-install-recommends $(cut -f1 <<<"$lines" | tr '\n' ' ')" >&2
        exit 1
    fi
    # shellcheck disable=SC2046 # one word a package
    install $(cut -f1 <<<"$lines")
}

main "$@"
