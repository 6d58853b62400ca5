// SPDX-License-Identifier: Apache-2.0
#include "hw/gpu/timeline.h"

#include <bit>

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

Cycle kernel_now() { return static_cast<Cycle>(sc_core::sc_time_stamp().value()); }

}  // namespace

Timeline::Timeline(const sc_core::sc_module_name& name) : sc_core::sc_module(name) {
  SC_HAS_PROCESS(Timeline);
  SC_METHOD(tick);
  sensitive << go_;
  dont_initialize();
}

void Timeline::schedule(Cycle when, Component& target, std::uint32_t kind, std::uint32_t a,
                        std::uint64_t b) {
  check(when >= now_, name(), now_, "an event is asked for in the past");
  ++pending_;
  if (when - now_ < kWheel) [[likely]] {
    const auto at = static_cast<std::size_t>(when % kWheel);
    wheel_[at].push_back({&target, b, kind, a});
    occupied_[at / 64] |= std::uint64_t{1} << (at % 64);
  } else {
    later_.push({when, order_++, {&target, b, kind, a}});
  }
}

void Timeline::clear() {
  for (std::vector<Event>& due : wheel_) due.clear();
  occupied_.fill(0);
  later_ = {};
  pending_ = 0;
}

/// What has come within reach of the wheel. It was asked for before anything that the wheel still
/// takes for that cycle, because the wheel took nothing for it until now.
void Timeline::move_in() {
  while (!later_.empty() && later_.top().when - now_ < kWheel) {
    const auto at = static_cast<std::size_t>(later_.top().when % kWheel);
    wheel_[at].push_back(later_.top().event);
    occupied_[at / 64] |= std::uint64_t{1} << (at % 64);
    later_.pop();
  }
}

/// The first cycle from now on with an event; meaningless when there is none.
Cycle Timeline::next_due() const {
  constexpr std::size_t kWords = kWheel / 64;
  const auto from = static_cast<std::size_t>(now_ % kWheel);
  std::uint64_t word = occupied_[from / 64] & (~std::uint64_t{0} << (from % 64));
  for (std::size_t i = 0; i <= kWords; ++i) {
    if (word != 0) {
      const std::size_t at =
          (from / 64 + i) % kWords * 64 + static_cast<std::size_t>(std::countr_zero(word));
      return now_ + static_cast<Cycle>((at + kWheel - from) % kWheel);
    }
    word = occupied_[(from / 64 + i + 1) % kWords];
  }
  return later_.top().when;
}

void Timeline::handle_cycle() {
  const auto at = static_cast<std::size_t>(now_ % kWheel);
  std::vector<Event>& due = wheel_[at];
  // Components may add to this very cycle, so the vector can grow and move while it is read.
  for (std::size_t i = 0; i < due.size(); ++i) {  // NOLINT(modernize-loop-convert)
    const Event event = due[i];
    --pending_;
    ++handled_;
    event.target->on_event(event.kind, event.a, event.b, now_);
  }
  due.clear();
  occupied_[at / 64] &= ~(std::uint64_t{1} << (at % 64));
}

void Timeline::tick() {
  now_ = kernel_now() - offset_;
  try {
    move_in();
    handle_cycle();
    if (pending_ == 0 || (*stop_)()) return;
    move_in();
    next_trigger(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(next_due() - now_)));
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void Timeline::run(const std::function<bool()>& stop) {
  if (pending_ == 0) return;
  stop_ = &stop;
  failure_ = nullptr;
  offset_ = kernel_now() - now_;  // another machine may have used simulated time in between
  go_.notify(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(next_due() - now_)));
  sc_core::sc_start();
  if (failure_) std::rethrow_exception(failure_);
}

}  // namespace metronome::gpu
