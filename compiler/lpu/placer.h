// SPDX-License-Identifier: Apache-2.0
// Places works in time, each stream program at the earliest start at which its operands are there
// and nothing it needs is held. A scheduler decides in which order works come here. The placer also
// names every value, so that the judge can tell what was meant.
#pragma once

#include <string>
#include <vector>

#include "compiler/lpu/reservation.h"
#include "compiler/lpu/work.h"
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

class Placer {
 public:
  /// `tensors` must stay as they are while the scheduler lives. Values from `first_value` on are
  /// this program's.
  Placer(const lpu::ChipSpec& spec, const std::vector<lpu::MemoryTensor>& tensors,
         lpu::ValueId first_value);

  /// Places a work. What it reads must have been placed before, and what it overwrites must have
  /// been read by all who mean it.
  /// Errors: InvariantError if it can never be placed.
  void place(const Work& work);
  /// No work placed from now on starts before `cycle`.
  void not_before(lpu::Cycle cycle) { not_before_ = cycle; }
  const std::vector<lpu::MemoryTensor>& tensors() const { return tensors_; }
  /// Last effect of all that was placed.
  lpu::Cycle end() const { return end_; }

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
    lpu::Cycle installed = -1;  // dispatch of the last install
    lpu::Cycle array_free = 0;
    lpu::Cycle array_ready = 0;
    lpu::ValueId weights = lpu::kNoValue;  // first row in the array
    int rows = 0;
    int width = 0;                                                  // 2: the pair holds fp16
    lpu::ValueId accumulators[2] = {lpu::kNoValue, lpu::kNoValue};  // [slot]
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
    Tile tile;
    int plane = 0;  // of a pair, the even one
    int first_stream = 0;
    std::vector<lpu::Cycle> beats;  // cycles of the LWs
  };
  void place(Cluster& cluster);
  /// Loads a tile and installs it, unless the plane holds it already.
  void load_tile(const Tile& tile);
  void choose_planes(const Work& work);
  bool holds(const Tile& tile) const;
  void hold_array(const Node& multiply, lpu::Cycle until);
  /// State of a plane, or of the pair that stands in its place for fp16.
  PlaneState& plane(lpu::Hemisphere h, int index) {
    return planes_[static_cast<std::size_t>(h)][static_cast<std::size_t>(index)];
  }
  PlaneState& used_plane(lpu::Hemisphere h) { return plane(h, chosen_[static_cast<int>(h)]); }
  int chosen_plane(lpu::Hemisphere h) const { return chosen_[static_cast<int>(h)]; }
  bool try_load(TileLoad& load, lpu::Cycle start);
  bool hold_beat(const TileLoad& load, lpu::Cycle when);
  void begin_piece(const std::string& step) { pieces_.push_back({op_, step, layer_}); }
  void emit(Element element);
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
  lpu::QueueId mxm(const Node& multiply, lpu::Unit unit) const {
    return lpu::mxm_queue(spec_, multiply.hemisphere, chosen_plane(multiply.hemisphere), unit);
  }

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
  std::vector<PlaneState> planes_[2];        // [hemisphere][plane]
  int chosen_[2] = {0, 0};                   // plane that the work at hand uses, by hemisphere
  lpu::Cycle not_before_ = 0;
  lpu::Cycle end_ = 0;
  lpu::ValueId next_value_;
  std::vector<Element> elements_;
  std::string op_;
  int layer_ = -1;
  std::vector<lpu::StreamProgram> pieces_;

  std::vector<Choice> choices_;
  std::vector<Train> held_queues_;
  std::vector<Segment> held_segments_;
  int search_steps_ = 0;
};

/// Groups the issues of each queue into repeats, each within one stream program.
std::vector<lpu::QueueProgram> to_queues(std::vector<Element> elements);

}  // namespace metronome::compiler
