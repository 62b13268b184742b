#!/usr/bin/env bash
# Checks that there is a .NET SDK that fits global.json. Nothing else is needed: NuGet brings TorchSharp and libtorch.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

command -v dotnet > /dev/null || die "The .NET SDK 10.0 is missing ('dotnet' is not on the PATH). Install it from https://dot.net and start again."
dotnet --version > /dev/null 2>&1 || die "No installed .NET SDK satisfies global.json, which asks for 10.0.100 or newer. Install the .NET SDK 10.0 from https://dot.net and start again." \
  "$(dotnet --list-sdks)"
