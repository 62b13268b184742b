#!/usr/bin/env bash
# ./test.sh [--slow] [--coverage] [FILTER]: sets up what is missing, builds, and runs the tests. The last line counts them over all projects.
#   --slow       also the long ones (FULGURITE_SLOW=1)
#   --coverage   prints the coverage of every assembly of src, without generated code, and writes artifacts/coverage/index.html
#   FILTER       as for 'dotnet test --filter': part of a test's full name, or an expression such as ClassName~Async
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/eng/common.sh"

coverage=$ROOT/artifacts/coverage
collect=()
filter=()
while [ $# -gt 0 ]; do
  case $1 in
    --slow) export FULGURITE_SLOW=1 ;;
    --coverage) collect=(--collect "XPlat Code Coverage;Include=[Fulgurite*]*;Exclude=[*.Tests]*,[Fulgurite.Bench]*;ExcludeByFile=**/artifacts/obj/**" --results-directory "$coverage/runs") ;;
    -*) die "Unknown option '$1'. Usage: ./test.sh [--slow] [--coverage] [FILTER]" ;;
    *) filter=(--filter "$1") ;;
  esac
  shift
done

"$ROOT/eng/setup.sh"
cd "$ROOT"
if ! build Framework.sln; then
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
fi

if [ ${#collect[@]} -gt 0 ]; then
  quietly dotnet tool restore || exit 1
  rm -rf "$coverage"
  # Coverlet changes assemblies in place: each test project needs files of its own, not hard links.
  for file in artifacts/bin/*.Tests/release/Fulgurite*.{dll,pdb}; do
    cp -p "$file" "$file.copy"
    mv "$file.copy" "$file"
  done
fi

results=$(mktemp)
trap 'rm -f "$results"' EXIT
status=0
dotnet test Framework.sln -c "$CONFIGURATION" --no-build --tl:off -v quiet --logger "console;verbosity=minimal" "${collect[@]}" "${filter[@]}" < /dev/null 2>&1 |
  sed -u -E '/^(Test run for|A total of|Attachments:|  .*coverage.cobertura.xml$|$)/d' | tee "$results" || status=$?

if [ ${#collect[@]} -gt 0 ]; then
  quietly dotnet reportgenerator "-reports:$coverage/runs/*/coverage.cobertura.xml" "-targetdir:$coverage" "-reporttypes:Html;MarkdownAssembliesSummary"
  sed -n '/^|/s/\*\*//gp' "$coverage"/*.md
fi

# One line a project: "Passed!  - Failed:     0, Passed:    12, Skipped:     1, Total:    13, Duration: ... - Name.dll (net10.0)".
# A run that broke without a failed test (a crash of the process) counts as one, and so does a run of nothing.
awk -v status="$status" -F '[:,]' '
  / - Failed: .*, Passed: .*, Skipped: / { failed += $2; passed += $4; skipped += $6 }
  END {
    if (passed + failed + skipped == 0) { print "No test ran: nothing matched the filter."; failed = 1 }
    if (status != 0 && failed == 0) failed = 1
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit failed > 0
  }' "$results"
