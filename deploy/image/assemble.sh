#!/bin/bash
# Builds Helmwatch from the current folder and lays it out as an installation: assemble.sh [--gpu | --built] DESTINATION
# DESTINATION gets the launcher, lib/, models/, docs/, health.sh, helmwatch-sbom.json (CycloneDX), and natives/: the native libraries unpacked beforehand, so that
# the service starts on a read-only file system.
# --gpu adds the GPU backend: 3.1 GB from Maven Central, of which nvidia/ gets the 1.8 GB that it needs; the host brings the driver.
# --built lays out what an earlier call without --gpu has built.
set -euo pipefail
gpu='' built=''
case ${1:-} in
  --gpu) gpu=1; shift ;;
  --built) built=1; shift ;;
esac
destination=${1:?usage: assemble.sh [--gpu] DESTINATION}
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# With a list of what the installation is made of, in the form of CycloneDX.
[ -n "$built" ] || ./mvnw -q -B -ntp -Pquick${gpu:+,gpu,gpu-libraries} -Dmaven.test.skip=true package org.cyclonedx:cyclonedx-maven-plugin:makeAggregateBom
# Libraries of an earlier installation would shadow the new ones; a folder that is something else stays as it is.
if [ -e "$destination/lib" ] && [ ! -x "$destination/helmwatch" ]; then
  echo "assemble.sh: $destination has a lib folder but no helmwatch: expected an empty folder or an earlier installation; name another folder" >&2
  exit 1
fi
rm -rf "${destination:?}/lib" "${destination:?}/natives" "${destination:?}/nvidia"
mkdir -p "$destination/lib" "$destination/models/demo-clip"
for jar in pipeline/target/lib/*.jar pipeline/target/pipeline-*.jar; do
  case $jar in
    *-redist.jar) ;; # what is needed of NVIDIA's libraries goes to nvidia/
    */cuda-*-linux-x86_64.jar | */tensorrt-*-linux-x86_64.jar) [ -z "$gpu" ] || cp "$jar" "$destination/lib/" ;;
    *) cp "$jar" "$destination/lib/" ;;
  esac
done
cp models/*.onnx models/*.int8.* "$destination/models/"
cp models/demo-clip/yard.mp4 "$destination/models/demo-clip/"
cp helmwatch deploy/image/health.sh LICENSE README.md target/helmwatch-sbom.json "$destination/"
rm -rf "${destination:?}/docs"
cp -R docs "$destination/"

if [ -n "$gpu" ]; then
  # TensorRT's presets initialise those of cuBLAS and cuDNN, which nothing here calls; empty classes in their place spare 1.5 GB.
  for name in cublas cudnn; do
    mkdir -p "$scratch/java/org/bytedeco/cuda/global"
    echo "package org.bytedeco.cuda.global; public class $name {}" > "$scratch/java/org/bytedeco/cuda/global/$name.java"
  done
  javac -d "$scratch/classes" "$scratch"/java/org/bytedeco/cuda/global/*.java
  jar --update --file "$(find "$destination/lib" -name 'cuda-*-1.*.jar' ! -name '*-linux-*')" -C "$scratch/classes" org
  mkdir -p "$destination/nvidia"
  for needed in libcudart.so.12 libnvrtc.so.12 libnvrtc-builtins.so.12.6; do
    unzip -q -o -j pipeline/target/lib/cuda-*-redist.jar "*/$needed" -d "$destination/nvidia"
  done
  for needed in libnvinfer.so.10 libnvinfer_builder_resource.so.10.6.0 libnvinfer_plugin.so.10 libnvonnxparser.so.10; do
    unzip -q -o -j pipeline/target/lib/tensorrt-*-redist.jar "*/$needed" -d "$destination/nvidia"
  done
  # Loads them all, which unpacks JavaCPP's own; any library will do for the driver's, which is not called.
  libc=$(ldd "$(command -v bash)" | sed -n 's/.*libc\.so\.6 => \([^ ]*\).*/\1/p')
  mkdir "$scratch/driver"
  ln -s "$libc" "$scratch/driver/libcuda.so.1"
  LD_LIBRARY_PATH="$destination/nvidia:$scratch/driver" java -cp "$destination/lib/*" \
    -Dorg.bytedeco.javacpp.cachedir="$destination/natives" deploy/image/LoadGpuLibraries.java
fi

# Unpacks the CPU's libraries by using them.
deploy/image/site.sh "$PWD/models/demo-clip/yard.mp4" "$scratch" > "$scratch/site.yaml"
HELMWATCH_NATIVES="$destination/natives" "$destination/helmwatch" run -c "$scratch/site.yaml" 2> "$scratch/run.log" ||
  { cat "$scratch/run.log" >&2; exit 1; }
# JavaCPP uses its cache only where it can write; from one folder of libraries it loads without.
mkdir "$destination/natives/javacpp"
find "$destination"/natives/*.jar -name '*.so*' -type f -exec mv -t "$destination/natives/javacpp" {} +
find "$destination"/natives/*.jar -name '*.so*' -type l -printf '%l %f\n' | while read -r target name; do
  library=$destination/natives/javacpp/${target##*/}
  [ ! -f "$library" ] || [ -e "${library%/*}/$name" ] || ln -s "${target##*/}" "${library%/*}/$name"
done
rm -r "$destination"/natives/*.jar
# Kafka's LZ4 looks there, too, before it unpacks its own.
unzip -q -o -j "$destination"/lib/lz4-java-*.jar '*/linux/amd64/liblz4-java.so' -d "$destination/natives/javacpp"
[ -n "$(find "$scratch/snapshots" -name '*.jpg')" ] || { echo "assemble.sh: expected the snapshot of an incident, found none" >&2; exit 1; }
chmod -R a+rX,go-w "$destination"
