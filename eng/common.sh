# Shared by run.sh, test.sh, bench.sh and .ci/run. Source it; it runs nothing by itself.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
CONFIGURATION=Release

# English, so that summaries can be counted; nothing sent home; no build node that keeps a pipe open.
export DOTNET_CLI_UI_LANGUAGE=en DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# Runs a command and shows what it printed only if it fails.
quietly() {
  local output status=0
  output=$("$@" 2>&1 < /dev/null) || status=$?
  [ "$status" -eq 0 ] || say "$output" "" "This failed: $*"
  return "$status"
}

# build PROJECT [dotnet build options]. .ci/run builds everything first and sets FULGURITE_BUILT.
build() {
  [ -z "${FULGURITE_BUILT:-}" ] || return 0
  (cd "$ROOT" && quietly dotnet build "$@" -c "$CONFIGURATION" -v quiet --tl:off)
}

# build_and_exec PROJECT_FILE [program arguments]: the program takes this script's place, so that it gets every signal.
build_and_exec() {
  local project=$1 name
  shift
  name=$(basename "$project" .csproj)
  "$ROOT/eng/setup.sh"
  build "$project" || exit 1
  exec dotnet "$ROOT/artifacts/bin/$name/release/$name.dll" "$@"
}
