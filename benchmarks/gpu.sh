#!/usr/bin/env bash
# Measures Helmwatch on a GPU host and writes one report. The host should do nothing else meanwhile.
#
#   benchmarks/gpu.sh --out DIR --clips "H264.mp4 HEVC.mp4" [STEP...]
#
# Steps, all of them by default, each with its text and JSON in DIR:
#   kernels   letterbox against the copy rate, boxes per batch, copies over the bus
#   engine    engines by batch and precision against a bare loop of launches
#   bench     stages alone and the whole pipeline by number of streams, both models
#   live      streams at the clip's rate that are held with p99 under 100 ms and no drop, both models
#   peer      the Python peer on the same clips, and whether its boxes are ours
#   compare   CPU against GPU on the clips and on --pictures, by precision
#   eval      average precision by precision on --data
#   soak      a long run: speed and memory at its beginning and end
#   report    DIR/report.md and DIR/report.json of what is in DIR
#
# Options: --streams LIST (1,4,16,32,64)  --seconds S per stage (3)  --rounds N (3)  --precisions LIST (fp16,fp32)  --minutes M of soak (10)
#          --data DIR with images/ and labels/   --calibration DIR of pictures, for precision int8   --pictures DIR   --peer-streams LIST (1,8,32)   --cache DIR of engines
# HELMWATCH is the command to run; ./helmwatch by default. PYTHON runs the peer; python3 by default.
set -euo pipefail
home=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
helmwatch=${HELMWATCH:-$home/helmwatch} python=${PYTHON:-python3} models=${MODELS:-$home/models}
out='' clips='' data='' calibration='' pictures='' cache=${HOME}/.cache/helmwatch
streams=1,4,16,32,64 seconds=3 rounds=3 precisions=fp16,fp32 minutes=10 peer_streams=1,8,32
steps=()
while [ $# -gt 0 ]; do
  case $1 in
    --out | --clips | --data | --calibration | --pictures | --cache | --streams | --seconds | --rounds | --precisions | --minutes | --peer-streams)
      [ $# -gt 1 ] || { echo "gpu.sh: $1 needs a value" >&2; exit 2; }
      name=${1#--}; printf -v "${name//-/_}" %s "$2"; shift 2 ;;
    -*) echo "gpu.sh: unknown option $1" >&2; exit 2 ;;
    *) steps+=("$1"); shift ;;
  esac
done
[ -n "$out" ] || { echo "gpu.sh: --out DIR is missing: where the report goes" >&2; exit 2; }
[ ${#steps[@]} -gt 0 ] || steps=(kernels engine bench live peer compare eval soak report)
mkdir -p "$out"

# step NAME COMMAND...: runs it with its output in DIR/NAME.txt; a failure is noted and the next step goes on.
step() {
  local name=$1 begun=$SECONDS; shift
  echo "$*" | sed "s|$home/||g; s|.*io.helmwatch.pipeline.cli.Main|helmwatch|" > "$out/$name.command"
  if "$@" > "$out/$name.txt" 2> "$out/$name.err"; then echo "$name: $((SECONDS - begun)) s"
  else echo "$name: exit code $? after $((SECONDS - begun)) s" | tee -a "$out/$name.txt"; tail -3 "$out/$name.err"; fi
}
need_clips() { [ -n "$clips" ] || { echo "gpu.sh: $1 needs --clips" >&2; exit 2; }; }
# What a precision needs beside its name.
int8() { [ "$1" != int8 ] || echo "${calibration:+--calibration $calibration} ${data:+--check $data}"; }
first_clip() { echo "${clips%% *}"; }
# shellcheck disable=SC2086,SC2046,SC2016 # commands and clips are words; the fences of the report are no commands
for what in "${steps[@]}"; do
  case $what in
    kernels) step kernels $helmwatch bench --kernels --cache "$cache" --json-file "$out/kernels.json" ;;
    engine)
      for model in n s; do for precision in ${precisions//,/ }; do
        step "engine-$model-$precision" $helmwatch engine bench --model "$models/helmet-yolov5$model.onnx" --precision "$precision" \
          $(int8 "$precision") --cache "$cache" --runs 100
      done; done ;;
    bench)
      need_clips bench
      for model in n s; do
        step "bench-$model" $helmwatch bench --backend cuda --model "$models/helmet-yolov5$model.onnx" --cache "$cache" \
          --streams "$streams" --seconds "$seconds" --rounds "$rounds" --json-file "$out/bench-$model.json" $clips
      done ;;
    live)
      need_clips live
      for model in n s; do
        step "live-$model" $helmwatch bench --backend cuda --model "$models/helmet-yolov5$model.onnx" --cache "$cache" \
          --live --streams 64 --seconds "$seconds" --json-file "$out/live-$model.json" "$(first_clip)"
      done ;;
    peer)
      need_clips peer
      step agree-ours $helmwatch detect --backend cuda --cache "$cache" --model "$models/helmet-yolov5n.onnx" "$(first_clip)"
      step agree-peer $python "$home/benchmarks/peers/pytorch_yolov5.py" --model "$models/helmet-yolov5n.onnx" \
        --dump "$out/agree-peer.jsonl" "$(first_clip)"
      mv "$out/agree-ours.txt" "$out/agree-ours.jsonl"
      step agree $python "$home/benchmarks/peers/agree.py" "$out/agree-ours.jsonl" "$out/agree-peer.jsonl"
      rm -f "$out"/agree-ours.* "$out"/agree-peer.*
      for clip in $clips; do for count in ${peer_streams//,/ }; do
        step "peer-$(basename "${clip%.*}")-$count" $python "$home/benchmarks/peers/pytorch_yolov5.py" \
          --model "$models/helmet-yolov5n.onnx" --streams "$count" --seconds "$seconds" "$clip"
      done; done ;;
    compare)
      need_clips compare
      for precision in ${precisions//,/ }; do
        step "compare-$precision" $helmwatch compare --backend cuda --precision "$precision" $(int8 "$precision") --cache "$cache" \
          --model "$models/helmet-yolov5n.onnx" $clips $pictures
      done ;;
    eval)
      [ -n "$data" ] || { echo "eval: left out, no --data"; continue; }
      for model in n s; do
        step "eval-$model-cpu" $helmwatch eval --backend cpu --model "$models/helmet-yolov5$model.onnx" --data "$data" --json
        for precision in ${precisions//,/ }; do
          step "eval-$model-$precision" $helmwatch eval --backend cuda --precision "$precision" $(int8 "$precision") --cache "$cache" \
            --model "$models/helmet-yolov5$model.onnx" --data "$data" --json
        done
      done ;;
    soak)
      need_clips soak
      step soak $helmwatch bench --backend cuda --model "$models/helmet-yolov5n.onnx" --cache "$cache" --soak "$minutes" \
        --streams 32 --json-file "$out/soak.json" "$(first_clip)" ;;
    report)
      {
        echo "# Helmwatch on a GPU"
        echo
        echo "$(date -u +%Y-%m-%d), $(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2> /dev/null | head -1), $(nproc) processors"
        for text in "$out"/*.txt; do
          name=$(basename "${text%.txt}")
          printf '\n## %s\n\n    %s\n\n```\n%s\n```\n' "$name" "$(cat "$out/$name.command" 2> /dev/null)" "$(cat "$text")"
        done
      } > "$out/report.md"
      {
        separator='{'
        for json in "$out"/*.json; do
          [ "$json" != "$out/report.json" ] || continue
          printf '%s"%s":%s\n' "$separator" "$(basename "${json%.json}")" "$(cat "$json")"; separator=,
        done
        [ "$separator" = , ] || printf '{'
        echo '}'
      } > "$out/report.json.part"
      mv "$out/report.json.part" "$out/report.json"
      echo "$out/report.md" ;;
    *) echo "gpu.sh: unknown step $what" >&2; exit 2 ;;
  esac
done
