#!/usr/bin/env bash
# The Python peers of loss.py, step.py, data.py, train.py and export.py, in an environment of their own: tests/bench/.venv.
# Takes no part in building or testing. 5.5 GB where the index holds wheels with CUDA alone; PIP_INDEX_URL and
# PIP_EXTRA_INDEX_URL are honoured: one with CPU-only wheels saves most of that. Skips what is there already.
#
#   tests/bench/setup.sh
set -euo pipefail
cd "$(dirname "$0")"

readonly peers=(torch==2.14.1 torchvision==0.29.1 lightly==1.6.0 timm==1.0.31)
readonly list=.venv/peers

if [ "$(cat "$list" 2>/dev/null)" = "${peers[*]}" ]; then exit 0; fi
printf 'bench setup: installing %s into tests/bench/.venv\n' "${peers[*]}" >&2
[ -x .venv/bin/pip ] || python3 -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check "${peers[@]}"
# Written last, so that an interrupted installation is not taken for a whole one.
printf '%s' "${peers[*]}" >"$list"
