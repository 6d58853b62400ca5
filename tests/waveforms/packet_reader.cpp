// SPDX-License-Identifier: Apache-2.0
#include "tests/waveforms/packet_reader.h"

#include <algorithm>
#include <protozero/pbf_reader.hpp>
#include <stdexcept>

namespace metronome::waveforms::testing {
namespace {

using protozero::pbf_reader;

class Reader {
 public:
  explicit Reader(PacketTrace& trace) : trace_(trace) {}

  void packet(pbf_reader message) {
    std::int64_t time = -1;
    pbf_reader event;
    bool has_event = false;
    while (message.next()) {
      if (message.tag() == 8) {
        time = static_cast<std::int64_t>(message.get_uint64());
      } else if (message.tag() == 11) {
        event = message.get_message();
        has_event = true;
      } else if (message.tag() == 12) {
        learn(message.get_message());
      } else if (message.tag() == 60) {
        track(message.get_message());
      } else {
        message.skip();
      }
    }
    if (has_event) this->event(event, time);
  }

 private:
  void learn(pbf_reader data) {
    while (data.next()) {
      const std::uint32_t kind = data.tag();
      pbf_reader entry = data.get_message();
      std::uint64_t number = 0;
      std::string text;
      while (entry.next()) {
        if (entry.tag() == 1) {
          number = entry.get_uint64();
        } else {
          text = entry.get_string();
        }
      }
      texts_[kind][number] = text;
    }
  }

  void track(pbf_reader message) {
    std::uint64_t uuid = 0;
    std::uint64_t parent = 0;
    std::string name;
    while (message.next()) {
      if (message.tag() == 1) {
        uuid = message.get_uint64();
      } else if (message.tag() == 2) {
        name = message.get_string();
      } else if (message.tag() == 5) {
        parent = message.get_uint64();
      } else if (message.tag() == 14) {
        trace_.description = message.get_string();
      } else {
        message.skip();
      }
    }
    tracks_[uuid] = parent == 0 ? name : tracks_.at(parent) + "." + name;
  }

  void argument(pbf_reader message, PacketSlice& slice) {
    std::string name;
    while (message.next()) {
      if (message.tag() == 1) {
        name = texts_[3].at(message.get_uint64());
      } else if (message.tag() == 4) {
        slice.numbers[name] = message.get_int64();
      } else if (message.tag() == 6) {
        slice.texts[name] = message.get_string();
      } else if (message.tag() == 17) {
        slice.texts[name] = texts_[29].at(message.get_uint64());
      } else {
        message.skip();
      }
    }
  }

  void event(pbf_reader message, std::int64_t time) {
    PacketSlice slice;
    std::int32_t type = 0;
    std::int64_t value = 0;
    while (message.next()) {
      switch (message.tag()) {
        case 4:
          argument(message.get_message(), slice);
          break;
        case 9:
          type = message.get_enum();
          break;
        case 10:
          slice.name = texts_[2].at(message.get_uint64());
          break;
        case 11:
          slice.track = tracks_.at(message.get_uint64());
          break;
        case 23:
          slice.name = message.get_string();
          break;
        case 30:
          value = message.get_int64();
          break;
        case 47:
          slice.outputs.push_back(message.get_fixed64());
          break;
        case 48:
          slice.inputs.push_back(message.get_fixed64());
          break;
        default:
          message.skip();
      }
    }
    slice.begin_ns = time;
    if (type == 1) open_[slice.track] = slice;
    if (type == 2) {
      PacketSlice ended = open_.at(slice.track);
      ended.end_ns = time;
      trace_.slices.push_back(ended);
    }
    if (type == 3) trace_.notes.push_back(slice.name);
    if (type == 4) trace_.values[slice.track].push_back(value);
  }

  PacketTrace& trace_;
  std::map<std::uint64_t, std::string> tracks_;
  std::map<std::uint32_t, std::map<std::uint64_t, std::string>> texts_;
  std::map<std::string, PacketSlice> open_;
};

}  // namespace

const PacketSlice& PacketTrace::slice(const std::string& name) const {
  const auto found = std::find_if(slices.begin(), slices.end(),
                                  [&](const PacketSlice& s) { return s.name == name; });
  if (found == slices.end()) throw std::out_of_range("no slice is called " + name);
  return *found;
}

PacketTrace read_packets(const std::string& bytes) {
  PacketTrace trace;
  Reader reader(trace);
  pbf_reader file(bytes);
  while (file.next(1)) reader.packet(file.get_message());
  return trace;
}

}  // namespace metronome::waveforms::testing
