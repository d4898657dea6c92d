#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors, and runs every test.
#
#   tests/run.sh           all of it, as continuous integration does
#   tests/run.sh --long    and the same under sanitizers, and clang-tidy everywhere
#
# TANDEM_DATA names a folder with cifar10-jpg.tar.gz and photos224.tar.gz, or what they hold; tests that need
# them are skipped without it. BUILD_DIR (build-test) is where it builds.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly build=${BUILD_DIR:-build-test}
jobs=$(nproc)
readonly jobs

say() { printf '\n== %s (%ds)\n' "$*" "$SECONDS"; }

build_and_test() { # FOLDER, then CMake options
  local folder=$1
  shift
  cmake -S . -B "$folder" -G Ninja -DTANDEM_TESTS=ON -DTANDEM_WERROR=ON "$@" >"$folder.configure.log" 2>&1 || {
    cat "$folder.configure.log"
    return 1
  }
  rm -f "$folder.configure.log"
  ninja -C "$folder" -j "$jobs"
  say "testing $folder"
  ctest --test-dir "$folder" --output-on-failure -j "$jobs"
}

sanitize_threads() { # the torch-free rooms: LibTorch's own threads are not instrumented
  local rooms=(base config plugin formats data report) targets=() room
  for room in "${rooms[@]}"; do targets+=("test_$room"); done
  cmake -S . -B build-tsan -G Ninja -DTANDEM_TESTS=ON -DTANDEM_SANITIZE=thread -DCMAKE_BUILD_TYPE=RelWithDebInfo >/dev/null
  ninja -C build-tsan -j "$jobs" "${targets[@]}"
  say "testing build-tsan"
  ctest --test-dir build-tsan --output-on-failure -j "$jobs" -R "^($(IFS='|'; echo "${rooms[*]}"))\$"
}

tidy() { # every translation unit whose path matches
  say "clang-tidy: $1"
  grep -oE '"file": "[^"]+"' "$build/compile_commands.json" | cut -d'"' -f4 | grep -E "$1" | sort -u |
    xargs -r -P "$jobs" -n 4 clang-tidy -p "$build" --quiet
}

main() {
  say "set-up"
  examples/setup.sh --tests
  say "building $build"
  build_and_test "$build" -DCMAKE_BUILD_TYPE=Release
  tidy '/(sdk/src/base|host/src/(config|plugin|formats|data|report))/'
  if [ "${1:-}" = --long ]; then
    say "a hundred starts and exits"
    TANDEM_TEST_CYCLES=100 "$build/bin/test_cli" "[cycles]"
    build_and_test build-asan -DTANDEM_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo
    sanitize_threads
    tidy '/(sdk/src/sdk|host/src/(roles|train|eval|checkpoint|run|cli)|plugins)/'
  fi
  say "done"
}
main "$@"
