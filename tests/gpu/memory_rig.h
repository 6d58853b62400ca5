// SPDX-License-Identifier: Apache-2.0
// A memory system with a client in the place of every SM, for tests that need no kernels.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hw/gpu/memory_system.h"

namespace metronome::gpu {

/// What a client was told.
struct Told {
  std::uint32_t token = 0;
  Cycle cycle = 0;
};

class MemoryRig : public sc_core::sc_module, public Component {
 public:
  /// All rigs of a test must be made before one runs.
  MemoryRig(const sc_core::sc_module_name& name, const GpuSpec& spec);

  /// Another machine of the same kind, cold.
  void reset(const Conditions& conditions);
  const GpuSpec& spec() const { return spec_; }
  Timeline& timeline() { return timeline_; }
  MemorySystem& memory() { return *memory_; }
  const Floorplan& floorplan() const { return *floorplan_; }
  const Clock& clock() const { return *clock_; }
  const Conditions& conditions() const { return conditions_; }
  Watch& watch() { return watch_; }
  std::uint8_t all_sectors() const {
    return static_cast<std::uint8_t>((1U << spec_.sectors_per_line()) - 1U);
  }

  /// Sends a request `wait` cycles from now; its token is its number.
  void send_in(Cycle wait, const LineRequest& request);
  /// Runs until nothing is in flight.
  void run();
  /// Sends one request on its own and waits; the cycles until its answer.
  Cycle latency(const LineRequest& request);
  Cycle latency(Address line, std::uint8_t sectors, int sm = 0, bool strong = false);

  /// Every client works off its list, with at most `window` requests in flight; the cycles from now
  /// to the last answer.
  Cycle work_off(const std::vector<std::vector<LineRequest>>& lists, std::size_t window);
  /// The same beside traffic of another kernel, which has no end; for `most` cycles at the longest.
  void feed_until_answered(const std::vector<std::vector<LineRequest>>& lists, std::size_t window,
                           std::size_t answers, Cycle most = 10'000'000);
  /// `lines` consecutive lines from `base` dealt to the SMs in turn.
  std::vector<std::vector<LineRequest>> deal(Address base, std::int64_t lines,
                                             Access access = Access::kRead) const;

  const std::vector<Told>& replies(int sm) const { return client(sm).replies; }
  const std::vector<Told>& services(int sm) const { return client(sm).services; }
  std::int64_t port_calls() const;
  std::int64_t counter(std::string_view name) const;

  void on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t b, Cycle now) override;

 private:
  struct Client : MemoryClient {
    explicit Client(MemoryRig& owner) : rig(owner) {}
    void on_service(std::uint32_t token, Cycle now) override { services.push_back({token, now}); }
    void on_reply(std::uint32_t token, Cycle now) override;
    void on_port_free(Cycle now) override;

    MemoryRig& rig;
    std::vector<Told> replies;
    std::vector<Told> services;
    std::int64_t port_calls = 0;
    std::deque<LineRequest> to_send;
    std::size_t in_flight = 0;
  };

  const Client& client(int sm) const { return *clients_[static_cast<std::size_t>(sm)]; }
  void start(const std::vector<std::vector<LineRequest>>& lists, std::size_t window);
  void feed(Client& client, Cycle now);

  GpuSpec spec_;
  Conditions conditions_;
  Watch watch_;
  Timeline timeline_;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Floorplan> floorplan_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::unique_ptr<MemorySystem> memory_;
  std::vector<LineRequest> requests_;
  std::size_t window_ = 1;
};

}  // namespace metronome::gpu
