#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian or Ubuntu packages that building and testing need; a fast no-op when all are
# there. Usage: scripts/install_dependencies.sh [--dev]
# --dev adds what continuous integration and development use: clang, its tools, a waveform viewer,
# a browser.
set -euo pipefail

say() { printf '%s\n' "$*"; }
stop() {
  printf '%s\n' "$@" >&2
  exit 1
}

development=no
case "${1:-}" in
  "") ;;
  --dev) development=yes ;;
  -h | --help)
    say "Usage: scripts/install_dependencies.sh [--dev]"
    exit 0
    ;;
  *) stop "Unknown option '$1'. Usage: scripts/install_dependencies.sh [--dev]" ;;
esac

# For systems whose libraries were installed by hand.
if [[ -n "${METRONOME_SKIP_DEPENDENCIES:-}" ]]; then exit 0; fi

if ! command -v apt-get > /dev/null || ! command -v dpkg-query > /dev/null; then
  stop "This system has no apt-get, so nothing was installed. Metronome needs:" \
    "  a C++20 compiler (g++ 12 or clang 14, or newer), CMake 3.25 or newer, Ninja, pkg-config," \
    "  Python 3, SystemC 2.3.4, Boost 1.81 (headers, program_options, json), fmt, zlib, PCRE2," \
    "  Highway, protozero, Node.js 18 or newer with npm, and for the tests GoogleTest and" \
    "  GoogleMock; for FST waveforms Verilator's sources." \
    "When they are installed, run again with METRONOME_SKIP_DEPENDENCIES=1 (and CMAKE_PREFIX_PATH" \
    "set to those that live outside the system folders)."
fi

# The versioned package names of each release; bookworm is the one the project is tested on.
# shellcheck source=/dev/null
codename="$(. /etc/os-release && printf '%s' "${UBUNTU_CODENAME:-${VERSION_CODENAME:-}}")"
case "$codename" in
  bookworm) boost=1.81 clang_version=14 ;;
  noble) boost=1.83 clang_version=18 ;;
  trixie) boost=1.83 clang_version=19 ;;
  bullseye | focal | jammy)
    stop "The packages of '$codename' are too old (CMake 3.25, Boost 1.81 and SystemC 2.3.4 are" \
      "needed): use Debian 12, Ubuntu 24.04 or newer, or install the libraries by hand and run" \
      "again with METRONOME_SKIP_DEPENDENCIES=1."
    ;;
  *) boost=1.83 clang_version='' ;;
esac

packages=(
  g++ cmake ninja-build pkg-config ccache python3 python3-venv
  libsystemc-dev "libboost$boost-dev" "libboost-program-options$boost-dev"
  "libboost-json$boost-dev" libfmt-dev zlib1g-dev libpcre2-dev libhwy-dev libprotozero-dev
  verilator libgtest-dev libgmock-dev libbenchmark-dev
)
if [[ "$development" == yes ]]; then
  packages+=(clang clang-tidy clang-format gtkwave xvfb xauth imagemagick shellcheck valgrind)
  # Ubuntu has it only as a snap.
  if [[ "$codename" != noble ]]; then packages+=(chromium); fi
  if [[ -n "$clang_version" ]]; then packages+=("libclang-rt-$clang_version-dev"); fi
fi

# Node.js from elsewhere counts: Debian's npm cannot stand beside it.
if ! command -v node > /dev/null; then packages+=(nodejs); fi
if ! command -v npm > /dev/null; then packages+=(npm); fi

missing=()
find_missing() {
  local installed package
  # shellcheck disable=SC2016  # the braces are dpkg-query's own
  installed="$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "${packages[@]}" \
    2> /dev/null | sed -n 's/^.i *//p' || true)"
  missing=()
  for package in "${packages[@]}"; do
    if ! grep -qxF -- "$package" <<< "$installed"; then missing+=("$package"); fi
  done
}

find_missing
if ((${#missing[@]} == 0)); then exit 0; fi

as_root=()
if ((EUID != 0)); then
  if command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
    as_root=(sudo -n)
  else
    stop "These packages are missing and installing them needs root. Run:" \
      "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
  fi
fi

say "Installing ${#missing[@]} packages: ${missing[*]}"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
apt() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
    -o Acquire::http::Timeout=30 -o DPkg::Lock::Timeout=300 "$@" >> "$log" 2>&1
}

# One unreachable archive among several need not matter: the installation decides.
if ! apt update; then say "The package lists could not be refreshed; trying with those at hand."; fi
if ! apt install --no-install-recommends "${missing[@]}"; then
  tail -n 20 "$log" >&2
  stop "The packages could not be installed (apt-get's last lines are above)." \
    "If they could not be fetched or located, this machine has no way to the package archive:" \
    "connect it to the network (or set apt's proxy) and run again, or install by hand:" \
    "  apt-get update && apt-get install --no-install-recommends ${missing[*]}"
fi

find_missing
if ((${#missing[@]} != 0)); then
  stop "apt-get reported success, yet these packages are not installed: ${missing[*]}"
fi
say "Packages installed."
