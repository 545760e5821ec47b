#!/usr/bin/env bash
# What happens to a cluster when nodes are killed, hang, are cut off, stop, and are added: docs/measured/cluster.md.
#
#   benchmarks/cluster.sh            three nodes, 24 cameras, one broker, then three; each scenario 20 times: about ten hours
#   benchmarks/cluster.sh short      three nodes, four cameras, one broker; a node is killed and one hangs: under a minute
#   benchmarks/cluster.sh NODES CAMERAS BROKERS REPEATS HANG_SECONDS [SCENARIO[=REPEATS]…]
#
# Scenarios: kill, hang, stop, cut (from the broker), blind (cut from the cameras), broker (restarted), leader (moved), rolling (all nodes
# restarted), add, weight. Needs a build (./mvnw -DskipTests package). As root, every node, every broker and the cameras have a
# network namespace of their own; otherwise everything listens on the loopback address, and cut and blind cannot run.
set -euo pipefail
home=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
case ${1:-full} in
  full)
    "$0" 3 24 1 20 60
    exec "$0" 3 24 3 20 60 kill stop broker leader
    ;;
  short) set -- 3 4 1 1 9 kill hang ;;
esac
jars=("$home"/pipeline/target/pipeline-*.jar)
natives=${HELMWATCH_NATIVES:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/helmwatch/natives}
folder=$(mktemp -d)
site=hw$$
finish() {
  for namespace in $(ip netns list 2> /dev/null | sed -n "s/^\($site-[a-z0-9]*\).*/\1/p"); do
    for process in $(ip netns pids "$namespace"); do
      kill -9 "$process" 2> /dev/null || true
    done
    ip netns del "$namespace"
  done
  rm -rf -- "$folder"
}
trap finish EXIT

# A host on the network of the brokers, on that of the cameras, or on both.
host() {
  local name=$1 number=$2
  shift 2
  ip netns add "$site-$name"
  ip -n "$site-$name" link set lo up
  for network in "$@"; do
    ip -n "$site-hub" link add "$network-$name" type veth peer name "$network" netns "$site-$name"
    ip -n "$site-hub" link set "$network-$name" master "$network" up
    ip -n "$site-$name" address add "${subnets[$network]}.$number/24" dev "$network"
    ip -n "$site-$name" link set "$network" up
  done
}

run=()
if [ "$(id -u)" = 0 ] && ip netns add "$site-hub" 2> /dev/null; then
  declare -A subnets=([kafka]=10.87.0 [video]=10.88.0)
  ip -n "$site-hub" link set lo up
  for network in kafka video; do
    ip -n "$site-hub" link add "$network" type bridge
    ip -n "$site-hub" address add "${subnets[$network]}.1/24" dev "$network"
    ip -n "$site-hub" link set "$network" up
  done
  host cameras 2 video
  for ((i = 1; i <= $3; i++)); do host "b$i" $((10 + i)) kafka; done
  for ((i = 1; i <= $1 + 1; i++)); do host "n$i" $((100 + i)) kafka video; done
  run=(ip netns exec "$site-hub")
else
  echo "cluster.sh: no network namespaces without root: everything is on the loopback address" >&2
  site=
fi

classpath="$folder/classes:${jars[0]}:$home/pipeline/target/lib/*"
mkdir "$folder/classes"
javac -encoding UTF-8 -proc:none -d "$folder/classes" -cp "$classpath" -sourcepath "$home/ingest/src/test/java" "$home"/benchmarks/cluster/*.java
"${run[@]}" java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dhelmwatch.home="$home" -Dhelmwatch.natives="$natives" \
  -Dorg.bytedeco.javacpp.cachedir="$natives" -cp "$classpath" ClusterProof "$folder" "$site" "$@" || {
  code=$?
  tail -n 20 "$folder"/*.log >&2
  exit "$code"
}
