# SPDX-License-Identifier: Apache-2.0
"""Runs a script with packages from PyPI, kept in an environment of its own in the build folder.

Usage: with_packages.py ENVIRONMENT REQUIREMENTS SCRIPT ARGUMENT...
Skipped only where the packages cannot be fetched and METRONOME_OFFLINE says that this is known.
"""

import os
import pathlib
import subprocess
import sys

SKIP = 77  # the exit status by which ctest counts a test as skipped


def install(environment, requirements):
    """Installs what is required unless that has been done."""
    stamp = environment / "installed.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return True
    subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
    pip = [environment / "bin" / "python", "-m", "pip", "--disable-pip-version-check", "-q"]
    done = subprocess.run([*pip, "install", "-r", requirements], check=False)
    if done.returncode == 0:
        stamp.write_text(wanted, encoding="utf-8")
    return done.returncode == 0


def main():
    environment, requirements, *command = sys.argv[1:]
    environment = pathlib.Path(environment)
    if not install(environment, pathlib.Path(requirements)):
        print("the packages could not be fetched from PyPI; METRONOME_OFFLINE=1 skips this test")
        sys.exit(SKIP if os.environ.get("METRONOME_OFFLINE") else 1)
    python = environment / "bin" / "python"
    sys.exit(subprocess.run([python, "-B", *command], check=False).returncode)


main()
