#!/bin/bash
# Exit 0 when the service answers 200 on /live, /ready or /startup: health.sh live [PORT]
set -eu
probe=${1:?usage: health.sh live|ready|startup [PORT]}
exec 3<>"/dev/tcp/127.0.0.1/${2:-9400}"
printf 'GET /%s HTTP/1.0\r\n\r\n' "$probe" >&3
read -r -t 4 _ status _ <&3
[ "$status" = 200 ]
