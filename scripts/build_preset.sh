#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Configures and builds one preset quietly; on failure shows the end of build/PRESET/build.log.
# Usage: scripts/build_preset.sh PRESET [TARGET...]
# METRONOME_JOBS limits the number of compilers at work; the default is one a processor, and no more
# than one per GiB of free memory.
set -euo pipefail

if (($# == 0)); then
  printf 'Usage: scripts/build_preset.sh PRESET [TARGET...]\n' >&2
  exit 2
fi
preset="$1"
shift
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
folder="build/$preset"
log="$folder/build.log"
mkdir -p -- "$folder"

jobs="${METRONOME_JOBS:-}"
if [[ -z "$jobs" ]]; then
  jobs="$(getconf _NPROCESSORS_ONLN)"
  if [[ -r /proc/meminfo ]]; then
    free_gib="$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)"
    if ((free_gib < jobs)); then jobs=$((free_gib > 0 ? free_gib : 1)); fi
  fi
fi

# A build folder copied with the tree belongs to another place: start it afresh.
fresh=()
home="$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$folder/CMakeCache.txt" 2> /dev/null || true)"
if [[ -n "$home" && "$home" != "$(pwd -P)" && "$home" != "$PWD" ]]; then fresh=(--fresh); fi

targets=()
if (($# != 0)); then targets=(--target "$@"); fi

run() {
  if ! "$@" >> "$log" 2>&1; then
    tail -n 60 -- "$log" >&2
    printf 'Failed: %s\nThe whole log: %s\n' "$*" "$PWD/$log" >&2
    exit 1
  fi
}

printf 'Configuring and building preset %s (%s jobs) ...\n' "$preset" "$jobs"
: > "$log"
start=$SECONDS
run cmake --preset "$preset" "${fresh[@]}"
run cmake --build "$folder" --parallel "$jobs" "${targets[@]}"
printf 'Built %s in %d s.\n' "$folder" $((SECONDS - start))
