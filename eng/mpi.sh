#!/usr/bin/env bash
# Installs Open MPI and MPICH, which the tests of several processes run under. Without them those tests are skipped, and fail in CI.
# On Debian and Ubuntu, as root or with sudo; elsewhere it names what is needed.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

missing=()
for family in openmpi mpich; do
  command -v "mpirun.$family" > /dev/null || missing+=("$family")
done
[ ${#missing[@]} -gt 0 ] || exit 0

sudo=()
[ "$(id -u)" -eq 0 ] || sudo=(sudo)
if ! command -v apt-get > /dev/null || ! command -v "${sudo[@]:-true}" > /dev/null; then
  die "Install Open MPI and MPICH so that there are mpirun.openmpi and mpirun.mpich (Debian: apt-get install openmpi-bin mpich). Missing: ${missing[*]}."
fi

say "Installing Open MPI and MPICH (once) ..."
quietly "${sudo[@]}" apt-get update
quietly "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends openmpi-bin mpich
