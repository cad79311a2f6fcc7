#!/bin/sh
# install.sh [--prefix DIR]: installs the programs on this machine, as root; running it again upgrades them.
# Goes to DIR (/opt/mooring), with links in /usr/local/bin, units in /etc/systemd/system, /run/mooring by /etc/tmpfiles.d and a
# place for configuration in /etc/mooring. Makes the user mooring. Starts nothing. With DESTDIR set, all goes below that directory, and no user is made.
set -eu

prefix=/opt/mooring
case "${1-} ${2-}" in
  ' ') ;;
  '--prefix /'*) prefix=$2 ;;
  *) sed -n '2,4s/^# //p' "$0"; exit 2 ;;
esac
image=$(dirname -- "$(readlink -f -- "$0")")
root=${DESTDIR-}
units=$root/etc/systemd/system
say() { echo "install.sh: $*"; }

if [ -z "$root" ]; then
  [ "$(id -u)" = 0 ] || { say 'this takes root: run it with sudo' >&2; exit 1; }
  [ "$image" != "$prefix" ] || { say "$prefix is where it would go: run the one that was built" >&2; exit 1; }
  getent passwd mooring >/dev/null ||
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin mooring
fi

# The old libraries must not stay beside the new ones.
rm -rf "$root$prefix/lib"
mkdir -p "$root$prefix" "$root/usr/local/bin" "$units" "$root/etc/mooring/keys"
cp -R "$image/." "$root$prefix/"
rm -f "$root$prefix"/lib/*.jsa
chmod -R u=rwX,go=rX "$root$prefix"
for program in "$image"/bin/*; do
  ln -sf "$prefix/bin/${program##*/}" "$root/usr/local/bin/${program##*/}"
done
for unit in "$image"/systemd/*.service; do
  sed "s|/opt/mooring/|$prefix/|" "$unit" >"$units/${unit##*/}"
done
mkdir -p "$root/etc/tmpfiles.d"
cp "$image/tmpfiles/mooring.conf" "$root/etc/tmpfiles.d/mooring.conf"
chmod 750 "$root/etc/mooring"
chmod 700 "$root/etc/mooring/keys"

if [ -z "$root" ]; then
  chown root:mooring /etc/mooring
  chown mooring:mooring /etc/mooring/keys
  if [ -d /run/systemd/system ]; then
    systemd-tmpfiles --create mooring.conf
    systemctl daemon-reload
  fi
fi

cat <<END
Installed in $prefix. For each of home-agent, foreign-agent (on a router), guest-hook and kvm-migrator (on a KVM host):
  cp $prefix/examples/PROGRAM.toml /etc/mooring/, edit it, and put the keys into /etc/mooring/keys (chown mooring, chmod 600)
  PROGRAM check --config /etc/mooring/PROGRAM.toml
  systemctl enable --now mooring-PROGRAM    (not kvm-migrator, which is a command)
END
