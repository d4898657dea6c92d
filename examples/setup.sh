#!/usr/bin/env bash
# Installs what Tandem needs to build: Debian packages, and PyTorch's wheel as LibTorch into .venv.
# Skips what is there already. Run it as root, or as a user who may use sudo.
#
#   examples/setup.sh            what the program and the quickstart need
#   examples/setup.sh --tests    and what tests/run.sh needs
#
# A LibTorch of your own is used instead of the wheel when Torch_DIR or CMAKE_PREFIX_PATH names it, the latter
# by its folder or as torch.utils.cmake_prefix_path does.
# PIP_INDEX_URL / PIP_EXTRA_INDEX_URL are honoured: point them at an index with CPU-only wheels to
# save several gigabytes.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly torch_version=2.13.0
readonly build_packages=(
  g++ cmake ninja-build make ccache mold git ca-certificates python3-venv
  libboost-dev libboost-program-options-dev libtomlplusplus-dev nlohmann-json3-dev libspdlog-dev
  libopencv-dev libjpeg-dev libpng-dev libssl-dev zlib1g-dev libgloo-dev dataset-fashion-mnist
)
readonly test_packages=(
  libturbojpeg0-dev catch2 librapidcheck-dev clang-format clang-tidy chromium fonts-dejavu-core
)
# Readers of what Tandem writes, in an environment of their own: they take no part in building.
readonly test_readers=(numpy safetensors==0.6.2 tensorboard==2.20.0 onnx==1.20.1 onnxruntime==1.23.2)

say() { printf 'setup: %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else die "needs root to install packages: run as root, or install sudo"
  fi
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null)" = "ii " ]; }

install_packages() {
  local missing=() package
  for package in "$@"; do installed "$package" || missing+=("$package"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || die "this script installs through apt-get; elsewhere install the equivalents of: ${missing[*]}"
  say "installing ${missing[*]}"
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# True when the user names a LibTorch: the wheel is not needed then.
names_libtorch() {
  [ -n "${Torch_DIR:-}" ] && return 0
  local prefix
  IFS=':;' read -ra prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for prefix in "${prefixes[@]}"; do
    compgen -G "$prefix/lib/libtorch_cpu.*" >/dev/null && return 0
    compgen -G "$prefix/TorchConfig.cmake" >/dev/null && return 0
    compgen -G "$prefix/Torch/TorchConfig.cmake" >/dev/null && return 0
    compgen -G "$prefix/share/cmake/Torch/TorchConfig.cmake" >/dev/null && return 0
  done
  return 1
}

# The version in .venv, read from its file: importing torch takes seconds.
wheel_version() {
  sed -n "s/^__version__ = '\([0-9.]*\).*/\1/p" .venv/lib/python3*/site-packages/torch/version.py 2>/dev/null || true
}

install_libtorch() {
  if names_libtorch; then say "using the LibTorch that Torch_DIR or CMAKE_PREFIX_PATH names"; return; fi
  [ "$(wheel_version)" = "$torch_version" ] && return
  say "installing torch $torch_version into .venv"
  [ -x .venv/bin/pip ] || python3 -m venv .venv
  .venv/bin/pip install --quiet --disable-pip-version-check "torch==$torch_version" numpy
}

# Made anew where the list above has changed since.
install_test_readers() {
  local list=.venv-tests/readers
  [ "$(cat "$list" 2>/dev/null)" = "${test_readers[*]}" ] && return
  say "installing ${test_readers[*]} into .venv-tests"
  [ -x .venv-tests/bin/pip ] || python3 -m venv .venv-tests
  .venv-tests/bin/pip install --quiet --disable-pip-version-check "${test_readers[@]}"
  printf '%s' "${test_readers[*]}" >"$list"
}

main() {
  local packages=("${build_packages[@]}")
  case "${1:-}" in
    --tests) packages+=("${test_packages[@]}") ;;
    "") ;;
    *) die "unknown argument '$1' (only --tests is known)" ;;
  esac
  install_packages "${packages[@]}"
  install_libtorch
  if [ "${1:-}" = --tests ]; then install_test_readers; fi
}
main "$@"
