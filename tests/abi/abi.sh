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

# The number that a change of each table of virtuals needs: its role's, or abi_major where it serves several.
number_of_tables() {
  sed -E 's/^_ZTVN6tandem[0-9]+(Objective|ObjectiveFactory|Encoder|Collective)E .*/role_revision.objective/
          s/^_ZTVN6tandem[0-9]+(Backbone|BackboneFactory)E .*/role_revision.backbone/
          s/^_ZTVN6tandem[0-9]+(Augmentation|AugmentationFactory)E .*/role_revision.augmentation/
          s/^_ZTV.*/abi_major/' | sort -u
}

# The numbers that have to be raised, a line each, or nothing. Reads ADDED and GONE.
due() {
  local tables='^_ZTV'
  if [ -n "$gone" ]; then
    if grep -qv "$tables" <<<"$gone"; then echo abi_major; fi
    sed -n "/$tables/p" <<<"$gone" | number_of_tables
  elif [ -n "$added" ]; then
    echo sdk_minor
  fi
}

compare() {
  now=$(exported)
  [ -n "$now" ] || fail "no symbols in $build/lib: build tandem-base and tandem-sdk first"
  [ -f "$stored" ] || { added=$now gone='' before='' && return; }
  before=$(sed -n 's/^numbers: //p' "$stored")
  added=$(comm -13 <(linkage) - <<<"$now")
  gone=$(comm -23 <(linkage) - <<<"$now")
}

value() { # NAME of a number, out of a line of them
  local field
  case $1 in
    abi_major) field=2 ;;
    sdk_minor) field=4 ;;
    role_revision.objective) field=6 ;;
    role_revision.backbone) field=7 ;;
    role_revision.augmentation) field=8 ;;
  esac
  cut -d' ' -f$field
}

differs() { [ "$(value "$1" <<<"$before")" != "$(numbers | value "$1")" ]; }

still_due() { # the numbers that are due and not yet others than before; a new abi_major covers all
  differs abi_major && return
  local name
  for name in $(due | sort -u); do
    differs "$name" || echo "$name"
  done | xargs
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
  local numbers_due
  numbers_due=$(still_due)
  [ -n "$numbers_due" ] || fail "the numbers in tandem/base/abi.hpp are new too: run $refresh"
  fail "raise $numbers_due in sdk/include/tandem/base/abi.hpp (sdk/COMPATIBILITY.md says why), then run $refresh;" \
    "while no release carries these numbers, $refresh --unreleased"
}

store() {
  compare
  local numbers_due
  numbers_due=$(still_due)
  if [ "$option" != --unreleased ] && [ -n "$numbers_due" ]; then
    fail "raise $numbers_due in sdk/include/tandem/base/abi.hpp first; while no release carries these numbers: $refresh --unreleased"
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
