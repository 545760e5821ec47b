#!/bin/bash
# Assembles and runs an installation in a new Debian that has nothing but what install.sh installs, since libraries that happen to be
# on this machine hide missing ones: check-bare.sh [ROOT]
# ROOT is a Debian made by debootstrap that is kept for the next call; without it one is made and removed. Needs root and debootstrap;
# where they are missing, it says so and leaves it at check.sh. The Maven repository of this machine is used.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() {
  echo "check-bare.sh: skipped: $1"
  exec deploy/image/check.sh
}
[ "$(id -u)" = 0 ] || skip "a new Debian can only be made as root"
command -v debootstrap > /dev/null || skip "debootstrap is not installed"

work=$(mktemp -d)
root=${1:-$work/root}
# Maven finds its repository in the home of the user that runs it, inside as outside.
repository=$root$(getent passwd root | cut -d : -f 6)/.m2
finish() {
  mountpoint -q "$root/proc" && umount "$root/proc"
  mountpoint -q "$repository" && umount "$repository"
  rm -rf --one-file-system "$work" "$root/src" "$root/opt/helmwatch" "$root/home/site"
}
trap finish EXIT
fail() { echo "check-bare.sh: $*" >&2; exit 1; }
inside() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME="${HOME_INSIDE:-/root}" chroot "$@"; }

if [ ! -d "$root/usr" ]; then
  # As Docker's image of Debian does, dpkg does not wait for the disk after each file.
  DPKG_FORCE=unsafe-io debootstrap --variant=minbase bookworm "$root" > "$work/debootstrap.log" 2>&1 ||
    { tail -n 5 "$work/debootstrap.log" >&2; skip "no Debian could be made here"; }
  echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
  # As in check-containers.sh: authorities that this machine trusts of its own.
  mkdir -p "$root/usr/local/share/ca-certificates"
  [ ! -d /usr/local/share/ca-certificates ] || find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates" {} +
fi
mkdir -p "$root/src" "$repository" "$HOME/.m2"
mount -t proc proc "$root/proc"
mount --bind "$HOME/.m2" "$repository"
git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$root/src"
inside "$root" /src/deploy/image/install.sh build > "$work/install.log" 2>&1 || { tail -n 5 "$work/install.log" >&2; fail "install.sh build failed"; }

# Twice into the same folder: an update of an installation.
inside "$root" /src/deploy/image/assemble.sh /opt/helmwatch
before=$(cd "$root/opt/helmwatch" && find . | sort)
inside "$root" /src/deploy/image/assemble.sh --built /opt/helmwatch
[ "$before" = "$(cd "$root/opt/helmwatch" && find . | sort)" ] || fail "a second assembly into the same folder left other files than the first"

# An unprivileged user, no locale, names that are not ASCII, and an incident with its snapshot.
site=/home/site/großbaustelle
mkdir -p "$root$site"
cp models/demo-clip/yard.mp4 "$root$site/hof-süd.mp4"
deploy/image/site.sh "$site/hof-süd.mp4" "$site" > "$root$site/site.yaml"
chown -R 10001:10001 "$root/home/site"
HOME_INSIDE=/home/site inside --userspec=10001:10001 "$root" /usr/bin/env HELMWATCH_NATIVES=/opt/helmwatch/natives \
  /opt/helmwatch/helmwatch run -c "$site/site.yaml" > "$work/run.log" 2>&1 ||
  { tail -n 20 "$work/run.log" >&2; fail "the service failed in a bare Debian"; }
[ -n "$(find "$root$site/snapshots" -name '*.jpg' | head -n 1)" ] ||
  { tail -n 20 "$work/run.log" >&2; fail "expected the snapshot of an incident, found none"; }
packages=$(inside "$root" /usr/bin/dpkg-query -f . -W | wc -c)
echo "bare Debian ($packages packages): assembled twice, ran, stored $(find "$root$site/snapshots" -name '*.jpg' | wc -l) snapshots"
deploy/image/check.sh "$root/opt/helmwatch"
