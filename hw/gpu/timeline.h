// SPDX-License-Identifier: Apache-2.0
// The GPU's calendar. A component asks to be called in a cycle; cycles in which nobody is due cost
// nothing. One SystemC process wakes for each cycle that has something to do and calls what is due,
// in the order in which it was asked for, so a run depends on nothing but its inputs.
// One unit of simulated time is one SM cycle.
#pragma once

#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <queue>
#include <systemc>
#include <vector>

#include "hw/isa/gpu/gpu_spec.h"

namespace metronome::gpu {

/// Whatever the calendar calls. What `kind`, `a` and `b` mean is the component's own business.
class Component {
 public:
  Component() = default;
  Component(const Component&) = delete;
  Component& operator=(const Component&) = delete;
  virtual ~Component() = default;
  virtual void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) = 0;
};

class Timeline : public sc_core::sc_module {
 public:
  explicit Timeline(const sc_core::sc_module_name& name);

  /// Calls `target` in cycle `when`, which must not be before now(). The current cycle is allowed:
  /// the call then comes after those already asked for.
  void schedule(Cycle when, Component& target, std::uint32_t kind, std::uint32_t a = 0,
                std::uint64_t b = 0);
  /// Cycles since the GPU was made; never reset.
  Cycle now() const { return now_; }
  bool empty() const { return pending_ == 0; }
  /// Forgets everything that was asked for.
  void clear();
  /// Lets simulated time run until nothing is due or `stop` says so after a cycle.
  /// Errors: whatever a component throws, once SystemC has stopped.
  void run(const std::function<bool()>& stop);
  std::int64_t events_handled() const { return handled_; }

 private:
  struct Event {
    Component* target;
    std::uint64_t b;
    std::uint32_t kind;
    std::uint32_t a;
  };
  struct Later {
    Cycle when;
    std::uint64_t order;
    Event event;
    bool operator>(const Later& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  static constexpr Cycle kWheel = 4096;  // cycles ahead that cost no heap

  void tick();
  void handle_cycle();
  Cycle next_due() const;
  void move_in();

  std::array<std::vector<Event>, kWheel> wheel_;
  std::array<std::uint64_t, kWheel / 64> occupied_{};
  std::priority_queue<Later, std::vector<Later>, std::greater<>> later_;
  std::uint64_t order_ = 0;
  std::int64_t pending_ = 0;
  std::int64_t handled_ = 0;
  Cycle now_ = 0;
  Cycle offset_ = 0;  // of the SystemC kernel's time to ours
  sc_core::sc_event go_;
  std::exception_ptr failure_;
  const std::function<bool()>* stop_ = nullptr;
};

}  // namespace metronome::gpu
