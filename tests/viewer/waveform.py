# SPDX-License-Identifier: Apache-2.0
"""A trace read by pywellen, asked by cycle."""
import pywellen

CLOCK_HZ = 900_000_000


def start_ps(cycle):
    """Rising edge that opens a cycle: round(cycle * 1e12 / hz), halves up."""
    return (2 * cycle * 10**12 + CLOCK_HZ) // (2 * CLOCK_HZ)


class Waveform:
    def __init__(self, path):
        self.wave = pywellen.Waveform(str(path))

    def at(self, path, cycle):
        """The value at rest in `cycle`, as pywellen gives it: a number, or text with z."""
        return self.wave[path].signal.value_at(start_ps(cycle))
