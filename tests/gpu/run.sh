#!/usr/bin/env bash
# What a GPU has to show, on any machine with CUDA: tests (a), ratios (b), records of the paper's
# figures (c):   OUT=results tests/gpu/run.sh
# README.md beside this file says what comes out. No network, nothing is installed.
set -u
cd "$(dirname "$0")/../.."

: "${OUT:?expected the folder for results}"
DEVICE=${DEVICE:-cuda} SIZE=${SIZE:-brief} STEPS=${STEPS:-a b c} PYTHON=${PYTHON:-python3}
TESTS_S=${TESTS_S:-120} RATIOS_S=${RATIOS_S:-120} RECORD_S=${RECORD_S:-290}   # seconds, nine minutes
RECORDS=${RECORDS:-runs/gpu}                            # whole runs and records, to go on from
mkdir -p "$OUT" "$RECORDS"
OUT=$(cd "$OUT" && pwd) RECORDS=$(cd "$RECORDS" && pwd)

wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
for wheel in "${WHEELS:-/nonexistent}"/*.whl; do
    if [ -e "$wheel" ]; then "$PYTHON" -m zipfile -e "$wheel" "$wheels"; fi
done
if [ "$DEVICE" = cpu ]; then export CUDA_VISIBLE_DEVICES=""; fi
if [ -n "${MADKIT_DATA:-}" ]; then MADKIT_DATA=$(cd "$MADKIT_DATA" && pwd) && export MADKIT_DATA; fi
export DEVICE SIZE RECORDS OUT MADKIT_DEVICE="$DEVICE"
export PYTHONPATH="$PWD:$wheels${PYTHONPATH:+:$PYTHONPATH}"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTEST_DISABLE_PLUGIN_AUTOLOAD=1

failed=0
step() {  # NAME SECONDS LOG COMMAND…: a failure is written down, and the next goes on
    local name=$1 limit=$2 log=$3 started=$SECONDS code=0
    shift 3
    timeout -k 10 "$limit" "$@" >"$log" 2>&1 || code=$?
    case $code in
        0) said=passed ;;
        124 | 137) said="reached its limit of $limit s" ;;
        *) said=FAILED ;;
    esac
    if [ "$code" != 0 ]; then failed=1; fi
    echo "$name: $said, exit code $code, $((SECONDS - started)) s" >>"$OUT/summary.txt"
    tail -n 12 "$log" | sed 's/^/    /' >>"$OUT/summary.txt"
}

"$PYTHON" tests/gpu/machine.py "$DEVICE" >"$OUT/summary.txt" 2>&1 || failed=1
for one in $STEPS; do
    case $one in
        a) step "a, tests" "$TESTS_S" "$OUT/tests.txt" \
            "$PYTHON" -m pytest -v -o addopts= --tb=short --durations=5 \
            -k "${TESTS_K:-}" tests/gpu/test_device.py ;;
        b) SECONDS_LEFT=$RATIOS_S step "b, ratios" $((RATIOS_S + 10)) "$wheels/ratios.log" \
            "$PYTHON" tests/gpu/ratios.py "$OUT/ratios.json" ;;
        c) SECONDS_LEFT=$RECORD_S step "c, records" $((RECORD_S + 30)) "$wheels/record.log" \
            "$PYTHON" tests/gpu/record.py "$OUT" ;;
        *) echo "STEPS: expected some of a b c, got $one" | tee -a "$OUT/summary.txt"; failed=1 ;;
    esac
done
cat "$OUT/summary.txt"
exit $failed
