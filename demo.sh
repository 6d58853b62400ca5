#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds Metronome, lets the shipped model tell a story on the emulated chip, and makes a page of it.
# Usage: ./demo.sh [OPTION...]   options are passed on to `metronome run`
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
echo "1/4 Checking the packages that the build needs"
scripts/install_dependencies.sh
echo "2/4 Building"
scripts/build_preset.sh release
echo "3/4 Running: build/release/metronome run --prompt \"Once upon a time\" --tokens 120 $*"
build/release/metronome run --prompt "Once upon a time" --tokens 120 "$@"
echo
echo "4/4 Making a page of it, for any browser: build/release/metronome report --runs 0 -o build/report.html"
build/release/metronome report --runs 0 -o build/report.html
