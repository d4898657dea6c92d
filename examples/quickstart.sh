#!/usr/bin/env bash
# From a bare machine to a trained backbone: installs, builds, trains Barlow Twins on Fashion-MNIST and compares the
# result with simple baselines. Words after it go to the training, e.g. --set train.epochs=20.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly run=runs/quickstart
for word in "$@"; do
  case "$word" in
    --out* | run.out*) printf 'quickstart: the run goes to %s; use build/bin/tandem train for another folder\n' "$run" >&2; exit 2 ;;
  esac
done
examples/setup.sh
if [ ! -x build/bin/tandem ] || [ -n "$(find CMakeLists.txt sdk host plugins -newer build/bin/tandem -type f -print -quit)" ]; then
  printf 'quickstart: building (minutes the first time)\n' >&2
  cmake -S . -B build -G Ninja >build.log 2>&1 && ninja -C build >>build.log 2>&1 || {
    tail -n 40 build.log
    printf 'quickstart: the build failed; build.log has all of it\n' >&2
    exit 1
  }
  rm -f build.log
  touch build/bin/tandem
fi

build/bin/tandem train quickstart --out "$run" --overwrite "$@"
build/bin/tandem eval knn "$run" --baselines
cat <<NEXT

Worth typing next:
  build/bin/tandem train quickstart --objective simsiam
  build/bin/tandem train --data DIR_OF_IMAGES --backbone resnet18
  build/bin/tandem plugins info barlow_twins
NEXT
