#!/usr/bin/env bash
# Installs Python's torch for the interop tests and the peers of the measurements, where apt-get is there and this runs as root (or with sudo).
# Nothing else needs it: without it those tests are skipped.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

python=${FULGURITE_PYTHON:-/usr/bin/python3}
! "$python" -c 'import torch' > /dev/null 2>&1 || exit 0
command -v apt-get > /dev/null || die "There is no apt-get. Install PyTorch for Python and name that Python in FULGURITE_PYTHON."
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo > /dev/null || die "Installing python3-torch needs root, and there is no sudo. As root, run: apt-get update && apt-get install -y python3-torch"
  sudo=(sudo)
fi

install() { "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends python3-torch; }
say "Installing python3-torch (once) ..."
# Package lists that are missing or old are the usual reason for a first failure.
install > /dev/null 2>&1 < /dev/null || { quietly "${sudo[@]}" apt-get update; quietly install; }
