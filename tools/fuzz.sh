#!/usr/bin/env bash
# Fuzzes every Fuzz target of the repository, one after another, each for the time given as argument: go test takes one at a
# time. What fails is written to testdata/fuzz beside the test and becomes a seed there; commit it with the fix.
set -euo pipefail
time=$1
cd "$(dirname "$0")/.."

failed=0
for directory in $(grep -rl --include='*_test.go' '^func Fuzz' . | xargs -n 1 dirname | sort -u); do
  targets=$(go test -list '^Fuzz' "$directory" | grep '^Fuzz')
  for target in $targets; do
    if said=$(go test -run='^$' -fuzz="^$target\$" -fuzztime="$time" -fuzzminimizetime=5s "$directory" 2>&1); then
      printf '%-60s %s\n' "$directory $target" "$(grep -o 'execs: [0-9]*' <<<"$said" | tail -n 1)"
    else
      printf '%s %s\n%s\n' "$directory" "$target" "$said"
      failed=1
    fi
  done
done
exit $failed
