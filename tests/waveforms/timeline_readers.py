# SPDX-License-Identifier: Apache-2.0
"""Do readers that are not ours find in a timeline what the run did?

Usage: timeline_readers.py BUILD_FOLDER METRONOME TINY_MODEL REQUIREMENTS
The readers come from PyPI into an environment below the build folder. Without a way to PyPI the
test is skipped, but only where METRONOME_OFFLINE is set.
"""

import os
import pathlib
import subprocess
import sys
import unittest
import venv

SKIPPED = 77


def environment(build, requirements):
    """The Python that has the readers, or None where they cannot be had and need not."""
    folder = build / "timeline-readers"
    python = folder / "bin" / "python"
    stamp = folder / "requirements.txt"
    wanted = requirements.read_text(encoding="utf-8")
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    offline = bool(os.environ.get("METRONOME_OFFLINE"))
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    limits = ["--retries", "0", "--timeout", "5"] if offline else []
    try:
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([*pip, *limits, "-r", requirements], check=True)
    except subprocess.CalledProcessError:
        return None if offline else sys.exit(
            "The readers cannot be installed from PyPI. Where there is no way to it, "
            "METRONOME_OFFLINE=1 skips this test.")
    stamp.write_text(wanted, encoding="utf-8")
    return python


def main():
    build, metronome, tiny_model, requirements = map(pathlib.Path, sys.argv[1:])
    python = environment(build, requirements)
    if python is None:
        print("Skipped: PyPI is out of reach.")
        sys.exit(SKIPPED)
    if pathlib.Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), "-B", *sys.argv])
    import timeline_cases  # needs the readers

    timeline_cases.use(metronome, tiny_model)
    suite = unittest.defaultTestLoader.loadTestsFromModule(timeline_cases)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


main()
