#!/usr/bin/env bash
# eng/mutate.sh [PATTERN]: makes each change of eng/mutations.tsv (those that match the pattern) in a copy of the committed and staged sources, and runs the
# tests that should notice. They have to pass without the change first. A mutation that no test notices survives; the last line has the score.
# Exit code 1 if any survives.
# (dotnet-stryker 5.1.0 takes the testing package of this repository for a test project, because it references MSTest, and finds no host for it.)
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git -C "$ROOT" ls-files -z | (cd "$ROOT" && tar --null -T - -c) | tar -x -C "$copy"
cd "$copy"
options=(-c "$CONFIGURATION" -v quiet --tl:off -p:RunAnalyzers=false -p:TreatWarningsAsErrors=false)
killed=0 survived=0 broken=0
declare -A passes=()

# build_in_copy PROJECT [options]
build_in_copy() { output=$(dotnet build "$@" "${options[@]}" 2>&1 < /dev/null) || { say "$output"; return 1; }; }

# run_tests FILTER: until the first that fails. One that hangs is noticed as well, because each test has a time limit.
run_tests() {
  rm -f output.txt
  touch output.txt
  timeout 300 dotnet test "$bin/$assembly.dll" --logger "console;verbosity=normal" --filter "$1" < /dev/null > output.txt 2>&1 &
  while kill -0 $! 2> /dev/null; do
    ! grep -qE '^ *Failed ' output.txt || kill $! 2> /dev/null || true
    sleep 0.2
  done
  wait $!
}

while IFS=$'\t' read -r -u 3 file project filter there instead; do
  case $file in '#'* | '') continue ;; esac
  original=$(cat "$file")
  [[ $original == *"$there"* ]] || die "$file has no '$there'."
  assembly=$(basename "tests/$project"/*.csproj .csproj)
  bin=artifacts/bin/$assembly/release
  source=$(echo "$(cut -d/ -f1,2 <<< "$file")"/*.csproj)
  library=$(basename "$source" .csproj).dll
  if [ -z "${passes[$project]:-}" ]; then
    build_in_copy "tests/$project" || die "tests/$project does not compile."
    passes[$project]=1
  fi

  # Only the library is built anew; the tests get a copy of it.
  cp --remove-destination "artifacts/bin/${library%.dll}/release/$library" "$library.original"
  if [ -z "${passes[$project $filter]:-}" ]; then
    cp --remove-destination "$library.original" "$bin/$library"
    run_tests "$filter" || { cat output.txt; die "The tests of $file fail without a mutation."; }
    passes[$project $filter]=1
  fi

  printf '%s\n' "${original/"$there"/"$instead"}" > "$file"
  if ! build_in_copy "$source" --no-restore -p:BuildProjectReferences=false; then
    broken=$((broken + 1))
    echo "does not compile: $file: $there => $instead"
  elif cp --remove-destination "artifacts/bin/${library%.dll}/release/$library" "$bin/$library"; run_tests "$filter"; then
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
  cp --remove-destination "$library.original" "artifacts/bin/${library%.dll}/release/$library"
  cp --remove-destination "$library.original" "$bin/$library"
done 3< <(grep -E "${1:-.}" eng/mutations.tsv)

[ $((killed + survived + broken)) -gt 0 ] || die "No mutation matches '$1'."
echo "$killed of $((killed + survived)) killed ($((100 * killed / (killed + survived > 0 ? killed + survived : 1))) %), $survived survived, $broken do not compile"
[ $((survived + broken)) -eq 0 ]
