#!/usr/bin/env bash
# Installs what is missing, builds with warnings as errors, and runs every test.
#
#   tests/run.sh           all of it, as continuous integration does
#   tests/run.sh --long    and hours more: see PARTS
#   tests/run.sh --long PART...   the named parts of that alone, on what is built
#
# PARTS: faults   every stop of a run, every write of a checkpoint, 200 kills, 50 signals, a hundred starts and exits
#        memory   10,000 steps, 50 epochs and 20 runs that must not grow
#        weights  a hundred thousand files of weights beside the safetensors package
#        asan     all tests with AddressSanitizer and UndefinedBehaviorSanitizer
#        mutants  10,000 of each file format, likewise
#        tsan     the rooms without LibTorch with ThreadSanitizer
#        fuzz     a minute of libFuzzer for each format, where clang is
#        lean     a build of LibTorch and header-only libraries alone, whole: what it links, and a training
#        tidy     clang-tidy on the other rooms and the plugins
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
  # What OpenCV's codecs bring along (GDAL) locks in another order than it unlocks; it is not instrumented.
  TSAN_OPTIONS=ignore_noninstrumented_modules=1 ctest --test-dir build-tsan --output-on-failure -j "$jobs" -R "^($(IFS='|'; echo "${rooms[*]}"))\$"
}

readonly fuzzed="safetensors stamp assignment metrics checkpoint config idx cifar npy tar list exif picture"

seeds_of() {
  case $1 in
    npy) echo tests/golden/arrays ;;
    exif | picture) echo tests/golden/pictures ;;
    *) echo "tests/fuzz/seeds/$1" ;;
  esac
}

mutants() { # 10,000 of each format, with AddressSanitizer
  local name
  say "10,000 mutants of each format"
  for name in $fuzzed; do
    "build-asan/bin/fuzz_$name" "$(seeds_of "$name")" 10000
  done
}

fuzz() { # a minute of libFuzzer each, where clang and its runtime are (Debian: clang, libclang-rt-14-dev)
  local compiler name targets=()
  compiler=$(compgen -c clang++ | sort -u | grep -xE 'clang\+\+(-[0-9]+)?' | head -1 || true)
  if [ -z "$compiler" ] || ! echo 'extern "C" int LLVMFuzzerTestOneInput(const char*, long) { return 0; }' |
    "$compiler" -x c++ -fsanitize=fuzzer,address - -o /dev/null 2>/dev/null; then
    say "no clang with libFuzzer: not fuzzed"
    return
  fi
  for name in $fuzzed; do targets+=("fuzz_$name"); done
  cmake --preset fuzz -DCMAKE_CXX_COMPILER="$compiler" >/dev/null
  ninja -C build-fuzz -j "$jobs" "${targets[@]}"
  for name in $fuzzed; do
    say "fuzzing $name"
    mkdir -p "build-fuzz/corpus/$name"
    "build-fuzz/bin/fuzz_$name" -max_total_time="${TANDEM_FUZZ_SECONDS:-60}" -timeout=20 -rss_limit_mb=3000 -verbosity=0 \
      -artifact_prefix="build-fuzz/$name-" "build-fuzz/corpus/$name" "$(seeds_of "$name")"
  done
}

tidy() { # every translation unit whose path matches
  say "clang-tidy: $1"
  grep -oE '"file": "[^"]+"' "$build/compile_commands.json" | cut -d'"' -f4 | grep -E "$1" | sort -u |
    xargs -r -P "$jobs" -n 4 clang-tidy -p "$build" --quiet
}

long_faults() {
  say "every stop of a run, every write of a checkpoint, 200 kills, signals at 50 moments and every write"
  TANDEM_TEST_LONG=1 "$build/bin/test_stops" "*goes on to the same bits*,a kill at*,a disk that fails*,signals *"
  say "a hundred starts and exits"
  TANDEM_TEST_CYCLES=100 "$build/bin/test_cli" "[cycles]"
}

long_memory() {
  say "resident memory, files and threads of long trainings"
  .venv/bin/python tests/bench/memory.py --tandem "$build/bin/tandem"
}

long_weights() {
  say "a hundred thousand files of weights beside the safetensors package"
  TANDEM_TEST_FILES=100000 "$build/bin/test_formats" "Tandem accepts*"
}

# Lines of a report need no more than -g1, and -O2 takes the compiler twice as long.
# Nor may the library of disk faults, which comes first in a process, end it, nor a size that no machine has: it is refused.
# LeakSanitizer loses its way among the thread-local variables of what was loaded while it intercepts their addresses.
long_asan() {
  ASAN_OPTIONS=verify_asan_link_order=0:allocator_may_return_null=1:intercept_tls_get_addr=0 \
  LSAN_OPTIONS=suppressions=$PWD/tests/security/leaks.txt:print_suppressions=0 \
    build_and_test build-asan -DTANDEM_SANITIZE=address,undefined -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1 -DNDEBUG"
}

long_lean() {
  local compiled='opencv|jpeg|png|libz\.|crypto|program_options|spdlog|libfmt'
  cmake -S . -B build-lean -G Ninja -DTANDEM_LEAN=ON -DTANDEM_WERROR=ON -DCMAKE_BUILD_TYPE=Release >/dev/null
  ninja -C build-lean -j "$jobs"
  say "a lean program's libraries, and its training"
  local file
  for file in build-lean/bin/tandem build-lean/lib/*.so $(find build-lean -path '*plugins*' -name '*.so'); do
    ! readelf -d "$file" | grep NEEDED | grep -E "$compiled" || return 1
  done
  build-lean/bin/tandem train quickstart --out build-lean/run --overwrite --set train.max_steps=60
}

long_mutants() { mutants; }
long_tsan() { sanitize_threads; }
long_fuzz() { fuzz; }
long_tidy() { tidy '/(sdk/src/sdk|host/src/(data|report|roles|train|eval|checkpoint|run|cli)|plugins)/'; }

build_and_check() {
  say "set-up"
  examples/setup.sh --tests
  say "building $build"
  build_and_test "$build" -DCMAKE_BUILD_TYPE=Release
  tidy '/(sdk/src/base|host/src/(config|plugin|formats))/'  # what reads others' bytes, and the boundary
}

main() {
  local parts=(faults memory weights asan mutants tsan fuzz lean tidy) part
  if [ "${1:-}" = --long ] && [ $# -gt 1 ]; then
    parts=("${@:2}")
    for part in "${parts[@]}"; do
      declare -F "long_$part" >/dev/null || { echo "tests/run.sh: no part '$part': see the top of this file" >&2; exit 2; }
    done
  else
    build_and_check
    [ "${1:-}" = --long ] || parts=()
  fi
  for part in "${parts[@]}"; do "long_$part"; done
  say "done"
}
main "$@"
