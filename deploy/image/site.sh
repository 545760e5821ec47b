#!/bin/sh
# Prints the configuration of a run that ends with its clip and loads every native library of the CPU: rules, a broker, a spool, snapshots.
# site.sh CLIP FOLDER: spool and snapshots are in FOLDER.
set -eu
clip=${1:?usage: site.sh CLIP FOLDER} folder=${2:?usage: site.sh CLIP FOLDER}
cat <<YAML
streams:
  - {id: yard, url: $clip, analyze-fps: 1, rules: [{name: any, kind: occupancy, more-than: 0, at-least: 1s}]}
kafka: {embedded: true}
incidents:
  spool: {directory: $folder/spool}
  snapshots: {enabled: true, directory: $folder/snapshots}
http: {enabled: false}
YAML
