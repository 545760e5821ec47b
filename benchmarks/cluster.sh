#!/usr/bin/env bash
# What happens to a cluster when nodes are killed, hang, are cut off, stop, and are added: docs/measured/cluster.md.
#
#   benchmarks/cluster.sh [full [SITES [SECONDS [RESULTS]]]]
#       three nodes, 24 cameras, one broker, then three; each scenario more than 20 times. SITES of them run side by side (1): each needs
#       a core and 2 GB. They go on until SECONDS are over, if given. RESULTS, a new folder, has a file for each site at all times, and its logs at the end.
#   benchmarks/cluster.sh short
#       three nodes, four cameras, one broker; a node is killed and one hangs: a minute
#   benchmarks/cluster.sh NODES CAMERAS BROKERS REPEATS HANG_SECONDS [SCENARIO[=REPEATS]…]
#   benchmarks/cluster.sh report RESULTS
#       the table of a folder of results
#
# Scenarios: kill, hang, stop, cut (from the broker), blind (cut from the cameras), broker (restarted), leader (moved), rolling (all nodes
# restarted), add, weight. Needs a build (./mvnw -DskipTests package). As root, every node, every broker and the cameras have a
# network namespace of their own; otherwise everything listens on the loopback address, and cut and blind cannot run.
set -euo pipefail
home=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
jars=("$home"/pipeline/target/pipeline-*.jar)
natives=${HELMWATCH_NATIVES:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/helmwatch/natives}
folder=$(mktemp -d)
results=$folder/results
declare -A subnets=([kafka]=10.87.0 [video]=10.88.0) switches=([kafka]=02:00:00:00:00:01 [video]=02:00:00:00:00:02)

# Ends everything in the namespaces of a site, or of all, and removes them.
remove() {
  for namespace in $(ip netns list 2> /dev/null | sed -n "s/^\(hw$$-$1[a-z0-9-]*\).*/\1/p"); do
    for process in $(ip netns pids "$namespace"); do
      kill -9 "$process" 2> /dev/null || true
    done
    ip netns del "$namespace"
  done
}
finish() {
  # shellcheck disable=SC2046 # process ids are words
  kill $(jobs -p) 2> /dev/null || true
  wait
  remove ""
  rm -rf -- "$folder"
}
trap finish EXIT
trap 'exit 143' TERM

# host SITE NAME NUMBER NETWORK…: a host on the network of the brokers, on that of the cameras, or on both.
host() {
  local site=$1 name=$2 number=$3 network
  shift 3
  ip netns add "$site-$name"
  ip -n "$site-$name" link set lo up
  for network in "$@"; do
    ip -n "$site-hub" link add "$network-$name" type veth peer name "$network" netns "$site-$name"
    ip -n "$site-hub" link set "$network-$name" master "$network" up
    ip -n "$site-$name" address add "${subnets[$network]}.$number/24" dev "$network"
    ip -n "$site-$name" link set "$network" up
  done
}

java=(java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dhelmwatch.home="$home" -Dhelmwatch.natives="$natives"
  -Dorg.bytedeco.javacpp.cachedir="$natives" -cp "$folder/classes:${jars[0]}:$home/pipeline/target/lib/*")

# site NUMBER DEADLINE NODES CAMERAS BROKERS REPEATS HANG_SECONDS [SCENARIO…]: a site of its own, from its start to its end.
site() {
  local number=$1 deadline=$2 code=0 site run=() network i process
  shift 2
  site=hw$$-$number
  if [ "$(id -u)" = 0 ] && ip netns add "$site-hub" 2> /dev/null; then
    ip -n "$site-hub" link set lo up
    for network in kafka video; do
      # An address of its own, else the hub has that of one of its ports, and another one once that is unplugged.
      ip -n "$site-hub" link add "$network" address "${switches[$network]}" type bridge
      ip -n "$site-hub" address add "${subnets[$network]}.1/24" dev "$network"
      ip -n "$site-hub" link set "$network" up
    done
    host "$site" cameras 2 video
    for ((i = 1; i <= $3; i++)); do host "$site" "b$i" $((10 + i)) kafka; done
    for ((i = 1; i <= $1 + 1; i++)); do host "$site" "n$i" $((100 + i)) kafka video; done
    run=(ip netns exec "$site-hub")
  else
    echo "cluster.sh: no network namespaces: everything is on a loopback address" >&2
    site=127.0.$((number / 200)).$((number % 200 + 1))
  fi
  mkdir "$folder/$number"
  ln -s "$folder/target" "$folder/$number/target"
  "${run[@]}" "${java[@]}" ClusterProof "$folder/$number" "$site" "$results/$number.jsonl" "$deadline" "$@" \
    > "$folder/$number/proof.log" 2>&1 &
  process=$!
  trap 'kill "$process"' TERM
  wait "$process" || code=$?
  remove "$number-"
  [ "$code" = 0 ] || tail -n 20 "$folder/$number"/*.log >&2
  (cd "$folder/$number" && tar -czf "$results/$number.logs.tgz" ./*.log)
  rm -rf -- "${folder:?}/$number"
}

# The sites of the whole proof: number of brokers, scenarios. Each takes about eleven minutes; where there is a time limit, it begins again until then.
plan() {
  cat << 'END'
1 blind=9
1 blind=9
1 blind=9
1 hang=9
1 hang=9
1 hang=9
1 cut=9
1 cut=9
1 cut=9
1 rolling=8 broker=8
1 rolling=8 broker=8
1 rolling=8 broker=8
1 weight=12 broker=4
1 weight=12 broker=4
1 kill=8 stop=8 add=8
1 kill=8 stop=8 add=8
1 kill=8 stop=8 add=8
3 kill=8 stop=8 leader=8 broker=8
3 kill=8 stop=8 leader=8 broker=8
3 kill=8 stop=8 leader=8 broker=8
END
}

[ "${1:-full}" = report ] || mkdir "$results"
mkdir "$folder/classes" "$folder/target"
javac -encoding UTF-8 -proc:none -d "$folder/classes" -cp "${java[-1]}" -sourcepath "$home/ingest/src/test/java" "$home"/benchmarks/cluster/*.java
case ${1:-full} in
  full)
    deadline=0
    [ -z "${3:-}" ] || deadline=$(($(date +%s) + $3))
    if [ -n "${4:-}" ]; then
      mkdir -- "$4"
      rmdir -- "$results"
      results=$(readlink -f -- "$4")
    fi
    # What the cameras play, once for all.
    (cd "$folder" && "${java[@]}" Cameras 127.0.0.1 0 0 "$home/models/demo-clip/yard.mp4")
    together=$(plan | wc -l)
    [ "$together" -le "${2:-1}" ] || together=${2:-1}
    java+=(-Dproof.together="$together")
    number=0
    while read -r brokers scenarios; do
      [ "$(jobs -rp | wc -l)" -lt "${2:-1}" ] || wait -n
      [ "$deadline" = 0 ] || [ "$(date +%s)" -lt "$deadline" ] || break
      number=$((number + 1))
      # shellcheck disable=SC2086 # scenarios are words
      site "$number" "$deadline" 3 24 "$brokers" 20 60 $scenarios < /dev/null &
    done < <(plan)
    wait
    ;;
  report) results=$2 ;;
  short) site 1 0 3 4 1 1 9 kill hang ;;
  *) site 1 0 "$@" ;;
esac
"${java[@]}" Results "$results"/*.jsonl
