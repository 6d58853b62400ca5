#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Counts the host's instructions for each instruction that the chip issues, and fails above a limit.

Usage: host_instructions.py METRONOME MODEL
Counted under valgrind's callgrind, never timed: two runs that differ by a few tokens, so that
starting and compiling cancel out. Exit status 77: there is no valgrind.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Measured: 824 (g++ 12, -O3; valgrind offers AVX2). The rest is room for other compilers.
MOST_A_CHIP_INSTRUCTION = 1000
TOKENS = (2, 6)


def counted(metronome, image, tokens, folder):
    """Host instructions and chip instructions of a run that generates so many tokens."""
    result = Path(folder) / f"{tokens}.json"
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         metronome, "run", image, "--prompt", "Once", "--tokens", str(tokens), "--quiet",
         "--json", result],
        capture_output=True, text=True, check=True)
    host = int(re.search(r"Collected : (\d+)", run.stderr).group(1))
    return host, json.loads(result.read_text())["instructions_issued"]


def main():
    metronome, model = sys.argv[1:]
    if shutil.which("valgrind") is None:
        print("valgrind is not installed")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "model.mtm"
        subprocess.run([metronome, "compile", model, "--context", "64", "-o", image], check=True,
                       capture_output=True)
        few, many = (counted(metronome, image, n, folder) for n in TOKENS)
    host, chip = many[0] - few[0], many[1] - few[1]
    print(f"{host} host instructions for {chip} of the chip: {host / chip:.0f} each, "
          f"at most {MOST_A_CHIP_INSTRUCTION}")
    return 0 if host <= MOST_A_CHIP_INSTRUCTION * chip else 1


if __name__ == "__main__":
    sys.exit(main())
