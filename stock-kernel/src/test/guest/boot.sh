#!/bin/bash
# boot.sh SHARED : runs the file "run" of this folder in a guest with Debian's stock kernel, whose root is this machine's file system; what the
# guest writes is gone with it, but for this folder, which it has as /run/shared. What it says is said here, and the exit status of "run" is
# left in "status".
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shared=$(realpath "$1")
image=$("$here/image.sh")
rm -f "$shared/status"
# The kernel looks for modules by itself: busybox finds them for it.
cat >"$shared/start" <<END
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8
modules=/lib/modules/\$(uname -r)
mkdir -p \$modules
mount --bind '$image/modules' \$modules
ln -s \$(command -v busybox) /run/modprobe
echo /run/modprobe >/proc/sys/kernel/modprobe
/run/modprobe tun
ip link set lo up
sh /run/shared/run
echo \$? >/run/shared/status
sync
echo b >/proc/sysrq-trigger
END
exec qemu-system-x86_64 -accel tcg -smp 2 -m 2048 -nodefaults -nographic -no-reboot -serial stdio \
  -kernel "$image/vmlinuz" -initrd "$image/initrd.gz" -append 'console=ttyS0 quiet panic=-1 mitigations=off random.trust_cpu=on' \
  -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
  -virtfs "local,path=$shared,mount_tag=shared,security_model=none" </dev/null
