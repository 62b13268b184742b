#!/usr/bin/env bash
# Finds out once which engine this machine uses and installs what that needs; keeps the choice in .engine.props.
# Delete that file to be asked again, or give the build -p:TorchEngine=package|system|assembly.
set -euo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

DEBIAN_PACKAGES=(g++ libtorch-dev libopenblas0-openmp python3-torch)

check_sdk() {
  command -v dotnet > /dev/null || die "The .NET SDK 10.0 is missing ('dotnet' is not on the PATH). Install it from https://dot.net and start again."
  dotnet --version > /dev/null 2>&1 || die "No installed .NET SDK satisfies global.json, which asks for 10.0.100 or newer. Install the .NET SDK 10.0 from https://dot.net and start again." \
    "$(dotnet --list-sdks)"
}

# Restores the smallest project that runs the engine; it gets its packages and versions like every other one here.
feed_has_torchsharp() {
  local probe=$ROOT/artifacts/engine-probe output
  [ "$(uname -m)" = x86_64 ] || return 1 # The packages hold no native library for other Linux machines.
  mkdir -p "$probe"
  echo '<Project Sdk="Microsoft.NET.Sdk"><PropertyGroup><RunsTorch>true</RunsTorch></PropertyGroup></Project>' > "$probe/Probe.csproj"
  if output=$(dotnet restore "$probe/Probe.csproj" -p:TorchEngine=package --tl:off 2>&1); then
    return 0
  elif grep -qE 'NU110[123].*TorchSharp' <<< "$output"; then
    return 1
  fi
  die "$output" "Whether the package feed has TorchSharp could not be found out: see the message above. Mend that and start again, or choose the engine by hand in .engine.props."
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    die "This needs root and there is no sudo. As root, run: apt-get update && apt-get install -y ${DEBIAN_PACKAGES[*]}"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

install_libtorch() {
  local missing=() package
  command -v apt-get > /dev/null ||
    die "The package feed has no TorchSharp for this machine and there is no apt-get. Install libtorch and a C++ compiler, then write .engine.props (docs/engine.md), with the folder of libtorch in the environment variable Torch_DIR."
  for package in "${DEBIAN_PACKAGES[@]}"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null)" = installed ] || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing ${missing[*]} (once) ..."
  # Lists that are missing or old are the usual reason for a first failure.
  apt_install "${missing[@]}" > /dev/null 2>&1 < /dev/null && return 0
  quietly as_root apt-get update
  quietly apt_install "${missing[@]}"
}

check_sdk
[ ! -f .engine.props ] || exit 0
say "Choosing the engine (once) ..."
if feed_has_torchsharp; then
  engine=package
else
  install_libtorch
  engine=system
fi
cat > .engine.props.new << EOF
<Project>
  <PropertyGroup>
    <TorchEngine Condition="'\$(TorchEngine)' == ''">$engine</TorchEngine>
  </PropertyGroup>
</Project>
EOF
mv .engine.props.new .engine.props
say "The engine is '$engine', kept in .engine.props."
