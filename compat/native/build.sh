#!/usr/bin/env bash
# usage: build.sh OUTPUT_DIRECTORY [LIBTORCH]
#
# Builds libfulgurite_torch.so against LIBTORCH (an unpacked libtorch, the torch folder of a Python installation, or the
# folder of their TorchConfig.cmake), or, without it, against the libtorch of the operating system. Errors have the form
# that MSBuild shows as its own. Safe to run twice at once: one builds, the other waits and finds it done.
set -u
sources=$(cd "$(dirname "$0")" && pwd)
output=$1
libtorch=${2:-}
library=$output/libfulgurite_torch.so

fail() {
  echo "libtorch : error FULG0001: $1"
  exit 1
}

command -v g++ >/dev/null || fail "g++ was not found, and the system engine needs it. Install it: apt-get install g++"

# Debian's own TorchConfig.cmake: what is taken without a choice too.
case $libtorch in
  /usr/lib/*/cmake/Torch | /usr/lib/*/cmake/Torch/) libtorch= ;;
esac

if [ -n "$libtorch" ]; then
  root=$libtorch
  [ -f "$root/TorchConfig.cmake" ] && root=$(cd "$root/../../.." && pwd)
  includes=$root/include
  libraries=$root/lib
  hint="Torch_DIR is '$libtorch'. Set it to an unpacked libtorch (with include/ and lib/), or unset it and run: apt-get install g++ libtorch-dev libopenblas0-openmp"
else
  includes=/usr/include
  libraries=/usr/lib/$(g++ -print-multiarch)
  hint="Run: apt-get install g++ libtorch-dev libopenblas0-openmp, or set Torch_DIR to an unpacked libtorch"
fi
[ -f "$includes/ATen/core/Tensor.h" ] || fail "$includes has no ATen/core/Tensor.h. $hint"
[ -e "$libraries/libtorch_cpu.so" ] || fail "$libraries has no libtorch_cpu.so. $hint"

mkdir -p "$output" || fail "cannot make the folder $output"
exec 9>"$output/.lock"
flock 9
newer=$(find "$sources" -newer "$library" \( -name '*.cpp' -o -name '*.h' -o -name '*.sh' \) 2>/dev/null)
if [ -f "$library" ] && [ -z "$newer" ] && [ "$(cat "$output/.libtorch" 2>/dev/null)" = "$libraries" ]; then
  touch "$library"
  exit 0
fi

# Builds of libtorch from before the C++11 ABI say so in their CMake file.
abi=
grep -qs '_GLIBCXX_USE_CXX11_ABI=0' "$libraries/../share/cmake/Torch/TorchConfig.cmake" && abi=-D_GLIBCXX_USE_CXX11_ABI=0
# The CUDA part registers itself when loaded; nothing refers to it, so the linker must be told to keep it.
cuda=
[ -e "$libraries/libtorch_cuda.so" ] && cuda="-Wl,--no-as-needed -ltorch_cuda -lc10_cuda -Wl,--as-needed"

build=$(mktemp -d "$output/build.XXXXXX")
trap 'rm -rf "$build"' EXIT
for source in "$sources"/*.cpp; do
  g++ -std=c++17 -O2 -fPIC -fvisibility=hidden $abi -I"$includes" -I"$includes/torch/csrc/api/include" -c "$source" -o "$build/$(basename "$source").o" >"$build/$(basename "$source").log" 2>&1 &
done
wait
for source in "$sources"/*.cpp; do
  [ -f "$build/$(basename "$source").o" ] && continue
  sed 's/error:/:/' "$build/$(basename "$source").log" | head -20
  fail "$(basename "$source") does not compile against the libtorch in $includes (the lines above). Supported are libtorch 1.13 and 2.x. $hint"
done
g++ -shared -o "$build/library.so" "$build"/*.o -L"$libraries" -Wl,-rpath,"$libraries" -ltorch -ltorch_cpu -lc10 $cuda -Wl,-z,defs >"$build/link.log" 2>&1 || {
  head -20 "$build/link.log" | sed 's/error:/:/'
  fail "the bridge does not link against the libtorch in $libraries (the lines above). $hint"
}
mv -f "$build/library.so" "$library"
printf %s "$libraries" >"$output/.libtorch"
echo "built $library against $libraries"
