#!/usr/bin/env bash
# Changes the stored list once in a copy of the tree: the check must ask for the number that covers it.
#
#   tests/abi/abi_can_fail.sh BUILD
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
readonly here copy build=$1 header=sdk/include/tandem/base/abi.hpp

expect() { # SENTENCE NUMBERS STORED: edits (sed) of the header's numbers and of the stored list, and what is then said
  mkdir -p "$copy/tests/abi" "$copy/${header%/*}"
  cp "$here"/abi.sh "$copy/tests/abi"
  sed -E "$2" "$here/../../$header" >"$copy/$header"
  sed -E "$3" "$here/exported.txt" >"$copy/tests/abi/exported.txt"
  local said
  said=$("$copy/tests/abi/abi.sh" check "$build" 2>&1) && { echo "the check passed: $*"; exit 1; }
  grep -qF "$1" <<<"$said" || { printf '%s\nexpected: %s\n' "$said" "$1"; exit 1; }
}

readonly new='are new too'
readonly objective='s/(_ZTVN6tandem9ObjectiveE) [0-9]+/\1 99/' stateful='s/(_ZTVN6tandem8StatefulE) [0-9]+/\1 99/'
readonly removed='s/^_ZN6tandem9Objective6encode/_ZN6tandem9Objective6decode/' added='/^_ZN6tandem9Objective6encode/d'
revision() { echo "s/(role_revision = )\{.*\}/\1{$1}/"; }

expect 'raise role_revision.objective in' '' "$objective"
expect 'raise role_revision.objective in' "$(revision "1, 2, 2")" "$objective"
expect "$new" "$(revision "2, 1, 1")" "$objective"
expect 'raise abi_major in' "$(revision "2, 2, 2")" "$stateful"
expect 'raise abi_major role_revision.objective in' '' "$objective;$stateful"
expect 'raise abi_major in' 's/(sdk_minor = )[0-9]+/\19/' "$removed"
expect "$new" 's/(abi_major = )[0-9]+/\19/' "$objective;$removed"
expect 'raise sdk_minor in' "$(revision "2, 2, 2")" "$added"
expect "$new" 's/(sdk_minor = )[0-9]+/\19/' "$added"
