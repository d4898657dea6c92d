#!/usr/bin/env bash
# A LibTorch is found by whatever names it, by FindLibTorch.cmake and by examples/setup.sh, in a folder with spaces too;
# and libtorch.so, to which nobody refers, is linked whatever the linker drops.
#
#   tests/installed/libtorch.sh C++_COMPILER
set -euo pipefail
compiler=$1
source=$(realpath "$(dirname "$0")/../..")
work=$(realpath "$(mktemp -d)")
trap 'rm -rf "$work"' EXIT
readonly compiler source work root="$work/a lib torch/torch"
unset CMAKE_PREFIX_PATH Torch_DIR

fail() {
  printf 'libtorch: %s\n' "$*" >&2
  exit 1
}
quietly() { # runs a command; its output is shown only where it fails
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "failed: $*"; }
}

# A LibTorch as far as it is looked at and linked.
forge_libtorch() {
  local headers="$root/include/torch/csrc/api/include/torch" name
  mkdir -p "$root/lib" "$headers" "$root/share/cmake/Torch"
  touch "$headers/nn.h" "$root/share/cmake/Torch/TorchConfig.cmake"
  printf '#define TORCH_VERSION_%s\n' 'MAJOR 2' 'MINOR 9' 'PATCH 0' >"$root/include/torch/version.h"
  for name in torch torch_cpu c10; do
    echo "const char* ${name}_abi() { return \"__cxx11\"; }" >"$work/$name.cpp"
    quietly "$compiler" -shared -fPIC -Wl,-soname,"lib$name.so" "$work/$name.cpp" -o "$root/lib/lib$name.so"
  done
}

write_project() {
  mkdir "$work/project"
  echo 'int main() {}' >"$work/project/main.cpp"
  cat >"$work/project/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
list(APPEND CMAKE_MODULE_PATH "${MODULES}")
find_package(LibTorch REQUIRED)
message(STATUS "the root is ${LibTorch_ROOT}.")
add_executable(user main.cpp)
target_link_options(user PRIVATE LINKER:--as-needed)
target_link_libraries(user PRIVATE LibTorch::LibTorch)
EOF
}

configure() { # NAME [CMake option…]
  local name=$1
  shift
  quietly cmake -S "$work/project" -B "$work/$name" -DCMAKE_CXX_COMPILER="$compiler" \
    -DMODULES="$source/sdk/cmake" "$@"
  grep -qF "the root is $root." "$work/log" || { cat "$work/log" >&2 && fail "not found: $*"; }
}

every_name_is_understood() {
  configure folder -DCMAKE_PREFIX_PATH="$root"
  configure prefix -DCMAKE_PREFIX_PATH="$root/share/cmake"  # torch.utils.cmake_prefix_path
  configure package -DCMAKE_PREFIX_PATH="$root/share/cmake/Torch"
  configure directory -DTorch_DIR="$root/share/cmake/Torch"
  CMAKE_PREFIX_PATH="/nowhere:$root/share/cmake" configure environment
}

nothing_is_dropped() { # GENERATOR NAME
  configure "$2" -G "$1" -DCMAKE_PREFIX_PATH="$root"
  quietly cmake --build "$work/$2"
  quietly readelf -d "$work/$2/user"
  grep -q 'NEEDED.*\[libtorch\.so\]' "$work/log" || fail "$1: libtorch.so is not linked"
}

# A set-up where every package is installed and no wheel can be.
set_up() { # CMAKE_PREFIX_PATH
  CMAKE_PREFIX_PATH=$1 PATH="$work/bin:$PATH" "$work/tree/examples/setup.sh" >"$work/log" 2>&1
}
setup_understands_too() {
  mkdir -p "$work/bin" "$work/tree/examples"
  cp "$source/examples/setup.sh" "$work/tree/examples"
  printf '#!/bin/sh\nprintf "ii "\n' >"$work/bin/dpkg-query"
  printf '#!/bin/sh\nexit 1\n' >"$work/bin/python3"
  chmod +x "$work/bin/"*
  local prefix
  for prefix in "$root" "$root/share/cmake" "/nowhere:$root/share/cmake/Torch"; do
    set_up "$prefix" || { cat "$work/log" >&2 && fail "setup.sh does not know $prefix"; }
    grep -q 'using the LibTorch that' "$work/log" || fail "setup.sh does not say that it uses $prefix"
  done
  if set_up "$work"; then fail "setup.sh takes any folder for a LibTorch"; fi
}

forge_libtorch
write_project
every_name_is_understood
nothing_is_dropped Ninja ninja
nothing_is_dropped "Unix Makefiles" make
setup_understands_too
