#!/usr/bin/env bash
# Checks what users get and Maven's tests do not see: builds a copy of the sources as users build it, runs its demo, its traffic, its
# operations and a cluster of it, checks documents and scripts, and builds and runs the images: product.sh [COMMAND…]
# A command, which has the tests, is run first; beside it runs what measures no time, with what the tests leave of the CPU.
set -euo pipefail
cd "$(dirname "$0")/.."

step() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

# Not below /tmp, which the check of the traffic hides.
work=$(mktemp -d -p /var/tmp)
declare -A beside=()
finish() {
  local pid
  # Containers are removed by the check that started them, before it ends.
  for pid in "${beside[@]}"; do
    ! kill "$pid" 2> /dev/null || wait "$pid" || true
  done
  # A folder of this machine that is mounted below must not be removed.
  if grep -qF " $work" /proc/self/mounts; then
    echo "product.sh: $work is left as it is, since something is mounted in it" >&2
  else
    rm -rf --one-file-system "$work"
  fi
}
trap finish EXIT
# Waits for the step that runs, which unmounts what it mounted.
trap 'exit 143' TERM

# beside NAME COMMAND…: runs while others do, for what mostly waits.
beside() {
  local name=$1
  shift
  "$@" > "$work/$name.log" 2>&1 &
  beside[$name]=$!
}
# ended NAME: waits for it, shows its output, and returns its exit status.
ended() {
  local status=0
  wait "${beside[$1]}" || status=$?
  unset "beside[$1]"
  cat "$work/$1.log"
  return "$status"
}

# A copy, built as users build it; what is committed or about to be.
copy=$work/helmwatch
mkdir "$copy"
git ls-files -z | tar --null -T - -cf - | tar -xf - -C "$copy"

# These wait for packages of Debian and npm, and measure no time. They get the CPU only where nothing else wants it.
beside containers deploy/image/check-containers.sh "$work/quiet"
beside types chrt --idle 0 web/src/test/page/check.sh
asyncapi() {
  chrt --idle --pid 0 "$BASHPID"
  npm install --prefix "$work/parser" --ignore-scripts --no-audit --no-fund --silent @asyncapi/parser@3.4.0
  node docs/schema/check-asyncapi.mjs "$work/parser"
}
beside asyncapi asyncapi

if [ $# -gt 0 ]; then
  step "$*"
  "$@"
fi

step "./helmwatch builds itself, from another folder and through a link"
ln -s "$copy/helmwatch" "$work/link"
(cd / && "$work/link" --version)

# Clips play there at their own rate.
beside traffic "$copy/.ci/no-network.sh"

step "./helmwatch demo, as a newcomer types it"
events=$(cd / && "$work/link" demo | wc -l)
[ "$events" -gt 100 ] || { echo "demo: expected more than 100 events, found $events" >&2; exit 1; }
echo "demo: $events events"

step "Shell scripts and the composition"
shellcheck .ci/*.sh .ci/run web/src/test/page/check.sh deploy/kubernetes/observe/collect.sh helmwatch deploy/image/*.sh benchmarks/gpu.sh benchmarks/cluster.sh
docker-compose -f docker-compose.yml config > /dev/null
docker-compose -f docker-compose.yml --profile gpu config > /dev/null
docker-compose -f docker-compose.yml --profile cpu --profile observe config > /dev/null

step "Types of the page, with TypeScript"
ended types

step "AsyncAPI document, with AsyncAPI's own parser"
ended asyncapi

step "Metrics, alerts, dashboards, Kubernetes manifests, systemd unit"
"$copy/.ci/operations.sh"

step "Nothing is asked of the network that was not configured"
ended traffic

step "A cluster of three processes: one is killed, one hangs and wakes up"
"$copy/benchmarks/cluster.sh" short

touch "$work/quiet"
step "The image in containers, or its steps in a bare Debian where containers are not permitted"
status=0
ended containers || status=$?
case $status in
  0) ;;
  3) deploy/image/check-bare.sh ;;
  *) exit "$status" ;;
esac
