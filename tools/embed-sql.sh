#!/bin/sh
# Turns migrations into C: embed-sql.sh FILE.sql... > migrations.c (see migrate.h).
set -eu
cat <<'C'
/* Made by tools/embed-sql.sh from the migrations; do not edit. */
#include "migrate.h"

const struct migration migrations[] = {
C
for file in "$@"; do
    printf '    {"%s",\n' "$(basename "$file" .sql)"
    sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/     "&\\n"/' "$file"
    printf '    },\n'
done
cat <<'C'
};
const size_t nmigrations = sizeof(migrations) / sizeof(migrations[0]);
C
