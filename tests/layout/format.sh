#!/usr/bin/env bash
# Every C++ file as .clang-format lays it out.
set -euo pipefail
cd "$(dirname "$0")/../.."
find sdk host plugins examples tests -name .venv -prune -o \( -name '*.hpp' -o -name '*.cpp' \) -print0 |
  xargs -0 clang-format --dry-run -Werror
