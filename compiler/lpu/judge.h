// SPDX-License-Identifier: Apache-2.0
// The machine state that the judge derives, cycle by cycle.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "compiler/lpu/check_schedule.h"
#include "compiler/lpu/judge_streams.h"

namespace metronome::compiler {

class Judge {
 public:
  Judge(const lpu::Image& image, const lpu::Program& program);

  std::optional<Conflict> verdict();

 private:
  /// One issue of one instruction.
  struct Event {
    lpu::Cycle cycle;
    lpu::QueueId queue;
    const lpu::Issue* issue;
    int repeat;
  };
  struct Cell {
    lpu::ValueId value = lpu::kNoValue;
    int byte = 0;
    int width = 0;
    lpu::QueueId by = -1;
    lpu::Cycle written = -1;
    int tensor = -1;
  };
  struct Delivery {
    lpu::Cycle ready = -1;
    lpu::ValueId value = lpu::kNoValue;
  };
  struct Alu {
    Delivery results[8];
    lpu::ValueId accumulator = lpu::kNoValue;
  };
  /// Rows of a tile that LW has brought so far.
  struct Loading {
    std::vector<lpu::ValueId> rows;
    int width = 0;          // bytes a weight
    lpu::Cycle begun = -1;  // when the first is in the buffer
    lpu::Cycle ready = -1;  // when the last is
  };
  struct Plane {
    Loading buffer;
    Loading incoming;  // the next tile, as long as the one before is in the buffer
    bool loads_incoming = false;
    std::vector<lpu::ValueId> array;
    int array_width = 0;
    lpu::Cycle array_ready = -1;
    lpu::Cycle busy_until = 0;
    std::map<lpu::Cycle, lpu::ValueId> products;
    std::map<std::uint32_t, lpu::ValueId> accumulators;
  };

  void lay_out_memory();
  std::vector<Event> events();
  void judge(const Event& e);
  void check_queue(const Event& e);
  void sample_streams(const Event& e);
  void check_one_way(const Event& e);
  void check_widths(const Event& e);
  /// `byte` of `width` of the value meant must pass; a width of 0 takes any byte of any value.
  void expect_stream(const Event& e, lpu::Direction d, int stream, lpu::ValueId meant, int byte,
                     int width);
  void check_alu(const Event& e);
  void check_memory(const Event& e);
  void check_map(const Event& e, int where, const lpu::MemoryTensor& region);
  void find_map_reach();
  void store(const Event& e, Cell& c, const lpu::MemoryTensor* region);
  void check_weights(const Event& e);
  void load(const Event& e);
  void install(const Event& e);
  void multiply(const Event& e);
  void check_product(const Event& e);
  void drive_result(const Event& e);
  void drive(const Event& e, lpu::Direction d, int stream, lpu::Position from, lpu::Cycle visible,
             lpu::ValueId value, int byte, int width);
  void check_outputs();
  void check_states();
  void check_end();
  void fail(lpu::Cycle cycle, std::string text);
  /// The same, where an instruction that came before has part in it.
  void fail_with(Culprit other, lpu::Cycle cycle, std::string text);
  /// The conflict is about a stream register and what `other` put there; null if nobody did.
  void fail_at(lpu::Cycle cycle, const std::string& text, std::string place, const Drive* other);

  std::string who(const Event& e) const;
  static std::string register_at(lpu::Direction d, int stream, lpu::Position x);
  std::string holds(const Cell& c) const;
  std::string who(const Drive& d) const;
  lpu::Position position(const Event& e) const;
  const lpu::QueueInfo& queue(const Event& e) const {
    return queues_[static_cast<std::size_t>(e.queue)];
  }
  const lpu::Instruction& instruction(const Event& e) const { return e.issue->instruction; }
  lpu::ValueId read_value(const Event& e, std::size_t operand) const {
    return e.issue->reads[operand].at(e.repeat);
  }
  int address(const Event& e) const;
  Cell& cell(lpu::QueueId queue, int address);
  Plane& plane(const Event& e);
  /// The other plane of the pair: fp16 works on both.
  Plane& partner(const Event& e);

  const lpu::Image& image_;
  const lpu::Program& program_;
  std::vector<lpu::QueueInfo> queues_;
  JudgeStreams streams_;
  std::vector<std::vector<Cell>> memory_;  // [MEM queue][address], empty if untouched
  std::map<lpu::ValueId, int> map_reach_;  // by the identity of a host's map
  std::vector<Alu> alus_;
  std::map<std::pair<int, int>, Plane> planes_;
  std::vector<lpu::Cycle> queue_free_;
  std::vector<lpu::Cycle> last_issue_;  // [queue]
  const Event* judged_ = nullptr;       // null before the first and after the last
  std::optional<Conflict> conflict_;
};

}  // namespace metronome::compiler
