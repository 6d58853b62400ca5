// SPDX-License-Identifier: Apache-2.0
// The matrix planes of one hemisphere. Weights are stationary and double buffered: LW fills the
// buffer while the array multiplies, IW makes the buffer the array. A row of weights is one output;
// lanes are K. fp16 works on a pair of planes in tandem, low bytes in one, high bytes in the other:
// a fp16 product is four byte products, so K is half the lanes a beat. Sums are exact and rounded
// once; ACC folds them into one of two accumulators and emits on four streams.
#pragma once

#include <vector>

#include "hw/lpu/unit.h"

namespace metronome::lpu {

class Mxm : public FunctionalUnit {
 public:
  Mxm(ChipContext& chip, Hemisphere hemisphere);

  void dispatch(const Instruction& instruction, int address, QueueId queue, Cycle now) override;
  /// LW under Repeat fills consecutive rows; the queue says which repeat this is.
  void load_weights(const Instruction& i, int repeat, QueueId queue, Cycle now);

  /// A train of int8 loads whose rows are known: where the caller puts them, [count, 16].
  Row* begin_loads(const Instruction& i, const IssueTrain& train, QueueId queue);

  /// A program starts with no weights in the planes.
  void clear();

  std::int64_t macs() const { return macs_; }

 private:
  struct WeightSet {
    std::vector<Row> rows;  // [lanes], low byte plane
    Cycle begun = -1;       // when the first row of a load is in the buffer
    Cycle ready = -1;       // when the last load or the install is complete
    int width = 0;          // bytes a weight; 0 if there is nothing

    bool empty() const { return width == 0; }
    void clear();
  };
  struct Product {
    Cycle ready = -1;
    Row row;  // int32 or fp32 [lanes]
    bool is_f32 = false;
  };
  struct Plane {
    WeightSet buffer;
    WeightSet incoming;  // rows on their way while the tile before is still in the buffer
    WeightSet array;
    int rows = 0;
    int indexed_lanes = -1;  // lanes for which what follows holds
    Cycle busy_until = 0;    // activations
    std::vector<Product> products;
    std::vector<Product> accumulators;
    std::vector<const std::uint8_t*> row_data;        // of rows unlike the one before, and their
    std::vector<float> row_absmax;                    // largest magnitudes in fp16
    std::vector<std::uint16_t> data_of_row;           // empty if every row has its own
    std::vector<std::vector<std::uint8_t>> gathered;  // [row]: of rows that are not in one piece
  };

  struct Loading {
    WeightSet& tile;
    Row* rows;
    Cycle arrives;
  };

  Plane& partner_of(QueueId queue);
  Loading begin_load(const Instruction& i, int repeat, QueueId queue, Cycle now);
  void begin_tile(Plane& plane, Plane& partner, int width, Cycle begun);
  Row pair_of(const Row& low, const Row& high);
  void install(const Instruction& i, Plane& plane, QueueId queue, Cycle now);
  void activate(const Instruction& i, Plane& plane, QueueId queue, Cycle now);
  void accumulate(const Instruction& i, Plane& plane, QueueId queue, Cycle now);
  Row sum(const RowBlock* a, const RowBlock* b, bool is_f32, QueueId queue, Cycle now);
  void require_even(Opcode op, int plane, QueueId queue, Cycle now) const;
  static void index_rows(Plane& plane, int lanes);
  static bool index_table(Plane& plane, int lanes);
  static const std::uint8_t* row_bytes(Plane& plane, std::size_t at, int lanes);
  static void index_halves(Plane& plane, int lanes);
  void multiply(const Plane& plane, const std::uint8_t* activations, int lanes, std::uint8_t* out);

  ChipContext& chip_;
  Position position_;
  std::vector<Plane> planes_;
  std::vector<std::uint8_t> scratch_;
  std::vector<float> distinct_;  // results of rows unlike the one before
  RowGroup hold_;
  std::int64_t macs_ = 0;
};

}  // namespace metronome::lpu
