#!/usr/bin/env bash
# What libtandem-base.so and libtandem-sdk.so export, against the stored list, and both against the numbers in
# tandem/base/abi.hpp: a change without a new number fails. What may change when: sdk/COMPATIBILITY.md.
#
#   tests/abi/abi.sh check BUILD                    the ctest `abi`
#   tests/abi/abi.sh refresh BUILD                  stores the list anew, after the number was raised
#   tests/abi/abi.sh refresh BUILD --unreleased     and without, while no release carries the number
#
# A line is a symbol's linkage name, for a table of virtuals followed by how many entries it has, and what it means.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "$0")" && pwd)
readonly here stored=$here/exported.txt header=$here/../../sdk/include/tandem/base/abi.hpp
readonly command=${1:-} build=${2:-} option=${3:-}
readonly refresh="tests/abi/abi.sh refresh ${build:-BUILD}"

numbers() { # "abi_major 1 sdk_minor 0 role_revision 1 1 1"
  sed -nE 's/.* (abi_major|sdk_minor) = ([0-9]+);.*/\1 \2/p; s/.* (role_revision) = \{([0-9]+), ([0-9]+), ([0-9]+)\};.*/\1 \2 \3 \4/p' "$header" | xargs
}

exported() { # strong symbols of namespace tandem, and its tables of virtuals
  local library
  for library in base sdk; do
    nm -D --defined-only -t d -S "$build/lib/libtandem-$library.so"
  done | awk '$4 ~ /^_ZNK?6tandem/ && $3 ~ /[TDBR]/ { print $4 }
              $4 ~ /^_ZTVN6tandem/ { print $4, $2 / 8 }' | sort -u
}

meaning() { # of linkage names, each as one readable line
  sed -E 's/ ([0-9]+)$/ \1 entries/' | c++filt |
    sed -E 's/std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >/std::string/g
            s/std::basic_string_view<char, std::char_traits<char> >/std::string_view/g'
}

linkage() { sed -n '/^_Z/s/  .*//p' "$stored" | sort -u; }

say() { printf 'abi: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 1
}

# The number that has to be raised, or nothing. Reads ADDED and GONE.
due() {
  local tables='^_ZTV' gone_functions
  gone_functions=$(grep -v "$tables" <<<"$gone" || true)
  [ -z "$gone_functions" ] || { echo abi_major && return; }
  [ -z "$gone" ] || { echo 'role_revision of the role, or abi_major where it serves all roles' && return; }
  [ -z "$added" ] || echo sdk_minor
}

compare() {
  now=$(exported)
  [ -n "$now" ] || fail "no symbols in $build/lib: build tandem-base and tandem-sdk first"
  [ -f "$stored" ] || { added=$now gone='' before='' && return; }
  before=$(sed -n 's/^numbers: //p' "$stored")
  added=$(comm -13 <(linkage) - <<<"$now")
  gone=$(comm -23 <(linkage) - <<<"$now")
}

raised() { # whether a number that covers WHAT is another one than before
  [ -n "$1" ] || return 0
  local keep
  case $1 in # the numbers that do not cover it are left out of the comparison
    abi_major) keep='s/ sdk_minor.*//' ;;
    role*) keep='s/ sdk_minor [0-9]+//' ;;
    *) keep='s/ role_revision.*//' ;;
  esac
  [ "$(sed -E "$keep" <<<"$before")" != "$(numbers | sed -E "$keep")" ]
}

check() {
  compare
  if [ -z "$added$gone" ]; then
    [ "$before" = "$(numbers)" ] || fail "the numbers in tandem/base/abi.hpp are new: run $refresh"
    return 0
  fi
  say "the exported symbols are not those of tests/abi/exported.txt:"
  [ -z "$gone" ] || sed 's/^/  gone  /' <<<"$(meaning <<<"$gone")" >&2
  [ -z "$added" ] || sed 's/^/  new   /' <<<"$(meaning <<<"$added")" >&2
  raised "$(due)" && fail "the numbers in tandem/base/abi.hpp are new too: run $refresh"
  fail "raise $(due) in sdk/include/tandem/base/abi.hpp (sdk/COMPATIBILITY.md says why), then run $refresh;" \
    "while no release carries these numbers, $refresh --unreleased"
}

store() {
  compare
  if [ "$option" != --unreleased ] && ! raised "$(due)"; then
    fail "raise $(due) in sdk/include/tandem/base/abi.hpp first; while no release carries these numbers: $refresh --unreleased"
  fi
  {
    echo "Written by tests/abi/abi.sh refresh; see sdk/COMPATIBILITY.md."
    echo "numbers: $(numbers)"
    paste -d'|' <(echo "$now") <(meaning <<<"$now" | sed 's/ [0-9]* entries$//') | sed 's/|/  /'
  } >"$stored"
  say "$(wc -l <<<"$now") symbols stored, $(grep -c . <<<"$added" || true) new, $(grep -c . <<<"$gone" || true) gone"
}

case $command in
  check) check ;;
  refresh) store ;;
  *) fail "usage: tests/abi/abi.sh check|refresh BUILD [--unreleased]" ;;
esac
