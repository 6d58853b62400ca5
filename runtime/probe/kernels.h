// SPDX-License-Identifier: Apache-2.0
// The microbenchmarks' kernels, as text for the assembler. Control bits are written out: what is
// measured is what they say.
#pragma once

#include <string>

namespace metronome::runtime::probe {

/// One thread follows offsets through memory: parameters base, rounds of 64 steps, where the cycles
/// go. `load` is the instruction, such as `LDG.CG`.
std::string chase_global(const std::string& load);
/// The same, each step timed by itself: parameters base, steps, where the samples go. A sample is
/// the load's latency and one cycle.
std::string chase_timed(const std::string& load);
/// One thread through shared memory: rounds of 64 steps, where the cycles go.
std::string chase_shared();
/// CTA 0 of each pair reads the other's shared memory.
std::string chase_remote();
/// One 16-byte background copy that hits L1; the sample is its latency and two cycles.
std::string copy_latency();
/// One bulk copy of `bytes` on an mbarrier; the sample is its latency and two cycles.
std::string bulk_latency(int bytes);
/// `count` instructions on `warps` warps without any dependence; `text` may use {n} for a number.
std::string independent(const std::string& text, int count, int warps, int registers);
/// 64 times `text` between two clocks, over and over for the rounds of parameter 0; cycles to
/// parameter 1.
std::string timed_block(const std::string& text, int registers, int threads, std::int64_t shared);
/// Every thread loads 16 bytes at a time from its place on, the grid striding over the buffer:
/// parameters base, rounds of four loads, bytes between rounds, bytes between CTAs.
std::string read_stream(const std::string& load);
/// As read_stream, with one load of 8 bytes in flight a thread and `threads` threads a CTA.
std::string read_thin(int threads);
/// All warps of a CTA read the shared memory over and over: rounds of 16 loads of 16 bytes.
std::string read_shared();
/// y = 2 x over the grid, one value a thread: parameters x, y.
std::string scale();
/// scale() for so many rounds in one kernel, a grid barrier between them: parameters x, y, counter
/// (zero), rounds.
std::string scale_persistent();
/// Warpgroup multiplies of m64 n256 k16 back to back, from shared memory: rounds of 8, cycles.
std::string warpgroup_multiply();
/// Every thread copies tiles into shared memory with the bulk engine: parameters base, bytes
/// between CTAs.
std::string bulk_stream(int bytes, int tiles);

}  // namespace metronome::runtime::probe
