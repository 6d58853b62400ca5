// SPDX-License-Identifier: Apache-2.0
#include "tests/lpu/timing_probes.h"

#include <array>

#include "tests/lpu/references.h"

namespace metronome::lpu::testing {
namespace {

constexpr Hemisphere kEast = Hemisphere::kEast;
constexpr Hemisphere kWest = Hemisphere::kWest;
constexpr Cycle kDispatch = 60;  // late enough for any operand to arrive
constexpr int kFirstResult = 256;
constexpr std::uint32_t kSeed = 300;

/// A probe under construction.
struct Maker {
  Bench& bench;
  const OpcodeInfo& op;
  int shift;
  Probe probe;

  int lanes() const { return bench.spec().lanes(); }
  int superlanes() const { return bench.spec().superlanes; }
  Cycle due() const { return kDispatch + op.latency(superlanes()); }

  /// Random bytes put at `slice`, address 0, and fed to `place` at dispatch.
  Bytes operand(Hemisphere h, int slice, StreamGroup group, Position place, Cycle when) {
    const Bytes bytes = random_bytes(kSeed + static_cast<std::uint32_t>(slice),
                                     static_cast<std::size_t>(lanes() * group.width));
    return operand(h, slice, group, place, when, bytes);
  }
  Bytes operand(Hemisphere h, int slice, StreamGroup group, Position place, Cycle when,
                const Bytes& bytes) {
    bench.put(h, slice, 0, group.width, bytes);
    bench.feed(probe.program, h, slice, 0, group, place, when);
    return bytes;
  }
  void dispatch(QueueId queue, const Instruction& i) {
    probe.queue = queue;
    probe.instruction = i;
    probe.dispatch = kDispatch;
    probe.program.at(kDispatch).on(queue).issue(i);
  }
  /// The result passes `place` when due; slices from `slice` on take it, `shift` cycles beside.
  void observe(int slice, StreamGroup group, Position place, Cycle when) {
    probe.slice = slice;
    probe.width = group.width;
    probe.address = kFirstResult + 3 * static_cast<int>(op.opcode) + shift + 1;
    bench.capture(probe.program, kEast, slice, probe.address, group, place, when);
  }
};

void memory(Maker& m) {
  const Position place = m.bench.column(kEast, 20);
  const QueueId queue = m.bench.mem(kEast, 20);
  Bytes map(static_cast<std::size_t>(m.lanes()));
  for (int s = 0; s < m.superlanes(); ++s) map[static_cast<std::size_t>(16 * s)] = 2;
  const bool reads = m.op.opcode == Opcode::kRead || m.op.opcode == Opcode::kGather;
  if (m.op.format == Format::kGather || m.op.format == Format::kScatter) {
    m.operand(kEast, 8, east(1), place, kDispatch, map);
  }
  if (reads) {
    m.probe.expected = random_bytes(kSeed, map.size());
    m.bench.put(kEast, 20, 2, 1, m.probe.expected);
    m.dispatch(queue,
               m.op.opcode == Opcode::kRead ? read(2, east(0)) : gather(0, east(1), east(0)));
    // Slice 21 shares the column.
    return m.observe(21, east(0), place, m.due() + m.shift);
  }
  m.probe.expected = m.operand(kEast, 4, east(0), place, kDispatch);
  m.dispatch(queue,
             m.op.opcode == Opcode::kWrite ? write(2, east(0)) : scatter(0, east(0), east(1)));
  m.probe.program.at(m.due() + m.shift).on(queue).issue(read(2, east(4)));
  m.probe.moves_on = false;
  m.probe.refusal = "beside another access";
  m.observe(21, east(4), place, m.due() + m.shift + 1);
}

void vector(Maker& m) {
  const AluDefinition& definition = *alu_definition(m.op.opcode);
  const Position centre = m.bench.centre();
  const QueueId queue = m.bench.alu(1);
  const StreamGroup out = east(8, definition.result_width);
  const StreamGroup in = east(0, definition.operand_width);
  Bytes a;
  Bytes b(static_cast<std::size_t>(4 * m.lanes()));
  if (m.op.format == Format::kNullary) {
    b = m.operand(kWest, 4, east(4, 4), centre, kDispatch - 1);
    m.probe.program.at(kDispatch - 1)
        .on(queue)
        .issue(unstreamed(
            unary(Opcode::kAccOr, Source::from(east(4, 4)), {}, m.superlanes(), kFlagInit)));
    a = b;
    m.dispatch(queue, unary(m.op.opcode, {}, out, m.superlanes()));
  } else if (m.op.format == Format::kBinary) {
    a = m.operand(kWest, 0, in, centre, kDispatch);
    b = m.operand(kWest, 4, east(4, 4), centre, kDispatch);
    m.dispatch(queue, binary(m.op.opcode, Source::from(in), Source::from(east(4, 4)), out,
                             m.superlanes()));
  } else {
    a = m.operand(kWest, 0, in, centre, kDispatch);
    if (m.op.opcode == Opcode::kAccAddF32 || m.op.opcode == Opcode::kAccMaxF32 ||
        m.op.opcode == Opcode::kAccOr) {
      b = m.operand(kWest, 4, east(4, 4), centre, kDispatch - 1);
      m.probe.program.at(kDispatch - 1)
          .on(queue)
          .issue(unstreamed(
              unary(m.op.opcode, Source::from(east(4, 4)), {}, m.superlanes(), kFlagInit)));
    }
    m.dispatch(queue, unary(m.op.opcode, Source::from(in), out, m.superlanes()));
  }
  m.probe.expected = alu_result(definition, a, b, m.lanes());
  m.observe(0, out, m.bench.spec().vxm_result_position(Direction::kEast), m.due() + m.shift);
}

bool is_half(Opcode op) {
  return op == Opcode::kLwF16 || op == Opcode::kIwF16 || op == Opcode::kAbcF16 ||
         op == Opcode::kAbcF16Wide || op == Opcode::kAccF32;
}

/// The ladder LW, IW, ABC, ACC in which `op` stands.
struct Ladder {
  std::array<Opcode, 4> ops;
  std::array<Cycle, 5> when{};  // of each, then of the result
  int tested = 0;               // which of them is `op`
};

/// `op` stands at kDispatch, the next one `shift` cycles beside the earliest time.
Ladder ladder_of(Opcode op, bool half, int shift) {
  Ladder l;
  if (half) {
    const Opcode abc = op == Opcode::kAbcF16Wide ? op : Opcode::kAbcF16;
    l.ops = {Opcode::kLwF16, Opcode::kIwF16, abc, Opcode::kAccF32};
  } else {
    l.ops = {Opcode::kLwI8, Opcode::kIwI8, Opcode::kAbcI8, Opcode::kAccI32};
  }
  while (l.ops[static_cast<std::size_t>(l.tested)] != op) ++l.tested;
  const auto tested = static_cast<std::size_t>(l.tested);
  l.when[tested] = kDispatch;
  for (std::size_t s = tested; s < 4; ++s) {
    l.when[s + 1] = l.when[s] + info(l.ops[s]).result_cycles + (s == tested ? shift : 0);
  }
  for (std::size_t s = tested; s > 0; --s) {
    l.when[s - 1] = l.when[s] - info(l.ops[s - 1]).result_cycles;
  }
  return l;
}

void matrix(Maker& m) {
  const bool half = is_half(m.op.opcode);
  const auto [ladder, when, tested] = ladder_of(m.op.opcode, half, m.shift);
  const Position edge = m.bench.edge(kEast);
  const int width = half ? 2 : 1;
  const int superlanes = m.op.opcode == Opcode::kAbcF16Wide ? m.superlanes() : 1;
  std::vector<Bytes> rows;
  for (int r = 0; r < 16 / width; ++r) {
    Bytes row = random_bytes(kSeed + static_cast<std::uint32_t>(r),
                             static_cast<std::size_t>(width * m.lanes()));
    rows.push_back(m.operand(kEast, 28 + r * width, east(r * width, width), edge, when[0],
                             half ? moderate_halves(row) : row));
  }
  Bytes raw = random_bytes(kSeed + 99, static_cast<std::size_t>(width * m.lanes()));
  const Bytes activations =
      m.operand(kEast, 24, east(16, width), edge, when[2], half ? moderate_halves(raw) : raw);
  const auto k = static_cast<std::size_t>(16 * superlanes);
  m.probe.expected = half ? multiplied_f16(rows, activations, k, m.lanes())
                          : multiplied_i8(rows, activations, k, m.lanes());
  const QueueId weights = m.bench.mxm(kEast, 0, Unit::kMxmWeights);
  const QueueId queues[] = {weights, weights, m.bench.mxm(kEast, 0, Unit::kMxmActivations),
                            m.bench.mxm(kEast, 0, Unit::kMxmAccumulate)};
  const Instruction instructions[] = {load_weights(ladder[0], 0, east(0, 16)),
                                      install(ladder[1], 16 / width),
                                      activate(ladder[2], east(16, width), superlanes),
                                      accumulate(ladder[3], 0, kFlagEmit, west(0, 4))};
  for (std::size_t step = 0; step < 4; ++step) {
    if (static_cast<int>(step) == tested) {
      m.dispatch(queues[step], instructions[step]);
    } else {
      m.probe.program.at(when[step]).on(queues[step]).issue(instructions[step]);
    }
  }
  m.probe.moves_on = tested >= 2;
  if (tested == 0) m.probe.refusal = "installs weights that are still being loaded";
  if (tested == 1) m.probe.refusal = "multiplies before weights of its type are installed";
  m.observe(20, west(0, 4), edge, when[4]);
}

Bytes joined(const std::vector<Bytes>& streams) {
  Bytes all;
  for (std::size_t l = 0; l < streams[0].size(); ++l) {
    for (const Bytes& stream : streams) all.push_back(stream[l]);
  }
  return all;
}

Bytes permuted(Maker& m, const Bytes& in, Position edge) {
  Bytes map(in.size() * 2);
  Bytes out(in.size());
  for (int l = 0; l < m.lanes(); ++l) {
    const int source = (7 * l + 3) % m.lanes();
    set_lane(map, l, 2, static_cast<std::uint32_t>(source));
    out[static_cast<std::size_t>(l)] = in[static_cast<std::size_t>(source)];
  }
  m.operand(kEast, 42, east(2, 2), edge, kDispatch, map);
  return out;
}

void switched(Maker& m) {
  const Position edge = m.bench.edge(kEast);
  const auto queue = [&](Unit unit) { return m.bench.sxm(kEast, unit); };
  StreamGroup out = west(0);
  if (m.op.format == Format::kShift) {
    const Bytes in = m.operand(kEast, 40, east(0, 4), edge, kDispatch);
    const int north = m.op.opcode == Opcode::kShiftNorth ? 5 : -5;
    out = west(0, 4);
    m.dispatch(queue(m.op.unit), shift(m.op.opcode, 5, east(0, 4), out));
    m.probe.expected = shifted(in, 4, north);
  } else if (m.op.format == Format::kSelect) {
    const Bytes a = m.operand(kEast, 40, east(0), edge, kDispatch);
    const Bytes b = m.operand(kEast, 41, east(1), edge, kDispatch);
    Bytes mask = a;
    m.probe.expected = a;
    for (std::size_t l = 0; l < a.size(); ++l) {
      mask[l] = l % 3 == 0 ? 1 : 0;
      if (mask[l] != 0) m.probe.expected[l] = b[l];
    }
    m.operand(kEast, 42, east(2), edge, kDispatch, mask);
    m.dispatch(queue(m.op.unit), select(east(0), east(1), east(2), out));
  } else if (m.op.format == Format::kPermute) {
    const Bytes in = m.operand(kEast, 40, east(0), edge, kDispatch);
    m.probe.expected = permuted(m, in, edge);
    m.dispatch(queue(m.op.unit), permute(east(0), east(2, 2), out));
  } else if (m.op.format == Format::kDistribute) {
    const std::array<std::uint8_t, 16> map = {15, 0, 0, 3, 16, 16, 6, 7, 1, 2, 3, 4, 5, 6, 7, 8};
    const Bytes in = m.operand(kEast, 40, east(0, 4), edge, kDispatch);
    out = west(0, 4);
    m.dispatch(queue(m.op.unit), distribute(map, east(0, 4), out));
    m.probe.expected = distributed(in, 4, map);
  } else {
    out = west(0, 16);
    std::vector<Bytes> in;
    const int streams = m.op.format == Format::kTranspose ? 16 : 1;
    for (int s = 0; s < streams; ++s) {
      in.push_back(m.operand(kEast, 28 + s, east(s), edge, kDispatch));
    }
    m.dispatch(queue(m.op.unit),
               streams == 16 ? transpose(east(0, 16), out) : rotate(4, east(0), out));
    m.probe.expected = joined(streams == 16 ? transposed(in) : rotated(in[0], 4));
  }
  m.observe(12, out, edge, m.due() + m.shift);
}

}  // namespace

std::optional<Probe> probe_of(Bench& bench, const OpcodeInfo& op, int shift) {
  Maker maker{bench, op, shift, {}};
  switch (op.unit) {
    case Unit::kIcu:
    case Unit::kC2c:
      return std::nullopt;
    case Unit::kMem:
      memory(maker);
      break;
    case Unit::kVxm:
      vector(maker);
      break;
    case Unit::kMxmWeights:
    case Unit::kMxmActivations:
    case Unit::kMxmAccumulate:
      matrix(maker);
      break;
    case Unit::kSxmShift:
    case Unit::kSxmPermute:
    case Unit::kSxmDistribute:
    case Unit::kSxmTranspose:
      switched(maker);
      break;
  }
  return std::move(maker.probe);
}

}  // namespace metronome::lpu::testing
