#!/usr/bin/env bash
# Builds the Terraform and OpenTofu versions that the provider is tested with into a folder, from their Go modules. What is there already
# stays.
#
#   tools/clis.sh FOLDER [CLI-VERSION…]
#
# Terraform from 1.9 on cannot be installed with `go install`, because its go.mod replaces nested modules that its zip lacks: they are
# remote state backends. Those are taken out of a copy, which is then built.
set -euo pipefail
out=$1
shift
[ $# -gt 0 ] || set -- terraform-1.8.5 terraform-1.11.4 terraform-1.14.5 terraform-1.16.4 tofu-1.7.3 tofu-1.12.6
mkdir -p "$out"
out=$(cd "$out" && pwd)

# module CLI prints the Go module of a CLI.
module() {
  case $1 in
  terraform) echo github.com/hashicorp/terraform ;;
  tofu) echo github.com/opentofu/opentofu ;;
  *) echo "tools/clis.sh: unknown CLI $1" >&2; exit 2 ;;
  esac
}

build() {
  local cli=${1%%-*} version=${1#*-} answer source copy
  if [ -x "$out/$1" ]; then
    return
  fi
  printf 'Building %s %s\n' "$cli" "$version"
  answer=$(cd / && go mod download -json "$(module "$cli")@v$version") || { printf '%s\n' "$answer" >&2; return 1; }
  source=$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<<"$answer")
  copy=$(mktemp -d)
  cp -R "$source/." "$copy"
  chmod -R u+w "$copy"
  (
    cd "$copy"
    if [ "$cli" = terraform ] && grep -q 'backend/remote-state/azure => ' go.mod; then
      for backend in azure consul cos gcs kubernetes oci oss pg s3; do
        sed -i "/internal\/backend\/remote-state\/$backend\b/d; /internal\/legacy\b/d" go.mod
        sed -i "/backend\/remote-state\/$backend\"/d; /func() backend.Backend { return backend${backend^}\.New() }/d" internal/backend/init/init.go
        sed -i "/^[[:space:]]*\"$backend\":/d" internal/backend/init/init.go
      done
    fi
    main=.
    [ "$cli" = tofu ] && main=./cmd/tofu
    go build -mod=mod -ldflags "-X $(module "$cli")/version.dev=no" -o "$out/$1" "$main"
  )
  rm -rf "$copy"
  "$out/$1" version | head -n 1
}

for cli in "$@"; do
  build "$cli"
done
