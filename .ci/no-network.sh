#!/usr/bin/env bash
# Runs every command in a network namespace that leads nowhere, with a name server that records what it is asked, and fails when
# a name is asked for or a packet is sent that no configuration names. Java is started by hand, without the launcher's environment.
# Needs a built repository (./mvnw package), root, unshare and python3; says so and succeeds where it may not make namespaces.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ "${1:-}" != inside ]; then
  for tool in unshare ip python3; do
    command -v "$tool" > /dev/null || { echo "no-network: skipped, $tool is not installed"; exit 0; }
  done
  unshare --net --mount true 2> /dev/null || { echo "no-network: skipped, network namespaces are not permitted here"; exit 0; }
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  scratch=$scratch unshare --net --mount "$0" inside
  exit
fi

# --- inside the namespace ---
ip link set lo up
# Counts every packet to the outside; nobody answers at the other end.
ip link add outside type veth peer name wall
for end in outside wall; do
  echo 1 > "/proc/sys/net/ipv6/conf/$end/disable_ipv6" 2> /dev/null || true
  ip link set "$end" up
done
ip address add 192.0.2.2/24 dev outside
ip route add default via 192.0.2.1
echo "nameserver 127.0.0.1" > "$scratch/resolv.conf"
mount --bind "$scratch/resolv.conf" /etc/resolv.conf
mount -t tmpfs tmpfs /tmp
mkdir -p "$scratch"

cat > "$scratch/names.py" <<'PYTHON'
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(('127.0.0.1', 53))
print('listening', flush=True)
with open(sys.argv[1], 'a', buffering=1) as asked:
    while True:
        query, client = server.recvfrom(4096)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode('latin-1'))
            at += 1 + query[at]
        asked.write('.'.join(labels) + '\n')
        # No such name.
        server.sendto(query[:2] + b'\x81\x83' + query[4:6] + bytes(6) + query[12:at + 5], client)
PYTHON
touch "$scratch/asked"
python3 "$scratch/names.py" "$scratch/asked" > "$scratch/listening" &
names=$!
trap 'kill "$names"' EXIT
until [ -s "$scratch/listening" ]; do sleep 0.1; done

clip=$PWD/models/demo-clip/yard.mp4
mkdir -p "$scratch/home" "$scratch/data/images" "$scratch/data/labels"
python3 - "$scratch/data" <<'PYTHON'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
rows = b''.join(b'\0' + bytes(3 * 64) for _ in range(64))
png = b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 64, 64, 8, 2, 0, 0, 0)) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')
open(sys.argv[1] + '/images/dark.png', 'wb').write(png)
open(sys.argv[1] + '/labels/dark.txt', 'w').write('0 0.5 0.5 0.2 0.2\n')
PYTHON
cat > "$scratch/run.yaml" <<YAML
streams:
  - {id: yard, url: $clip, analyze-fps: 1, rules: [{name: any, kind: occupancy, more-than: 0, at-least: 1s}]}
kafka: {embedded: true}
incidents:
  spool: {directory: $scratch/spool}
  snapshots: {enabled: true, directory: $scratch/snapshots}
  s3: {endpoint: "http://127.0.0.1:9", bucket: evidence, access-key-file: $scratch/key, secret-key-file: $scratch/key}
http: {enabled: false}
YAML
echo any > "$scratch/key"
cat > "$scratch/named.yaml" <<YAML
streams:
  - {id: gate, url: "rtsp://camera.helmwatch.test/main"}
kafka: {bootstrap-servers: "broker.helmwatch.test:9092"}
incidents:
  s3: {endpoint: "https://s3.helmwatch.test", bucket: evidence, access-key-file: $scratch/key, secret-key-file: $scratch/key}
http: {enabled: false}
YAML

jars=(pipeline/target/pipeline-*.jar)
helmwatch() {
  env -i PATH="$PATH" HOME="$scratch/home" LC_ALL=C.UTF-8 "${JAVA_HOME:-/usr}/bin/java" -Xmx384m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
    -Dhelmwatch.home="$PWD" -Dorg.bytedeco.javacpp.maxBytes=0 -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
    -cp "${jars[0]}:pipeline/target/lib/*" io.helmwatch.pipeline.cli.Main "$@" > "$scratch/output" 2>&1
}
sent() { awk '$1 == "outside:" { print $11 }' /proc/net/dev; }

failed=0
# check NAMES COMMAND…: the command asks for nothing but these names, separated by spaces, and sends nothing.
check() {
  local allowed=$1 before status=0 unexpected
  shift
  : > "$scratch/asked"
  before=$(sent)
  helmwatch "$@" || status=$?
  # What a background thread asks for after the command's end of work.
  sleep 0.2
  unexpected=$(sort -u "$scratch/asked" | grep -vxF -f <(printf '%s\n' "$(hostname)" "${allowed// /$'\n'}") || true)
  if [ -n "$unexpected" ] || [ "$(sent)" != "$before" ] || compgen -G '/tmp/mat-debug-*' > /dev/null || [ -e "$scratch/home/.cache/Microsoft" ]; then
    failed=1
    echo "no-network: $*: expected no traffic; asked for [${unexpected//$'\n'/ }], packets $(($(sent) - before)), files $(find /tmp "$scratch/home" -name 'mat-debug*' -o -name Microsoft | tr '\n' ' ')" >&2
    tail -5 "$scratch/output" >&2
  else
    echo "no-network: $1: silent (exit status $status)"
  fi
}

check "" demo
check "" detect "$scratch/data/images/dark.png"
check "" eval --data "$scratch/data"
check "" validate -c "$scratch/run.yaml"
check "" doctor
check "" run -c "$scratch/run.yaml"
check "" replay -c "$scratch/run.yaml" "$clip"
check "" validate -c "$scratch/named.yaml"
check "camera.helmwatch.test broker.helmwatch.test s3.helmwatch.test" doctor -c "$scratch/named.yaml"
# The name server does count.
grep -qx camera.helmwatch.test "$scratch/asked" || { failed=1; echo "no-network: expected doctor to ask for the configured camera" >&2; }
exit "$failed"
