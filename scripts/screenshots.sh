#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes all pictures in docs/ but the floorplan: traces a token on the LPU and on a GPU, opens them in
# GTKWave on a display of its own, and takes what is seen there; page_pictures.mjs does the same with
# the page that `metronome report` writes, in a browser.
# Usage: scripts/screenshots.sh [PROGRAM]   (build/release/metronome, if not told)
set -euo pipefail

root="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)"
program="$(realpath -- "${1:-$root/build/release/metronome}")"

for tool in gtkwave xvfb-run import convert node chromium; do
  if ! command -v "$tool" > /dev/null; then
    printf '%s is missing: scripts/install_dependencies.sh --dev\n' "$tool" >&2
    exit 1
  fi
done

work="$(mktemp -d)"
trap 'rm -rf -- "$work"' EXIT
cd -- "$work"

# take TRACE VIEW PICTURE SIZE [CROP]: waits until GTKWave has drawn something, which takes a few
# seconds.
take() {
  # shellcheck disable=SC2016  # the inner shell expands them
  xvfb-run -a -s "-screen 0 ${4}x24" bash -c '
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
  ' take "$1" "$2"
  convert seen.png -strip -crop "${5:-$4+0+0}" +repage -colors 128 PNG8:"$root/docs/$3"
  printf 'docs/%s: %s bytes\n' "$3" "$(stat -c %s "$root/docs/$3")"
}

# row COLOUR FORMAT LABEL SIGNAL: a row of a GTKWave save file; 20 is text, 24 decimal, 28 a bit.
row() {
  printf '@%s\n[color] %s\n+{%s} %s\n' "$2" "$1" "$3" "$4"
}

# One slice around the Read of which docs/architect.md tells: cycle 287 of the second token, whose
# Notify is in cycle 4,226.
read_view() {
  local from=$(((4226 + 285) * 10000 / 9)) marker=$(((4226 + 287) * 10000 / 9 + 100))
  local slice=lpu.mem_w.slice_4
  printf '[timestart] %d\n[size] 1200 420\n[pos] 0 0\n*-10.25 %d\n' "$from" "$marker"
  printf '[sst_expanded] 0\n[signals_width] 200\n'
  row 0 24 cycle 'lpu.cycle[63:0]'
  row 4 20 op $slice.op
  row 4 20 operands $slice.operands
  row 0 20 purpose $slice.purpose
  row 5 28 read_bank $slice.read_bank
  row 5 24 read_address "$slice.read_address[12:0]"
  row 2 28 write_bank $slice.write_bank
  row 2 24 write_address "$slice.write_address[12:0]"
  row 0 24 next_dispatch "$slice.next_dispatch[63:0]"
}

"$program" run -q --prompt Once --tokens 1 --trace lpu.vcd > /dev/null
take lpu.vcd lpu.gtkw waveform.png 1600x1000
read_view > read.gtkw
take lpu.vcd read.gtkw waveform_read.png 1200x420 1200x250+0+95
"$program" run -q --prompt Once --tokens 1 --machine gpu:h100 --trace gpu.vcd > /dev/null
take gpu.vcd gpu.gtkw waveform_gpu.png 1600x1000

node "$root/scripts/page_pictures.mjs" "$program"
