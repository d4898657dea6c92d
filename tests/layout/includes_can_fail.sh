#!/usr/bin/env bash
# Breaks the boundary once in a copy of the tree: the check must name it.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cp -r "$here/../../host" "$here/../../sdk" "$here/../../plugins" "$copy"
printf '#include "train/trainer.hpp"\n#include <torch/torch.h>\n' >>"$copy/host/src/data/source.hpp"
printf '#include <png.h>\n' >>"$copy/host/src/data/png.cpp"
output=$("$here/includes.sh" "$copy") && { echo "the check passed a tree with three wrong includes"; exit 1; }
grep -q 'LibTorch in the torch-free room data' <<<"$output"
grep -q 'data includes train' <<<"$output"
grep -q 'a compiled library outside' <<<"$output"
