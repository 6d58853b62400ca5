// SPDX-License-Identifier: Apache-2.0
// What stream registers hold in the chip. Usage: chip_registers IMAGE PLACES ID...
// Feeds the ids to the image's chip and looks at it during the last. PLACES has lines
// `CYCLE e|w STREAM COLUMN`, by cycle from Notify; for each a line is printed: 16 bytes in hex,
// lane 0 first, or `-`.
#include <fmt/core.h>

#include <cstdlib>
#include <fstream>
#include <systemc>

#include "runtime/devices/lpu_device.h"
#include "runtime/model_files/mapped_file.h"
#include "tests/harness/fabric_probe.h"

namespace {

using metronome::harness::RegisterPlace;

std::vector<RegisterPlace> read_places(const char* path) {
  std::ifstream file(path);
  std::vector<RegisterPlace> places;
  RegisterPlace place;
  char direction = 0;
  while (file >> place.cycle >> direction >> place.stream >> place.position) {
    place.eastward = direction == 'e';
    places.push_back(place);
  }
  return places;
}

}  // namespace

int sc_main(int argc, char** argv) {
  if (argc < 4) return 2;
  const metronome::runtime::SharedFile file = metronome::runtime::map_file(argv[1]);
  const metronome::lpu::Image image = metronome::lpu::deserialise(file->bytes(), argv[1], file);
  metronome::runtime::LpuDevice device(image);
  metronome::harness::FabricProbe probe("probe", device.chip(), read_places(argv[2]));
  for (int i = 3; i < argc; ++i) {
    if (i + 1 == argc) probe.arm();
    device.step(static_cast<std::int32_t>(std::strtol(argv[i], nullptr, 10)));
  }
  for (const auto& lanes : probe.seen()) {
    std::string text = lanes ? "" : "-";
    if (lanes) {
      for (const std::uint8_t byte : *lanes) text += fmt::format("{:02x}", byte);
    }
    fmt::print("{}\n", text);
  }
  return 0;
}
