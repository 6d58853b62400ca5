# SPDX-License-Identifier: Apache-2.0
"""Does each file keep the small rules: licence line, include guard, no notes left behind?"""

import re

import sources

LICENCE = "SPDX-License-Identifier: Apache-2.0"
LEFT_BEHIND = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def faults_of(path):
    text = sources.read(path)
    lines = text.splitlines()
    if not any(LICENCE in line for line in lines[:2]):
        yield f"{path}:1: the line '{LICENCE}' is missing"
    # Highway includes the *_inl.h files once for each vector instruction set.
    once = path.suffix == ".h" and not path.name.endswith("_inl.h")
    if once and "#pragma once" not in lines:
        yield f"{path}:1: the header has no #pragma once"
    if text and not text.endswith("\n"):
        yield f"{path}:{len(lines)}: the last line does not end"
    for number, line in enumerate(lines, 1):
        match = LEFT_BEHIND.search(line)
        if match:
            yield f"{path}:{number}: {match[0]} is left: a known gap is a test or an issue"
        if line != line.rstrip():
            yield f"{path}:{number}: blanks at the end of the line"


def main():
    paths = sources.files(sources.CPLUSPLUS + sources.SCRIPTS + sources.NAMED)
    faults = [fault for path in paths for fault in faults_of(path)]
    sources.finish(faults, len(paths))


main()
