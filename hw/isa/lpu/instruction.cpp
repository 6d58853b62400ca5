// SPDX-License-Identifier: Apache-2.0
#include "hw/isa/lpu/instruction.h"

#include <bit>

namespace metronome::lpu {

std::uint16_t pack(StreamGroup group) {
  const unsigned log2_width = static_cast<unsigned>(std::countr_zero(unsigned{group.width}));
  return static_cast<std::uint16_t>(unsigned{group.first} | (log2_width << 5U) |
                                    (static_cast<unsigned>(group.direction) << 8U));
}

std::uint16_t pack(Source source) {
  const unsigned kind = static_cast<unsigned>(source.kind) << 14U;
  switch (source.kind) {
    case Source::Kind::kStream:
      return static_cast<std::uint16_t>(kind | pack(source.stream));
    case Source::Kind::kAlu:
      return static_cast<std::uint16_t>(kind | source.alu);
    case Source::Kind::kNone:
    case Source::Kind::kImmediate:
      return static_cast<std::uint16_t>(kind);
  }
  return 0;
}

std::vector<StreamGroup> sampled_streams(const Instruction& i) {
  std::vector<StreamGroup> groups;
  for (const FieldLayout& layout : fields(info(i.opcode).format)) {
    if (layout.kind == FieldKind::kStream && layout.field != Field::kOut) {
      groups.push_back(i.stream(layout.field));
    } else if (layout.kind == FieldKind::kSource) {
      const Source source = i.source(layout.field);
      if (source.kind == Source::Kind::kStream) groups.push_back(source.stream);
    }
  }
  return groups;
}

std::optional<StreamGroup> driven_stream(const Instruction& i) {
  for (const FieldLayout& layout : fields(info(i.opcode).format)) {
    if (layout.field == Field::kOut) return i.stream(Field::kOut);
    if (layout.field == Field::kResult) return i.result();
  }
  return std::nullopt;
}

namespace {
constexpr Field kMapWords[] = {Field::kMap0, Field::kMap1, Field::kMap2};
}

void set_distribute_map(Instruction& i, const std::array<std::uint8_t, 16>& map) {
  std::array<std::uint32_t, 3> words{};
  for (std::size_t lane = 0; lane < map.size(); ++lane) {
    words[lane / 6] |= std::uint32_t{map[lane]} << (5 * (lane % 6));
  }
  for (std::size_t w = 0; w < 3; ++w) i.set(kMapWords[w], words[w]);
}

std::array<std::uint8_t, 16> distribute_map(const Instruction& i) {
  std::array<std::uint8_t, 16> map{};
  for (std::size_t lane = 0; lane < map.size(); ++lane) {
    map[lane] = static_cast<std::uint8_t>((i.get(kMapWords[lane / 6]) >> (5 * (lane % 6))) & 31U);
  }
  return map;
}

}  // namespace metronome::lpu
