#!/usr/bin/env bash
# ./bench.sh COMMAND [options]: sets up what is missing, builds, and measures; one JSON object a line. ./bench.sh --help lists the commands.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/eng/common.sh"
build_and_exec "$ROOT/bench/Fulgurite.Bench.csproj" "$@"
