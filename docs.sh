#!/usr/bin/env bash
# ./docs.sh [--serve]: builds the documentation site from docs/ and the XML comments into artifacts/site. Warnings, such as broken links, are errors.
#   --serve      also serves it on http://localhost:8080 until Ctrl-C
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/eng/common.sh"

case ${1-} in
  "" | --serve) ;;
  *) die "Unknown option '$1'. Usage: ./docs.sh [--serve]" ;;
esac

"$ROOT/eng/setup.sh"
cd "$ROOT"
# The output folders of these projects have all assemblies of the site and their dependencies.
build tests/Docs/Fulgurite.Docs.Tests.csproj || exit 1
build tests/Storage/Fulgurite.Storage.Tests.csproj || exit 1
quietly dotnet tool restore || exit 1
rm -rf artifacts/site artifacts/site-api
quietly dotnet docfx docfx.json --warningsAsErrors || exit 1
cp artifacts/site/README.html artifacts/site/index.html
echo "artifacts/site/index.html"
if [ "${1-}" = --serve ]; then
  exec dotnet docfx serve artifacts/site
fi
