// SPDX-License-Identifier: Apache-2.0
// A memory slice: two banks of vectors, one read and one write a cycle in different banks, gather
// and scatter with an address of its own in each superlane. Cells hold references to vectors.
#pragma once

#include <vector>

#include "hw/lpu/unit.h"

namespace metronome::lpu {

class MemSlice : public FunctionalUnit {
 public:
  MemSlice(ChipContext& chip, Hemisphere hemisphere, int slice);

  void dispatch(const Instruction& instruction, int address, QueueId queue, Cycle now) override;
  void dispatch_train(const Instruction& instruction, const IssueTrain& train,
                      QueueId queue) override;

  /// Host side, between programs: puts a vector into a word, or reads one; free of bank cycles.
  void load(int address, Row row);
  /// The rows that a train of reads by `queue` would bring, `apart` rows from each other in `rows`.
  /// Errors: InvariantError if there is no such word or nothing was written.
  void rows_to_read(const IssueTrain& train, QueueId queue, Row* rows, std::ptrdiff_t apart);
  void count_needless(std::int64_t reads) { reads_ += reads; }
  const Row& peek(int address) const;
  /// Nothing was ever written.
  void clear() { cells_.clear(); }
  /// Flips one bit of a stored word, check bits left as the producer made them.
  void inject_fault(int address, int lane, int bit);

  std::int64_t reads() const { return reads_; }
  std::int64_t writes() const { return writes_; }
  std::int64_t words_used() const;

 private:
  struct Port {
    Cycle cycle = -1;
    std::uint32_t upper_bank = 0;  // bit s: superlane s goes to bank 1, else to bank 0
  };
  void read(const Instruction& i, const IssueTrain& train, QueueId queue);
  void write(const Instruction& i, int address, QueueId queue, Cycle now);
  void gather(const Instruction& i, int base, QueueId queue, Cycle now);
  void scatter(const Instruction& i, int base, QueueId queue, Cycle now);
  void claim(bool is_write, std::uint32_t upper_bank, QueueId queue, Cycle now);
  std::uint32_t banks_of(int address, QueueId queue, Cycle now) const;
  std::uint32_t map_addresses(const Row& map, int base, QueueId queue, Cycle now);
  void copy_superlane(const Row& from, int superlane, RowBlock& to) const;
  static void set_check_bits(RowBlock& block, int superlane);
  void require_one_stream(StreamGroup group, QueueId queue, Cycle now) const;
  Row& cell(int address);
  const Row& stored(int address, QueueId queue, Cycle now);
  void refuse_unwritten(int address, QueueId queue, Cycle now) const;

  ChipContext& chip_;
  Position position_;
  std::vector<Row> cells_;   // empty until first used
  std::vector<int> mapped_;  // gather and scatter: [superlanes] addresses
  Port read_port_;
  Port write_port_;
  std::int64_t reads_ = 0;
  std::int64_t writes_ = 0;
};

}  // namespace metronome::lpu
