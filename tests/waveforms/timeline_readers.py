# SPDX-License-Identifier: Apache-2.0
"""Do readers that are not ours find in a timeline what the run did?

Usage: timeline_readers.py METRONOME TINY_MODEL, by a Python that has the readers.
"""

import pathlib
import sys
import unittest

import timeline_cases


def main():
    metronome, tiny_model = map(pathlib.Path, sys.argv[1:])
    timeline_cases.use(metronome, tiny_model)
    suite = unittest.defaultTestLoader.loadTestsFromModule(timeline_cases)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    sys.exit(0 if result.wasSuccessful() else 1)


main()
