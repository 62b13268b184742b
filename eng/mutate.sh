#!/usr/bin/env bash
# eng/mutate.sh [PATTERN]: makes each change of eng/mutations.tsv (those that match the pattern) in a copy of the sources, and runs the tests that should notice.
# A mutation that no test notices survives; the last line counts. Exit code 1 if any survives.
# (dotnet-stryker 5.1.0 takes the testing package of this repository for a test project, because it references MSTest, and finds no host for it.)
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git -C "$ROOT" ls-files -z | (cd "$ROOT" && tar --null -T - -c) | tar -x -C "$copy"
cd "$copy"
killed=0 survived=0
while IFS=$'\t' read -r -u 3 file project filter there instead; do
  case $file in '#'* | '') continue ;; esac
  original=$(cat "$file")
  [[ $original == *"$there"* ]] || die "$file has no '$there'."
  printf '%s\n' "${original/"$there"/"$instead"}" > "$file"
  if ! output=$(dotnet build "tests/$project" -c "$CONFIGURATION" -v quiet --tl:off -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false 2>&1); then
    say "$output"
    die "Does not compile: $file: $instead"
  fi

  # One that hangs is noticed as well: each test has a time limit.
  if timeout 300 dotnet test "tests/$project" -c "$CONFIGURATION" --no-build --tl:off --logger "console;verbosity=normal" --filter "$filter" < /dev/null > output.txt 2>&1; then
    survived=$((survived + 1))
    echo "survived: $file: $there => $instead"
  elif ! grep -qE '^ *Failed |aborted|hangs' output.txt; then
    cat output.txt
    die "The tests of $file did not run."
  else
    killed=$((killed + 1))
    echo "killed by $(sed -nE 's/^ *Failed ([A-Za-z0-9_]+).*/\1/p' output.txt | head -1): $file: $there => $instead"
  fi

  printf '%s\n' "$original" > "$file"
done 3< <(grep -E "${1:-.}" eng/mutations.tsv)

echo "$killed killed, $survived survived"
[ "$survived" -eq 0 ]
