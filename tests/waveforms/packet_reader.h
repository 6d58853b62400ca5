// SPDX-License-Identifier: Apache-2.0
// The packets of a Perfetto trace, as far as tests of the encoder look at them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace metronome::waveforms::testing {

struct PacketSlice {
  std::string track;
  std::string name;
  std::int64_t begin_ns = 0;
  std::int64_t end_ns = -1;
  std::map<std::string, std::int64_t> numbers;
  std::map<std::string, std::string> texts;
  std::vector<std::uint64_t> outputs;
  std::vector<std::uint64_t> inputs;
};

struct PacketTrace {
  std::vector<PacketSlice> slices;  // in the order of their ends
  std::map<std::string, std::vector<std::int64_t>> values;
  std::vector<std::string> notes;
  std::string description;
  const PacketSlice& slice(const std::string& name) const;
};

/// Throws protozero::exception on what is no protocol buffer.
PacketTrace read_packets(const std::string& bytes);

}  // namespace metronome::waveforms::testing
