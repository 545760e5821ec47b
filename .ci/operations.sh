#!/usr/bin/env bash
# Checks what operations get: metrics by Prometheus' conventions, alert rules with their tests, every expression of the dashboards in a real
# Prometheus, Kubernetes manifests against Kubernetes' schemas, the systemd unit. Expects the build of ./helmwatch.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
started=()
stop() {
  for pid in "${started[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait "${started[@]}" || true
  started=()
}
cleanup() {
  stop
  rm -rf "$work"
}
trap cleanup EXIT
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# until_answers WHAT COMMAND...: waits up to a minute.
until_answers() {
  local what=$1; shift
  for _ in $(seq 120); do "$@" > /dev/null 2>&1 && return; sleep 0.5; done
  echo "$what did not answer within a minute" >&2; cat "$work"/*.log >&2; exit 1
}

port=$(free_port)
cat > "$work/site.yaml" << YAML
kafka: {embedded: true}
http: {port: $port}
incidents:
  spool: {directory: $work/spool}
  snapshots: {directory: $work/snapshots}
  s3: {endpoint: "http://127.0.0.1:9", bucket: evidence, access-key-env: S3_ACCESS_KEY, secret-key-env: S3_SECRET_KEY}
streams:
  - id: yard
    url: $PWD/models/demo-clip/yard.mp4
    realtime: true
    loop: true
    analyze-fps: 2
    rules: [{name: helmet, kind: no-helmet}]
YAML
HELMWATCH_JAVA_OPTS=-XX:TieredStopAtLevel=1 S3_ACCESS_KEY=x S3_SECRET_KEY=x ./helmwatch run -c "$work/site.yaml" > /dev/null 2> "$work/helmwatch.log" & started+=($!)
npm install --prefix "$work/node" --ignore-scripts --no-audit --no-fund --silent kubernetes-models@4.5.1 yaml@2.9.1 &
packages=$!
started+=("$packages")

promtool check config deploy/observe/prometheus/prometheus.yml > /dev/null
promtool test rules deploy/observe/prometheus/alerts.test.yml

# Per-stream meters are there once the stream is.
until_answers "Helmwatch" sh -c "curl -sf http://127.0.0.1:$port/metrics > $work/metrics && grep -q helmwatch_stream_detections_objects_total $work/metrics"
promtool check metrics < "$work/metrics"

own=$(free_port)
sed "s/helmwatch:9400/127.0.0.1:$port/; s/15s/1s/" deploy/observe/prometheus/prometheus.yml > "$work/prometheus.yml"
cp deploy/observe/prometheus/alerts.yml "$work"
prometheus --config.file="$work/prometheus.yml" --storage.tsdb.path="$work/tsdb" --web.listen-address="127.0.0.1:$own" > "$work/prometheus.log" 2>&1 &
started+=($!)
until_answers "Prometheus" sh -c "curl -sf 'http://127.0.0.1:$own/api/v1/query?query=up' | grep -q '\"1\"'"
python3 deploy/observe/check.py "$work/metrics" "http://127.0.0.1:$own"
wait "$packages"
stop

deploy/kubernetes/observe/collect.sh
for kind in base gpu observe; do kubectl kustomize "deploy/kubernetes/$kind" > "$work/$kind.yaml" 2> /dev/null; done
node deploy/kubernetes/check-manifests.mjs "$work/node" "$work/base.yaml" "$work/gpu.yaml" "$work/observe.yaml"
GATE_PASSWORD=x ./helmwatch validate -c deploy/kubernetes/base/helmwatch.yaml > /dev/null

sed 's|^ExecStart=.*|ExecStart=/bin/true|' deploy/systemd/helmwatch.service > "$work/helmwatch.service"
systemd-analyze verify "$work/helmwatch.service"
