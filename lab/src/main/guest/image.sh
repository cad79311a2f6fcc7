#!/bin/bash
# image.sh : makes the test guest, Debian's cloud kernel and a small initramfs, and prints the folder that holds them
# (vmlinuz, initrd.gz). It is kept in the user's cache, under a name made of all that goes into it, so the next call is quick
# and two calls at once don't meet. Nothing of the project is in the guest but the test program, probe.c.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mooring
mkdir -p "$cache"
exec {lock}>"$cache/lock"
flock "$lock"

kernel=$("$here/kernel.sh" cloud-amd64)

programs=("$(command -v busybox)" "$(command -v dropbear)" "$(command -v iperf3)")
libraries() { ldd "${programs[@]}" 2>/dev/null | grep -oE '/[^ ]+' | grep -v ':$' | sort -u; }
name=$({ basename "$kernel"; cat "$here"/{init,probe.c,image.sh} "${programs[@]}"; } | sha256sum | cut -c1-16)
image=$cache/guest-$name
if [ ! -e "$image/initrd.gz" ]; then
  work=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  dpkg -x "$kernel" "$work/kernel"
  root=$work/root
  mkdir -p "$root"/{bin,modules,proc,sys,dev,etc,root,tmp,run,var/log}
  gcc -std=gnu17 -O2 -Wall -Wextra -Werror -static -s -o "$root/probe" "$here/probe.c"
  install -m755 "$here/init" "$root/init"
  install -m755 "${programs[@]}" "$root/bin/"
  ln -s busybox "$root/bin/sh"
  for library in $(libraries); do install -D -m755 "$(realpath "$library")" "$root$library"; done
  echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
  echo 'root:x:0:' >"$root/etc/group"
  echo '/bin/sh' >"$root/etc/shells"
  # In the order of their dependencies: virtio is modular even in the cloud kernel.
  for module in drivers/virtio/{virtio_ring,virtio,virtio_pci_legacy_dev,virtio_pci_modern_dev,virtio_pci} net/core/failover \
    drivers/net/{net_failover,virtio_net}; do
    install -m644 "$work"/kernel/lib/modules/*/kernel/"$module.ko" "$root/modules/"
    echo "${module##*/}.ko"
  done >"$root/modules/order"
  # The same octets each time: fixed times and owners, sorted names.
  find "$root" -exec touch -hd @0 {} +
  (cd "$root" && find . -print0 | sort -z | cpio --null -o -H newc --reproducible --quiet -R 0:0) | gzip -9n >"$work/initrd.gz"
  mkdir "$work/image"
  mv "$work"/kernel/boot/vmlinuz-* "$work/image/vmlinuz"
  mv "$work/initrd.gz" "$work/image/"
  chmod -R a+rX "$work/image"
  mv -T "$work/image" "$image"
  for old in "$cache"/guest-*; do
    [ "$old" = "$image" ] || [ -n "$(find "$old" -maxdepth 0 -mtime -7)" ] || rm -rf "$old"
  done
fi
touch "$image"
echo "$image"
