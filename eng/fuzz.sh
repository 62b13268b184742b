#!/usr/bin/env bash
# eng/fuzz.sh [--inputs N] [--format torch|safetensors] [SECONDS] [SEED]: fuzzes the readers of both formats, guided by coverage, for so long each (60 by
# default) or with N inputs each, and writes what reached new branches to artifacts/fuzz/*.zip. Copy those to tests/IO/Fuzzing/corpus/ to have every run of the tests load them. An input that fails is named in the message.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

inputs=0 format=
while [[ ${1:-} == --* ]]; do
  case $1 in
    --inputs) inputs=${2:?} ;;
    --format) format=${2:?} ;;
    *) die "Unknown option '$1'. Usage: eng/fuzz.sh [--inputs N] [--format torch|safetensors] [SECONDS] [SEED]" ;;
  esac
  shift 2
done

"$ROOT/eng/setup.sh"
build tests/IO/Fulgurite.IO.Tests.csproj || exit 1
cd "$ROOT"
quietly dotnet tool restore || exit 1

# A copy, of whose readers each branch counts. Big native files stay hard links.
output=$ROOT/artifacts/fuzz
rm -rf "$output"
mkdir -p "$output"
cp -rl artifacts/bin/Fulgurite.IO.Tests/release "$output/bin"
rm "$output/bin/Fulgurite.IO.dll"
cp artifacts/bin/Fulgurite.IO.Tests/release/Fulgurite.IO.dll "$output/bin/"
quietly dotnet sharpfuzz "$output/bin/Fulgurite.IO.dll" Fulgurite.IO.Torch Fulgurite.IO.Safetensors Fulgurite.IO || exit 1
find "$(dotnet nuget locals global-packages -l | sed 's/.*: //')sharpfuzz.commandline" -path '*/net10.0/*' -name 'SharpFuzz.Common.dll' -exec cp {} "$output/bin/" ';'

export FULGURITE_FUZZ_SECONDS=${1:-60} FULGURITE_FUZZ_SEED=${2:-1} FULGURITE_FUZZ_INPUTS=$inputs FULGURITE_FUZZ_FORMAT=$format FULGURITE_FUZZ_OUTPUT=$output
dotnet vstest "$output/bin/Fulgurite.IO.Tests.dll" --TestCaseFilter:Name~Load_InputsChosenByCoverage --logger:"console;verbosity=detailed" < /dev/null |
  grep -vE '^(Microsoft|Copyright|VSTest|$)'
