#!/usr/bin/env bash
# Installs the servers that the tests of object storage run against, into artifacts/objects: Azurite and s3rver from npm, moto from PyPI.
# Needs no root. Without them those tests are skipped.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

folder=$ROOT/artifacts/objects
mark=$folder/azurite-3.37.0.s3rver-3.7.1.moto-5.2.1
[ ! -e "$mark" ] || exit 0
command -v npm > /dev/null || die "There is no npm. Install Node.js 20 or newer."
command -v python3 > /dev/null || die "There is no python3. Install Python 3.10 or newer, with venv."
mkdir -p "$folder"
say "Installing Azurite, s3rver and moto (once) ..."
quietly npm install --no-audit --no-fund --ignore-scripts --prefix "$folder" azurite@3.37.0 s3rver@3.7.1
# A moto that is installed already is used.
quietly python3 -m venv --clear --system-site-packages "$folder/python"
if quietly "$folder/python/bin/pip" install --disable-pip-version-check "moto[server]==5.2.1"; then
  touch "$mark"
else
  rm -rf "$folder/python"
  say "moto is not available: its tests are skipped."
fi
