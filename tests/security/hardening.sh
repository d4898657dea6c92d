#!/usr/bin/env bash
# What a release's binaries are built with, so that a fault of memory is harder to make use of: a
# place in memory that is not known, tables of functions that cannot be written, no stack that can
# be executed, a guard before return addresses, calls of the C library that know their buffer.
#
#   hardening.sh BUILD
set -euo pipefail
build=$1

failed=0
lacks() {
  echo "$1 lacks $2"
  failed=1
}

check() { # FILE
  local file=$1 dynamic headers undefined
  dynamic=$(readelf -dW "$file") headers=$(readelf -lW "$file") undefined=$(nm -D --undefined-only "$file")
  readelf -hW "$file" | grep -q 'Type:.*DYN' || lacks "$file" "a place that is not known (PIE)"
  grep -q GNU_RELRO <<<"$headers" || lacks "$file" "read-only tables (-z relro)"
  grep -qE 'BIND_NOW|FLAGS.*NOW' <<<"$dynamic" || lacks "$file" "names resolved at start (-z now)"
  grep -E 'GNU_STACK' <<<"$headers" | grep -q 'RWE' && lacks "$file" "a stack that cannot be executed"
  grep -qE 'TEXTREL' <<<"$dynamic" && lacks "$file" "code that is read-only"
  grep -q '__stack_chk_fail' <<<"$undefined" || lacks "$file" "guards on the stack (-fstack-protector-strong)"
  return 0
}

for file in "$build"/bin/tandem "$build"/lib/libtandem-{base,sdk,host}.so "$build"/lib/tandem/plugins/*.so; do
  check "$file"
done
# Which functions have a checked form that is called depends on the optimizer; the program has some.
grep -q '_chk@' <<<"$(nm -D --undefined-only "$build/bin/tandem")" || lacks "$build/bin/tandem" "checked calls (_FORTIFY_SOURCE)"
grep -q '__glibcxx_assert_fail' <<<"$(nm -D --undefined-only "$build/bin/tandem")" || lacks "$build/bin/tandem" "checked containers (_GLIBCXX_ASSERTIONS)"
exit "$failed"
