#!/bin/sh
# Shows a file as a comment on a GitHub pull request: makes the comment, or updates the one that it made before.
#
#   ./comment.sh FILE
#
# REPOSITORY is owner/name and NUMBER the pull request's. GH_TOKEN needs pull-requests: write.
set -eu
file=${1:?the file}
mark='<!-- billing review -->'
body=$(printf '%s\n' "$mark"; cat "$file")
mine=$(gh api --paginate "repos/$REPOSITORY/issues/$NUMBER/comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
if [ -n "$mine" ]; then
  gh api --method PATCH "repos/$REPOSITORY/issues/comments/$mine" -f "body=$body" >/dev/null
else
  gh api --method POST "repos/$REPOSITORY/issues/$NUMBER/comments" -f "body=$body" >/dev/null
fi
