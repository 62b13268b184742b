#!/usr/bin/env bash
# Makes the packages, looks into them, and builds and runs a project outside of this tree that knows nothing but them.
# Where the feed has no TorchSharp its stand-in is packed beside them, as TorchSharp VERSION-standin, into a folder that
# is removed at the end: those packages are for trying only, and nothing here publishes any.
set -uo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT" || exit 1

property() { sed -n "s:.*<$1[^>]*>\(.*\)</$1>.*:\1:p" "$2" | head -n 1; }

"$ROOT/eng/setup.sh" || exit 1
engine=$(property TorchEngine .engine.props)
version=$(property VersionPrefix Directory.Build.props)
torch=$(property TorchSharpVersion Directory.Packages.props)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

options=(-c "$CONFIGURATION" -o "$work/packages" -v quiet --tl:off)
native=()
case $engine in
  package) native=("-p:NativeVersion=$torch") ;;
  system) options+=(-p:PackWithStandIn=true) ;;
  *) die "The engine is '$engine', of which there is no package: TorchEngine must be 'package' or 'system' for this." ;;
esac

# One after the other: their builds share folders.
for project in src/*/*.csproj $([ "$engine" = package ] || echo compat/TorchSharp/TorchSharp.csproj); do
  quietly dotnet pack "$project" "${options[@]}" || exit 1
done

cp eng/package-check/* "$work"
cat > "$work/nuget.config" << XML
<configuration>
  <packageSources><add key="made-here" value="$work/packages" /></packageSources>
</configuration>
XML
# A cache of its own: the same version is made anew each time. What others made is taken from the usual one.
cache=${NUGET_PACKAGES:-$HOME/.nuget/packages}
cd "$work" || exit 1
quietly dotnet build Scratch.csproj -c "$CONFIGURATION" -o "$work/out" -v quiet --tl:off "-p:FulguriteVersion=$version" "${native[@]}" \
  "-p:RestorePackagesPath=$work/cache" "-p:RestoreFallbackFolders=$cache" || exit 1
dotnet "$work/out/Scratch.dll" "$work/packages"
