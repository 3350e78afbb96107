#!/usr/bin/env bash
# Generates docs/ with tfplugindocs. The schema comes from our own code, so that it has what an old CLI would leave out, and that no
# CLI is needed. It is handed over under the short name: tfplugindocs does not look under our full address.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

go run ./internal/provider/schemadump >"$scratch/schema.json"

# tfplugindocs tells every file that it looks at, which is of interest only when it fails.
tfplugindocs() {
  local said
  said=$(go tool -modfile=tools/go.mod tfplugindocs "$@" --provider-name cloudradial --providers-schema "$scratch/schema.json" 2>&1) ||
    { printf '%s\n' "$said" >&2; return 1; }
}
tfplugindocs generate
tfplugindocs validate --allowed-resource-subcategories "Integrations,Mappings,Synchronisation,Licences,Review,Portal"

# The inputs and outputs in the README of each module.
(cd tools && go run ./moduledocs ../modules/estate ../modules/review)
