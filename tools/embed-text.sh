#!/bin/sh
# Turns a text file into a C string: embed-text.sh NAME FILE > file.c
set -eu
printf '/* Made by tools/embed-text.sh from %s; do not edit. */\n' "$(basename "$2")"
printf 'extern const char %s[];\nconst char %s[] =\n' "$1" "$1"
sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/.*/    "&\\n"/' "$2"
printf '    ;\n'
