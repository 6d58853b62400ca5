// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/text.h"

#include <fmt/core.h>

#include <algorithm>

#include "hw/isa/lpu/codec.h"

namespace metronome::lpu {
namespace {

std::int64_t word_bytes(Opcode opcode) {
  std::int64_t bytes = 1;
  for (const FieldLayout& layout : fields(info(opcode).format)) bytes += layout.bytes;
  return bytes;
}

/// By opcode: the codec's words have a fixed length each.
std::vector<std::int64_t> all_word_bytes() {
  std::vector<std::int64_t> all;
  for (const OpcodeInfo& op : opcodes()) all.push_back(word_bytes(op.opcode));
  return all;
}

std::int64_t size_of(Opcode opcode) {
  static const std::vector<std::int64_t> kSizes = all_word_bytes();
  return kSizes[static_cast<std::size_t>(opcode)];
}

MemoryTensor* text_row(Image& image, ValueId value) {
  for (MemoryTensor& t : image.tensors) {
    if (t.kind == TensorKind::kText && value >= t.first_value && value - t.first_value < t.rows) {
      return &t;
    }
  }
  return nullptr;
}

/// Two vectors of text as the row of a tensor of two bytes a lane.
void put_line(std::span<const std::uint8_t> text, std::int64_t line, const ChipSpec& spec,
              std::span<std::uint8_t> row) {
  const auto lanes = static_cast<std::size_t>(spec.lanes());
  const auto first = static_cast<std::size_t>(line * text_line_bytes(spec));
  for (std::size_t j = 0; j < 2; ++j) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const std::size_t at = first + j * lanes + lane;
      row[lane * 2 + j] = at < text.size() ? text[at] : 0;
    }
  }
}

}  // namespace

std::int64_t text_line_bytes(const ChipSpec& spec) { return 2 * std::int64_t{spec.lanes()}; }

std::int64_t text_buffer_bytes(const ChipSpec& spec) {
  return std::int64_t{spec.text_buffer_vectors} * spec.lanes();
}

std::int64_t text_bytes(const Issue& issue, Cycle free) {
  const Cycle gap = std::max<Cycle>(0, issue.cycle - free);
  const std::int64_t nops = (gap + kMaxNop - 1) / kMaxNop;
  return nops * size_of(Opcode::kNop) + size_of(issue.instruction.opcode) +
         (issue.count > 1 ? size_of(Opcode::kRepeat) : 0);
}

std::int64_t repeat_bytes() { return size_of(Opcode::kRepeat); }

std::int64_t start_bytes(bool notifies) {
  return size_of(Opcode::kSync) + (notifies ? size_of(Opcode::kNotify) : 0);
}

std::int64_t text_bytes(const QueueProgram& queue, bool notifies) {
  std::int64_t bytes = start_bytes(notifies);
  Cycle free = 0;
  for (const Issue& issue : queue.issues) {
    bytes += text_bytes(issue, free);
    free = free_from(issue);
  }
  return bytes;
}

TextBuffer::TextBuffer(const ChipSpec& spec, bool notifies)
    : capacity_(text_buffer_bytes(spec)),
      line_(text_line_bytes(spec)),
      arrived_(capacity_),
      taken_(start_bytes(notifies)) {}

std::optional<std::string> TextBuffer::take(const Issue& issue, Cycle free) {
  taken_ += text_bytes(issue, free);
  if (taken_ > arrived_) {
    return fmt::format("its text ends at byte {}, {} bytes have arrived", taken_, arrived_);
  }
  if (issue.instruction.opcode != Opcode::kIfetch) return std::nullopt;
  const std::int64_t brought = line_ * issue.count;
  if (room() < brought) {
    return fmt::format("it brings {} bytes of text, the buffer of {} has room for {}", brought,
                       capacity_, room());
  }
  arrived_ += brought;
  return std::nullopt;
}

std::vector<FetchedLine> fetched_lines(const Program& program, const ChipSpec& spec) {
  std::vector<FetchedLine> all;
  for (const QueueProgram& queue : program.queues) {
    std::int64_t number = text_buffer_bytes(spec) / text_line_bytes(spec);
    for (const Issue& issue : queue.issues) {
      if (issue.instruction.opcode != Opcode::kIfetch || issue.reads.empty()) continue;
      for (int r = 0; r < issue.count; ++r) {
        all.push_back({queue.queue, number++, issue.cycle + static_cast<Cycle>(r) * issue.stride,
                       issue.reads[0].at(r)});
      }
    }
  }
  return all;
}

void fill_text(Image& image) {
  using Rows = std::vector<std::vector<std::uint8_t>>;
  if (image.text == nullptr || image.text.use_count() > 1) image.text = std::make_shared<Rows>();
  Rows& rows = *image.text;
  rows.resize(image.tensors.size());
  for (std::size_t i = 0; i < image.tensors.size(); ++i) {
    MemoryTensor& t = image.tensors[i];
    if (t.kind != TensorKind::kText) continue;
    rows[i].resize(t.data_bytes());
    std::fill(rows[i].begin(), rows[i].end(), std::uint8_t{0});
    t.data = rows[i];
  }
  for (const Program& program : image.programs) {
    std::vector<std::uint8_t> text;
    QueueId encoded = -1;
    for (const FetchedLine& line : fetched_lines(program, image.chip)) {
      MemoryTensor* t = line.value == kNoValue ? nullptr : text_row(image, line.value);
      if (t == nullptr) continue;
      if (line.queue != encoded) {
        const auto queue = std::ranges::find(program.queues, line.queue, &QueueProgram::queue);
        text = encode_queue(*queue, image.chip, queue == program.queues.begin());
        encoded = line.queue;
      }
      const auto at = static_cast<std::size_t>(t - image.tensors.data());
      const std::size_t bytes = static_cast<std::size_t>(text_line_bytes(image.chip));
      put_line(text, line.number, image.chip,
               std::span(rows[at]).subspan((line.value - t->first_value) * bytes, bytes));
    }
  }
}

}  // namespace metronome::lpu
