# SPDX-License-Identifier: Apache-2.0
"""Does each header compile alone? Arguments: the sources, the build's compile_commands.json.

The flags are those of the build itself, from the source file that stands nearest to the header.
"""

import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import sources


def commands(database):
    """What the build runs for each source file of ours, keyed by its path from the root."""
    found = {}
    for entry in json.loads(pathlib.Path(database).read_text(encoding="utf-8")):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(sources.root()):
            found[path.relative_to(sources.root())] = shlex.split(entry["command"])
    return found


def nearest(header, known):
    """The source file that shares the longest path with the header."""

    def shared(path):
        return len(os.path.commonprefix([path.parts, header.parts]))

    return max(sorted(known), key=shared)


def flags_of(command):
    """The command without compiler cache, input and output."""
    if pathlib.Path(command[0]).name == "ccache":
        command = command[1:]
    kept = []
    arguments = iter(command)
    for argument in arguments:
        if argument in ("-o", "-c"):
            next(arguments)
        else:
            kept.append(argument)
    return kept


def compile_alone(header, flags, folder):
    source = folder / (header.as_posix().replace("/", "_") + ".cpp")
    source.write_text(f'#include "{header.as_posix()}"\n', encoding="utf-8")
    command = [*flags, "-fsyntax-only", str(source)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"{header}:1: does not compile alone:\n{done.stderr}" if done.returncode else None


def main():
    known = commands(sys.argv[2])
    headers = [path for path in sources.files(".h") if not path.name.endswith("_inl.h")]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            jobs = [
                pool.submit(compile_alone, header, flags_of(known[nearest(header, known)]), folder)
                for header in headers
            ]
            faults = [job.result() for job in jobs if job.result()]
    sources.finish(faults, len(headers))


main()
