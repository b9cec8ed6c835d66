#!/usr/bin/env bash
# Holds docs/limits.md true: the name and the value of each row stand together in a line of
# the file that it links to. Fails with what does not, or when there are no rows at all. And
# the alerts: what they name is a metric, and the page that they point to is there.
set -euo pipefail
cd "$(dirname "$0")/.."
page=docs/limits.md rows=0 wrong=0

# shellcheck disable=SC2016 # no expansion is meant
row='^\|[^|]*\| `([^`]+)` \| `([^`]+)` \| \[[^]]*\]\(\.\./([^)]+)\) \|'
while IFS= read -r line; do
    [[ $line =~ $row ]] || continue
    name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]} file=${BASH_REMATCH[3]}
    rows=$((rows + 1))
    if ! grep -wF -- "$name" "$file" | grep -wF -- "$value" >/dev/null; then
        echo "$page: $name is not $value in $file" >&2
        wrong=$((wrong + 1))
    fi
done <"$page"

# A row of another form would not be looked at.
others=$(grep -c '^|' "$page")
headings=$(grep -c '^|---' "$page")
if [ "$rows" -eq 0 ] || [ "$((others - 2 * headings))" -ne "$rows" ]; then
    echo "$page: $((others - 2 * headings - rows)) of its rows cannot be read" >&2
    wrong=$((wrong + 1))
fi
# What calls somebody, and the pages for them; there waybill_client is a word to search for.
alerts=infra/alerts.yml
while IFS=: read -r file metric; do
    grep -rqF "\"${metric%_bucket}\"" libs/common --include='*.c' --exclude-dir=tests && continue
    echo "$file: there is no metric $metric" >&2
    wrong=$((wrong + 1))
done < <({ grep -Ho 'waybill_[a-z_]*' "$alerts"; grep -oE 'waybill_[a-z]+_[a-z_]+' docs/runbooks/*.md; } | sort -u)
while IFS= read -r file; do
    [ -f "$file" ] && continue
    echo "$alerts: there is no $file" >&2
    wrong=$((wrong + 1))
done < <(sed -n 's/^ *runbook: //p' "$alerts")

[ "$wrong" -eq 0 ] && echo "limits: $rows bounds are as docs/limits.md says"
