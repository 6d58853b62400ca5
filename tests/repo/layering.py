# SPDX-License-Identifier: Apache-2.0
"""Do the #include lines follow the arrows of the house?

A box may include itself and the boxes listed beside it. Includes of ours are written from the root.
"""

import re

import sources

BOXES = {
    "hw/isa": (),
    "hw/common": (),
    "hw/lpu": ("hw/isa", "hw/common"),
    "hw/gpu": ("hw/isa", "hw/common"),
    "compiler": ("hw/isa",),
    "waveforms": ("hw/isa", "hw/common"),
    "runtime": ("hw/isa", "hw/common", "hw/lpu", "hw/gpu", "compiler", "waveforms"),
    "programs": ("hw/isa", "hw/common", "compiler", "waveforms", "runtime"),
}
SYSTEMC_BOXES = ("hw/common", "hw/lpu", "hw/gpu", "runtime")
MACHINES = ("lpu", "gpu")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def box_of(path):
    text = path if isinstance(path, str) else path.as_posix()
    return next((box for box in BOXES if text.startswith(box + "/")), None)


def machine_of(path):
    """The machine that a file belongs to; the contract in hw/isa is open to every reader."""
    parts = (path if isinstance(path, str) else path.as_posix()).split("/")
    if parts[:2] == ["hw", "isa"]:
        return None
    return next((machine for machine in MACHINES if machine in parts[:-1]), None)


def fault_of(path, bracket, target):
    box = box_of(path)
    if bracket == "<":
        if target in ("systemc", "systemc.h", "tlm") and box not in SYSTEMC_BOXES:
            return f"{box} is plain C++ and may not include <{target}>"
        return None
    if not (sources.root() / target).is_file():
        return f'"{target}" is no file of ours seen from the root'
    other = box_of(target)
    if other is None:
        return f'"{target}" lies in no box'
    if other != box and other not in BOXES[box]:
        return f"{box} may not include {other} ({target})"
    machines = {machine_of(path), machine_of(target)} - {None}
    if len(machines) > 1:
        return f"one machine includes the other ({target})"
    return None


def main():
    faults = []
    checked = 0
    for path in sources.files(sources.CPLUSPLUS):
        if box_of(path) is None:
            continue
        for number, line in enumerate(sources.read(path).splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            checked += 1
            fault = fault_of(path, match[1], match[2])
            if fault:
                faults.append(f"{path}:{number}: {fault}")
    sources.finish(faults, checked)


main()
