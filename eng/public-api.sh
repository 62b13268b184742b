#!/usr/bin/env bash
# Writes PublicAPI.Unshipped.txt of every package anew: after an intended change of the public surface. At a release, move the lines to PublicAPI.Shipped.txt.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
"$ROOT/eng/setup.sh"
cd "$ROOT"
export LC_ALL=C

log=$(mktemp) kept=$(mktemp -d)
restore() { for file in src/*/PublicAPI.Unshipped.txt; do cp "$kept/$(basename "$(dirname "$file")")" "$file"; done; }
trap 'rm -rf "$log" "$kept"' EXIT
for file in src/*/PublicAPI.Unshipped.txt; do
  cp "$file" "$kept/$(basename "$(dirname "$file")")"
  echo '#nullable enable' > "$file"
done

# With nothing declared, the compiler names every public member, project by project.
for project in src/Hosting src/Testing src/Storage.S3 src/Storage.AzureBlobs; do
  if ! dotnet build "$project" -c "$CONFIGURATION" -v quiet --tl:off -p:TreatWarningsAsErrors=false >> "$log" 2>&1 < /dev/null; then
    restore
    die "$(grep ': error' "$log" | sort -u)" "The build failed: PublicAPI.Unshipped.txt is as it was."
  fi
done

for file in src/*/PublicAPI.Unshipped.txt; do
  folder=$(dirname "$file")
  grep -F "[$ROOT/$folder/" "$log" > "$log.project" || true
  {
    sed -n "s/.*: warning RS0016: Symbol '\(.*\)' is not part of the declared public API.*/\1/p" "$log.project"
    sed -n "s/.*: warning RS0017: Symbol '\(.*\)' is part of the declared API, but.*/*REMOVED*\1/p" "$log.project"
  } | sort -u >> "$file"
  rm -f "$log.project"
done
git status --short -- 'src/*/PublicAPI.*'
