// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/image.h"

#include <boost/crc.hpp>

#include "hw/isa/lpu/bytes.h"
#include "hw/isa/lpu/codec.h"
#include "hw/isa/lpu/image_fields.h"
#include "hw/isa/lpu/validate_program.h"

namespace metronome::lpu {
namespace {

constexpr std::string_view kMagic = "MTRNOME\n";
constexpr std::size_t kAlignment = 64;
constexpr const char* kSections[] = {"chip", "info", "tokenizer", "tensors", "data", "programs"};

std::uint32_t crc(std::span<const std::uint8_t> bytes) {
  boost::crc_32_type sum;
  sum.process_bytes(bytes.data(), bytes.size());
  return sum.checksum();
}

void finish(const ByteReader& r) {
  if (!r.done()) r.fail("bytes left over");
}

void write_chip(ByteWriter& w, const ChipSpec& spec) {
  w.text(spec.name);
  chip_fields(spec, [&](const char*, int v) { w.varint(v); });
  w.varint(spec.clock_hz);
}

ChipSpec read_chip(ByteReader& r, const std::string& origin) {
  ChipSpec spec;
  spec.name = r.text("chip name");
  chip_fields(spec, [&](const char* name, int& v) {
    v = static_cast<int>(r.number(name, 0, kLargestChipNumber));
  });
  spec.clock_hz = r.varint();
  validate(spec, origin);
  return spec;
}

void write_info(ByteWriter& w, const ImageInfo& i) {
  w.text(i.model);
  w.text(i.architecture);
  w.text(i.precision);
  info_numbers(i, [&](const char*, std::int64_t v) { w.varint(v); });
}

ImageInfo read_info(ByteReader& r) {
  ImageInfo i;
  i.model = r.text("model");
  i.architecture = r.text("architecture");
  i.precision = r.text("precision");
  info_numbers(i,
               [&](const char* name, std::int64_t& v) { v = r.number(name, 0, kLargestNumber); });
  return i;
}

void write_tensors(ByteWriter& w, const Image& image) {
  w.varint(static_cast<std::int64_t>(image.tensors.size()));
  for (const MemoryTensor& t : image.tensors) {
    w.text(t.name);
    w.u8(static_cast<std::uint8_t>(t.kind));
    w.u8(static_cast<std::uint8_t>(t.hemisphere));
    w.varint(t.width);
    w.varint(t.stripes);
    for (std::uint16_t s : t.slices) w.varint(s);
    w.varint(t.address);
    w.varint(t.rows);
    w.varint(t.lanes);
    w.u32(t.fill);
    w.varint(t.first_value);
    w.varint(t.value_step);
  }
  w.varint(static_cast<std::int64_t>(image.inputs.size()));
  for (const HostInput& input : image.inputs) {
    w.u8(static_cast<std::uint8_t>(input.kind));
    w.varint(input.tensor);
    w.varint(input.table.block_rows);
    w.varint(input.table.column_blocks);
    w.varint(input.table.stripes);
    w.varint(input.table.banks);
  }
  w.varint(image.logits);
}

template <typename Enum>
Enum read_enum(ByteReader& r, std::string_view field, Enum last) {
  const std::uint8_t v = r.u8();
  if (v > static_cast<std::uint8_t>(last)) {
    r.fail(fmt::format("{}: found {}, at most {}", field, v, static_cast<int>(last)));
  }
  return static_cast<Enum>(v);
}

MemoryTensor read_tensor(ByteReader& r, const ChipSpec& chip) {
  MemoryTensor t;
  t.name = r.text("tensor name");
  t.kind = read_enum(r, "tensor kind", TensorKind::kOutput);
  t.hemisphere = read_enum(r, "hemisphere", Hemisphere::kEast);
  t.width = static_cast<int>(r.number("tensor width", 1, 4));
  t.stripes = static_cast<int>(r.number("stripes", 1, chip.mem_slices));
  for (int i = 0; i < t.stripes * t.width; ++i) {
    t.slices.push_back(static_cast<std::uint16_t>(r.number("slice", 0, chip.mem_slices - 1)));
  }
  t.address = static_cast<int>(r.number("address", 0, chip.words_per_slice() - 1));
  t.rows = r.number("rows", 0, kLargestNumber);
  t.lanes = static_cast<int>(r.number("lanes", 1, chip.lanes()));
  t.fill = r.u32();
  t.first_value = static_cast<ValueId>(r.number("value", 0, 0xFFFFFFFFLL));
  t.value_step = static_cast<std::int32_t>(r.number("value step", 0, 1));
  if (const auto fault = tensor_fault(t, chip)) {
    r.fail(fmt::format("tensor {}: {}", t.name, fault->text()));
  }
  return t;
}

void read_tensors(ByteReader& r, Image& image) {
  const std::size_t count = r.count("tensors");
  for (std::size_t i = 0; i < count; ++i) image.tensors.push_back(read_tensor(r, image.chip));
  const auto last = static_cast<std::int64_t>(count) - 1;
  const std::size_t inputs = r.count("inputs");
  for (std::size_t i = 0; i < inputs; ++i) {
    HostInput input;
    input.kind = read_enum(r, "input kind", InputKind::kTokenLane);
    input.tensor = static_cast<std::uint32_t>(r.number("input tensor", 0, last));
    input.table.block_rows = static_cast<int>(r.number("block rows", 0, image.chip.lanes()));
    input.table.column_blocks = static_cast<int>(r.number("column blocks", 0, kMostColumnBlocks));
    input.table.stripes = static_cast<int>(r.number("stripes", 0, kWeightStreams));
    input.table.banks = static_cast<int>(r.number("banks", 0, kMostBanks));
    image.inputs.push_back(input);
  }
  image.logits = static_cast<std::uint32_t>(r.number("logits tensor", 0, last));
  if (const auto overlap = constant_overlap(image.tensors)) {
    r.fail(overlap->fault(image.tensors).text());
  }
}

void write_data(ByteWriter& w, const Image& image) {
  for (const MemoryTensor& t : image.tensors) {
    w.align(kAlignment);
    w.raw(t.data);
  }
}

void read_data(std::span<const std::uint8_t> section, Image& image, const std::string& origin) {
  ByteReader r(section, origin + ": data");
  for (MemoryTensor& t : image.tensors) {
    r.take((kAlignment - r.at() % kAlignment) % kAlignment);
    if (t.kind == TensorKind::kConstant) t.data = r.take(t.data_bytes());
  }
  finish(r);
}

void write_values(ByteWriter& w, const std::vector<ValueRange>& values, std::int64_t& last) {
  for (const ValueRange& v : values) {
    w.varint(std::int64_t{v.first} - last);
    w.varint(v.step);
    last = v.first;
  }
}

constexpr std::int64_t kNoPiece = -1;  // in the file, for kNoStreamProgram

std::int64_t piece_number(const Issue& issue) {
  return issue.stream_program == kNoStreamProgram ? kNoPiece : std::int64_t{issue.stream_program};
}

void write_program(ByteWriter& w, const Program& p, const ChipSpec& chip) {
  w.text(p.name);
  w.varint(p.context);
  w.varint(p.predicted_cycles);
  w.varint(static_cast<std::int64_t>(p.outputs.size()));
  for (ValueId v : p.outputs) w.varint(v);
  w.varint(static_cast<std::int64_t>(p.stream_programs.size()));
  for (const StreamProgram& s : p.stream_programs) {
    w.text(s.op);
    w.text(s.step);
    w.varint(s.layer);
  }
  w.varint(static_cast<std::int64_t>(p.queues.size()));
  for (std::size_t q = 0; q < p.queues.size(); ++q) {
    const QueueProgram& queue = p.queues[q];
    w.varint(queue.queue);
    w.blob(encode_queue(queue, chip, q == 0));
    std::int64_t last = 0;
    for (const Issue& issue : queue.issues) {
      write_values(w, issue.reads, last);
      write_values(w, {issue.write}, last);
    }
    std::int64_t last_piece = kNoPiece;
    for (const Issue& issue : queue.issues) {
      const std::int64_t piece = piece_number(issue);
      w.varint(piece - last_piece);
      last_piece = piece;
    }
  }
}

ValueRange read_value(ByteReader& r, std::int64_t& last) {
  last += r.varint();
  if (last < 0 || last > 0xFFFFFFFFLL) r.fail(fmt::format("value identity {}", last));
  ValueRange v;
  v.first = static_cast<ValueId>(last);
  v.step = static_cast<std::int32_t>(r.number("value step", -kLargestValueStep, kLargestValueStep));
  return v;
}

std::vector<StreamProgram> read_stream_programs(ByteReader& r) {
  std::vector<StreamProgram> all;
  const std::size_t count = r.count("stream programs");
  for (std::size_t i = 0; i < count; ++i) {
    StreamProgram s;
    s.op = r.text("operator");
    s.step = r.text("step");
    s.layer = static_cast<int>(r.number("layer", -1, kMostLayers));
    all.push_back(std::move(s));
  }
  return all;
}

void read_pieces(ByteReader& r, QueueProgram& queue, std::size_t stream_programs) {
  std::int64_t piece = kNoPiece;
  for (Issue& issue : queue.issues) {
    piece += r.number("stream program", -kLargestNumber, kLargestNumber);
    if (piece < kNoPiece || piece >= static_cast<std::int64_t>(stream_programs)) {
      r.fail(fmt::format("stream program {}, there are {}", piece, stream_programs));
    }
    issue.stream_program = piece == kNoPiece ? kNoStreamProgram : static_cast<std::uint32_t>(piece);
  }
}

Program read_program(ByteReader& r, const ChipSpec& chip, const std::string& origin) {
  Program p;
  p.name = r.text("program name");
  p.context = r.number("program context", 1, kLargestNumber);
  p.predicted_cycles = r.number("predicted cycles", 0, kLargestNumber);
  const std::size_t output_count = r.count("outputs");
  for (std::size_t i = 0; i < output_count; ++i) {
    p.outputs.push_back(static_cast<ValueId>(r.number("output value", 0, 0xFFFFFFFFLL)));
  }
  p.stream_programs = read_stream_programs(r);
  const std::size_t queue_count = r.count("queues");
  int previous = -1;
  for (std::size_t q = 0; q < queue_count; ++q) {
    const auto id = static_cast<QueueId>(r.number("queue", previous + 1, chip.queue_count() - 1));
    previous = id;
    QueueProgram queue = decode_queue(id, r.blob("text"), chip, origin);
    std::int64_t last = 0;
    for (Issue& issue : queue.issues) {
      const std::size_t n = operands(issue.instruction).size();
      for (std::size_t i = 0; i < n; ++i) issue.reads.push_back(read_value(r, last));
      issue.write = read_value(r, last);
    }
    read_pieces(r, queue, p.stream_programs.size());
    p.queues.push_back(std::move(queue));
  }
  validate_program(p, chip, origin);
  return p;
}

}  // namespace

TableRow table_row(std::int64_t id, const TableShape& shape) {
  const auto block = static_cast<int>(id / shape.block_rows);
  const auto row = static_cast<int>(id % shape.block_rows);
  return {block % shape.banks * shape.stripes + row % shape.stripes,
          block / shape.banks * shape.column_blocks * (shape.block_rows / shape.stripes) +
              row / shape.stripes};
}

std::vector<std::uint8_t> serialise(const Image& image) {
  ByteWriter parts[std::size(kSections)];
  write_chip(parts[0], image.chip);
  write_info(parts[1], image.info);
  parts[2].raw(image.tokenizer);
  write_tensors(parts[3], image);
  write_data(parts[4], image);
  parts[5].varint(static_cast<std::int64_t>(image.programs.size()));
  for (const Program& p : image.programs) write_program(parts[5], p, image.chip);

  ByteWriter w;
  w.raw({reinterpret_cast<const std::uint8_t*>(kMagic.data()), kMagic.size()});
  w.u32(kImageVersion);
  w.u32(static_cast<std::uint32_t>(std::size(kSections)));
  for (ByteWriter& part : parts) {
    w.u64(part.bytes().size());
    w.u32(crc(part.bytes()));
  }
  for (ByteWriter& part : parts) {
    w.align(kAlignment);
    w.raw(part.bytes());
  }
  return std::move(w.bytes());
}

Image deserialise(std::span<const std::uint8_t> bytes, const std::string& origin,
                  std::shared_ptr<const void> storage) {
  ByteReader r(bytes, origin);
  const auto magic = r.take(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin())) {
    throw UserError(origin + ": magic: not a program image");
  }
  if (const std::uint32_t version = r.u32(); version != kImageVersion) {
    throw UserError(
        fmt::format("{}: version: found {}, this build reads {}", origin, version, kImageVersion));
  }
  if (r.u32() != std::size(kSections)) r.fail("section count is not that of this version");
  struct Part {
    std::uint64_t size;
    std::uint32_t sum;
  };
  Part parts[std::size(kSections)];
  for (Part& part : parts) part = {r.u64(), r.u32()};
  std::span<const std::uint8_t> sections[std::size(kSections)];
  for (std::size_t i = 0; i < std::size(kSections); ++i) {
    r.take((kAlignment - r.at() % kAlignment) % kAlignment);
    sections[i] = r.take(parts[i].size);
    if (crc(sections[i]) != parts[i].sum) {
      throw UserError(fmt::format("{}: section {}: checksum {:08x}, expected {:08x}: damaged file",
                                  origin, kSections[i], crc(sections[i]), parts[i].sum));
    }
  }
  if (!r.done()) r.fail("bytes after the last section");

  Image image;
  image.storage = std::move(storage);
  const auto reader = [&](int i) { return ByteReader(sections[i], origin + ": " + kSections[i]); };
  ByteReader chip = reader(0);
  image.chip = read_chip(chip, origin);
  finish(chip);
  ByteReader info_section = reader(1);
  image.info = read_info(info_section);
  finish(info_section);
  image.tokenizer.assign(sections[2].begin(), sections[2].end());
  ByteReader tensors = reader(3);
  read_tensors(tensors, image);
  finish(tensors);
  read_data(sections[4], image, origin);
  ByteReader programs = reader(5);
  const std::size_t count = programs.count("programs");
  for (std::size_t i = 0; i < count; ++i) {
    image.programs.push_back(read_program(programs, image.chip, origin));
  }
  finish(programs);
  return image;
}

}  // namespace metronome::lpu
