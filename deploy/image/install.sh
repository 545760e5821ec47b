#!/bin/sh
# Installs what a stage of the Dockerfile needs: install.sh build|service|camera
set -eu
export DEBIAN_FRONTEND=noninteractive
case ${1:?usage: install.sh build|service|camera} in
  build) packages="openjdk-17-jdk-headless ca-certificates curl unzip" ;;
  service) packages="openjdk-17-jre-headless ca-certificates" ;;
  camera) packages="gstreamer1.0-rtsp gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gir1.2-gst-rtsp-server-1.0 python3-gi" ;;
  *) echo "install.sh: '$1' is not a stage; expected build, service or camera" >&2; exit 2 ;;
esac
# For ARM, FFmpeg's libraries on Maven Central come without those of VA-API, which they are linked with.
[ "$1" = camera ] || [ "$(dpkg --print-architecture)" != arm64 ] || packages="$packages libva-drm2"
apt-get update -qq
# shellcheck disable=SC2086 # a list of words
apt-get install -y -qq --no-install-recommends $packages
rm -rf /var/lib/apt/lists/*
# The places that the service writes to, incidents and engines; a volume takes its owner from here.
[ "$1" = service ] && install -d -o 10001 -g 10001 /var/lib/helmwatch /var/cache/helmwatch
exit 0
