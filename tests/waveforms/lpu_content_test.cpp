// SPDX-License-Identifier: Apache-2.0
// What a trace tells beyond mnemonics: purposes, what is due, banks, planes, values, programs.
#include <array>
#include <cstring>

#include "tests/waveforms/trace_fixture.h"

namespace metronome::waveforms::testing {
namespace {

class LpuContentTest : public TraceFixture {
 protected:
  void issue_for(const char* op, const char* step, const std::string& queue, std::int64_t cycle,
                 std::string_view mnemonic, std::string_view operands, std::int64_t next = -1) {
    hw::IssueEvent event;
    event.track = track_of(queue);
    event.cycle = cycle;
    event.busy_cycles = 1;
    event.mnemonic = mnemonic;
    event.operands = operands;
    event.next_cycle = next;
    event.purpose = {op, step, 0, 7};
    trace_->on_issue(event);
  }
  hw::TrackId track_of(const std::string& path) const {
    const std::vector<lpu::QueueInfo> queues = lpu::queues(spec_);
    for (std::size_t i = 0; i < queues.size(); ++i) {
      if (queues[i].path == path) return static_cast<hw::TrackId>(i);
    }
    throw InvariantError(path);
  }
  /// A value of `width` bytes a lane, on as many registers from E0 on, at the VXM.
  void drive_value(std::span<const std::uint8_t> lanes, int width, std::int64_t cycle,
                   const std::string& by) {
    std::vector<std::uint8_t> value(static_cast<std::size_t>(spec_.lanes() * width), 0);
    std::copy(lanes.begin(), lanes.end(), value.begin());
    for (int byte = 0; byte < width; ++byte) {
      std::vector<std::uint8_t> bytes(static_cast<std::size_t>(spec_.lanes()));
      for (std::size_t lane = 0; lane < bytes.size(); ++lane) {
        bytes[lane] =
            value[lane * static_cast<std::size_t>(width) + static_cast<std::size_t>(byte)];
      }
      trace_->on_stream(
          {cycle, true, byte, spec_.vxm_position(), bytes, track_of(by), byte, width, value});
    }
  }
  template <typename T, std::size_t N>
  static std::vector<std::uint8_t> bytes_of(const std::array<T, N>& numbers) {
    std::vector<std::uint8_t> bytes(sizeof(numbers));
    std::memcpy(bytes.data(), numbers.data(), sizeof(numbers));
    return bytes;
  }
};

TEST_F(LpuContentTest, AQueueTellsWhatItServesAndWhenItsNextInstructionIsDue) {
  start();
  std::vector<std::int64_t> first(static_cast<std::size_t>(spec_.queue_count()), -1);
  first[track_of("mem_w.slice_0")] = 45;
  trace_->on_program({"token_64", 5, 40, first});
  issue_for("blk.0.attn_q", "load", "mem_w.slice_0", 45, "Read", "address=1,out=E3", 48);
  issue_for("blk.0.attn_q", "load", "mem_w.slice_0", 48, "Read", "address=2,out=E3", 90);
  issue_for("blk.1.ffn_up", "", "mem_w.slice_0", 90, "Read", "address=3,out=E3");
  const VcdFile file = finish(120);
  const auto due = [&](std::int64_t cycle) {
    return in(file, "mem_w.slice_0.next_dispatch", cycle);
  };
  EXPECT_EQ(due(4), "z");
  EXPECT_EQ(due(5), "101101");   // 45
  EXPECT_EQ(due(45), "110000");  // 48
  EXPECT_EQ(due(48), "1011010");
  EXPECT_EQ(due(90), "z");
  EXPECT_EQ(in(file, "mem_w.slice_1.next_dispatch", 45), "z");
  const auto purpose = [&](std::int64_t cycle) { return in(file, "mem_w.slice_0.purpose", cycle); };
  EXPECT_EQ(purpose(44), "-");
  EXPECT_EQ(purpose(45), "blk.0.attn_q.load");
  EXPECT_EQ(purpose(46), "blk.0.attn_q.load") << "a short pause";
  EXPECT_EQ(purpose(49), "-") << "a long one";
  EXPECT_EQ(purpose(90), "blk.1.ffn_up");
  EXPECT_EQ(purpose(91), "-");
}

TEST_F(LpuContentTest, TheBarrierIsUpFromNotifyToReleaseAndTheProgramNamed) {
  start();
  trace_->on_program({"token_64", 5, 40, {}});
  trace_->on_program({"token_128", 100, 135, {}});
  const VcdFile file = finish(160);
  EXPECT_EQ(in(file, "program", 4), "-");
  EXPECT_EQ(in(file, "program", 5), "token_64");
  EXPECT_EQ(in(file, "program", 100), "token_128");
  for (const auto& [cycle, up] : {std::pair{4, "0"},
                                  {5, "1"},
                                  {39, "1"},
                                  {40, "0"},
                                  {99, "0"},
                                  {100, "1"},
                                  {134, "1"},
                                  {135, "0"}}) {
    EXPECT_EQ(in(file, "barrier", cycle), up) << cycle;
  }
}

TEST_F(LpuContentTest, AWindowInTheMiddleOfAProgramKnowsItsNameAndWhatIsDue) {
  start({.first_cycle = 60});
  std::vector<std::int64_t> first(static_cast<std::size_t>(spec_.queue_count()), -1);
  first[track_of("mem_w.slice_1")] = 77;
  trace_->on_program({"token_64", 5, 40, first});
  issue_for("blk.0.ffn", "load", "mxm_w.plane_0.weights", 45, "LW.I8", "in=E0:16,row=0", 50);
  issue_for("blk.0.ffn", "load", "mxm_w.plane_0.weights", 50, "IW.I8", "rows=16", 70);
  const VcdFile file = finish(80);
  EXPECT_EQ(in(file, "program", 60), "token_64");
  EXPECT_EQ(file.number_at("lpu.mem_w.slice_1.next_dispatch", clock_.start_ps(60)), 77U);
  EXPECT_EQ(file.number_at("lpu.mxm_w.plane_0.weights.next_dispatch", clock_.start_ps(60)), 70U);
  EXPECT_EQ(in(file, "mxm_w.plane_0.array", 60), "blk.0.ffn.load");
}

TEST_F(LpuContentTest, ASliceTellsTheBanksAndAddressesOfWhatItReadsAndWrites) {
  start();
  const int half = spec_.words_per_bank;
  issue(0, 40, "Read", "address=3,out=E3");
  issue(0, 40, "Write", "address=" + std::to_string(half + 5) + ",in=W2");
  issue(0, 42, "Gather", "address=" + std::to_string(half) + ",map=E0:2,out=E3");
  issue(0, 43, "Scatter", "address=9,map=E0:2,in=E3");
  const VcdFile file = finish(60);
  const auto shows = [&](std::int64_t cycle, const std::string& read, const std::string& write) {
    const std::string slice = "mem_w.slice_0.";
    EXPECT_EQ(in(file, slice + "read_bank", cycle) + "/" + in(file, slice + "read_address", cycle),
              read)
        << cycle;
    EXPECT_EQ(
        in(file, slice + "write_bank", cycle) + "/" + in(file, slice + "write_address", cycle),
        write)
        << cycle;
  };
  shows(39, "z/z", "z/z");
  shows(40, "0/11", "1/1000000000101");
  shows(41, "z/z", "z/z");
  shows(42, "1/1000000000000", "z/z");
  shows(43, "z/z", "0/1001");
  shows(44, "z/z", "z/z");
}

TEST_F(LpuContentTest, APlaneTellsWhatItDoesAndWhichTilesItHolds) {
  start();
  const std::string plane = "mxm_e.plane_1";
  issue_for("a", "load", plane + ".weights", 40, "LW.I8", "in=E0:16,row=0", 41);
  issue_for("a", "load", plane + ".weights", 41, "LW.I8", "in=E0:16,row=16", 46);
  issue_for("a", "load", plane + ".weights", 46, "IW.I8", "rows=32", 50);
  issue_for("a", "mul", plane + ".activations", 49, "ABC.I8", "in=E16,superlanes=20");
  issue_for("b", "load", plane + ".weights", 50, "LW.I8", "in=E0:16,row=0");
  const VcdFile file = finish(90);
  const auto shows = [&](std::int64_t cycle, const char* state, const char* buffer,
                         const char* array) {
    EXPECT_EQ(in(file, plane + ".state", cycle), state) << cycle;
    EXPECT_EQ(in(file, plane + ".buffer", cycle), buffer) << cycle;
    EXPECT_EQ(in(file, plane + ".array", cycle), array) << cycle;
  };
  shows(39, "idle", "-", "-");
  shows(40, "loading", "a.load", "-");
  shows(45, "loading", "a.load", "-");
  shows(46, "installing", "-", "a.load");
  shows(49, "multiplying", "-", "a.load");
  shows(50, "loading+multiplying", "b.load", "a.load");
  shows(62, "idle", "b.load", "a.load");
  EXPECT_EQ(in(file, "mxm_e.plane_0.buffer", 60), "-") << "int8 takes one plane";
}

TEST_F(LpuContentTest, ATileOfFp16TakesBothPlanesOfAPair) {
  start();
  issue_for("a", "load", "mxm_w.plane_0.weights", 40, "LW.F16", "in=E0:16,row=0");
  issue_for("a", "load", "mxm_w.plane_0.weights", 46, "IW.F16", "rows=8");
  const VcdFile file = finish(90);
  EXPECT_EQ(in(file, "mxm_w.plane_1.buffer", 40), "a.load");
  EXPECT_EQ(in(file, "mxm_w.plane_1.buffer", 46), "-");
  EXPECT_EQ(in(file, "mxm_w.plane_1.array", 46), "a.load");
}

TEST_F(LpuContentTest, RegistersShowTheirValuesAsNumbersOfTheirWidth) {
  start();
  issue_for("", "", "vxm.alu_0", 40, "Add.F32", "a=E0:4");
  drive_value(bytes_of(std::array<float, 4>{1.5F, -2, 0.25F, 1e9F}), 4, 44, "vxm.alu_0");
  issue_for("", "", "vxm.alu_0", 41, "Add.Mod.I32", "a=E0:4");
  drive_value(bytes_of(std::array<std::int32_t, 4>{7, -8, 1 << 30, 0}), 4, 45, "vxm.alu_0");
  issue_for("", "", "vxm.alu_0", 42, "Cvt.F32.F16", "a=E0:4");
  drive_value(bytes_of(std::array<std::uint16_t, 4>{0x3C00, 0xC000, 0, 0x7C00}), 2, 46,
              "vxm.alu_0");
  issue_for("", "", "vxm.alu_0", 43, "Cvt.F32.I8", "a=E0:4");
  drive_value(bytes_of(std::array<std::int8_t, 4>{-128, 127, 0, 1}), 1, 47, "vxm.alu_0");
  const VcdFile file = finish(60);
  const auto value = [&](int stream, std::int64_t cycle) {
    return in(
        file,
        path_of(StreamRegister{lpu::Direction::kEast, stream, spec_.vxm_position()}).substr(4) +
            ".value",
        cycle);
  };
  EXPECT_EQ(value(0, 43), "-");
  EXPECT_EQ(value(0, 44), "1.5,-2,0.25,1e+09");
  EXPECT_EQ(value(3, 44), "byte_3_of_E0");
  EXPECT_EQ(value(0, 45), "7,-8,1073741824,0");
  EXPECT_EQ(value(0, 46), "1,-2,0,inf");
  EXPECT_EQ(value(1, 46), "byte_1_of_E0");
  EXPECT_EQ(value(2, 46), "-");
  EXPECT_EQ(value(0, 47), "-128,127,0,1");
  EXPECT_EQ(value(0, 48), "-");
}

}  // namespace
}  // namespace metronome::waveforms::testing
