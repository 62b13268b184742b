#!/usr/bin/env bash
# Sets up what is missing, builds, and trains the main job: samples/AttentionXml. Options: ./run.sh --help
# Another sample: ./run.sh --sample Shapes [its options]
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/eng/common.sh"

sample=AttentionXml
if [ "${1:-}" = --sample ]; then
  sample=${2:-}
  mapfile -t programs < <(cd "$ROOT" && grep -l '<OutputType>Exe' samples/*/*.csproj | xargs -n 1 basename -s .csproj)
  printf '%s\n' "${programs[@]}" | grep -qx -- "$sample" || die "There is no sample '$sample'. There are: ${programs[*]}."
  shift 2
fi

build_and_exec "$ROOT/samples/$sample/$sample.csproj" "$@"
