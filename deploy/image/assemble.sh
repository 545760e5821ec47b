#!/bin/bash
# Builds Helmwatch from the current folder and lays it out as an installation: assemble.sh DESTINATION
# DESTINATION gets the launcher, lib/, models/, health.sh, and natives/: the native libraries unpacked beforehand, so that
# the service starts on a read-only file system.
set -euo pipefail
destination=${1:?usage: assemble.sh DESTINATION}
cd "$(dirname "$0")/../.."

./mvnw -q -B -ntp -DskipTests -Dspotless.check.skip=true -Dmdep.analyze.skip=true package
mkdir -p "$destination/lib" "$destination/models/demo-clip"
cp pipeline/target/lib/*.jar pipeline/target/pipeline-*.jar "$destination/lib/"
cp models/*.onnx "$destination/models/"
cp models/demo-clip/yard.mp4 "$destination/models/demo-clip/"
cp helmwatch deploy/image/health.sh LICENSE "$destination/"

# The first run unpacks FFmpeg and ONNX Runtime; detect uses every native library of the CPU path.
HELMWATCH_NATIVES="$destination/natives" "$destination/helmwatch" detect "$destination/models/demo-clip/yard.mp4" > /dev/null
chmod -R a+rX,go-w "$destination"
