// SPDX-License-Identifier: Apache-2.0
// FST files: what is written under their name, and what is refused. That their values are those of
// the VCD is for others' readers to say.
#include <sys/resource.h>

#include <csignal>

#include "tests/waveforms/trace_fixture.h"
#include "waveforms/wave_writer.h"

namespace metronome::waveforms::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FstWriterTest : public TraceFixture {
 protected:
  void SetUp() override {
#ifndef METRONOME_FST
    GTEST_SKIP() << "built without FST";
#endif
  }
  std::filesystem::path fst() const { return folder_.path() / "run.fst"; }
  void start_fst(TraceOptions options = {}) {
    trace_ = std::make_unique<LpuTrace>(fst(), spec_, std::move(options));
    const std::vector<lpu::QueueInfo> queues = lpu::queues(spec_);
    for (std::size_t i = 0; i < queues.size(); ++i) {
      trace_->on_track(static_cast<hw::TrackId>(i), queues[i].path);
    }
  }
  void run() {
    for (std::int64_t c = 40; c < 4000; ++c) {
      issue(0, c, "Read", "address=" + std::to_string(c));
      drive(true, 3, 10, c + 1, static_cast<std::uint8_t>(c));
    }
  }
};

TEST_F(FstWriterTest, AFinishedFileIsSmallAndAlone) {
  start_fst();
  run();
  trace_->finish(4100);
  EXPECT_THAT(files(), ElementsAre("run.fst"));
  const std::uint64_t fst_bytes = std::filesystem::file_size(fst());
  EXPECT_EQ(trace_->summary().bytes, fst_bytes);
  start();
  run();
  finish(4100);
  EXPECT_LT(4 * fst_bytes, std::filesystem::file_size(path()));
}

TEST_F(FstWriterTest, EqualRunsWriteEqualFiles) {
  std::string bytes[2];
  for (std::string& text : bytes) {
    start_fst();
    run();
    trace_->finish(4100);
    text = read_text(fst());
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST_F(FstWriterTest, ARunThatBreaksOffLeavesAFileUpToTheFault) {
  start_fst();
  run();
  trace_.reset();
  EXPECT_THAT(files(), ElementsAre("run.fst"));
}

TEST_F(FstWriterTest, AWindowThatTheRunNeverReachedLeavesNothing) {
  start_fst({.first_cycle = 10'000});
  run();
  EXPECT_THROW(trace_->finish(4100), UserError);
  trace_.reset();
  EXPECT_TRUE(files().empty());
}

TEST_F(FstWriterTest, TheSizeLimitStopsTheTraceAndNotTheRun) {
  constexpr std::uint64_t kLimit = 400'000;
  start_fst({.max_bytes = kLimit});
  for (std::int64_t c = 40; c < 60'000; ++c) {
    issue(0, c, "Read", "address=" + std::to_string(c * 7919 % 8192));
    drive(true, 3, 10, c + 1, static_cast<std::uint8_t>(c * 31));
  }
  trace_->finish(61'000);
  EXPECT_LE(std::filesystem::file_size(fst()), kLimit);
  EXPECT_GT(std::filesystem::file_size(fst()), kLimit / 2);
  EXPECT_TRUE(trace_->summary().reached_limit);
  EXPECT_GT(trace_->summary().end_cycle, 1000);
}

TEST_F(FstWriterTest, ADeviceIsRefusedWithTheFormatThatItTakes) {
  try {
    make_wave_writer("/dev/null")->size();
    std::filesystem::create_symlink("/dev/null", fst());
    make_wave_writer(fst());
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("run.fst: file: is a pipe or a device"));
    EXPECT_THAT(error.what(), HasSubstr("VCD"));
  }
}

/// No file of this process grows beyond `bytes`, as on a full disk.
class SmallFiles {
 public:
  explicit SmallFiles(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &now);
  }
  SmallFiles(const SmallFiles&) = delete;
  SmallFiles& operator=(const SmallFiles&) = delete;
  ~SmallFiles() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

TEST_F(FstWriterTest, WhatTheDiskDoesNotTakeIsToldWithTheDisksReason) {
  start_fst();
  for (std::int64_t c = 40; c < 10'000; ++c) {
    issue(0, c, "Read", "address=" + std::to_string(c * 7919 % 8192));
    drive(true, 3, 10, c + 1, static_cast<std::uint8_t>(c * c * 31 % 251));
  }
  const SmallFiles small(40'000);
  try {
    trace_->finish(10'100);
    FAIL();
  } catch (const UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("run.fst: file: cannot be written: File too large"));
  }
  trace_.reset();
  EXPECT_TRUE(files().empty());
}

TEST_F(FstWriterTest, TimesBeyondTwoToTheFortyCyclesAreKept) {
  const std::int64_t first = std::int64_t{1} << 40;
  start_fst({.first_cycle = first});
  issue(0, first + 5, "Read");
  trace_->finish(first + 100);
  EXPECT_EQ(trace_->summary().end_cycle, first + 100);
  EXPECT_THAT(files(), ElementsAre("run.fst"));
}

}  // namespace
}  // namespace metronome::waveforms::testing
