#!/usr/bin/env bash
# Bare inference on a CPU: Helmwatch, onnxruntime-node and OpenCV's DNN module on the same model, cores and input, in alternating rounds.
# Prints milliseconds per image, wall clock and processor time, as the median of the rounds, and Helmwatch's share of each peer.
#
# Usage: benchmarks/peers/cpu.sh [--model FILE] [--size HEIGHTxWIDTH] [--threads N] [--rounds N] [--seconds S] [--node FOLDER]
#
# FOLDER is where `npm install --ignore-scripts onnxruntime-node` was run; without it that peer is left out. Needs a build
# (`./helmwatch --version` makes one) and a quiet machine.
set -euo pipefail

home=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
model=$home/models/helmet-yolov5n.onnx size=384x640 threads=1 rounds=5 seconds=5 node=
while [ $# -gt 0 ]; do
  case $1 in
    --model) model=$2 ;;
    --size) size=$2 ;;
    --threads) threads=$2 ;;
    --rounds) rounds=$2 ;;
    --seconds) seconds=$2 ;;
    --node) node=$2 ;;
    *)
      sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
      exit 2
      ;;
  esac
  shift 2
done
model=$(readlink -f -- "$model")
classes=${HELMWATCH_CLASSES:-"$home/pipeline/target/*:$home/pipeline/target/lib/*"}
out=$(mktemp -d)
trap 'rm -rf -- "$out"' EXIT
export ORT_DISABLE_TELEMETRY=1

run_java() { java -Xmx1g -cp "$classes" "$@"; }

int8=
if run_java "$home/benchmarks/peers/BareInference.java" write-int8 "$model" "$out/int8.onnx" 2> "$out/int8.log"; then
  int8=$out/int8.onnx
else
  echo "INT8 is left out: $(tail -n 1 "$out/int8.log")" >&2
fi

# One measurement: a name for the table, then the command. A peer that refuses the model is named and left out from then on.
measure() {
  local name=$1
  shift
  [ ! -e "$out/refused-$name" ] || return 0
  if line=$("$@" 2> "$out/log"); then
    printf '%s %s\n' "$name" "$line" >> "$out/lines"
  else
    touch "$out/refused-$name"
    echo "$name refuses the model: $(grep -v '^\s\|^> *$' "$out/log" | tail -n 1 | cut -c 1-200)" >&2
  fi
}

round() {
  local precision=$1 file=$2
  measure "helmwatch-$precision" run_java "$home/benchmarks/peers/BareInference.java" "$precision" "$model" "$size" "$threads" "$seconds"
  [ -z "$node" ] || (cd -- "$node" && measure "onnxruntime-node-$precision" node "$home/benchmarks/peers/onnxruntime_node.mjs" "$file" "$size" "$threads" "$seconds")
  measure "opencv-$precision" run_java "$home/benchmarks/peers/OpenCvDnn.java" "$file" "$size" "$threads" "$seconds"
}

for ((i = 0; i < rounds; i++)); do
  round fp32 "$model"
  [ -z "$int8" ] || round int8 "$int8"
done

echo "$(basename -- "$model"), input $size, $threads threads, median of $rounds rounds of $seconds s"
printf '%-26s %10s %10s %8s\n' engine wall-ms cpu-ms ratio
for precision in fp32 int8; do
  own=
  for engine in helmwatch onnxruntime-node opencv; do
    name=$engine-$precision
    grep -q "^$name " "$out/lines" || continue
    median() { sed -n "s/^$name .*\"$1\":\([0-9.]*\).*/\1/p" "$out/lines" | sort -n | awk '{v[NR] = $1} END {print v[int((NR + 1) / 2)]}'; }
    wall=$(median wallMillis) cpu=$(median cpuMillis)
    own=${own:-$cpu}
    printf '%-26s %10s %10s %8s\n' "$name" "$wall" "$cpu" "$(awk -v peer="$cpu" -v own="$own" 'BEGIN {printf "%.2f", peer / own}')"
  done
done
echo "ratio: processor time of the engine by that of Helmwatch in the same precision; above 1 Helmwatch is faster"
