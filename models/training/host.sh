#!/usr/bin/env bash
# One training on a GPU host that is reached only in short calls and small transfers: renders stills, trains until a given second, evaluates,
# and leaves everything in parts small enough to carry home. It stops at the first failure and says so.
#
#   here      ./host.sh pack OUT TRAIN... -- VAL TEST    OUT/host (scripts, renderer, clips, start, validation set) and OUT/parts (photographs)
#   here      ./host.sh rehearse OUT                     the whole run with a handful of images on this machine, minutes on a CPU
#   there     ./host.sh start                            in OUT/host, wherever it was copied: starts the run in the background
#   there     ./host.sh add PART...                      hands over parts as they arrive
#   there     ./host.sh await STEP SECONDS [DIR]         STEP is trained or evaluated: waits, shows the log, copies into DIR what is there by then
#
# Settings are environment variables, kept in OUT/host/settings by pack; see settings() below.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd_host() { cd "$here/.."; } # OUT/host/code holds this script on the host

settings() {
    : "${VARIANT:=m}" "${INIT:=$here/../helmet-yolov5s.onnx}" # what is trained, and from which model it starts ({variant} is replaced);
    # several variants, as in VARIANT="n s", are trained at the same time, each on a GPU of its own, with TRAIN_n and TRAIN_s after TRAIN
    : "${TEACHER:=}"                                   # a model they learn from; it goes into OUT/parts
    : "${ROUND:=m}"                                    # variants that ship with weights of 8 bits and are evaluated so
    : "${SAFE:=}"                                      # options with which a variant alone on its GPU that fails at its start is tried again
    : "${END:=800}"                                    # second after the start at which the training ends; evaluation takes about 80 more
    : "${STILLS:=41:1400 42:1400}" "${SPP:=4}" "${PROBE_SPP:=10}" "${JOBS:=7}" # seed:number:shot:light of each renderer's stills (shot and light: any); paths a pixel; renderers at once
    : "${PART_MB:=56}"                                 # largest part
    : "${PARTS:=0}"                                    # number of parts that are to arrive; set by pack
    : "${PROBES:=all}" "${PROBE_LIMIT:=0}"             # all, none or the kinds of probes; most of each kind, 0: all
    : "${GPUS:=0}"                                     # how many train together; 0: as many as the host has
    : "${FIRST:=150}"                                  # seconds that several GPUs have for their first steps before one goes on alone
    : "${GRACE:=90}"                                   # seconds after END in which a training that does not come to its end is ended
    : "${LR:=0.01}"
    : "${TRAIN:=--batch 64 --graph --warmup 200 --ema 0.9995 --evals 4 --extra-share 0.22 --shapes 640x640:0.62 384x640:0.38 \
--early-shapes 384x640:0.45 512x512:0.35 640x640:0.2 --early 0.4 \
--anchors 8.7 10.7 13 16 18.1 22.1 24.3 29.7 32.4 39.2 43.6 52.4 64 77 110 130 220 255}"
}

pack() {
    local out=$1; shift
    local train=() kept name own
    while [ "$1" != -- ]; do train+=("$1"); shift; done
    settings
    mkdir -p "$out/host/code" "$out/host/clips" "$out/parts"
    cp "$here"/*.py "$here"/host.sh "$here"/../demo-clip/*.h "$here"/../demo-clip/yard.cu "$out/host/code/"
    cp "$here"/../demo-clip/{yard,ramp}{.mp4,-truth.jsonl} "$out/host/clips/"
    for name in $VARIANT; do
        own=${INIT//\{variant\}/$name} # a large one travels like the photographs
        if [ "$(stat -c %s "$own")" -gt 25000000 ]; then cp "$own" "$out/parts/start-$name.${INIT##*.}"; else cp "$own" "$out/host/start-$name.${INIT##*.}"; fi
    done
    [ -z "$TEACHER" ] || { cp "$TEACHER" "$out/parts/teacher.${TEACHER##*.}" && TEACHER=teacher.${TEACHER##*.}; }
    [ -z "${YARD:-}" ] || cp "$YARD" "$out/host/yard" # the renderer compiled beforehand
    python3 "$here/pack.py" --out "$out/parts" --part-mib "$(python3 -c "print($PART_MB * 1e6 / 2**20)")" "${train[@]}"
    mv "$out/parts/SHA256SUMS" "$out/host/SHA256SUMS"
    python3 "$here/pack.py" --out "$out/host/val" "$2" > /dev/null
    python3 "$here/pack.py" --out "$out/test" "$3" > /dev/null
    mv "$out/test/part-00.pack" "$out/parts/test.pack" && rm -r "$out/test"
    PARTS=$(wc -l < "$out/host/SHA256SUMS")
    INIT="start-{variant}.${INIT##*.}"
    kept=(VARIANT INIT TEACHER ROUND SAFE END STILLS SPP PROBE_SPP JOBS PARTS PROBES PROBE_LIMIT GPUS FIRST GRACE LR TRAIN)
    for name in $VARIANT; do own="TRAIN_$name" && printf -v "$own" %s "${!own:-}" && kept+=("$own"); done
    for name in "${kept[@]}"; do echo "$name=\${$name:-$(printf %q "${!name}")}"; done > "$out/host/settings"
    du -h "$out/host" "$out"/parts/* | grep -v "host/"
}

say() { echo "[$(($(date +%s) - T0)) s] $*"; }

ended() { # leaves `failed` unless the run came to its end
    local status=$?
    [ -e evaluated ] || { say "FAILED with $status; nothing after this ran"; touch failed; }
}

renderer() { # the one that was packed, if it works here; else one compiled here
    rm -rf try && mkdir -p try/images try/labels
    if [ -x yard ] && ./yard stills --n 1 --seed 1 --spp 1 --size 64x48 --out try && [ -s try/images/0000.ppm ]; then return; fi
    say "compiles the renderer"
    if [ "$device" = cuda ]; then nvcc -O3 -use_fast_math -arch=native -Xcompiler -fopenmp -o yard code/yard.cu
    else g++ -O3 -march=native -ffast-math -fopenmp -w -x c++ -o yard code/yard.cu; fi
}

stills() {
    local job jobs=() seed number shot light
    for job in $STILLS; do
        IFS=: read -r seed number shot light <<< "$job"
        OMP_NUM_THREADS=2 python3 code/render_stills.py --yard ./yard --out "stills/$seed" --n "$number" --seed "$seed" --shot "${shot:-any}" --light "${light:-any}" \
            --spp "$SPP" --jobs "$JOBS" --gpus "$GPUS" --workers 8 & jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
}

learn() { # variant $1 with $2 GPUs and further options; takes the place of the shell it runs in
    local variant=$1 gpus=$2 start="--init $INIT" own="TRAIN_$1"; shift 2
    [ ! -e "runs/$variant/last.pt" ] || start=--resume
    [ -z "$TEACHER" ] || start+=" --teacher $TEACHER"
    # shellcheck disable=SC2086 # options, to be split
    exec timeout -k 5 $((T0 + END + GRACE - $(date +%s))) python3 code/train.py --variant "$variant" $start --train photographs --extra stills/* --val val \
        --clips clips/yard.mp4 clips/ramp.mp4 --deadline $((T0 + END)) --out runs --lr "$LR" --gpus "$gpus" $TRAIN ${!own:-} "$@"
}

together() { # one network on $1 GPUs; several that do not get to their first steps are ended, so that one can go on
    local i job
    learn "$VARIANT" "$1" &
    job=$!
    for ((i = 0; i < 4 * FIRST; i++)); do
        { ! kill -0 "$job" 2> /dev/null || grep -q '^first steps' log.txt; } && break
        sleep 0.25
    done
    [ "$1" -eq 1 ] || grep -q '^first steps' log.txt || kill "$job" || true
    wait "$job"
}

apart() { # each network on a GPU of its own
    local variant gpu=0 job jobs=() ready=()
    for variant in $VARIANT; do
        (
            export CUDA_VISIBLE_DEVICES=$((gpu % GPUS))
            (learn "$variant" 1) && exit
            [ ! -e "runs/$variant/last.pt" ] && [ -n "$SAFE" ] && [ $((T0 + END - $(date +%s))) -gt 60 ]
            say "$variant goes on with $SAFE"
            # shellcheck disable=SC2086 # options, to be split
            learn "$variant" 1 $SAFE
        ) & jobs+=($!)
        gpu=$((gpu + 1))
    done
    for job in "${jobs[@]}"; do wait "$job" || true; done
    for variant in $VARIANT; do
        if [ -e "runs/$variant/best.pt" ]; then ready+=("$variant"); else say "$variant did not come to its end"; fi
    done
    VARIANT=${ready[*]}
    [ -n "$VARIANT" ]
}

train() {
    if [ "$(wc -w <<< "$VARIANT")" -gt 1 ] || { [ "$GPUS" -eq 1 ] && [ -n "$SAFE" ]; }; then apart; return; fi
    together "$GPUS" && return
    [ ! -e "runs/$VARIANT/best.pt" ] || return 0
    [ "$GPUS" -gt 1 ] && [ $((T0 + END - $(date +%s))) -gt 60 ]
    say "goes on with one GPU"
    together 1
}

shipped() { # the weights of variant $1 as they are evaluated
    if [ -e "compact-$1.pt" ]; then echo "compact-$1.pt"; else echo "runs/$1/best.pt"; fi
}

evaluate() {
    local job jobs=() variant model
    for variant in $VARIANT; do
        model=$(shipped "$variant")
        mkdir -p "results/$variant"
        [ "$model" = "runs/$variant/best.pt" ] || { python3 code/evaluate.py --device "$device" --model "runs/$variant/best.pt" --json "results/$variant/val-exact.json" val > "results/$variant/val-exact.txt" & jobs+=($!); }
        python3 code/evaluate.py --device "$device" --model "$model" --json "results/$variant/val.json" val > "results/$variant/val.txt" & jobs+=($!)
        python3 code/evaluate.py --device "$device" --model "$model" --json "results/$variant/test.json" test.pack > "results/$variant/test.txt" & jobs+=($!)
        python3 code/clips.py --device "$device" --model "$model" clips/yard.mp4 clips/ramp.mp4 > "results/$variant/clips.txt" & jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
}

probes() { # those that were added, or rendered while the weights are rounded; then shown to the networks
    local kinds=() i variant job jobs=()
    [ "$PROBES" != none ] || return 0
    if [ -e probes.tar-00 ]; then
        mkdir -p probes && cat probes.tar-* | tar xf - -C probes
    else
        [ "$PROBES" = all ] || read -r -a kinds <<< "--kinds $PROBES"
        OMP_NUM_THREADS=2 python3 code/render_stills.py --yard ./yard --out probes --probes "${kinds[@]}" --limit "$PROBE_LIMIT" --spp "$PROBE_SPP" --jobs "$JOBS" --gpus "$GPUS"
        tar cf - -C probes . | split -b 15000000 -d - probes.tar-
    fi
    for ((i = 0; i < 4 * 120; i++)); do [ -e rounded ] && break; sleep 0.25; done
    for variant in $VARIANT; do
        mkdir -p "results/$variant"
        python3 code/probe.py --device "$device" --model "$(shipped "$variant")" --probes probes --json "results/$variant/probes.json" > "results/$variant/probes.txt" & jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
}

run() {
    cd_host
    # shellcheck source=/dev/null
    . ./settings
    T0=$(cat t0)
    trap ended EXIT
    export PYTHONUNBUFFERED=1
    local p variant there device=cpu
    if command -v nvidia-smi > /dev/null; then
        device=cuda
        [ "$GPUS" -gt 0 ] || GPUS=$(nvidia-smi -L | wc -l)
    fi
    [ "$GPUS" -gt 0 ] || GPUS=1
    renderer
    say "renders, $GPUS GPUs"
    stills
    say "stills are there; waits for $PARTS parts"
    for ((p = 0; p < 4 * 300; p++)); do
        [ "$(find photographs -name '*.pack' | wc -l)" -ge "$PARTS" ] && break
        sleep 0.25
    done
    (cd photographs && sha256sum -c ../SHA256SUMS)

    for ((p = 0; p < 4 * 120; p++)); do
        there=true
        { [ -z "$TEACHER" ] || [ -e "$TEACHER" ]; } || there=false
        for variant in $VARIANT; do [ -e "${INIT//\{variant\}/$variant}" ] || there=false; done
        $there && break
        sleep 0.25
    done

    say "trains"
    train
    say "training has ended"
    mkdir -p results
    probes & p=$!
    for variant in $VARIANT; do python3 code/parts.py --split "runs/$variant/best.pt" --out "weights/$variant"; done
    touch trained
    for variant in $VARIANT; do
        [[ " $ROUND " != *" $variant "* ]] || python3 code/compact.py --checkpoint "runs/$variant/best.pt" --images photographs --out "compact-$variant.pt"
    done
    touch rounded
    evaluate
    wait "$p"
    touch evaluated
    say "evaluated"
}

start() {
    cd_host
    date +%s > t0
    mkdir -p photographs
    python3 -c 'import cv2, numpy, onnx, torch; print("torch", torch.__version__, "on", torch.cuda.get_device_name() if torch.cuda.is_available() else "the CPU")'
    setsid nohup bash code/host.sh run > log.txt 2>&1 < /dev/null &
    sleep 8 # a renderer or a library that does not work here fails by then, while there is time to mend it
    cat log.txt
    [ ! -e failed ]
}

add() {
    local part home=$PWD
    for part in "$@"; do
        case $part in *test.pack | *teacher.* | *start-* | *probes.tar-*) to=. ;; *) to=photographs ;; esac
        (cd_host && cp "$home/$part" "$to/.arriving" && mv "$to/.arriving" "$to/$(basename "$part")")
    done
    cd_host && tail -n 3 log.txt && [ ! -e failed ]
}

bring() { # the parts of folder $1 into DIR, with the name of variant $2
    local part
    [ -d "$1" ] || return 0
    for part in "$1"/*.bin; do cp "$part" "$to/$2-$(basename "$part")"; done
}

await() {
    local step=$1 seconds=$2 to=${3:-} i name
    [ -z "$to" ] || to=$(mkdir -p "$to" && cd "$to" && pwd)
    cd_host
    # shellcheck source=/dev/null
    . ./settings
    for ((i = 0; i < 4 * seconds; i++)); do
        { [ -e "$step" ] || [ -e failed ]; } && break
        sleep 0.25
    done
    tail -n 40 log.txt
    [ -z "$to" ] && return
    cp log.txt "$to/"
    if [ -e evaluated ]; then tar czf "$to/results.tgz" results && find . -maxdepth 1 -name 'probes.tar-0[0-3]' -exec cp {} "$to/" \;
    elif [ -e trained ]; then for name in $VARIANT; do bring "weights/$name" "$name"; done
    else # an insurance: the weights of the last validation
        for name in $VARIANT; do
            [ ! -e "runs/$name/last.pt" ] || { cp "runs/$name/last.pt" last.pt && python3 code/parts.py --split last.pt --out "insurance/$name" && bring "insurance/$name" "$name"; }
        done
    fi
    for name in $VARIANT; do cp "runs/$name/log.csv" "$to/log-$name.csv" 2> /dev/null || true; done
    [ ! -e failed ]
}

rehearse() { # the run itself with tiny numbers: what fails on the host should fail here first
    local out=$1 work name
    work=$(mktemp -d)
    cp -r "$out/host" "$work/host"
    python3 - "$out" "$work" << 'END'
import hashlib
import sys
from pathlib import Path

sys.path.insert(0, f"{sys.argv[1]}/host/code")
from data import read_set, write_pack

out, work = Path(sys.argv[1]), Path(sys.argv[2])
(work / "parts").mkdir()
first = sorted((out / "parts").glob("part-*.pack"))[0]
write_pack(work / "parts/part-00.pack", read_set(first)[:12])
write_pack(work / "parts/test.pack", read_set(out / "parts/test.pack")[:3])
write_pack(work / "host/val/part-00.pack", read_set(out / "host/val")[:3])
found = hashlib.sha256((work / "parts/part-00.pack").read_bytes()).hexdigest()
(work / "host/SHA256SUMS").write_text(f"{found}  part-00.pack\n")
for truth in (work / "host/clips").glob("*-truth.jsonl"):
    truth.write_text("".join(truth.read_text().splitlines(keepends=True)[:30]))
END
    # shellcheck source=/dev/null
    for name in $(. "$out/host/settings" && echo "$VARIANT"); do export "TRAIN_$name= "; done
    export SAFE="--seed 1" PARTS=1 STILLS="41:1 42:1" SPP=1 PROBE_SPP=1 JOBS=1 END=200 PROBES="group things" PROBE_LIMIT=1 GPUS=${REHEARSE_GPUS:-2} FIRST=900 GRACE=900
    export TRAIN="--batch 1 --warmup 2 --evals 1 --shapes 64x96:1 --early-shapes 96x64:1 --anchors 8.7 10.7 13 16 18.1 22.1 24.3 29.7 32.4 39.2 43.6 52.4 64 77 110 130 220 255"
    bash "$work/host/code/host.sh" start
    (cd "$work/parts" && bash "$work/host/code/host.sh" add part-00.pack test.pack)
    (cd "$out/parts" && find . -maxdepth 1 \( -name 'teacher.*' -o -name 'start-*' \) -exec bash "$work/host/code/host.sh" add {} +)
    bash "$work/host/code/host.sh" await evaluated 1500 "$work/home"
    ls "$work/home" && tar tzf "$work/home/results.tgz"
    echo "rehearsed in $work"
}

"$@"
