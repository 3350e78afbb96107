#!/bin/sh
# Applies plan.tfplan, which plan.sh wrote and a person may have approved, and nothing else. When something else was applied since, the
# CLI refuses it as stale: plan again.
#
#   ./apply.sh FOLDER
set -u
cd "${1:?the folder of the root module}" || exit 1
cli=${TERRAFORM:-terraform}

"$cli" apply -input=false -no-color plan.tfplan >apply.txt 2>&1
code=$?
cat apply.txt
case $code in
0) echo "The approved plan is applied." ;;
*)
  if grep -q 'plan is stale' apply.txt; then
    echo "Nothing was applied: the state has changed since the plan. Run the plan again, and approve what it shows now."
  else
    echo "The apply ended with exit code $code. What Gradient accepted is in the state, and the next plan shows the rest."
  fi
  exit 1
  ;;
esac
