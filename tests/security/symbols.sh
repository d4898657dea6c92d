#!/usr/bin/env bash
# No binary of the build refers to what unpickles, loads TorchScript, or runs a command line; the
# plugin torchscript, which a configuration has to name and trust, alone loads a script. None looks
# for libraries in the folder that it is started in.
#
#   symbols.sh BUILD
set -euo pipefail
build=$1

# What C++ programs load PyTorch's files with, however they spell it.
readonly readers='Unpickler|unpickle|pickle_load|InputArchive::(load_from|InputArchive)|jit::_?load|import_ir_module|PyTorchStreamReader'
# To start a shell, or to look for a program in a path that others may set.
readonly shells='(system|popen|wordexp|execlp|execvp|execvpe|posix_spawnp)@'

undefined_in() { nm -DC --undefined-only "$1" | sed 's/^ *[Uw] //'; }

scan() { # FILE PATTERN
  local found
  found=$(undefined_in "$1" | grep -E "$2" || true)
  [ -z "$found" ] && return 0
  printf '%s refers to\n%s\n' "$1" "$found"
  return 1
}

failed=0
files=("$build"/bin/tandem "$build"/lib/libtandem-{base,sdk,host}.so "$build"/lib/tandem/plugins/*.so)
for file in "${files[@]}"; do
  [ "${file##*/}" = torchscript.so ] || scan "$file" "$readers" || failed=1
  scan "$file" "$shells" || failed=1
  if readelf -d "$file" | grep -E 'NEEDED.*(libtorch_python|libpython)'; then
    echo "$file needs Python"
    failed=1
  fi
  # Each part of a path has to be absolute; an empty one is the current folder.
  path=$(readelf -dW "$file" | sed -n 's/.*R\(UN\)\?PATH.*\[\(.*\)\]/\2/p')
  if [ -n "$path" ] && tr ':' '\n' <<<"$path" | grep -vqE '^(/|\$ORIGIN)'; then
    echo "$file looks for libraries in the current folder: $path"
    failed=1
  fi
done

# That the patterns find what they look for.
control=$build/lib/tandem/plugins/torchscript.so
if scan "$control" "$readers" >/dev/null; then
  echo "$control refers to nothing that loads a script: this scan sees nothing"
  failed=1
fi
if scan "$(command -v env)" "$shells" >/dev/null; then
  echo "env refers to no execvp: this scan sees nothing"
  failed=1
fi
[ "$failed" = 0 ] && echo "${#files[@]} binaries refer to nothing that runs what a file says, and look for libraries at fixed places"
exit "$failed"
