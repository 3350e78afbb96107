#!/usr/bin/env bash
# Changes each package given as argument token by token, and fails unless its tests notice 98 % of the changes that they run, and run
# 99 % of them. gremlins has thresholds of its own, but ends with 0 below them.
set -euo pipefail
cd "$(dirname "$0")/.."

# -count=1: the time limit of a changed run is a multiple of a whole run, not of a cached one.
export GOFLAGS=-count=1
failed=0
for package in "$@"; do
  echo "== $package"
  report=$(mktemp)
  go tool -modfile=tools/go.mod gremlins unleash --workers 2 --timeout-coefficient 10 --output-statuses lct "$package" | tee "$report"
  awk -F'[: %]+' '
    /^Test efficacy/ { noticed = $3 }
    /^Mutator coverage/ { run = $3 }
    END { if (noticed < 98 || run < 99) { print "below 98 % noticed or 99 % run"; exit 1 } }' "$report" || failed=1
  rm -f "$report"
done
exit $failed
