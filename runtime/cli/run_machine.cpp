// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/run_machine.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <limits>

#include "runtime/cli/arguments.h"
#include "runtime/cli/interrupt.h"
#include "runtime/devices/lpu_device.h"
#include "runtime/devices/reference_device.h"
#include "waveforms/gpu_trace.h"
#include "waveforms/lpu_trace.h"
#include "waveforms/timeline/gpu_timeline.h"
#include "waveforms/timeline/lpu_timeline.h"
#include "waveforms/trace_views.h"

namespace metronome::cli {
namespace {

/// Shows each token's text as it comes, in whole characters.
class TextStream {
 public:
  TextStream(const runtime::Tokenizer& tokenizer, bool shown)
      : tokenizer_(tokenizer), shown_(shown) {}
  TextStream(const TextStream&) = delete;
  TextStream& operator=(const TextStream&) = delete;
  /// What stopped the run is told on a line of its own.
  ~TextStream() {
    if (open_) std::fputc('\n', stdout);
  }

  void add(std::int32_t id) {
    if (shown_) {
      open_ = true;
      put(shown_text(streamer_.push(tokenizer_.decode_after(previous_, id))));
    }
    previous_ = id;
  }
  void finish() {
    if (shown_) put(shown_text(streamer_.finish()) + "\n");
    open_ = false;
  }

 private:
  const runtime::Tokenizer& tokenizer_;
  bool shown_;
  bool open_ = false;  // a line is begun
  runtime::Utf8Streamer streamer_;
  std::int32_t previous_ = -1;
};

RunResult run_on(runtime::Device& device, const Subject& subject, const RunOptions& options,
                 Progress& progress, const std::function<void()>& before_token) {
  RunResult result;
  result.device = device.name();
  result.sampling = options.sampling;
  result.prompt_ids =
      runtime::prompt_ids(*subject.tokenizer, options.prompt, device.context(), options.special);
  runtime::Sampler sampler(options.sampling);
  TextStream text(*subject.tokenizer, options.shows_text);
  std::int64_t count = 0;
  result.generation = runtime::generate(
      device, *subject.tokenizer, result.prompt_ids, options.tokens, sampler, [&](std::int32_t id) {
        stop_if_interrupted();
        before_token();
        text.add(id);
        if (!options.shows_text) progress.show(fmt::format("running: token {}", ++count));
      });
  progress.clear();
  text.finish();
  result.instructions_issued = device.instructions_issued();
  result.macs = device.macs();
  result.counters = device.counters();
  return result;
}

/// The save file for GTKWave; none where nothing could be written. A trace can do without.
template <typename Trace>
std::filesystem::path leave_views(const Trace& trace, bool quiet) {
  try {
    return waveforms::write_views(trace.summary()).gtkwave;
  } catch (const UserError& error) {
    if (!quiet) note(fmt::format("the trace is without a viewer's set-up: {}", error.what()));
    return {};
  }
}

template <typename Trace>
void break_off(Trace& trace, bool quiet) {
  trace.break_off();
  const waveforms::TraceFacts& facts = trace.summary();
  if (facts.end_cycle <= facts.first_cycle || !std::filesystem::exists(facts.path)) return;
  leave_views(trace, quiet);
  if (!quiet) note("the trace holds the run up to where it broke off: " + to_text(facts));
}

template <typename Trace>
void finish_trace(Trace& trace, std::int64_t now, const RunOptions& options, RunResult& result) {
  trace.finish(now);
  const waveforms::TraceFacts& facts = trace.summary();
  const std::filesystem::path view = leave_views(trace, options.quiet);
  result.trace = to_text(facts);
  if (!view.empty()) result.trace_viewer = viewer_command(facts.path, view);
}

template <typename Timeline>
void finish_timeline(Timeline& timeline, std::int64_t now, const RunOptions& options,
                     RunResult& result) {
  timeline.finish(now);
  if (!options.quiet) note_large_timeline(timeline.summary());
  result.timeline = to_text(timeline.summary());
}

/// Runs, and completes what is recorded: of a run that breaks off, up to there. One file that
/// cannot be completed does not spoil the other; the first error is told when both are done.
template <typename Trace, typename Timeline>
RunResult recorded(std::optional<Trace>& trace, std::optional<Timeline>& timeline,
                   const RunOptions& options, const std::function<RunResult()>& run,
                   const std::function<std::int64_t()>& now) {
  RunResult result;
  try {
    result = run();
  } catch (...) {
    if (trace) break_off(*trace, options.quiet);
    throw;
  }
  std::exception_ptr first;
  const auto attempt = [&first](const auto& step) {
    try {
      step();
    } catch (...) {
      if (!first) first = std::current_exception();
    }
  };
  if (trace) attempt([&] { finish_trace(*trace, now(), options, result); });
  if (timeline) attempt([&] { finish_timeline(*timeline, now(), options, result); });
  if (first) std::rethrow_exception(first);
  return result;
}

RunResult run_gpu(const Subject& subject, const Arguments& arguments, const RunOptions& options,
                  Progress& progress) {
  GpuRun run;
  run.spec = options.machine.gpu;
  run.options = options.gpu;
  run.seed = options.machine_seed;
  progress.show("building gpu:" + run.spec.name);
  CountingGpu device(*subject.model, run, model_context(subject, context_option(arguments)));
  gpu::Gpu& machine = device.gpu();
  std::optional<waveforms::GpuTrace> trace;
  std::optional<waveforms::GpuTimeline> timeline;
  Watchers watchers([&machine](hw::Observer* observer) { machine.observe(observer); });
  if (options.trace) {
    trace.emplace(options.trace->path, machine.spec().name, machine.spec().clock_hz, machine.now(),
                  options.trace->options, machine.first_sm());
    watchers.add(*trace, [&](auto first, auto) { return trace->needs(first); });
  }
  if (options.timeline) {
    timeline.emplace(options.timeline->path, run.spec, options.timeline->options);
    watchers.add(*timeline, [&](auto first, auto last) { return timeline->needs(first, last); });
  }
  const auto watch_next = [&] {
    // Nobody knows how long a token will take, so only the window's end is a reason to stop.
    watchers.before(machine.now(), std::numeric_limits<std::int64_t>::max());
    if (!timeline) return;
    timeline->require_matches();
    timeline->token_follows(run.tokens);
  };
  const auto run_through = [&] {
    RunResult found = run_on(device, subject, options, progress, watch_next);
    watchers.stop();
    device.finish();
    return found;
  };
  RunResult result = recorded(trace, timeline, options, run_through, [&] { return machine.now(); });
  result.gpu = run;
  return result;
}

RunResult run_reference(const Subject& subject, const Arguments& arguments,
                        const RunOptions& options, Progress& progress) {
  const ops::Geometry geometry{subject.chip.lanes(), subject.chip.lanes_per_superlane};
  runtime::ReferenceDevice device(*subject.model, geometry,
                                  model_context(subject, context_option(arguments)),
                                  subject.precision);
  return run_on(device, subject, options, progress, [] {});
}

/// Tokens that will be fed unless the model ends its text.
std::int64_t tokens_at_most(const Subject& subject, const RunOptions& options) {
  const std::int64_t context = subject.image->info.context;
  const auto prompt =
      runtime::prompt_ids(*subject.tokenizer, options.prompt, context, options.special);
  return std::min(context, static_cast<std::int64_t>(prompt.size()) + options.tokens - 1);
}

RunResult run_chip(const Subject& subject, const RunOptions& options, Progress& progress) {
  if (!options.trace && !options.timeline) {
    runtime::LpuDevice device(*subject.image);
    return run_on(device, subject, options, progress, [] {});
  }
  std::optional<waveforms::LpuTrace> trace;
  std::optional<waveforms::LpuTimeline> timeline;
  if (options.trace) {
    const std::int64_t tokens = tokens_at_most(subject, options);
    trace.emplace(options.trace->path, subject.chip, options.trace->options);
    if (!options.quiet) note_large_trace(*subject.image, *options.trace, tokens);
  }
  if (options.timeline) {
    timeline.emplace(options.timeline->path, subject.chip, options.timeline->options);
  }
  runtime::LpuDevice device(*subject.image);
  Watchers watchers([&device](hw::Observer* observer) { device.chip().observe(observer); });
  if (trace) watchers.add(*trace, [&](auto a, auto b) { return trace->needs(a, b); });
  if (timeline) watchers.add(*timeline, [&](auto a, auto b) { return timeline->needs(a, b); });
  const auto watch_next = [&] {
    const std::int64_t now = device.chip().now();
    if (device.position() == device.context()) return;
    if (timeline) timeline->token_follows(device.position());
    watchers.before(now, now + device.program_for(device.position()).predicted_cycles);
    if (timeline) timeline->require_matches();
  };
  const auto run_through = [&] {
    RunResult result = run_on(device, subject, options, progress, watch_next);
    watchers.stop();
    return result;
  };
  return recorded(trace, timeline, options, run_through, [&] { return device.chip().now(); });
}

}  // namespace

RunResult run_machine(const Subject& subject, const Arguments& arguments, const RunOptions& options,
                      Progress& progress) {
  switch (options.machine.kind) {
    case MachineChoice::Kind::kLpu:
      return run_chip(subject, options, progress);
    case MachineChoice::Kind::kGpu:
      return run_gpu(subject, arguments, options, progress);
    case MachineChoice::Kind::kReference:
      return run_reference(subject, arguments, options, progress);
  }
  return {};
}

}  // namespace metronome::cli
