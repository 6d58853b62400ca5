#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds everything and runs the tests. Usage: ./test.sh [--all]
# The fast tests run by default; --all adds those labelled slow.
set -euo pipefail

selection=(--label-exclude '^slow$')
case "${1:-}" in
  "") ;;
  --all) selection=() ;;
  *)
    printf 'Usage: ./test.sh [--all]\n' >&2
    exit 2
    ;;
esac

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"
export LC_ALL=C
scripts/install_dependencies.sh
scripts/build_preset.sh test

log=build/test/ctest.log
status=0
ctest --test-dir build/test --parallel "$(getconf _NPROCESSORS_ONLN)" --output-on-failure \
  --no-tests=error "${selection[@]}" | tee "$log" || status=$?
grep -E '^[0-9]+% tests passed' "$log" || true
exit "$status"
