# SPDX-License-Identifier: Apache-2.0
"""What the tests of the repository share: which files there are, and how a failure is told."""

import pathlib
import sys

CPLUSPLUS = (".cpp", ".h", ".def")
SCRIPTS = (".py", ".sh", ".cmake")
NAMED = ("CMakeLists.txt", ".clang-tidy", ".ci/run")
FOLDERS = ("hw", "compiler", "runtime", "waveforms", "programs", "tests", "scripts", ".ci")
SKIPPED = ("build", "__pycache__", "node_modules")
SKIP = 77  # the exit status by which ctest counts a test as skipped


def root():
    return pathlib.Path(sys.argv[1])


def files(endings):
    """Every file of ours whose path ends so, as sorted paths relative to the root."""
    found = [path for path in root().iterdir() if path.is_file()]
    for folder in FOLDERS:
        found += [path for path in (root() / folder).rglob("*") if path.is_file()]
    relative = sorted(path.relative_to(root()) for path in found)
    return [
        path
        for path in relative
        if path.as_posix().endswith(endings) and not set(path.parts) & set(SKIPPED)
    ]


def read(path):
    return (root() / path).read_text(encoding="utf-8")


def skip(reason):
    print("skipped:", reason)
    sys.exit(SKIP)


def finish(faults, checked):
    """Ends the test: each fault on a line as file:line: text, or the number of things checked."""
    if not checked:
        faults = [*faults, f"{root()}: nothing was found to check"]
    for fault in faults:
        print(fault)
    if faults:
        sys.exit(1)
    print(f"{checked} checked")
