# SPDX-License-Identifier: Apache-2.0
"""Do the README's commands work? Arguments: the sources, the program.

Reads the ```sh blocks and runs each command that starts with metronome, build/release/metronome or
./, all in order and twice, from a folder with a space in its name that shows the tree. Commands
starting with ./ run in the tree itself; those that would start this test again must only exist.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile

import sources

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
RUN = re.compile(r"(?:metronome|build/release/metronome)(?:\s|$)")
SCRIPT = re.compile(r"\./(\S+)")
NESTED = ("test.sh", ".ci/run")


def commands(text):
    """Yields (line, command), with continued lines joined."""
    for block in BLOCK.finditer(text):
        number = text.count("\n", 0, block.start(1)) + 1
        command = ""
        for offset, line in enumerate(block[1].splitlines()):
            first = number + offset if not command else first
            command += line.removeprefix("$ ") if not command else "\n" + line
            if not line.endswith("\\"):
                yield first, command
                command = ""


def make_view(folder):
    """Shows the tree in the folder, but for its build, whose place the program takes."""
    for entry in sources.root().iterdir():
        if entry.name != "build":
            (folder / entry.name).symlink_to(entry)
    release = folder / "build" / "release"
    release.mkdir(parents=True)
    (release / "metronome").symlink_to(pathlib.Path(sys.argv[2]).resolve())


def run(command, folder, path):
    environment = {**os.environ, "PATH": f"{path}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command], cwd=folder, env=environment, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )


def fault_of(command, view):
    script = SCRIPT.match(command)
    if script and script[1] in NESTED:
        present = os.access(sources.root() / script[1], os.X_OK)
        return None if present else f"{script[1]} is no program"
    folder = sources.root() if script else view
    done = run(command, folder, view / "build" / "release")
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-20:])
        return f"{command}: exit status {done.returncode}\n{end}"
    return None


def main():
    if not (sources.root() / "README.md").is_file():
        sources.skip("there is no README.md")
    listed = [
        (number, command)
        for number, command in commands(sources.read("README.md"))
        if RUN.match(command) or SCRIPT.match(command)
    ]
    faults = []
    with tempfile.TemporaryDirectory(prefix="read me ") as name:
        view = pathlib.Path(name)
        make_view(view)
        for _ in range(2):
            for number, command in listed:
                fault = fault_of(command, view)
                if fault:
                    faults.append(f"README.md:{number}: {fault}")
    sources.finish(faults, len(listed))


main()
