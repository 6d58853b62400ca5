// SPDX-License-Identifier: Apache-2.0
// A trace of the full-size chip fed by hand, and read back.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hw/isa/error.h"
#include "tests/harness/model_writer.h"
#include "tests/waveforms/vcd_reader.h"
#include "waveforms/cycle_clock.h"
#include "waveforms/lpu_trace.h"

namespace metronome::waveforms::testing {

class TraceFixture : public ::testing::Test {
 protected:
  void start(TraceOptions options = {}) {
    trace_ = std::make_unique<LpuTrace>(path(), spec_, std::move(options));
    const std::vector<lpu::QueueInfo> queues = lpu::queues(spec_);
    for (std::size_t i = 0; i < queues.size(); ++i) {
      trace_->on_track(static_cast<hw::TrackId>(i), queues[i].path);
    }
  }
  void issue(lpu::QueueId queue, std::int64_t cycle, std::string_view mnemonic,
             std::string_view operands = "address=1,out=E3", std::int64_t busy = 1) {
    trace_->on_issue({static_cast<hw::TrackId>(queue), cycle, busy, mnemonic, operands});
  }
  void drive(bool eastward, int stream, int position, std::int64_t cycle, std::uint8_t first_byte) {
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(spec_.lanes()), 0);
    bytes[0] = first_byte;
    bytes[15] = 0xC0;
    bytes[16] = 0xFF;  // superlane 1: not shown
    trace_->on_stream({cycle, eastward, stream, position, bytes});
  }
  VcdFile finish(std::int64_t cycle) {
    trace_->finish(cycle);
    return parse_vcd(read_text(path()));
  }

  std::string in(const VcdFile& file, const std::string& signal, std::int64_t cycle) const {
    return file.at("lpu." + signal, clock_.start_ps(cycle));
  }
  /// The first lane of a register, or nothing if it holds no value.
  std::optional<int> lane0(const VcdFile& file, const std::string& reg, std::int64_t cycle) const {
    if (in(file, reg + ".valid", cycle) != "1") {
      EXPECT_EQ(in(file, reg + ".data", cycle), "z");
      return std::nullopt;
    }
    const std::string bits = in(file, reg + ".data", cycle);
    EXPECT_EQ(bits.size(), 128U) << "lane 15 has its top bit set";
    return std::stoi(bits.substr(bits.size() - 8), nullptr, 2);
  }
  static std::size_t toggles(const VcdFile& file) {
    return file.changes.at("lpu.clock").size() - 1;  // the first is the initial value
  }

  std::filesystem::path path() const { return folder_.path() / "run.vcd"; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }
  static bool noted(const VcdFile& file, const std::string& part) {
    for (const std::string& comment : file.comments) {
      if (comment.find(part) != std::string::npos) return true;
    }
    return false;
  }

  lpu::ChipSpec spec_ = lpu::groq1();
  CycleClock clock_{spec_.clock_hz};
  harness::TempFolder folder_;
  std::unique_ptr<LpuTrace> trace_;
};

}  // namespace metronome::waveforms::testing
