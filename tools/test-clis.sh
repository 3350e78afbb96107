#!/usr/bin/env bash
# Runs what uses a CLI with each of the CLIs in a folder, one after the other: the acceptance and end-to-end tests, the tests of the modules,
# the examples and the demo. It prints a table, and fails when a test fails, or when more tests than allowed are skipped because a CLI lacks
# something.
#
#   tools/test-clis.sh FOLDER [CLI-VERSION…]
set -uo pipefail
cd "$(dirname "$0")/.."
folder=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- terraform-1.8.5 terraform-1.11.4 terraform-1.14.5 terraform-1.16.4 tofu-1.7.3 tofu-1.12.6

# A feature that no CLI of the list has is tested nowhere, so this number only rises together with a test of the newest Terraform.
most_skipped=${MOST_SKIPPED:-8}

# The packages with tests that run a CLI.
packages=$(go list -f '{{.ImportPath}} {{join .TestImports " "}} {{join .XTestImports " "}}' ./... | grep -E 'internal/(provider/providertest|cli)\b' | cut -d' ' -f1) && [ -n "$packages" ] ||
  { echo "go list names no package with tests that run a CLI."; exit 1; }

export TF_CLI_CONFIG_FILE=/dev/null # OpenTofu warns about a file that is not there, and then its version cannot be read
code=0
rows=()
for cli in "$@"; do
  [ -x "$folder/$cli" ] || { echo "$folder/$cli is not there: tools/clis.sh builds it."; exit 1; }
done
for cli in "$@"; do
  export TF_ACC=1 TF_ACC_TERRAFORM_PATH="$folder/$cli"
  unset TF_ACC_PROVIDER_HOST
  case $cli in tofu-*) export TF_ACC_PROVIDER_HOST=registry.opentofu.org ;; esac
  log="$folder/$cli.log"
  started=$SECONDS
  printf '== %s\n' "$cli"
  # shellcheck disable=SC2086 # one argument per package
  go test -count=1 -timeout 90m -v $packages >"$log" 2>&1 || code=1
  go run ./cmd/demo -cli "$folder/$cli" >"$folder/$cli.demo.log" 2>&1 && demo=ok || { demo=failed code=1; }
  passed=$(grep -c '^ *--- PASS' "$log")
  failed=$(grep -c '^ *--- FAIL\|^FAIL.*\[build failed\]\|^panic:' "$log")
  skipped=$(grep -c 'needs another CLI' "$log")
  [ "$skipped" -le "$most_skipped" ] || { echo "$skipped tests are skipped, $most_skipped at most may be: see $log"; code=1; }
  grep -h '^ *--- FAIL\|needs another CLI' "$log" | sed 's/^ *//' | sort | uniq -c
  rows+=("| $cli | $passed | $failed | $skipped | $demo | $(((SECONDS - started) / 60)) min |")
done
printf '\n| CLI | passed | failed | skipped for the CLI | demo | time |\n| --- | --- | --- | --- | --- | --- |\n'
printf '%s\n' "${rows[@]}"
exit $code
