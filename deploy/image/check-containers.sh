#!/bin/bash
# Builds the Dockerfile's CPU targets with buildah on a base made by debootstrap, so that no library of this machine hides a missing one, and
# runs what "docker compose up" runs with podman: a broker, the demo camera, the service as the composition restricts it, and a consumer
# that reads an incident with its snapshot; then an update of the installation, and a site whose folders have names that are not ASCII.
# No registry of images is needed. Needs root, debootstrap, buildah and podman; where they are missing or containers are not permitted, it
# says so and ends with 3. The Maven repository of this machine is used: check-containers.sh [QUIET]
# With QUIET the images are built with what other processes leave of the CPU, and the containers are run once that file exists.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "check-containers.sh: skipped: $1"; exit 3; }
[ "$(id -u)" = 0 ] || skip "containers can only be built as root here"
for tool in buildah podman unshare debootstrap; do
  command -v "$tool" > /dev/null || skip "$tool is not installed"
done
# A mount namespace of its own, in which a second hierarchy of control groups, which crun refuses, can be unmounted.
if [ "${IN_NAMESPACE:-}" != 1 ]; then
  unshare -m --propagation private true 2> /dev/null || skip "mount namespaces are not permitted here"
  IN_NAMESPACE=1 exec unshare -m --propagation private "$0" "$@"
fi
! mountpoint -q /sys/fs/cgroup/unified || umount /sys/fs/cgroup/unified

quiet=${1:-}
[ -z "$quiet" ] || chrt --idle --pid 0 $$

work=$(mktemp -d -p /var/tmp)
containers=(consumer helmwatch camera kafka)
storage=()
camera=
in_use() {
  local command
  for command in /proc/[0-9]*/cmdline; do
    [[ $(tr '\0' ' ' 2> /dev/null < "$command") != *"$work"* ]] || return 0
  done
  return 1
}
finish() {
  # Its build writes into the storage that is removed.
  [ -z "$camera" ] || wait "$camera" || true
  # One after the other: the last one's network is that of the others.
  local name
  for name in "${containers[@]}"; do
    podman "${storage[@]}" rm -f -t 2 "$name" > /dev/null 2>&1 || true
  done
  # The monitor of a container that has ended calls podman once more, which would make the folders of the storage again.
  for _ in $(seq 100); do
    in_use || break
    sleep 0.1
  done
  awk -v folder="$work/" 'index($2, folder) == 1 { print $2 }' /proc/self/mounts | tac | while read -r mounted; do
    umount -l "$mounted" 2> /dev/null || true
  done
  rm -rf "$work"
}
trap finish EXIT
fail() {
  echo "check-containers.sh: $*" >&2
  for name in kafka camera helmwatch consumer; do
    echo "--- $name" >&2
    podman "${storage[@]}" logs --tail 20 "$name" >&2 2> /dev/null || true
  done
  exit 1
}
began=$SECONDS
step() { echo "containers: $1 ($((SECONDS - began)) s)"; }

root=$work/base
# As Docker's image of Debian does, dpkg does not wait for the disk after each file.
DPKG_FORCE=unsafe-io debootstrap --variant=minbase bookworm "$root" > "$work/debootstrap.log" 2>&1 ||
  { tail -n 5 "$work/debootstrap.log" >&2; skip "no Debian could be made here"; }
echo force-unsafe-io > "$root/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
# Authorities that this machine trusts of its own, a company's proxy say; the build may fetch what the Maven repository lacks.
mkdir -p "$root/usr/local/share/ca-certificates"
[ ! -d /usr/local/share/ca-certificates ] || find /usr/local/share/ca-certificates -name '*.crt' -exec cp -t "$root/usr/local/share/ca-certificates" {} +
# Where the build in the container looks for its Maven repository.
home=$(awk -F: '$3 == 0 { print $6; exit }' "$root/etc/passwd")
# Layers are copied whole where the machine's file system does not allow the overlay driver.
for driver in overlay vfs; do
  storage=(--root "$work/$driver" --runroot "$work/run-$driver" --storage-driver "$driver")
  if tar -C "$root" --one-file-system --exclude ./proc/\* --exclude ./sys/\* -cf - . 2> "$work/import.log" |
    podman "${storage[@]}" import -q - docker.io/library/debian:12-slim > /dev/null 2>> "$work/import.log"; then
    break
  fi
  storage=()
done
[ ${#storage[@]} -gt 0 ] || { tail -n 3 "$work/import.log" >&2; skip "images cannot be stored here"; }
rm -rf "$root"
limits=(--ulimit nofile=4096:4096 --ulimit nproc=4096:4096)
{ probe=$(buildah "${storage[@]}" from --isolation chroot "${limits[@]}" docker.io/library/debian:12-slim) &&
  buildah "${storage[@]}" run --isolation chroot "$probe" true &&
  buildah "${storage[@]}" rm "$probe" &&
  podman "${storage[@]}" run --rm --cgroups=disabled "${limits[@]}" --network none docker.io/library/debian:12-slim true; } \
  > "$work/probe.log" 2>&1 || { tail -n 3 "$work/probe.log" >&2; skip "containers are not permitted here"; }
step "base stored with the $driver driver"

# What is committed or about to be, so that files that change meanwhile do not matter.
mkdir "$work/source" "$work/classes"
git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$work/source"
mkdir -p "$HOME/.m2"
build() {
  buildah "${storage[@]}" bud --layers --isolation chroot "${limits[@]}" -v "$HOME/.m2:$home/.m2" --target "$1" -t "localhost/$1" \
    "$work/source" > "$work/build-$1.log" 2>&1 || { tail -n 30 "$work/build-$1.log" >&2; return 1; }
  step "target $1 built"
}
# The camera's packages are fetched meanwhile.
build camera &
camera=$!
for target in build helmwatch; do
  build "$target" || fail "target $target was not built"
done
if [ -n "$quiet" ]; then
  until [ -e "$quiet" ]; do sleep 1; done
  chrt --other --pid 0 $$
fi
# The containers share one network without a way out, in which the composition's names are this machine.
printf '127.0.0.1 localhost kafka camera\n' > "$work/hosts"
run=(--cgroups=disabled "${limits[@]}" -v "$work/hosts:/etc/hosts:ro")
# As in docker-compose.yml.
restricted=("${run[@]}" --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges)

# An update of an installation leaves the files that the installation had.
podman "${storage[@]}" run --rm "${run[@]}" --network none --entrypoint bash localhost/build -c '
  before=$(cd /opt/helmwatch && find . | sort) &&
  deploy/image/assemble.sh --built /opt/helmwatch &&
  [ "$before" = "$(cd /opt/helmwatch && find . | sort)" ]' > "$work/update.log" 2>&1 ||
  { tail -n 5 "$work/update.log" >&2; fail "a second assembly into the same folder failed or left other files than the first"; }
step "assembled a second time"

# Names that are not ASCII without a locale, and a file that ends.
site=/var/lib/helmwatch/großbaustelle
mkdir -m 777 "$work/files" "$work/files/großbaustelle"
cp models/demo-clip/yard.mp4 "$work/files/großbaustelle/hof-süd.mp4"
deploy/image/site.sh "$site/hof-süd.mp4" "$site" > "$work/files/site.yaml"
podman "${storage[@]}" run --rm "${restricted[@]}" --network none -v "$work/files:/var/lib/helmwatch" localhost/helmwatch \
  run -c /var/lib/helmwatch/site.yaml > "$work/site.log" 2>&1 || { tail -n 20 "$work/site.log" >&2; fail "the service failed on a site with other names"; }
[ -n "$(find "$work/files/großbaustelle/snapshots" -name '*.jpg' | head -n 1)" ] ||
  { tail -n 20 "$work/site.log" >&2; fail "expected the snapshot of an incident in a folder whose name is not ASCII, found none"; }
step "a site whose names are not ASCII stored $(find "$work/files" -name '*.jpg' | wc -l) snapshots"

wait "$camera" || { camera=; fail "target camera was not built"; }
camera=
mkdir -m 777 "$work/state" "$work/kafka"
# The classes that a registry or a checkout would bring: a broker, and the example of a consumer.
podman "${storage[@]}" run --rm "${run[@]}" --network none -v "$work/source:/src:ro" -v "$work/classes:/classes" \
  --entrypoint javac localhost/build -cp '/opt/helmwatch/lib/*' -d /classes /src/deploy/image/Broker.java /src/examples/IncidentConsumer.java ||
  fail "broker and consumer were not compiled"

start() {
  local name=$1
  shift
  podman "${storage[@]}" run -d --name "$name" "${restricted[@]}" "$@" > /dev/null || fail "container $name did not start"
}
of_image=(--entrypoint java -v "$work/classes:/classes:ro" --user 10001:10001 localhost/helmwatch -Xmx384m -cp '/classes:/opt/helmwatch/lib/*')
start kafka --network none -v "$work/kafka:/kafka" "${of_image[@]}" Broker /kafka/data 19092
for _ in $(seq 180); do
  ! podman "${storage[@]}" logs kafka 2> /dev/null | grep -q "broker on" || break
  sleep 1
done
start camera --network container:kafka localhost/camera
start helmwatch --network container:kafka -v "$work/source/deploy/helmwatch.yaml:/etc/helmwatch/helmwatch.yaml:ro" \
  -v "$work/state:/var/lib/helmwatch" localhost/helmwatch run -c /etc/helmwatch/helmwatch.yaml

ready() { podman "${storage[@]}" exec helmwatch /opt/helmwatch/health.sh ready > /dev/null 2>&1; }
for _ in $(seq 180); do
  ! ready || break
  sleep 1
done
ready || fail "/ready did not answer 200 within 180 s"
step "broker, camera and service run"

start consumer --network container:kafka "${of_image[@]}" IncidentConsumer kafka:19092 helmwatch.events
picture=
for _ in $(seq 240); do
  podman "${storage[@]}" logs consumer > "$work/consumer.log" 2> /dev/null || true
  picture=$(sed -n 's/^ *\(picture\|snapshot\) //p' "$work/consumer.log" | head -n 1)
  [ -z "$picture" ] || break
  sleep 1
done
[ -n "$picture" ] || fail "the consumer read no incident with a snapshot within 240 s"
[ -s "$work/state/pictures/$picture" ] || fail "the incident names $picture, which is not in the volume"

podman "${storage[@]}" exec helmwatch /opt/helmwatch/health.sh live > /dev/null 2>&1 || fail "/live did not answer 200"
podman "${storage[@]}" stop -t 15 helmwatch > /dev/null
code=$(podman "${storage[@]}" inspect -f '{{.State.ExitCode}}' helmwatch)
[ "$code" = 0 ] || fail "stopping the service: expected exit code 0, found $code"
! podman "${storage[@]}" logs helmwatch 2>&1 | grep -q "OpenCV cannot be used" || fail "OpenCV's libraries were not unpacked beforehand"
step "an incident was read from the broker with its snapshot $picture; the service ended with 0"
