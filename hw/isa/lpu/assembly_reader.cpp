// SPDX-License-Identifier: Apache-2.0
#include <fmt/core.h>

#include <algorithm>
#include <deque>
#include <memory>

#include "hw/isa/lpu/assembly.h"
#include "hw/isa/lpu/assembly_issue.h"
#include "hw/isa/lpu/assembly_words.h"
#include "hw/isa/lpu/codec.h"
#include "hw/isa/lpu/image_fields.h"
#include "hw/isa/lpu/validate_program.h"

namespace metronome::lpu {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// Builds an image line by line; the section last opened says what a line may be.
class Assembler {
 public:
  Assembler(std::string_view text, const std::string& origin) : text_(text), origin_(origin) {}

  Image run();

 private:
  void section(const Word& name, AssemblyLine& line);
  void chip(AssemblyLine& line);
  void image_info(AssemblyLine& line);
  void tensor(AssemblyLine& line);
  void tensor_slices(const Word& list, const AssemblyLine& line, MemoryTensor& t);
  void input(AssemblyLine& line);
  std::uint32_t tensor_number(KeyValues& values);
  void program(AssemblyLine& line);
  void stream_program(AssemblyLine& line);
  void queue(AssemblyLine& line);
  void issue(AssemblyLine& line);
  void end_data();
  void end_text(const AssemblyLine& line);

  std::string_view text_;
  const std::string& origin_;
  Image image_;
  std::vector<QueueInfo> queues_;           // empty before `.chip`
  std::vector<std::string_view> seen_;      // sections that stand at most once
  std::vector<AssemblyLine> tensor_lines_;  // where each tensor stands
  std::shared_ptr<std::deque<Bytes>> storage_ = std::make_shared<std::deque<Bytes>>();
  Bytes* bytes_ = nullptr;  // hex lines go here
  bool in_program_ = false;
  bool in_queue_ = false;
  Cycle free_ = 0;  // first free cycle of the open queue
};

Image Assembler::run() {
  std::size_t number = 1;
  for (std::size_t at = 0; at < text_.size(); ++number) {
    const std::size_t end = std::min(text_.find('\n', at), text_.size());
    AssemblyLine line(text_.substr(at, end - at), origin_, number);
    at = end + 1;
    const Word first = line.peek();
    if (first.text.empty()) continue;
    if (first.text[0] == '.') {
      end_data();
      section(line.next(), line);
    } else if (bytes_ != nullptr) {
      line.hex(*bytes_);
    } else if (in_queue_) {
      issue(line);
    } else {
      line.fail(first, "line", "a section, such as .chip");
    }
  }
  end_data();
  end_text(AssemblyLine("", origin_, number));
  image_.storage = storage_;
  return std::move(image_);
}

void Assembler::section(const Word& name, AssemblyLine& line) {
  static const std::vector<std::string_view> kNames = {".chip",    ".info",           ".tokenizer",
                                                       ".tensor",  ".input",          ".logits",
                                                       ".program", ".stream_program", ".queue"};
  const auto known = std::find(kNames.begin(), kNames.end(), name.text);
  if (known == kNames.end()) {
    line.fail(name, "section", fmt::format("one such as {}", nearest(name.text, kNames)));
  }
  if (queues_.empty() && name.text != ".chip") line.fail(name, "section", ".chip first");
  const bool once = name.text == ".chip" || name.text == ".info" || name.text == ".tokenizer" ||
                    name.text == ".logits";
  if (once && std::find(seen_.begin(), seen_.end(), *known) != seen_.end()) {
    line.fail(name.column, "section", fmt::format("a second {}", name.text), "one");
  }
  if (once) seen_.push_back(*known);
  in_queue_ = false;
  if (name.text != ".queue" && name.text != ".stream_program") in_program_ = false;
  if (name.text == ".chip") return chip(line);
  if (name.text == ".info") return image_info(line);
  if (name.text == ".tensor") return tensor(line);
  if (name.text == ".input") return input(line);
  if (name.text == ".program") return program(line);
  if (name.text == ".stream_program") return stream_program(line);
  if (name.text == ".queue") return queue(line);
  if (name.text == ".logits") {
    KeyValues values(line, ".logits");
    image_.logits = tensor_number(values);
    return values.finish();
  }
  line.finish("its end, and hex lines below");
  bytes_ = &image_.tokenizer;
}

void Assembler::chip(AssemblyLine& line) {
  KeyValues values(line, ".chip");
  ChipSpec& spec = image_.chip;
  spec.name = values.text("name");
  chip_fields(spec, [&](const char* name, int& value) {
    value = static_cast<int>(values.number(name, 0, kLargestChipNumber));
  });
  spec.clock_hz = values.number("clock_hz", 0, INT64_MAX);
  values.finish();
  validate(spec, line.place(1));
  queues_ = queues(spec);
}

void Assembler::image_info(AssemblyLine& line) {
  KeyValues values(line, ".info");
  image_.info.model = values.text("model");
  image_.info.architecture = values.text("architecture");
  image_.info.precision = values.text("precision");
  info_numbers(image_.info, [&](const char* name, std::int64_t& value) {
    value = values.number(name, 0, kLargestNumber);
  });
  values.finish();
}

void Assembler::tensor_slices(const Word& list, const AssemblyLine& line, MemoryTensor& t) {
  for (std::int64_t slice : line.numbers(list, "slices", 0, image_.chip.mem_slices - 1)) {
    t.slices.push_back(static_cast<std::uint16_t>(slice));
  }
  if (t.slices.size() != static_cast<std::size_t>(t.stripes) * static_cast<std::size_t>(t.width)) {
    line.fail(list.column, "slices", std::to_string(t.slices.size()),
              fmt::format("{}, stripes times width", t.stripes * t.width));
  }
}

void Assembler::tensor(AssemblyLine& line) {
  tensor_lines_.push_back(line);
  const ChipSpec& spec = image_.chip;
  MemoryTensor t;
  const Word name = line.next();
  t.name = line.unquoted(name, "tensor");
  KeyValues values(line, ".tensor");
  t.kind = values.choice<TensorKind>("kind", kTensorKindNames);
  t.hemisphere = values.choice<Hemisphere>("hemisphere", kHemisphereNames);
  t.width = static_cast<int>(values.number("width", 1, 4));
  t.stripes = static_cast<int>(values.number("stripes", 1, spec.mem_slices));
  tensor_slices(values.take("slices"), line, t);
  t.address = static_cast<int>(values.number("address", 0, spec.words_per_slice() - 1));
  t.rows = values.number("rows", 0, kLargestNumber);
  t.lanes = static_cast<int>(values.number("lanes", 1, spec.lanes()));
  t.fill = line.bits(values.take("fill"), "fill");
  t.first_value = static_cast<ValueId>(values.number("value", 0, 0xFFFFFFFFLL));
  t.value_step = static_cast<std::int32_t>(values.number("step", 0, 1));
  values.finish();
  if (const auto fault = tensor_fault(t, spec)) {
    line.fail(name.column, fault->what, fault->found, fault->expected);
  }
  if (t.kind == TensorKind::kConstant) {
    bytes_ = &storage_->emplace_back();
    // Not more than the text can hold: the numbers are the user's.
    bytes_->reserve(std::min(t.data_bytes(), text_.size() / 2));
  }
  image_.tensors.push_back(std::move(t));
}

std::uint32_t Assembler::tensor_number(KeyValues& values) {
  const auto last = static_cast<std::int64_t>(image_.tensors.size()) - 1;
  return static_cast<std::uint32_t>(values.number("tensor", 0, last));
}

void Assembler::input(AssemblyLine& line) {
  KeyValues values(line, ".input");
  HostInput input;
  input.kind = values.choice<InputKind>("kind", kInputKindNames);
  input.tensor = tensor_number(values);
  if (values.has("block_rows")) {
    TableShape& t = input.table;
    t.block_rows = static_cast<int>(values.number("block_rows", 0, image_.chip.lanes()));
    t.column_blocks = static_cast<int>(values.number("column_blocks", 0, kMostColumnBlocks));
    t.stripes = static_cast<int>(values.number("stripes", 0, kWeightStreams));
    t.banks = static_cast<int>(values.number("banks", 0, kMostBanks));
  }
  values.finish();
  image_.inputs.push_back(input);
}

void Assembler::program(AssemblyLine& line) {
  Program p;
  p.name = line.unquoted(line.next(), "program");
  KeyValues values(line, ".program");
  p.context = values.number("context", 1, kLargestNumber);
  p.predicted_cycles = values.number("predicted", 0, kLargestNumber);
  if (values.has("outputs")) {
    for (std::int64_t value : line.numbers(values.take("outputs"), "outputs", 0, 0xFFFFFFFFLL)) {
      p.outputs.push_back(static_cast<ValueId>(value));
    }
  }
  values.finish();
  image_.programs.push_back(std::move(p));
  in_program_ = true;
}

void Assembler::stream_program(AssemblyLine& line) {
  if (!in_program_) line.fail(line.peek(), "stream program", "a .program before it");
  Program& program = image_.programs.back();
  if (!program.queues.empty()) line.fail(line.peek(), "stream program", "it before any .queue");
  KeyValues values(line, ".stream_program");
  StreamProgram s;
  s.op = values.text("op");
  s.step = values.text("step");
  s.layer = static_cast<int>(values.number("layer", -1, kMostLayers));
  values.finish();
  program.stream_programs.push_back(std::move(s));
}

void Assembler::queue(AssemblyLine& line) {
  const Word path = line.next();
  if (!in_program_) line.fail(path, "queue", "a .program before it");
  const auto at = std::find_if(queues_.begin(), queues_.end(),
                               [&](const QueueInfo& q) { return q.path == path.text; });
  if (at == queues_.end()) {
    std::vector<std::string_view> paths;
    for (const QueueInfo& q : queues_) paths.push_back(q.path);
    line.fail(path, "queue", fmt::format("a path, such as {}", nearest(path.text, paths)));
  }
  line.finish("its end");
  const auto id = static_cast<QueueId>(at - queues_.begin());
  std::vector<QueueProgram>& all = image_.programs.back().queues;
  if (!all.empty() && id <= all.back().queue) {
    line.fail(path, "queue",
              fmt::format("one after {}, in the chip's order",
                          queues_[static_cast<std::size_t>(all.back().queue)].path));
  }
  all.push_back({id, {}});
  in_queue_ = true;
  free_ = 0;
}

void Assembler::issue(AssemblyLine& line) {
  Program& program = image_.programs.back();
  QueueProgram& queue = program.queues.back();
  queue.issues.push_back(parse_issue(line, queues_[static_cast<std::size_t>(queue.queue)],
                                     image_.chip, free_, program.stream_programs.size()));
  free_ = free_from(queue.issues.back());
}

void Assembler::end_data() {
  if (bytes_ != nullptr && bytes_ != &image_.tokenizer) {
    MemoryTensor& t = image_.tensors.back();
    t.data = *bytes_;
    if (t.data.size() != t.data_bytes()) {
      tensor_lines_.back().fail(1, "data of " + word_text(t.name),
                                fmt::format("{} bytes", t.data.size()),
                                fmt::format("{}, rows times lanes times width", t.data_bytes()));
    }
  }
  bytes_ = nullptr;
}

void Assembler::end_text(const AssemblyLine& line) {
  for (std::string_view needed : {".chip", ".logits"}) {
    if (std::find(seen_.begin(), seen_.end(), needed) == seen_.end()) {
      line.fail(1, "text", fmt::format("no {}", needed), "one");
    }
  }
  if (const auto overlap = constant_overlap(image_.tensors)) {
    const Fault fault = overlap->fault(image_.tensors);
    tensor_lines_[overlap->second].fail(1, fault.what, fault.found, fault.expected);
  }
}

}  // namespace

Image assemble(std::string_view text, const std::string& origin) {
  return Assembler(text, origin).run();
}

}  // namespace metronome::lpu
