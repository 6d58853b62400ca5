#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the pictures of waveforms in docs/: traces a token on the LPU and on a GPU, opens them in
# GTKWave on a display of its own, and takes what is seen there.
# Usage: scripts/screenshots.sh [PROGRAM]   (build/release/metronome, if not told)
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
program="$(realpath -- "${1:-$root/build/release/metronome}")"
size=1600x1000

for tool in gtkwave xvfb-run import convert; do
  if ! command -v "$tool" > /dev/null; then
    printf '%s is missing: scripts/install_dependencies.sh --dev\n' "$tool" >&2
    exit 1
  fi
done

work="$(mktemp -d)"
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"

# take NAME PICTURE: waits until GTKWave has drawn something, which takes a few seconds.
take() {
  # shellcheck disable=SC2016  # the inner shell expands them
  xvfb-run -a -s "-screen 0 ${size}x24" bash -c '
    gtkwave "$1" "$2" > gtkwave.log 2>&1 &
    viewer=$!
    colours=0
    for _ in $(seq 30); do
      sleep 1
      import -window root seen.png
      colours="$(identify -format %k seen.png)"
      if ((colours > 40)); then break; fi
    done
    sleep 2
    import -window root seen.png
    kill "$viewer"
    ((colours > 40))
  ' take "$1.vcd" "$1.gtkw"
  convert seen.png -strip -colors 128 PNG8:"$root/docs/$2"
  printf 'docs/%s: %s bytes\n' "$2" "$(stat -c %s "$root/docs/$2")"
}

"$program" run -q --prompt Once --tokens 1 --trace lpu.vcd > /dev/null
take lpu waveform.png
"$program" run -q --prompt Once --tokens 1 --machine gpu:h100 --trace gpu.vcd > /dev/null
take gpu waveform_gpu.png
