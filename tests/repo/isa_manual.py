# SPDX-License-Identifier: Apache-2.0
"""Is docs/isa.md what the program prints? Arguments: the sources, the program.

UPDATE_GOLDEN=1 rewrites the page.
"""

import difflib
import os
import subprocess
import sys

import sources

MANUAL = "docs/isa.md"


def main():
    page = sources.root() / MANUAL
    update = os.environ.get("UPDATE_GOLDEN") == "1"
    if not page.is_file() and not update:
        sources.skip(f"there is no {MANUAL}")
    printed = subprocess.run(
        [sys.argv[2], "isa"], stdout=subprocess.PIPE, encoding="utf-8", check=True
    ).stdout
    if update:
        page.parent.mkdir(exist_ok=True)
        page.write_text(printed, encoding="utf-8")
    differences = difflib.unified_diff(
        sources.read(MANUAL).splitlines(), printed.splitlines(), MANUAL, "metronome isa",
        lineterm="",
    )
    faults = list(differences)
    if faults:
        faults.append(f"{MANUAL}:1: is not what the program prints; UPDATE_GOLDEN=1 rewrites it")
    sources.finish(faults, len(printed.splitlines()))


main()
