// SPDX-License-Identifier: Apache-2.0
// The microbenchmarks, one function each. A test measures only what was published for the board.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/probe/bench.h"
#include "runtime/probe/probe.h"

namespace metronome::runtime::probe {

/// A published value of one board.
struct Published {
  std::string_view board;
  double value = 0.0;
};

class Table {
 public:
  Table(std::string board, std::vector<ProbeRow>& rows) : board_(std::move(board)), rows_(rows) {}

  bool is(std::string_view board) const { return board_ == board; }
  bool is_one_of(std::initializer_list<std::string_view> boards) const;
  /// The board's value, if it has one.
  std::optional<double> of(std::initializer_list<Published> values) const;

  /// `model` within `percent` of `value`.
  void near(std::string_view id, std::string_view test, std::string_view unit, double model,
            double value, double percent, std::string_view source);
  /// `model` from `least` to `most`, both published, each widened by `percent`.
  void within(std::string_view id, std::string_view test, std::string_view unit, double model,
              double least, double most, double percent, std::string_view source);
  /// `model` within `distance` of `value`.
  void off_by(std::string_view id, std::string_view test, std::string_view unit, double model,
              double value, double distance, std::string_view source);
  /// Told with its error, not judged.
  void report(std::string_view id, std::string_view test, std::string_view unit, double model,
              double value, double percent, std::string_view source);

 private:
  std::string board_;
  std::vector<ProbeRow>& rows_;
};

void test_l1_latency(Bench& bench, Table& table);       // V1
void test_l2_latency(Bench& bench, Table& table);       // V2
void test_far_latency(Bench& bench, Table& table);      // V3
void test_dram_latency(Bench& bench, Table& table);     // V4
void test_latency_curve(Bench& bench, Table& table);    // V5
void test_l1_spread(Bench& bench, Table& table);        // V6
void test_l2_spread(Bench& bench, Table& table);        // V7
void test_dram_spread(Bench& bench, Table& table);      // V8
void test_shared_latency(Bench& bench, Table& table);   // V9
void test_issue_pattern(Bench& bench, Table& table);    // V10
void test_fixed_latency(Bench& bench, Table& table);    // V11
void test_scheduler_order(Bench& bench, Table& table);  // V12
void test_shared_rate(Bench& bench, Table& table);      // V13
void test_l1_rate(Bench& bench, Table& table);          // V14
void test_l2_rate(Bench& bench, Table& table);          // V15
void test_occupancy(Bench& bench, Table& table);        // V16
void test_dram_rate(Bench& bench, Table& table);        // V17
void test_bulk_copy(Bench& bench, Table& table);        // V18
void test_tensor_rate(Bench& bench, Table& table);      // V19
void test_special_rate(Bench& bench, Table& table);     // V20
void test_launch_gaps(Bench& bench, Table& table);      // V21
void test_token_spread(Bench& bench, Table& table);     // V26

}  // namespace metronome::runtime::probe
