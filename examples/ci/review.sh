#!/bin/sh
# Publishes the counts in CloudRadial and writes the review to report.md, and to review.html if the module has the output review_page. It applies twice, because the report is made during the plan: the
# second run shows what the first one has published.
#
#   ./review.sh FOLDER
set -u
cd "${1:?the folder of the root module}" || exit 1
cli=${TERRAFORM:-terraform}
rm -f report.md review.html

for run in first second; do
  "$cli" apply -input=false -auto-approve -no-color || { echo "The $run apply of the review failed with exit code $?."; exit 1; }
done
"$cli" output -raw -no-color report_markdown >report.md || { rm -f report.md; echo "The state has no report."; exit 1; }
"$cli" output -raw -no-color review_page >review.html || { rm -f review.html; echo "The module has no output review_page, so there is no page."; }
