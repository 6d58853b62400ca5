#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats the C++ sources in place; with --check only says what would change, and fails if anything.
# Usage: scripts/format.sh [--check]
set -euo pipefail

arguments=(-i)
case "${1:-}" in
  "") ;;
  --check) arguments=(--dry-run -Werror) ;;
  *)
    printf 'Usage: scripts/format.sh [--check]\n' >&2
    exit 2
    ;;
esac

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
mapfile -d '' -t files < <(find hw compiler runtime waveforms programs tests \
  \( -name '*.cpp' -o -name '*.h' \) -print0 | sort -z)
clang-format "${arguments[@]}" "${files[@]}"
printf '%d files are formatted.\n' "${#files[@]}"
