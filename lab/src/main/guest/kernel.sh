#!/bin/bash
# kernel.sh FLAVOUR : downloads one of Debian's kernels (cloud-amd64, amd64) into the user's cache, and prints the package's file.
set -euo pipefail
export LC_ALL=C
shopt -s nullglob extglob
flavour=$1
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mooring
mkdir -p "$cache"
exec {lock}>"$cache/kernel.lock"
flock "$lock"

# The kernel's ABI number moves with each security update; a kernel that we have serves as well as a newer one.
have() { kernels=("$cache"/linux-image-+([0-9.])-+([0-9])-"$flavour"_*.deb); [ ${#kernels[@]} -gt 0 ]; }
if ! have; then
  # "apt-cache depends" knows nothing before the first "apt-get update" of a fresh machine.
  resolve() { apt-cache depends "linux-image-$flavour" 2>/dev/null | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)$/\1/p'; }
  package=$(resolve)
  [ -n "$package" ] || { apt-get -q update >&2; package=$(resolve); }
  [ -n "$package" ] || { echo "kernel.sh: apt knows no linux-image-$flavour: is this Debian on amd64?" >&2; exit 1; }
  (cd "$cache" && { apt-get -q -o APT::Sandbox::User=root download "$package" ||
    { apt-get -q update && apt-get -q -o APT::Sandbox::User=root download "$package"; }; } >&2)
  have
fi
echo "${kernels[-1]}"
