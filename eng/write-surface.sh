#!/usr/bin/env bash
# Writes the public surface of every package into tests/Hosting/Surface, which a test compares: after a change that is meant.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
"$ROOT/eng/setup.sh"
build tests/Hosting
cd "$ROOT"
FULGURITE_WRITE_SURFACE=1 quietly dotnet test tests/Hosting -c "$CONFIGURATION" --no-build --tl:off --filter FullyQualifiedName~PublicSurfaceTests
git status --short tests/Hosting/Surface
