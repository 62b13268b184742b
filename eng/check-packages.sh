#!/usr/bin/env bash
# Makes the packages, looks into them, builds and runs a project outside of this tree that knows nothing but them, and installs the
# command-line tool from them, which checks that the build has adapted the project's output to an older Linux, and looks into what it saved.
# Then makes, builds and runs a program of each template, and runs the first program of README.md, a single file.
set -uo pipefail
# shellcheck source=eng/common.sh
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT" || exit 1

property() { sed -n "s:.*<$1[^>]*>\(.*\)</$1>.*:\1:p" "$2" | head -n 1; }

"$ROOT/eng/setup.sh" || exit 1
version=$(property VersionPrefix Directory.Build.props)
torch=$(property TorchSharpVersion Directory.Packages.props)
work=$(mktemp -d) cache=$(mktemp -d)
trap 'rm -rf "$work" "$cache"' EXIT

# For one platform, which this script is written for; others are made alike.
quietly dotnet msbuild eng/packages.proj -m -v:quiet -tl:off "-p:Configuration=$CONFIGURATION" "-p:PackageOutputPath=$work/packages" \
  "-p:NoBuild=${FULGURITE_BUILT:+true}" -p:PackedPlatforms=linux-x64 || exit 1

cp eng/package-check/* "$work"
cat > "$work/nuget.config" << XML
<configuration>
  <packageSources><clear /><add key="made-here" value="$work/packages" /></packageSources>
</configuration>
XML
# A cache of its own: the same version is made anew each time. What others made is taken from the usual one, without packages of this name there.
find "${NUGET_PACKAGES:-$HOME/.nuget/packages}" -mindepth 1 -maxdepth 1 ! -name 'fulgurite*' -exec ln -s -t "$cache" {} +
cd "$work" || exit 1
# Outputs hold libtorch, 0.5 GB: links where the file system has them.
linked=(-p:CreateHardLinksForCopyLocalIfPossible=true)
quietly dotnet build Scratch.csproj -c "$CONFIGURATION" -o "$work/out" -v quiet --tl:off "-p:FulguriteVersion=$version" "-p:TorchSharpVersion=$torch" \
  "-p:RestorePackagesPath=$work/cache" "-p:RestoreFallbackFolders=$cache" "${linked[@]}" || exit 1
NUGET_PACKAGES=$work/cache quietly dotnet tool install Fulgurite.Cli --tool-path "$work/tools" --version "$version" --configfile "$work/nuget.config" || exit 1
"$work/tools/fulgurite" doctor "$work/out" > "$work/doctor.txt" || die "fulgurite doctor finds the project's output broken:" "$(cat "$work/doctor.txt")"
dotnet "$work/out/Scratch.dll" "$work/packages" "$work/run" || exit 1

# The project, built for no platform, has the assemblies of each; .NET takes those of this one. Counted again with IL in their place.
cp -r "$work/run" "$work/run-il"
compiled=$(dotnet "$work/out/Scratch.dll" "$work/run") || die "The project did not resume:" "$compiled"
for assembly in "$work"/out/runtimes/linux-x64/lib/net10.0/Fulgurite*.dll; do
  cp "$work/out/$(basename "$assembly")" "$assembly" || exit 1
done
il=$(dotnet "$work/out/Scratch.dll" "$work/run-il") || die "The project did not resume with IL:" "$il"
[ "$compiled" -lt $((il * 3 / 4)) ] || die "The code in the packages is not used: $compiled methods compiled by a process that resumes, $il with IL only."
echo "A process that resumes compiles $compiled methods, and $il with IL only."

checkpoint=$work/run/checkpoints/last.ckpt
quietly "$work/tools/fulgurite" verify "$checkpoint" || exit 1
"$work/tools/fulgurite" inspect "$checkpoint" > "$work/inspected.txt" || die "fulgurite inspect failed."
grep -q 'linear.weight' "$work/inspected.txt" || die "fulgurite, installed from its package, does not show the weights of the checkpoint:" "$(cat "$work/inspected.txt")"
echo "fulgurite, installed from its package, verified and showed the checkpoint that the project had saved."

# The templates, with a home of their own, so that nothing is installed for the user.
export DOTNET_CLI_HOME=$work/home NUGET_PACKAGES=$work/cache
quietly dotnet new install "$work/packages/Fulgurite.Templates.$version.nupkg" || exit 1

for template in console hosted checkpointio; do
  quietly dotnet new "fulgurite-$template" -n "My.$template" -o "$work/new/$template" || exit 1
  cp "$work/nuget.config" "$work/new/$template"
done

# try_template NAME [program arguments]
try_template() {
  local folder=$work/new/$1 name=My.$1
  quietly dotnet build "$folder" -c "$CONFIGURATION" -o "$folder/out" -v quiet --tl:off "-p:RestoreFallbackFolders=$cache" "${linked[@]}" || return 1
  "$work/tools/fulgurite" doctor "$folder/out" > "$folder.txt" || die "fulgurite doctor finds the output of the template broken:" "$(cat "$folder.txt")"
  (cd "$folder" && quietly dotnet "out/$name.dll" "${@:2}") || return 1
  rm -rf "$folder/out"
}

trials=()
try_template console & trials+=($!)
try_template hosted --Trainer:MaxEpochs=2 & trials+=($!)
try_template checkpointio & trials+=($!)
failed=0
for trial in "${trials[@]}"; do
  wait "$trial" || failed=1
done
[ "$failed" -eq 0 ] || exit 1
echo "The templates of dotnet new make programs that train with the packages."

# The first program of the README, with the packages that it names, in a folder of its own; run a second time, it resumes.
mkdir -p "$work/file" "$work/data" && cp "$work/nuget.config" "$work/file"
sed -n '/^```csharp$/,/^```$/p' "$ROOT/README.md" | sed '1d;$d' > "$work/file/train.cs"
cd "$work/file" || exit 1
export XDG_DATA_HOME=$work/data RestoreFallbackFolders=$cache
# Native compilation, the default of such programs when they are published, would need packages that nothing else here does.
quietly dotnet build train.cs -p:PublishAot=false "${linked[@]}" || exit 1
"$work/tools/fulgurite" doctor "$(dotnet build train.cs -p:PublishAot=false -getProperty:OutputPath)" > "$work/doctor.txt" || die "fulgurite doctor finds the output of train.cs broken:" "$(cat "$work/doctor.txt")"
for start in first second; do
  dotnet run --no-build -p:PublishAot=false train.cs < /dev/null > "$work/file/$start.txt" 2>&1 || die "The $start run of the README's program failed:" "$(cat "$work/file/$start.txt")"
done
"$work/tools/fulgurite" verify runs/sine/checkpoints/last.ckpt > "$work/verified.txt" || die "The README's program saved no checkpoint:" "$(cat "$work/verified.txt")"
grep -q 'epoch 1 of 20' "$work/file/second.txt" && die "The second run of the README's program did not resume:" "$(cat "$work/file/second.txt")"
echo "The first program of README.md runs from a single file with the packages, and resumes."
