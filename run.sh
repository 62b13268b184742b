#!/usr/bin/env bash
# Sets up what is missing, builds, and trains the main job: samples/AttentionXml. Options: ./run.sh --help
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/eng/common.sh"
build_and_exec "$ROOT/samples/AttentionXml/AttentionXml.csproj" "$@"
