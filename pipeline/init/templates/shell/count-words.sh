#!/usr/bin/env bash
# Prints how often each word of a text occurs, the most frequent first: "12 the".
set -euo pipefail
export LC_ALL=C

tr '[:upper:]' '[:lower:]' < "$1" | tr -cs '[:alpha:]' '\n' | sed '/^$/d' |
  sort | uniq -c | awk '{ print $1, $2 }' | sort -k1,1nr -k2
