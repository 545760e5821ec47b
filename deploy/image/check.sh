#!/bin/bash
# Runs the steps of the Dockerfile on this machine and lives with the result for a few seconds, as the composition would: the
# demo camera serves the clip over RTSP, the service reads it as an unprivileged user from files it cannot write, the health
# check answers, frames are analysed, SIGTERM ends it with 0.
set -euo pipefail
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT
fail() {
  echo "check.sh: $*" >&2
  [ -f "$work/service.log" ] && tail -n 30 "$work/service.log" >&2
  exit 1
}

# Every RUN of the Dockerfile calls a script that is there.
while read -r script; do
  [ -x "deploy/image/$script" ] || fail "the Dockerfile runs $script, which is not an executable file in deploy/image"
done < <(sed -nE 's/^RUN .*(install\.sh|assemble\.sh).*/\1/p' Dockerfile | sort -u)

if [ $# -gt 0 ]; then
  cp -a "$1" "$work/opt"
else
  deploy/image/assemble.sh "$work/opt"
fi
chmod 755 "$work"

rtsp_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
http_port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
/usr/bin/python3 deploy/camera/serve.py models/demo-clip/yard.mp4 --host 127.0.0.1 --port "$rtsp_port" > "$work/camera.log" 2>&1 &
pids+=($!)

# The composition's own settings, with this machine's ports and a development broker in place of the container's.
sed -e "s#camera:8554#127.0.0.1:$rtsp_port#" -e 's#bootstrap-servers:.*#embedded: true#' \
  -e "s#/var/lib/helmwatch#$work/state#" -e "s#/var/cache/helmwatch#$work/state/cache#" -e "s#host: 0.0.0.0#host: 127.0.0.1\n  port: $http_port#" deploy/helmwatch.yaml > "$work/helmwatch.yaml"

as_service=()
[ "$(id -u)" = 0 ] && as_service=(setpriv --reuid 10001 --regid 10001 --clear-groups)
mkdir -m 1777 "$work/state" "$work/tmp"
env -i PATH="$PATH" ${JAVA_HOME:+JAVA_HOME="$JAVA_HOME"} HELMWATCH_NATIVES="$work/opt/natives" \
  HELMWATCH_JAVA_OPTS="-Djava.io.tmpdir=$work/tmp" \
  "${as_service[@]}" "$work/opt/helmwatch" run -c "$work/helmwatch.yaml" > "$work/service.log" 2>&1 &
service=$!
pids+=("$service")

probe() { "$work/opt/health.sh" "$1" "$http_port" 2> /dev/null; }
for _ in $(seq 60); do
  kill -0 "$service" 2> /dev/null || fail "the service ended by itself"
  probe ready && break
  sleep 1
done
probe live || fail "/live did not answer 200"
probe ready || fail "/ready did not answer 200 within 60 s"
analysed() {
  python3 - "$http_port" <<'PY'
import re, sys, urllib.request
text = urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/metrics", timeout=5).read().decode()
print(int(sum(float(m) for m in re.findall(r"^helmwatch_analysed_frames\w*\{.*\} (\S+)$", text, re.M))))
PY
}
for _ in $(seq 30); do
  [ "$(analysed)" -ge 10 ] && break
  sleep 1
done
frames=$(analysed)
[ "$frames" -ge 10 ] || fail "expected at least 10 analysed frames from the demo camera, found $frames"

[ -n "$(find "$work/state" -name '*.db')" ] || fail "expected the spool of incidents in $work/state, found none"
grep -q "OpenCV cannot be used" "$work/service.log" && fail "OpenCV's libraries were not unpacked beforehand"
# Docker forbids to load anything from /tmp.
unpacked=$(find "$work/tmp" -name '*.so*' -type f)
[ -z "$unpacked" ] || fail "the service unpacked libraries at run time: $unpacked"

kill -TERM "$service"
code=0
wait "$service" || code=$?
[ "$code" = 0 ] || fail "SIGTERM: expected exit code 0, found $code"
[ -z "$(find "$work/opt" -newer "$work/helmwatch.yaml" -type f | head -n 1)" ] || fail "the service wrote into its installation"
echo "image steps: assembled, ready, $frames frames analysed from the demo camera, ended with 0"
