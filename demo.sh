#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Metronome and lets the shipped model tell a story on the emulated chip.
# Usage: ./demo.sh [OPTION...]   options are passed on to `metronome run`
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
echo "1/3 Checking the packages that the build needs"
scripts/install_dependencies.sh
echo "2/3 Building"
scripts/build_preset.sh release
echo "3/3 Running: build/release/metronome run --prompt \"Once upon a time\" --tokens 120 $*"
exec build/release/metronome run --prompt "Once upon a time" --tokens 120 "$@"
