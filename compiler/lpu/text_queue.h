// SPDX-License-Identifier: Apache-2.0
// One queue's instructions, and how far their text has been brought: up to a place in them all is
// settled. Behind it fetches are still to be put in.
#pragma once

#include <cstdint>
#include <vector>

#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

class QueueText {
 public:
  struct Place {
    std::size_t next = 0;      // issue
    lpu::Cycle free = 0;       // when the queue is free after the one before it
    std::int64_t taken = 0;    // bytes of all before it
    std::int64_t arrived = 0;  // bytes, what the host loads among them
  };

  /// `spare` bytes are kept in the buffer beyond what is needed, for issues that are added later.
  QueueText(const lpu::ChipSpec& spec, bool notifies, std::vector<lpu::Issue> issues,
            std::int64_t spare);

  const std::vector<lpu::Issue>& issues() const { return issues_; }
  const Place& place() const { return place_; }
  std::int64_t bytes() const { return bytes_; }  // of the whole text
  std::int64_t spare() const { return spare_; }
  /// True if lines are still to be fetched.
  bool wants() const { return bytes_ > place_.arrived; }
  /// Dispatch of the first issue that leaves less than `spare` in the buffer; of no meaning if
  /// nothing is wanted.
  lpu::Cycle deadline() const { return deadline_; }
  /// Bytes that may be added in `from` or later without taking text from what is settled.
  std::int64_t slack(lpu::Cycle from) const;
  /// The place moved over its next issue.
  Place after(const Place& place) const;

  /// Adds an issue, in free cycles of the queue.
  void add(lpu::Issue issue);
  /// Puts a fetch in before the issue at a place, which is as far as all is settled now.
  void fetch(const Place& at, lpu::Issue ifetch);
  /// Goes on as if a line had come before the issue at a place.
  void pretend(const Place& at);
  std::vector<lpu::Issue> take() { return std::move(issues_); }

 private:
  struct Fetch {
    lpu::Cycle cycle = 0;
    std::int64_t slack = 0;  // bytes left when it is dispatched
  };
  void survey();

  std::int64_t capacity_;  // bytes
  std::int64_t line_;      // bytes
  std::int64_t start_;     // bytes
  std::int64_t spare_;
  std::vector<lpu::Issue> issues_;  // by cycle
  std::vector<Fetch> fetches_;
  std::int64_t pretended_ = 0;  // bytes
  Place place_;
  std::int64_t bytes_ = 0;
  lpu::Cycle deadline_ = 0;
};

}  // namespace metronome::compiler
