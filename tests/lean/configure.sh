#!/usr/bin/env bash
# A lean build configures where none of the compiled libraries is found, and asks for none of them.
set -euo pipefail
source=$(cd "$(dirname "$0")/../.." && pwd)
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
without=()
for library in OpenCV JPEG PNG ZLIB OpenSSL; do without+=("-DCMAKE_DISABLE_FIND_PACKAGE_$library=ON"); done
cmake -S "$source" -B "$build" -G Ninja -DTANDEM_LEAN=ON -DTANDEM_VENV="$1" "${without[@]}"
! grep -E 'opencv|libjpeg|libpng|libz\.|libcrypto|program_options|libspdlog|libfmt' "$build/build.ninja"
# With the tests, which need them, it says so.
! output=$(cmake -S "$source" -B "$build" -DTANDEM_TESTS=ON 2>&1)
grep -q 'TANDEM_TESTS needs what TANDEM_LEAN leaves out' <<<"$output"
