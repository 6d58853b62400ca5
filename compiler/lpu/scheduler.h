// SPDX-License-Identifier: Apache-2.0
// Places stream programs in time, one after the other in program order, each at the earliest start
// at which its operands are there and nothing it needs is held: a greedy list scheduler in space
// and time. It also names every value, so that the judge can tell what was meant.
#pragma once

#include <string>
#include <vector>

#include "compiler/lpu/cluster.h"
#include "compiler/lpu/reservation.h"
#include "hw/isa/lpu/image.h"

namespace metronome::compiler {

/// Cycles beyond the first possible start after which placing is given up: far more than any token
/// takes, so only a stream program that contradicts itself gets there.
inline constexpr lpu::Cycle kGiveUpAfter = 2'000'000;

/// One issue, before repeats are found.
struct Element {
  lpu::Cycle cycle = 0;
  lpu::QueueId queue = 0;
  lpu::Instruction instruction;  // kAddress and kRow left zero
  int index = 0;                 // address, or first weight row of a load
  std::vector<lpu::ValueId> reads;
  lpu::ValueId write = lpu::kNoValue;
  std::uint32_t stream_program = lpu::kNoStreamProgram;
};

class Scheduler {
 public:
  /// `tensors` must stay as they are while the scheduler lives. Values from `first_value` on are
  /// this program's.
  Scheduler(const lpu::ChipSpec& spec, const std::vector<lpu::MemoryTensor>& tensors,
            lpu::ValueId first_value);

  /// What the pieces placed from now on are for.
  void begin_operator(const std::string& op, int layer) {
    op_ = op;
    layer_ = layer;
  }
  const std::string& op() const { return op_; }
  /// Places one stream program.
  /// Errors: InvariantError if it can never be placed.
  void place(Cluster& cluster);

  /// Loads `rows` weight rows of a striped tensor into a plane pair and installs them; later
  /// multiplies of that hemisphere use them.
  void load_tile(lpu::Hemisphere h, TensorId tensor, std::int64_t first_row, int rows);

  /// The token program of all that was placed.
  lpu::Program program(std::string name, std::int64_t context);
  /// Identity of each row of a tensor after everything placed so far.
  std::vector<lpu::ValueId> row_values(TensorId tensor) const;

 private:
  struct RowState {
    lpu::Cycle ready = 0;      // first cycle in which the row may be read
    lpu::Cycle last_use = -1;  // last read or write
    lpu::ValueId value = lpu::kNoValue;
  };
  struct PlaneState {
    lpu::Cycle buffer_free = 0;
    lpu::Cycle array_free = 0;
    lpu::Cycle array_ready = 0;
    lpu::ValueId weights = lpu::kNoValue;
    lpu::ValueId accumulator = lpu::kNoValue;
  };
  /// What the search decides for a node.
  struct Choice {
    int alu = -1;
    int stream = -1;  // first of the group that its result drives
    lpu::Direction direction = lpu::Direction::kEast;
    lpu::Position reach = 0;  // farthest user
    bool drives = false;
    lpu::ValueId value = lpu::kNoValue;    // of the first issue's result
    lpu::ValueId product = lpu::kNoValue;  // multiply: of the first ABC
  };

  struct TileLoad {
    lpu::Hemisphere hemisphere;
    TensorId tensor;
    std::int64_t first_row;
    int rows;
    int beats;
    lpu::Cycle start;  // of the first LW
    int first_stream;
  };
  bool try_load(TileLoad& load);
  bool hold_load_streams(const TileLoad& load, int base);
  void begin_piece(const std::string& step) { pieces_.push_back({op_, step, layer_}); }
  void emit(Element element) {
    element.stream_program = static_cast<std::uint32_t>(pieces_.size() - 1);
    elements_.push_back(std::move(element));
  }
  void emit_load(const TileLoad& load);
  void install(const TileLoad& load);

  RowState& row_state(TensorId tensor, std::int64_t row);
  lpu::Cycle earliest(const Cluster& c);
  void plan_drives(const Cluster& c);
  bool try_at(const Cluster& c, lpu::Cycle start);
  bool hold_fixed(const Cluster& c, lpu::Cycle start);
  bool assign(const Cluster& c, std::size_t at, lpu::Cycle start);
  bool assign_stream(const Cluster& c, std::size_t at, lpu::Cycle start);
  bool alu_suits(const Cluster& c, std::size_t at, int alu) const;
  bool hold_train(lpu::QueueId queue, lpu::Cycle first, int count, int stride);
  bool hold_stream(const Cluster& c, std::size_t at, lpu::Cycle start, int stream);
  void undo_to(std::size_t queue_mark, std::size_t segment_mark);
  std::vector<lpu::QueueId> fixed_queues(const Node& n) const;

  void commit(const Cluster& c, lpu::Cycle start);
  void name_values(const Cluster& c);
  void emit_memory(const Cluster& c, std::size_t at, lpu::Cycle start);
  void emit_vxm(const Cluster& c, std::size_t at, lpu::Cycle start);
  void emit_multiply(const Cluster& c, std::size_t at, lpu::Cycle start);
  void emit_switch(const Cluster& c, std::size_t at, lpu::Cycle start);
  lpu::StreamGroup input_group(const Cluster& c, const Node& user, std::size_t input) const;
  lpu::ValueId input_value(const Cluster& c, const Node& user, std::size_t input, int issue) const;
  /// What the row holds by now.
  lpu::ValueId row_value(TensorId tensor, std::int64_t row) const;
  lpu::Source source(const Cluster& c, const Node& user, std::size_t input) const;

  const lpu::ChipSpec spec_;
  const std::vector<lpu::MemoryTensor>& tensors_;
  Reservations reservations_;
  std::vector<std::vector<RowState>> rows_;  // empty for constants
  PlaneState planes_[2];                     // west, east pair
  lpu::ValueId next_value_;
  std::vector<Element> elements_;
  std::string op_;
  int layer_ = -1;
  std::vector<lpu::StreamProgram> pieces_;

  std::vector<Choice> choices_;
  std::vector<std::pair<lpu::QueueId, lpu::Cycle>> held_queues_;
  std::vector<Segment> held_segments_;
  int search_steps_ = 0;
};

/// Groups the issues of each queue into repeats, each within one stream program.
std::vector<lpu::QueueProgram> to_queues(std::vector<Element> elements);

}  // namespace metronome::compiler
