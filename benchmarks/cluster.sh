#!/usr/bin/env bash
# What happens to a cluster when nodes are killed, hang, are cut off, stop, and are added: docs/measured/cluster.md.
#
#   benchmarks/cluster.sh            three nodes, 24 cameras, each scenario 20 times: about two hours
#   benchmarks/cluster.sh short      three nodes, four cameras; a node is killed and one hangs: under a minute
#   benchmarks/cluster.sh NODES CAMERAS REPEATS HANG_SECONDS [kill|hang|cut|stop|broker|add|weight…]
#
# Needs a build (./mvnw -DskipTests package). Everything listens on the loopback address.
set -euo pipefail
home=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
case ${1:-full} in
  full) set -- 3 24 20 60 ;;
  short) set -- 3 4 1 9 kill hang ;;
esac
jars=("$home"/pipeline/target/pipeline-*.jar)
natives=${HELMWATCH_NATIVES:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/helmwatch/natives}
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dhelmwatch.home="$home" -Dhelmwatch.natives="$natives" \
  -Dorg.bytedeco.javacpp.cachedir="$natives" -cp "${jars[0]}:$home/pipeline/target/lib/*" \
  "$home/benchmarks/cluster/ClusterProof.java" "$folder" "$@" || {
  code=$?
  tail -n 20 "$folder"/*.log >&2
  exit "$code"
}
