// SPDX-License-Identifier: Apache-2.0
#include "tests/gpu/memory_rig.h"

#include "hw/isa/error.h"

namespace metronome::gpu {
namespace {

enum EventKind : std::uint32_t { kSend, kFeed };

}  // namespace

void MemoryRig::Client::on_reply(std::uint32_t token, Cycle now) {
  replies.push_back({token, now});
  if (in_flight == 0) return;
  --in_flight;
  rig.feed(*this, now);
}

void MemoryRig::Client::on_port_free(Cycle now) {
  ++port_calls;
  rig.feed(*this, now);
}

MemoryRig::MemoryRig(const sc_core::sc_module_name& name, const GpuSpec& spec)
    : sc_core::sc_module(name), spec_(spec), timeline_("timeline") {
  std::vector<MemoryClient*> clients;
  for (int sm = 0; sm < spec_.sm_count; ++sm) {
    clients_.push_back(std::make_unique<Client>(*this));
    clients.push_back(clients_.back().get());
  }
  memory_ = make_memory_system(spec_, timeline_, std::move(clients), watch_);
  reset(Conditions::seeded(1));
}

void MemoryRig::reset(const Conditions& conditions) {
  timeline_.clear();
  conditions_ = conditions;
  clock_ = std::make_unique<Clock>(spec_.clock_hz, conditions_.clock, timeline_.now());
  floorplan_ = std::make_unique<Floorplan>(spec_, conditions_);
  memory_->reset(conditions_, *clock_, *floorplan_, timeline_.now());
  for (const auto& c : clients_) {
    c->replies.clear();
    c->services.clear();
    c->to_send.clear();
    c->port_calls = 0;
    c->in_flight = 0;
  }
  requests_.clear();
}

void MemoryRig::send_in(Cycle wait, const LineRequest& request) {
  const auto at = static_cast<std::uint32_t>(requests_.size());
  requests_.push_back(request);
  requests_.back().token = at;
  timeline_.schedule(timeline_.now() + wait, *this, kSend, at);
}

void MemoryRig::run() {
  timeline_.run([] { return false; });
}

Cycle MemoryRig::latency(const LineRequest& request) {
  const Cycle begin = timeline_.now();
  send_in(0, request);
  run();
  const Told& told = client(request.sm).replies.back();
  check(told.token + 1 == requests_.size(), "rig", told.cycle, "the request was not answered");
  return told.cycle - begin;
}

Cycle MemoryRig::latency(Address line, std::uint8_t sectors, int sm, bool strong) {
  return latency({line, sectors, Access::kRead, strong, sm, 0});
}

void MemoryRig::feed(Client& client, Cycle now) {
  while (client.in_flight < window_ && !client.to_send.empty() &&
         memory_->can_send(client.to_send.front().sm, now)) {
    ++client.in_flight;
    memory_->send(client.to_send.front(), now);
    client.to_send.pop_front();
  }
}

void MemoryRig::start(const std::vector<std::vector<LineRequest>>& lists, std::size_t window) {
  window_ = window;
  for (std::size_t sm = 0; sm < lists.size(); ++sm) {
    clients_[sm]->to_send.assign(lists[sm].begin(), lists[sm].end());
    timeline_.schedule(timeline_.now(), *this, kFeed, static_cast<std::uint32_t>(sm));
  }
}

void MemoryRig::feed_until_answered(const std::vector<std::vector<LineRequest>>& lists,
                                    std::size_t window, std::size_t answers, Cycle most) {
  const Cycle begin = timeline_.now();
  start(lists, window);
  timeline_.run([&] {
    std::size_t all = 0;
    for (const auto& c : clients_) all += c->replies.size();
    return all >= answers || timeline_.now() - begin > most;
  });
  memory_->stop_background();
  run();
}

Cycle MemoryRig::work_off(const std::vector<std::vector<LineRequest>>& lists, std::size_t window) {
  const Cycle begin = timeline_.now();
  start(lists, window);
  run();
  Cycle end = begin;
  for (const auto& c : clients_) {
    if (!c->replies.empty()) end = std::max(end, c->replies.back().cycle);
  }
  return end - begin;
}

std::vector<std::vector<LineRequest>> MemoryRig::deal(Address base, std::int64_t lines,
                                                      Access access) const {
  const auto sms = static_cast<std::size_t>(spec_.sm_count);
  std::vector<std::vector<LineRequest>> lists(sms);
  for (std::int64_t n = 0; n < lines; ++n) {
    const std::size_t sm = static_cast<std::size_t>(n) % sms;
    lists[sm].push_back({base + static_cast<Address>(n * spec_.line_bytes), all_sectors(), access,
                         false, static_cast<int>(sm), static_cast<std::uint32_t>(n)});
  }
  return lists;
}

std::int64_t MemoryRig::port_calls() const {
  std::int64_t calls = 0;
  for (const auto& c : clients_) calls += c->port_calls;
  return calls;
}

std::int64_t MemoryRig::counter(std::string_view name) const {
  hw::Counters counters;
  memory_->add_counters(counters);
  for (const hw::Counter& c : counters) {
    if (c.name == name) return c.value;
  }
  throw InvariantError("rig: no counter " + std::string(name));
}

void MemoryRig::on_event(std::uint32_t kind, std::uint32_t a, std::uint64_t /*b*/, Cycle now) {
  if (static_cast<EventKind>(kind) == kSend) return memory_->send(requests_[a], now);
  feed(*clients_[a], now);
}

}  // namespace metronome::gpu
