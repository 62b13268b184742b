#!/usr/bin/env bash
# Writes docs/configuration.md anew from the options classes.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export FULGURITE_WRITE_DOCS=1
exec ./test.sh ConfigurationPageTests
