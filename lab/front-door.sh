# Shared by ./demo, ./bench and ./verify, which source it: installs what is missing, builds, and finds out what this user may do.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C.UTF-8
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/mooring

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "$*"; exit 1; }

# become_root ARGUMENTS... : runs this script again by sudo; comes back with status 1 where that can't be.
become_root() {
  [ "$(id -u)" != 0 ] || { require_capabilities; return 0; }
  command -v sudo >/dev/null || return 1
  sudo -n true 2>/dev/null || { [ -t 0 ] && sudo -v; } || return 1
  exec sudo ${CI+"CI=$CI"} "$(realpath "$0")" "$@"
}

# A root without these, as in many a container, can make no network namespace.
require_capabilities() {
  local effective need
  effective=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
  for need in 12=CAP_NET_ADMIN 13=CAP_NET_RAW 21=CAP_SYS_ADMIN; do
    [ $((0x$effective >> ${need%%=*} & 1)) = 1 ] ||
      die "root lacks ${need#*=} here, without which there are no network namespaces: grant it (docker run --privileged), or take a machine of its own"
  done
}

# What is needed, each as "what we look for=the package that brings it": a command on the PATH, or a file.
needs_build=(
  javac=default-jdk-headless mvn=maven clang=clang gcc=gcc
  /usr/include/linux/bpf.h=linux-libc-dev /usr/include/bpf/bpf_helpers.h=libbpf-dev
)
needs_networks=(
  "/usr/lib/$(uname -m)-linux-gnu/libc.a=libc6-dev" ip=iproute2 ps=procps setpriv=util-linux tcpdump=tcpdump
)
needs_lab=(
  "/usr/lib/$(uname -m)-linux-gnu/libc.a=libc6-dev" "/usr/lib/$(uname -m)-linux-gnu/libpcap.so.0.8=libpcap0.8"
  ip=iproute2 openssl=openssl ps=procps ping=iputils-ping setpriv=util-linux busybox=busybox-static dropbear=dropbear-bin
  cpio=cpio iperf3=iperf3 qemu-system-x86_64=qemu-system-x86 ssh=openssh-client tcpdump=tcpdump tshark=tshark
)
needs_libvirt=(
  virsh=libvirt-clients libvirtd=libvirt-daemon
  "/usr/lib/$(uname -m)-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so=libvirt-daemon-driver-qemu"
)
needs_nat=(nft=nftables conntrack=conntrack)

missing() {
  local need what
  for need in "$@"; do
    what=${need%%=*}
    case $what in
      /*) [ -e "$what" ] || echo "${need#*=}" ;;
      *) command -v "$what" >/dev/null || echo "${need#*=}" ;;
    esac
  done | sort -u
}

# install NEEDS... : asks apt only for what is missing; two runs at once wait for each other, and for any other apt.
install() {
  local packages try
  mapfile -t packages < <(missing "$@")
  [ ${#packages[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] || die "missing here, and only root can install them: apt-get install ${packages[*]}"
  command -v apt-get >/dev/null || die "this needs Debian's apt-get to install: ${packages[*]}"
  exec {installing}>/run/lock/mooring-install
  flock "$installing"
  mapfile -t packages < <(missing "$@")
  if [ ${#packages[@]} -gt 0 ]; then
    say "installing ${packages[*]}"
    for try in 1 2 3 4 5 6; do
      apt_get update && apt_get install -y --no-install-recommends "${packages[@]}" && { rm -f "$apt_log"; break; }
      [ "$try" -lt 6 ] || { tail -n 15 "$apt_log" >&2; rm -f "$apt_log"; die "apt-get could not install: ${packages[*]}"; }
      sleep 5 # the lists' lock has no time-out of its own
    done
    hash -r
    mapfile -t packages < <(missing "$@")
    [ ${#packages[@]} = 0 ] || die "still missing after apt-get install: ${packages[*]}"
  fi
  exec {installing}>&-
}

apt_log=${TMPDIR:-/tmp}/mooring-apt.$$
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=600 "$@" </dev/null >"$apt_log" 2>&1; }

# Only one Maven at a time in a checkout. The lock is this shell's, so it goes with it.
lock_build() {
  exec {building}>"$checkout/.build-lock"
  flock -n "$building" || { say 'another run builds or tests in this checkout: waiting for its end'; flock "$building"; }
}
unlock_build() { exec {building}>&-; }

# maven ARGUMENTS... : without the network once everything these poms name has been fetched.
# Where this runs in a script's background, SIGINT is ignored, and would be by the programs that are tested with it.
maven() {
  local primed
  # Each goal needs plugins of its own.
  primed=${HOME:-/root}/.m2/mooring-primed-$(printf '%s\n' "$@" | cat - "$checkout"/pom.xml "$checkout"/*/pom.xml | sha256sum | cut -c1-16)
  if [ -e "$primed" ]; then
    (cd "$checkout" && env --default-signal=INT mvn -B -o "$@" {building}>&-)
    return
  fi
  # Other checkouts fetch into the same repository.
  mkdir -p "${primed%/*}"
  exec {fetching}>"${HOME:-/root}/.m2/mooring-fetching"
  flock -n "$fetching" || { say "another checkout's first build fetches what Maven needs: waiting for it"; flock "$fetching"; }
  if [ -e "$primed" ]; then
    exec {fetching}>&-
    maven "$@"
  else
    say 'the first build fetches what Maven needs: this takes a few minutes'
    local status=0
    (cd "$checkout" && env --default-signal=INT mvn -B "$@" {building}>&- {fetching}>&-) && touch "$primed" || status=$?
    exec {fetching}>&-
    return "$status"
  fi
}

# After sudo, what was built belongs to whom the checkout belongs to, or the next plain `mvn` fails.
give_back() {
  local owner
  owner=$(stat -c %u:%g "$checkout")
  if [ "$(id -u)" = 0 ] && [ "$owner" != 0:0 ]; then
    chown -Rh --from=0:0 "$owner" "$checkout"/{*/target,target,report,.build-lock} 2>/dev/null || :
  fi
}

# own_run DIRECTORY : says whose it is, as process id and start time, for a later run to see whether this one is dead.
own_run() {
  local stat
  stat=$(<"/proc/$$/stat")
  # shellcheck disable=SC2086
  set -- "$1" ${stat##*) }
  echo "$$ ${21}" >"$1/owner"
}
