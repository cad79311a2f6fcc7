#!/bin/bash
# image.sh : makes what a guest needs to run Debian's stock kernel on this machine's own file system, and prints the folder that
# holds it: vmlinuz, initrd.gz and the folder modules. It is kept in the user's cache, under a name made of all that goes into it.
set -euo pipefail
export LC_ALL=C
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mooring
kernel=$("$here/../../../../lab/src/main/guest/kernel.sh" amd64)
exec {lock}>"$cache/lock"
flock "$lock"

busybox=$(command -v busybox)
name=$({ basename "$kernel"; cat "$here"/{init,image.sh} "$busybox"; } | sha256sum | cut -c1-16)
image=$cache/stock-$name
if [ ! -e "$image" ]; then
  work=$(mktemp -d "$cache/making.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # Nearly all drivers are for devices that the guest doesn't have.
  dpkg-deb --fsys-tarfile "$kernel" | tar -x -C "$work" --wildcards './boot/vmlinuz-*' './lib/modules/*/modules.*' \
    './lib/modules/*/kernel/'{crypto,lib,net,fs/9p,fs/netfs,fs/fscache,fs/overlayfs,drivers/virtio,'drivers/net/*.ko',drivers/net/vxlan}
  release=$(basename "$work"/lib/modules/*)
  "$busybox" depmod -b "$work" "$release"
  modules=$work/lib/modules/$release
  root=$work/root
  mkdir -p "$root"/{bin,modules,proc,dev,lower,upper,root}
  install -m755 "$here/init" "$root/init"
  install -m755 "$busybox" "$root/bin/busybox"
  # A module behind those that it depends on.
  for module in drivers/virtio/virtio_pci net/9p/9pnet_virtio fs/9p/9p fs/overlayfs/overlay; do
    for file in $(sed -n "s,^\(kernel/$module.ko\): *,\1 ,p" "$modules/modules.dep" | tr ' ' '\n' | tac); do
      [ -e "$root/modules/${file##*/}" ] || { install -m644 "$modules/$file" "$root/modules/"; echo "${file##*/}"; }
    done
  done >"$root/modules/order"
  mkdir "$work/image"
  (cd "$root" && find . -print0 | sort -z | cpio --null -o -H newc --quiet -R 0:0) | gzip -9n >"$work/image/initrd.gz"
  mv "$work"/boot/vmlinuz-* "$work/image/vmlinuz"
  mv "$modules" "$work/image/modules"
  chmod -R a+rX "$work/image"
  mv -T "$work/image" "$image"
  for old in "$cache"/stock-*; do
    [ "$old" = "$image" ] || [ -n "$(find "$old" -maxdepth 0 -mtime -7)" ] || rm -rf "$old"
  done
fi
touch "$image"
echo "$image"
