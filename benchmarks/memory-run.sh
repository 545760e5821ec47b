#!/usr/bin/env bash
# Does memory grow? Eight looped clips, or cameras that are lost again and again, through rules, spool, sender and snapshots, sampled once a
# minute.
#
#   benchmarks/memory-run.sh [MINUTES] [FOLDER]
#
# MINUTES           30 by default
# FOLDER            where configuration, spool, pictures, log and samples.csv go; a new temporary folder by default
# HELMWATCH         the launcher; by default the one beside this folder
# BOOTSTRAP         a broker of your own, HOST:PORT; by default the embedded one, which then counts towards the memory
# ANALYZE_FPS       frames analysed per second and stream, 1 by default
# LOSE_EVERY        seconds; the streams are demo cameras (deploy/camera/serve.py), one of which is killed that often and back after 3 s
set -euo pipefail
home=$(dirname -- "$(dirname -- "$(readlink -f -- "${BASH_SOURCE[0]}")")")
minutes=${1:-30}
folder=${2:-$(mktemp -d)}
launcher=${HELMWATCH:-$home/helmwatch}
clip=$(dirname -- "$(readlink -f -- "$launcher")")/models/demo-clip/yard.mp4
mkdir -p -- "$folder"

{
  if [ -n "${BOOTSTRAP:-}" ]; then
    echo "kafka: {bootstrap-servers: \"$BOOTSTRAP\"}"
  else
    echo "kafka: {embedded: true}"
  fi
  echo "http: {port: 9401}"
  echo "incidents: {spool: {directory: spool}, snapshots: {enabled: true, directory: pictures, max-bytes: 64MiB}}"
  echo "streams:"
  for i in 1 2 3 4 5 6 7 8; do
    source="url: \"$clip\", realtime: true, loop: true"
    [ -z "${LOSE_EVERY:-}" ] || source="url: \"rtsp://127.0.0.1:941$i/yard\""
    echo "  - {id: yard-$i, $source, analyze-fps: ${ANALYZE_FPS:-1}, rules: [{name: bare, kind: no-helmet, confidence: 0.4}]}"
  done
} > "$folder/memory.yaml"

camera() {
  exec /usr/bin/python3 "$home/deploy/camera/serve.py" "$clip" --host 127.0.0.1 --port "941$1" > /dev/null 2>&1
}
# Each turn kills the camera that has run longest.
lose_cameras() {
  local i
  cameras=()
  trap 'kill "${cameras[@]}" 2> /dev/null' EXIT
  for i in 1 2 3 4 5 6 7 8; do
    camera "$i" &
    cameras[i]=$!
  done
  for ((i = 0; ; i = (i + 1) % 8)); do
    sleep "$LOSE_EVERY"
    kill -KILL "${cameras[i + 1]}"
    sleep 3
    camera "$((i + 1))" &
    cameras[i + 1]=$!
  done
}
losing=
if [ -n "${LOSE_EVERY:-}" ]; then
  lose_cameras 2> /dev/null &
  losing=$!
fi
"$launcher" run -c "$folder/memory.yaml" > "$folder/run.log" 2>&1 &
service=$!
trap 'kill "$service" $losing 2> /dev/null || true' EXIT

# The sum of a metric over its labels; the second argument selects them.
metric() { awk -v name="$1" -v label="${2:-}" 'index($0, name) == 1 && index($0, label) { sum += $NF } END { printf "%.0f", sum }' "$folder/metrics"; }

echo "minute,rss_kb,heap_bytes,old_heap_bytes,other_jvm_bytes,direct_bytes,native_bytes,frames,incidents_delivered,pictures,threads" | tee "$folder/samples.csv"
begun=$SECONDS
for ((minute = 1; minute <= minutes; minute++)); do
  while ((SECONDS - begun < 60 * minute)); do sleep 1; done
  kill -0 "$service" || { echo "the service has ended: see $folder/run.log" >&2; exit 1; }
  curl -fsS http://127.0.0.1:9401/metrics > "$folder/metrics"
  echo "$minute,$(awk '/^VmRSS/ { print $2 }' "/proc/$service/status"),$(metric jvm_memory_used_bytes 'area="heap"'),$(metric jvm_memory_used_bytes 'id="Tenured Gen"'),$(metric jvm_memory_used_bytes 'area="nonheap"'),$(metric jvm_buffer_memory_used_bytes 'id="direct"'),$(metric helmwatch_native_memory_used_bytes),$(metric helmwatch_analysed_frames_total),$(metric helmwatch_incident_delivered_messages_total),$(metric helmwatch_incident_snapshots_pictures_total 'stored'),$(awk '/^Threads/ { print $2 }' "/proc/$service/status")" | tee -a "$folder/samples.csv"
done

# Start: mean of minutes 3 to 5, when everything has been used once. End: mean of the last three. Slope: least squares from minute 3.
awk -F, 'NR > 3 { n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2; rss[n] = $2 }
  END { if (n < 6) exit
    printf "RSS %.1f MB at the start, %.1f MB at the end, slope %.1f kB a minute\n",
      (rss[1] + rss[2] + rss[3]) / 3 / 1024, (rss[n] + rss[n - 1] + rss[n - 2]) / 3 / 1024, (n * xy - x * y) / (n * xx - x * x) }' "$folder/samples.csv" | tee "$folder/summary"
