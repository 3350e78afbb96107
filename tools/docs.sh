#!/usr/bin/env bash
# Generates docs/ with tfplugindocs. The schema is dumped by the CLI given as argument, from a provider built here, so that
# nothing is downloaded, and handed over under the short name: tfplugindocs does not look under our full address.
set -euo pipefail
cli=$1
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

go build -o "$scratch/terraform-provider-cloudradial" .
cat >"$scratch/cli.tfrc" <<EOF
provider_installation {
  dev_overrides {
    "registry.terraform.io/msp-as-code/cloudradial" = "$scratch"
    "registry.opentofu.org/msp-as-code/cloudradial" = "$scratch"
  }
  direct {}
}
EOF
cat >"$scratch/main.tf" <<EOF
terraform {
  required_providers {
    cloudradial = {
      source = "msp-as-code/cloudradial"
    }
  }
}
EOF
TF_CLI_CONFIG_FILE="$scratch/cli.tfrc" "$cli" -chdir="$scratch" providers schema -json |
  sed -E 's#"registry\.(terraform\.io|opentofu\.org)/msp-as-code/cloudradial"#"cloudradial"#' >"$scratch/schema.json"

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
