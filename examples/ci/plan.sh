#!/bin/sh
# Plans a root module and says what came out. It writes plan.tfplan, plan.txt (what the plan said) and summary.md, and prints one of
#
#   drift=false   Gradient has accepted what Microsoft has, and the plan is empty.
#   drift=true    There is something to apply: plan.tfplan.
#
# It fails, and says why, when nothing is known: a tenant cannot be read, the guard stops the plan, or the CLI crashed or was killed.
#
#   ./plan.sh FOLDER
#
# TERRAFORM is the CLI (terraform), FIRST_RUN=true permits a state without a license sync.
set -u
cd "${1:?the folder of the root module}" || exit 1
cli=${TERRAFORM:-terraform}
rm -f plan.tfplan plan.txt summary.md

# Without a state every run is a first run: nothing is compared, and whatever left the files since keeps its last count for ever.
state=$("$cli" state pull) || { echo "The state cannot be read. See above."; exit 1; }
case $state in
*'"cloudradial_license_sync"'*) ;;
*)
  if [ "${FIRST_RUN:-false}" != true ]; then
    echo "The state has no license sync. If this is the first run, set FIRST_RUN=true for it. If it is not, the state was lost, or the backend is another one: restore it."
    exit 1
  fi
  ;;
esac

# Without a lock, because the state is only read, and a check at night must not keep a person from applying.
"$cli" plan -detailed-exitcode -lock=false -input=false -no-color -out=plan.tfplan >plan.txt 2>&1
code=$?
cat plan.txt

case $code in
0) heading="Billing is in sync" ;;
2) heading="Billing has something to apply" ;;
1) heading="The plan failed, so nothing is known" ;;
*) heading="The CLI ended with exit code $code, so nothing is known" ;;
esac
{
  printf '### %s\n\n~~~~~~text\n' "$heading"
  head -c 60000 plan.txt # a comment or a job summary has a limit; plan.txt has everything
  printf '\n~~~~~~\n'
} >summary.md

case $code in
0) echo "drift=false" ;;
2) echo "drift=true" ;;
*)
  rm -f plan.tfplan
  echo "$heading."
  exit 1
  ;;
esac
