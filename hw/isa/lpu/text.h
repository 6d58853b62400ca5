// SPDX-License-Identifier: Apache-2.0
// Program text in SRAM. A queue's text is its encoded instructions in order, cut into lines of two
// vectors: what one Ifetch brings. The host puts the first lines into the queue's buffer before the
// barrier; every other line lies in a row of a text tensor and comes through a stream. In a line
// byte j of lane l is text byte j * lanes + l.
//
// The rule of the buffer, on bytes: an instruction leaves the buffer when it is dispatched, with
// the NOPs before it and the Repeat behind it, so all of these must be there by then; an Ifetch
// needs room for a line beside what is left once it has itself been taken. Queues are in order, so
// the rule depends on order alone, not on cycles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hw/isa/lpu/image.h"

namespace metronome::lpu {

/// Bytes of a line: two vectors.
std::int64_t text_line_bytes(const ChipSpec& spec);
/// Bytes that a queue's buffer holds: `text_buffer_vectors`.
std::int64_t text_buffer_bytes(const ChipSpec& spec);

/// Bytes of an issue's text if its queue is free from cycle `free`: NOPs, instruction, Repeat.
/// At least the instruction's, whatever `free` is.
std::int64_t text_bytes(const Issue& issue, Cycle free);
/// Bytes that a Repeat adds.
std::int64_t repeat_bytes();
/// Bytes before the first issue: Sync, and Notify in the program's first queue.
std::int64_t start_bytes(bool notifies);
/// Bytes of all of a queue's text.
std::int64_t text_bytes(const QueueProgram& queue, bool notifies);

/// The state of one queue's buffer, advanced issue by issue.
class TextBuffer {
 public:
  TextBuffer(const ChipSpec& spec, bool notifies);

  /// Takes the issue's text. Returns what is wrong, if anything is: text not there, or no room for
  /// the lines that an Ifetch brings. The buffer is to be used no more then.
  std::optional<std::string> take(const Issue& issue, Cycle free);

  std::int64_t taken() const { return taken_; }      // bytes
  std::int64_t arrived() const { return arrived_; }  // bytes, what the host loaded among them
  std::int64_t room() const { return capacity_ - (arrived_ - taken_); }

 private:
  std::int64_t capacity_;
  std::int64_t line_;
  std::int64_t arrived_;
  std::int64_t taken_;
};

/// A line that an Ifetch takes, and the identity of the row that it names.
struct FetchedLine {
  QueueId queue = 0;
  std::int64_t number = 0;  // of the queue's text; the first ones are what the host loads
  Cycle cycle = 0;          // of the Ifetch
  ValueId value = kNoValue;
};
/// By queue, then line: the n-th Ifetch of a queue takes the n-th line behind the buffer.
std::vector<FetchedLine> fetched_lines(const Program& program, const ChipSpec& spec);

/// Gives the rows of all text tensors their bytes: each the line whose Ifetch names the row, zeros
/// where none does. To be called whenever instructions or tensors have changed. Bytes that only
/// this image holds are overwritten in place, so a chip that is loaded with it sees the new text.
/// Errors: InvariantError if two issues of a queue overlap in time.
void fill_text(Image& image);

}  // namespace metronome::lpu
