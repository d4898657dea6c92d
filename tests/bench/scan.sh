#!/usr/bin/env bash
# A million files in a thousand folders: how long a folder of pictures takes to be scanned and shuffled on a warm
# cache, and what its index costs. Makes hard links in a temporary folder and removes them.
#
#   tests/bench/scan.sh BUILD_FOLDER [FILES]
set -euo pipefail
readonly build=${1:?the build folder} files=${2:-1000000}
cmake --build "$build" --target bench_scan >/dev/null
folder=$(mktemp -d "${TMPDIR:-/tmp}/tandem-scan-XXXXXX")
trap 'rm -rf "$folder"' EXIT
python3 - "$folder" "$files" <<'PYTHON'
import os
import sys

folder, files = sys.argv[1], int(sys.argv[2])
origin = None
for i in range(files):
    if i % 1000 == 0:
        os.mkdir(f"{folder}/class{i // 1000:04}")
    if i % 30000 == 0:  # a file system limits the links to one file
        origin = f"{folder}/class{i // 1000:04}/picture_{i:08}.jpg"
        open(origin, "w").close()
    else:
        os.link(origin, f"{folder}/class{i // 1000:04}/picture_{i:08}.jpg")
PYTHON
"$build/bin/bench_scan" "$folder" # warms the cache
"$build/bin/bench_scan" "$folder"
