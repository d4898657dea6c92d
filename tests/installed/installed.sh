#!/usr/bin/env bash
# Installs a build, moves it, and lets strangers build on it: the out-of-tree examples are configured, built, tested
# and trained against the moved prefix, with nothing said about LibTorch.
#
#   tests/installed/installed.sh BUILD_FOLDER
set -euo pipefail
build=$(realpath "$1")
source=$(realpath "$(dirname "$0")/../..")
readonly build source
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly work prefix="$work/moved/prefix"

# The prefix has to do alone.
unset CMAKE_PREFIX_PATH Torch_DIR LD_LIBRARY_PATH TANDEM_PLUGIN_PATH
# A compiler cache knows the sources again, although the folder has another name each time.
export CCACHE_BASEDIR=$work CCACHE_NOHASHDIR=1

fail() {
  printf 'installed: %s\n' "$*" >&2
  exit 1
}
quietly() { # runs a command; its output is shown only where it fails
  "$@" >"$work/log" 2>&1 || { cat "$work/log" >&2 && fail "failed: $*"; }
}
part() { # NAME: shows how long the part before took
  [ -z "${part:-}" ] || printf 'installed: %4d s  %s\n' $((SECONDS - begun)) "$part"
  part=$1 begun=$SECONDS
}
cached() { sed -n "s/^$1:[^=]*=//p" "$build/CMakeCache.txt"; }

configure() { # NAME SOURCE [CMake option…]: strict warnings, so that the headers have none
  local name=$1 from=$2
  shift 2
  cmake -S "$from" -B "$work/$name" -G Ninja -DCMAKE_CXX_COMPILER="$(cached CMAKE_CXX_COMPILER)" \
    -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)" \
    -DCMAKE_CXX_FLAGS='-Wall -Wextra -Wpedantic -Wshadow -Werror' -DCMAKE_PREFIX_PATH="$prefix" "$@"
}

install_and_move() {
  quietly cmake --install "$build" --prefix "$work/first"
  mkdir "$work/moved"
  mv "$work/first" "$prefix"
}

# A path that begins a word, a quoted text or a list's element.
no_absolute_path() {
  grep -rnE "(^|[[:space:]\";=(])/[A-Za-z]" --include='*.cmake' "$prefix" && fail "an installed CMake file holds an absolute path"
  grep -rlF -e "$source" -e "$build" -e "$work/first" "$prefix/lib/cmake" "$prefix/include" "$prefix/share" &&
    fail "an installed text file names a folder of the build"
  return 0
}

program_runs() {
  quietly "$prefix/bin/tandem" --version
  "$prefix/bin/tandem" plugins list >"$work/list"
  local id
  for id in barlow_twins resnet18 random_resized_crop; do
    grep -q "^$id .*$prefix/lib/tandem/plugins/" "$work/list" || fail "the moved program does not find $id"
  done
  quietly "$prefix/bin/tandem" config check seed
}

# The library of those who embed the host: its own API and nothing of what is linked into it, and nothing called that
# belongs to the process (its signals, heap, threads, seed, streams, end).
host_library_keeps_to_itself() {
  local library=$prefix/lib/libtandem-host.so
  nm -DC --defined-only "$library" | cut -d' ' -f3- | grep -vE '^((typeinfo|typeinfo name|vtable) for )?tandem::host::' &&
    fail "libtandem-host exports what is not its own"
  nm -DCu "$library" | grep -E ' (signal|sigaction|mallopt|_?exit|abort|setenv|srand)@|_num_threads|std::c(out|err|log)' &&
    fail "libtandem-host calls what belongs to the process"
  return 0
}

# A LibTorch as far as the package looks at one.
forge_libtorch() { # FOLDER MINOR
  mkdir -p "$1/lib" "$1/include/torch/csrc/api/include/torch"
  touch "$1/lib/libtorch_cpu.so" "$1/lib/libtorch.so" "$1/include/torch/csrc/api/include/torch/nn.h"
  echo __cxx11 >"$1/lib/libc10.so"
  printf '#define TORCH_VERSION_%s\n' 'MAJOR 2' "MINOR $2" 'PATCH 0' >"$1/include/torch/version.h"
}

other_libtorch_is_refused() {
  forge_libtorch "$work/other" 99
  if configure refused "$source/examples/out_of_tree_objective" -DCMAKE_PREFIX_PATH="$work/other;$prefix" >"$work/log" 2>&1; then
    fail "another LibTorch was accepted"
  fi
  tr -s '\n ' ' ' <"$work/log" >"$work/sentence"
  grep -qE 'LibTorch: found 2\.99 in [^ ]+, expected 2\.[0-9]+, which this Tandem was built with\. Name a LibTorch 2\.[0-9]+ with CMAKE_PREFIX_PATH, or build Tandem against the one that was found\.' "$work/sentence" ||
    { cat "$work/log" >&2 && fail "the refusal of another LibTorch does not say what is wrong"; }
  # Who needs no LibTorch is not asked for one.
  quietly configure torch_free "$source/examples/out_of_tree_augmentation" -DCMAKE_PREFIX_PATH="$work/other;$prefix"
}

# A project that can do without Tandem is told, and goes on.
optional_tandem_is_told() {
  forge_libtorch "$work/damaged" 9
  : >"$work/damaged/lib/libc10.so"
  mkdir "$work/optional"
  cat >"$work/optional/CMakeLists.txt" <<'EOF'
cmake_minimum_required(VERSION 3.25)
project(optional LANGUAGES CXX)
find_package(tandem QUIET)
message(STATUS "found: ${tandem_FOUND}: ${tandem_NOT_FOUND_MESSAGE}")
EOF
  quietly configure optional_build "$work/optional" -DCMAKE_PREFIX_PATH="$work/damaged;$prefix"
  grep -qE 'found: (0|FALSE): LibTorch 2\.9\.0 in [^ ]+ is built with the old C\+\+ ABI' "$work/log" ||
    { cat "$work/log" >&2 && fail "an optional Tandem is not told why it cannot be used"; }
}

train() { # NAME [word…]: a few steps with the plugin that was built under NAME
  local name=$1
  shift
  quietly "$prefix/bin/tandem" train --plugin "$work/$name/$name.so" --out "$work/$name/run" \
    --set 'data={source = "synthetic", synthetic_count = 40, synthetic_size = 32}' \
    --set 'train={max_steps = 3, batch_size = 8}' "$@"
  grep -q "\"$name\"" "$work/$name/run/manifest.json" || fail "the run does not name the plugin $name"
}

readonly small_backbone='backbone={use = "resnet10", width = 8, stem = "cifar"}'
readonly small_objective='objective={use = "barlow_twins", projector = [32, 32]}'

train_each() {
  train vicreg --set 'objective={use = "vicreg", projector = [32, 32]}' --set "$small_backbone"
  train new_objective --set 'objective={use = "new_objective", projector = [32, 32]}' --set "$small_backbone"
  train convnet --set 'backbone={use = "convnet", width = 8, depth = 2}' --set "$small_objective"
  train new_backbone --set 'backbone={use = "new_backbone", width = 8}' --set "$small_objective"
  local name
  for name in posterize new_augmentation; do
    train "$name" --set "$small_backbone" --set "$small_objective" --set "view=[{count = 2, ops = [{use = \"$name\"}]}]"
  done
}

# A trained backbone in a program without the trainer, moved away from its run.
use_backbone() {
  mv "$work/convnet/run/backbone.safetensors" "$work/trained"
  quietly env TANDEM_PLUGIN_PATH="$work/convnet" "$work/use_backbone/use_backbone" "$work/trained"
  grep -qE '^convnet: \[8, [0-9]+\]$' "$work/log" || { cat "$work/log" >&2 && fail "the example has no features"; }
}

# The objective that the project's README shows.
readme_objective() {
  quietly "$prefix/bin/tandem" plugins new objective align --into "$work/projects"
  sed -n '/^## An objective of your own/,/^```$/p' "$source/README.md" | sed -n '/^```cpp/,/^```$/p' | grep -v '^```' \
    >"$work/projects/align/align.cpp"
  quietly configure align "$work/projects/align"
  quietly cmake --build "$work/align" --target align
  quietly "$prefix/bin/tandem" plugins check "$work/align/align.so"
}

readonly examples=(vicreg convnet posterize)
readonly roles=(objective backbone augmentation)

main() {
  part "install, move, look at what is there"
  install_and_move
  no_absolute_path
  program_runs
  host_library_keeps_to_itself
  other_libtorch_is_refused
  optional_tandem_is_told
  local name role i
  part "configure three examples, three projects of 'plugins new', a loop and a user of weights"
  for i in 0 1 2; do quietly configure "${examples[i]}" "$source/examples/out_of_tree_${roles[i]}"; done
  for role in "${roles[@]}"; do
    quietly "$prefix/bin/tandem" plugins new "$role" "new_$role" --into "$work/projects"
    quietly configure "new_$role" "$work/projects/new_$role"
  done
  quietly configure own_training_loop "$source/examples/own_training_loop"
  quietly configure use_backbone "$source/examples/use_backbone"
  readonly names=("${examples[@]}" "${roles[@]/#/new_}")
  printf '%s\n' "${names[@]/#/$work/}" "$work/own_training_loop" "$work/use_backbone" >"$work/builds"
  part "build them"
  quietly xargs -a "$work/builds" -n 1 -P "$(nproc)" cmake --build
  part "test and check them"
  for name in "${names[@]}"; do
    quietly ctest --test-dir "$work/$name" -N
    grep -q "conformance_$name\$" "$work/log" || fail "ctest does not check $name"
    quietly ctest --test-dir "$work/$name" --output-on-failure
  done
  quietly env OMP_NUM_THREADS=1 ctest --test-dir "$work/own_training_loop" --no-tests=error
  part "the README's objective"
  readme_objective
  part "train with each"
  train_each
  part "use what was trained"
  use_backbone
  part ""
}
main
