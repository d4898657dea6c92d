#!/usr/bin/env bash
# Who may include whom (the compiler enforces most of it: a room's headers are found only by targets that link it).
# Reads every #include of the tree and names each that crosses a boundary.
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

failures=0
forbid() { # DESCRIPTION, PATTERN of what is included, then paths
  local what=$1 pattern=$2 hits
  shift 2
  hits=$(grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" --include='*.hpp' --include='*.cpp' "$@" || true)
  [ -z "$hits" ] && return
  printf 'FORBIDDEN: %s\n%s\n' "$what" "$hits"
  failures=$((failures + 1))
}
others() { # the existing paths of a list, less those that match PATTERN
  local pattern=$1
  shift
  find "$@" -mindepth 1 -maxdepth 1 -type d | grep -vE "$pattern"
}

readonly torch='torch/|ATen/|c10/|tandem/sdk/'
readonly torch_free='config plugin formats data report'
rooms=(config formats plugin data report roles train eval checkpoint embed run bench conformance cli)
any_room=$(IFS='|' && echo "(${rooms[*]})/")
readonly any_room

for room in $torch_free; do forbid "LibTorch in the torch-free room $room" "$torch" "host/src/$room"; done
forbid 'LibTorch in tandem::base' "$torch" sdk/include/tandem/base sdk/src/base
forbid 'a host header in the SDK' "tandem/host/|$any_room" sdk
forbid 'a host header in a plugin' "tandem/host/|$any_room" plugins
forbid "a room, Boost, toml++ or OpenCV in the host's public headers" "$any_room|boost/|toml|opencv" host/include
forbid 'Boost or toml++ in a plugin or the SDK' 'boost/|toml' plugins sdk
# shellcheck disable=SC2046
forbid 'Boost.DLL outside host/src/plugin' 'boost/dll' $(others '/plugin$' host/src)
# shellcheck disable=SC2046
forbid 'toml++ outside host/src/config' 'toml' $(others '/config$' host/src)
readonly compiled='opencv|zlib\.h|png\.h|jpeglib\.h|turbojpeg|openssl/|boost/program_options'
for folder in host/src/*/; do
  # shellcheck disable=SC2046
  forbid 'a compiled library outside host/src/ROOM/libraries' "$compiled" \
    $(find "$folder" -mindepth 1 -maxdepth 1 ! -name libraries)
done
forbid 'a compiled library in the SDK or a plugin' "$compiled" sdk plugins
forbid 'a path that leaves its room' '\.\./' host sdk plugins

# A room includes the rooms before it in the list, never those after.
for ((i = 0; i < ${#rooms[@]}; ++i)); do
  for ((j = i + 1; j < ${#rooms[@]}; ++j)); do
    forbid "${rooms[i]} includes ${rooms[j]}, which stands below it" "${rooms[j]}/" "host/src/${rooms[i]}"
  done
done

[ "$failures" = 0 ] && echo "every include keeps to its room"
exit $((failures > 0))
