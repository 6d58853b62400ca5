// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/sxm.h"

#include <cstring>

namespace metronome::lpu {

Sxm::Sxm(ChipContext& chip, Hemisphere hemisphere)
    : chip_(chip), position_(chip.spec.edge_position(hemisphere)) {}

void Sxm::drive(const Instruction& i, RowBlock* block, QueueId queue, Cycle now) {
  chip_.fabric.drive(i.stream(Field::kOut), position_,
                     now + info(i.opcode).latency(chip_.spec.superlanes), block, queue);
}

void Sxm::shift(const Instruction& i, QueueId queue, Cycle now) {
  const StreamGroup in = i.stream(Field::kIn);
  const int width = in.width;
  require(width <= 4 && i.stream(Field::kOut).width == width, queue, now,
          "shifts up to four streams onto as many");
  const int lanes = chip_.spec.lanes();
  const int amount = static_cast<int>(i.get(Field::kAmount));
  require(amount <= lanes, queue, now, "shifts by more than the lanes");
  const std::uint8_t* from = sample_value(chip_, in, lanes, position_, now, queue, hold_, scratch_);
  RowBlock* z = chip_.pool.make(lanes, width);
  const auto bytes_a_lane = static_cast<std::size_t>(width);
  const auto moved = static_cast<std::size_t>(lanes - amount) * bytes_a_lane;
  const auto gap = static_cast<std::size_t>(amount) * bytes_a_lane;
  if (i.opcode == Opcode::kShiftNorth) {
    std::memset(z->storage, 0, gap);
    std::memcpy(z->storage + gap, from, moved);
  } else {
    std::memcpy(z->storage, from + gap, moved);
    std::memset(z->storage + moved, 0, gap);
  }
  drive(i, z, queue, now);
}

void Sxm::select(const Instruction& i, QueueId queue, Cycle now) {
  const StreamGroup a = i.stream(Field::kIn);
  const StreamGroup b = i.stream(Field::kIn2);
  const StreamGroup mask = i.stream(Field::kMask);
  const int width = a.width;
  require(width <= 4 && b.width == width && i.stream(Field::kOut).width == width, queue, now,
          "selects between groups of the same width, up to four streams");
  require(mask.width == 1, queue, now, "takes a mask of one stream");
  const int lanes = chip_.spec.lanes();
  RowGroup other;
  sample_group(chip_, a, position_, now, queue, hold_);
  sample_group(chip_, b, position_, now, queue, other);
  const Row choice = chip_.fabric.sample(mask.direction, mask.first, position_, now, queue);
  RowBlock* z = chip_.pool.make(lanes, width);
  for (int lane = 0; lane < lanes; ++lane) {
    const RowGroup& from = choice.at(lane) == 0 ? hold_ : other;
    for (int byte = 0; byte < width; ++byte) {
      z->storage[lane * width + byte] = from[static_cast<std::size_t>(byte)].at(lane);
    }
  }
  drive(i, z, queue, now);
}

void Sxm::permute(const Instruction& i, QueueId queue, Cycle now) {
  const StreamGroup in = i.stream(Field::kIn);
  const StreamGroup map = i.stream(Field::kMask);
  require(in.width == 1 && map.width == 2, queue, now,
          "permutes one byte stream by a map on two streams");
  const int lanes = chip_.spec.lanes();
  const Row data = chip_.fabric.sample(in.direction, in.first, position_, now, queue);
  sample_group(chip_, map, position_, now, queue, hold_);
  RowBlock* z = chip_.pool.make(lanes, 1);
  std::vector<bool> taken(static_cast<std::size_t>(lanes));
  for (int lane = 0; lane < lanes; ++lane) {
    const int source = hold_[0].at(lane) + 256 * hold_[1].at(lane);
    require(source < lanes && !taken[static_cast<std::size_t>(source)], queue, now,
            "permute map is not a bijection of the lanes");
    taken[static_cast<std::size_t>(source)] = true;
    z->storage[lane] = data.at(source);
  }
  drive(i, z, queue, now);
}

void Sxm::distribute(const Instruction& i, QueueId queue, Cycle now) {
  const StreamGroup in = i.stream(Field::kIn);
  const int width = in.width;
  require(width <= 8 && i.stream(Field::kOut).width == width, queue, now,
          "distributes up to eight streams onto as many");
  const int lanes = chip_.spec.lanes();
  const auto map = distribute_map(i);
  for (std::uint8_t entry : map) {
    require(entry <= kMapZero, queue, now, "distribute map names no lane");
  }
  if (width == 8) {
    // Two values of four bytes, independent of each other.
    for (int half = 0; half < 2; ++half) {
      Instruction part = i;
      part.set(Field::kIn,
               StreamGroup{in.direction, static_cast<std::uint8_t>(in.first + 4 * half), 4});
      StreamGroup out = i.stream(Field::kOut);
      part.set(Field::kOut,
               StreamGroup{out.direction, static_cast<std::uint8_t>(out.first + 4 * half), 4});
      distribute(part, queue, now);
    }
    return;
  }
  const std::uint8_t* from = sample_value(chip_, in, lanes, position_, now, queue, hold_, scratch_);
  RowBlock* z = chip_.pool.make(lanes, width);
  for (int lane = 0; lane < lanes; ++lane) {
    const std::uint8_t source = map[static_cast<std::size_t>(lane % 16)];
    std::uint8_t* to = z->storage + lane * width;
    if (source == kMapZero) {
      std::memset(to, 0, static_cast<std::size_t>(width));
    } else {
      std::memcpy(to, from + (lane / 16 * 16 + source) * width, static_cast<std::size_t>(width));
    }
  }
  drive(i, z, queue, now);
}

void Sxm::rotate(const Instruction& i, QueueId queue, Cycle now) {
  const int n = static_cast<int>(i.get(Field::kAmount));
  require(n == 3 || n == 4, queue, now, "rotates blocks of 3 x 3 or 4 x 4");
  const StreamGroup in = i.stream(Field::kIn);
  const StreamGroup out = i.stream(Field::kOut);
  require(in.width == 1 && out.width == 16, queue, now, "rotates one stream onto a group of 16");
  const Row data = chip_.fabric.sample(in.direction, in.first, position_, now, queue);
  const int lanes = chip_.spec.lanes();
  const Cycle visible = now + info(i.opcode).latency(chip_.spec.superlanes);
  // Result r is the block with its rows rotated by r / n and its columns by r % n.
  for (int r = 0; r < n * n; ++r) {
    RowBlock* z = chip_.pool.make(lanes, 1);
    for (int lane = 0; lane < lanes; ++lane) {
      const int cell = lane % 16;
      int source = lane;
      if (cell < n * n) {
        const int row = (cell / n + r / n) % n;
        const int column = (cell % n + r % n) % n;
        source = lane / 16 * 16 + row * n + column;
      }
      z->storage[lane] = data.at(source);
    }
    const StreamGroup one{out.direction, static_cast<std::uint8_t>(out.first + r), 1};
    chip_.fabric.drive(one, position_, visible, z, queue);
  }
}

void Sxm::transpose(const Instruction& i, QueueId queue, Cycle now) {
  const StreamGroup in = i.stream(Field::kIn);
  const StreamGroup out = i.stream(Field::kOut);
  require(in.width == 16 && out.width == 16, queue, now, "transposes 16 streams onto 16");
  sample_group(chip_, in, position_, now, queue, hold_);
  const int lanes = chip_.spec.lanes();
  RowGroup results;
  for (int stream = 0; stream < 16; ++stream) {
    RowBlock* z = chip_.pool.make(lanes, 1);
    for (int lane = 0; lane < lanes; ++lane) {
      z->storage[lane] = hold_[static_cast<std::size_t>(lane % 16)].at(lane / 16 * 16 + stream);
    }
    results[static_cast<std::size_t>(stream)] = Row(z, 0);
  }
  chip_.fabric.drive(out, position_, now + info(i.opcode).latency(chip_.spec.superlanes),
                     results.data(), queue);
}

void Sxm::dispatch(const Instruction& i, int, QueueId queue, Cycle now) {
  ++operations_;
  if (i.opcode == Opcode::kShiftNorth || i.opcode == Opcode::kShiftSouth) {
    return shift(i, queue, now);
  }
  if (i.opcode == Opcode::kSelect) return select(i, queue, now);
  if (i.opcode == Opcode::kPermute) return permute(i, queue, now);
  if (i.opcode == Opcode::kDistribute) return distribute(i, queue, now);
  if (i.opcode == Opcode::kRotate) return rotate(i, queue, now);
  if (i.opcode == Opcode::kTranspose) return transpose(i, queue, now);
  check(false, chip_.path(queue), now, "not a switch instruction");
}

}  // namespace metronome::lpu
