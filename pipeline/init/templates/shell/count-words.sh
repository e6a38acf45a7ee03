#!/usr/bin/env bash
# Prints how often each word of a text occurs, the most frequent first: "12 the".
set -euo pipefail
export LC_ALL=C

counts=$(tr '[:upper:]' '[:lower:]' < "$1" | tr -cs '[:alpha:]' '\n' | sed '/^$/d' |
  sort | uniq -c | awk '{ print $1, $2 }' | sort -k1,1nr -k2)
printf '%s\n' "$counts"

# What `pipeline compare` and the report have of this text. Without a pipeline there is nobody to be told.
if [ -n "${PIPELINE_EVENTS:-}" ]; then
  printf '%s\n' "$counts" |
    awk '{ words += $1 } END { printf "{\"summary\": {\"words\": %d, \"distinct\": %d}}\n", words, NR }' \
      >> "$PIPELINE_EVENTS"
fi
