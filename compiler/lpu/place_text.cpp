// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/place_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <optional>
#include <vector>

#include "compiler/lpu/reservation.h"
#include "compiler/lpu/text_memory.h"
#include "compiler/lpu/text_queue.h"
#include "hw/isa/lpu/codec.h"
#include "hw/isa/lpu/text.h"

namespace metronome::compiler {

using lpu::Cycle;
using lpu::Direction;
using lpu::Field;
using lpu::Issue;
using lpu::Opcode;
using lpu::QueueId;
using lpu::StreamGroup;
using lpu::ValueId;

namespace {

/// Starts that are tried in one pause of a queue: more than a vector's way across the chip.
constexpr Cycle kMostStarts = 96;
constexpr std::int64_t kMostTrainBytes = 640;
/// Bytes that a slice has in its buffer beyond what it needs, for reads that are added later:
/// slices fetch for each other.
constexpr std::int64_t kSpareBytes = 180;

/// Puts the fetches of one program in.
class TextPlacer {
 public:
  /// `eager` fetches in every pause in which a line has room, which costs text and slices but
  /// leaves the buffers as full as can be; else by half a buffer.
  TextPlacer(const lpu::ChipSpec& spec, const Reservations& streams, lpu::Program& program,
             std::vector<SlicePair>& pairs, bool eager)
      : eager_(eager),
        program_(program),
        spec_(spec),
        pairs_(pairs),
        first_value_(first_text_value(spec)),
        capacity_(lpu::text_buffer_bytes(spec_)),
        line_(lpu::text_line_bytes(spec_)),
        reservations_(streams),
        infos_(lpu::queues(spec_)),
        first_queue_(program.queues.front().queue),
        held_(infos_.size()),
        by_load_(pairs.size()) {
    std::iota(by_load_.begin(), by_load_.end(), std::size_t{0});
  }

  /// Serves the queue whose text ends first, again and again: in this order a slice that reads for
  /// another has its own text up to about that time, and gets more. The program is left half done
  /// if it returns any fault.
  std::vector<TextFault> run() {
    take_apart();
    program_.stream_programs.push_back({kTextOperator, kTextStep, -1});
    while (const auto queue = most_urgent()) serve(*queue);
    if (!faults_.empty()) return std::move(faults_);
    put_together();
    return {};
  }

  /// Those of the text that run() placed.
  std::vector<lpu::MemoryTensor> tensors() const;

 private:
  using Place = QueueText::Place;

  /// A train of lines on its way: Ifetches `stride` apart from `cycle` on.
  struct Train {
    QueueId queue = 0;
    Cycle cycle = 0;
    int lines = 0;
    std::size_t pair = 0;
    Direction direction = Direction::kEast;
    int stream = 0;
    Cycle read = 0;  // dispatch of the first reads
  };
  /// Where a train goes: before the issue of a place.
  struct Stand {
    Train train;
    Place place;
  };

  static int stride() { return lpu::info(Opcode::kIfetch).busy_cycles; }
  QueueText& at(QueueId queue) { return queues_[static_cast<std::size_t>(queue)]; }
  QueueId first_queue() const { return first_queue_; }
  bool notifies(QueueId queue) const { return queue == first_queue(); }
  /// In lines: what is fetched together where there is a choice.
  std::int64_t half_buffer() const { return std::min(capacity_ / line_ / 2, most_together()); }
  /// In lines: more would hold queue, slices and streams for long.
  std::int64_t most_together() const { return std::max<std::int64_t>(1, kMostTrainBytes / line_); }

  bool is_slice(QueueId queue) const {
    return infos_[static_cast<std::size_t>(queue)].unit == lpu::Unit::kMem;
  }

  void take_apart() {
    std::vector<std::vector<Issue>> issues(infos_.size());
    for (lpu::QueueProgram& q : program_.queues) {
      issues[static_cast<std::size_t>(q.queue)] = std::move(q.issues);
    }
    for (std::size_t i = 0; i < issues.size(); ++i) {
      const auto queue = static_cast<QueueId>(i);
      if (is_slice(queue)) {
        for (const Issue& issue : issues[i]) hold_slice(queue, issue.cycle, lpu::free_from(issue));
      }
      queues_.emplace_back(spec_, notifies(queue), std::move(issues[i]),
                           is_slice(queue) ? kSpareBytes : 0);
    }
  }

  void hold_slice(QueueId queue, Cycle begin, Cycle end) {
    auto& held = held_[static_cast<std::size_t>(queue)];
    const auto size = static_cast<std::size_t>(end);
    if (held.size() < size) held.resize(std::max(size, 2 * held.size()), 0);
    std::fill(held.begin() + begin, held.begin() + end, char{1});
  }

  bool slice_free(QueueId queue, Cycle begin, Cycle end) const {
    const auto& held = held_[static_cast<std::size_t>(queue)];
    const auto from = held.begin() + std::min<Cycle>(begin, std::ssize(held));
    const auto to = held.begin() + std::min<Cycle>(end, std::ssize(held));
    return std::find(from, to, char{1}) == to;
  }

  std::optional<QueueId> most_urgent() const {
    std::optional<QueueId> first;
    for (std::size_t q = 0; q < queues_.size(); ++q) {
      if (!queues_[q].wants()) continue;
      if (!first || queues_[q].deadline() < queues_[static_cast<std::size_t>(*first)].deadline()) {
        first = static_cast<QueueId>(q);
      }
    }
    return first;
  }

  void serve(QueueId queue) {
    sort_pairs();
    const auto stand = find_stand(queue);
    if (!stand) return report_fault(queue);
    Issue fetch = put_train(stand->train);
    if (is_slice(queue)) hold_slice(queue, fetch.cycle, lpu::free_from(fetch));
    at(queue).fetch(stand->place, std::move(fetch));
  }

  std::optional<Stand> find_stand(QueueId queue) {
    for (const std::int64_t spare : {at(queue).spare(), std::int64_t{0}}) {
      for (const bool whole : {true, false}) {
        if (whole && eager_) continue;
        if (auto stand = next_train(queue, spare, whole)) return stand;
      }
    }
    return std::nullopt;
  }

  /// The first train that finds a place before less than `spare` is left in the buffer: of as many
  /// lines as are ever fetched together, or of as many as there is room for.
  std::optional<Stand> next_train(QueueId queue, std::int64_t spare, bool whole) {
    const QueueText& q = at(queue);
    for (Place p = q.place(); p.next < q.issues().size();) {
      if (const auto train = train_at(queue, p, whole)) return Stand{*train, p};
      p = q.after(p);
      if (p.taken + spare > p.arrived) break;
    }
    return std::nullopt;
  }

  /// A train in the pause before the place's next issue.
  std::optional<Train> train_at(QueueId queue, const Place& p, bool whole) {
    const Issue& next = at(queue).issues()[p.next];
    const Cycle end = next.cycle;
    if (end - p.free < stride()) return std::nullopt;
    const std::int64_t rest = at(queue).bytes() - p.taken;
    const std::int64_t room = (capacity_ - (p.arrived - p.taken) + kMostFetchBytes) / line_;
    const std::int64_t wanted = wanted_lines(p, next, rest);
    const std::int64_t most =
        whole ? std::min(half_buffer(), wanted) : std::min({room, wanted, most_together()});
    if (most > room) return std::nullopt;
    for (auto lines = static_cast<int>(most); lines >= (whole ? most : 1); --lines) {
      const Cycle last = std::min(end - Cycle{lines} * stride(), p.free + kMostStarts);
      for (Train t{queue, p.free, lines, 0, Direction::kEast, 0, 0}; t.cycle <= last; ++t.cycle) {
        if (!fits(p, next, rest, t)) break;
        if (find_way(t)) return t;
      }
    }
    return std::nullopt;
  }

  /// Bytes of an Ifetch with a Repeat and the NOPs round it, at most.
  static constexpr std::int64_t kMostFetchBytes = 16;

  /// Lines that are still to come, the Ifetch itself counted at its shortest.
  std::int64_t wanted_lines(const Place& p, const Issue& next, std::int64_t rest) const {
    return (text_with(p, next, rest, ifetch(p.free, 1)) - p.arrived + line_ - 1) / line_;
  }

  /// Bytes of the whole text if `fetch` comes before the issue `next`.
  static std::int64_t text_with(const Place& p, const Issue& next, std::int64_t rest,
                                const Issue& fetch) {
    return p.taken + lpu::text_bytes(fetch, p.free) + rest - lpu::text_bytes(next, p.free) +
           lpu::text_bytes(next, lpu::free_from(fetch));
  }

  /// If the buffer takes the train's lines: there is room for them and the last is wanted.
  bool fits(const Place& p, const Issue& next, std::int64_t rest, const Train& t) const {
    const Issue fetch = ifetch(t.cycle, t.lines);
    const std::int64_t taken = p.taken + lpu::text_bytes(fetch, p.free);
    return taken <= p.arrived && t.lines * line_ <= capacity_ - (p.arrived - taken) &&
           (t.lines - 1) * line_ + p.arrived < text_with(p, next, rest, fetch);
  }

  static Issue ifetch(Cycle cycle, int lines) {
    Issue fetch;
    fetch.cycle = cycle;
    fetch.instruction.opcode = Opcode::kIfetch;
    fetch.count = lines;
    fetch.stride = lines > 1 ? stride() : 1;
    return fetch;
  }

  /// The slices with the least text first: what they read for others is text of their own.
  void sort_pairs() {
    const auto load = [&](std::size_t i) {
      return std::max(at(pairs_[i].queues[0]).bytes(), at(pairs_[i].queues[1]).bytes());
    };
    std::ranges::stable_sort(by_load_, {}, load);
  }

  /// Read, Repeat and the NOPs that split a pause in two.
  static constexpr std::int64_t kMostReadBytes = 18;

  /// True if the slice may be given reads for `reader` from a cycle on. One below the program's
  /// first queue may not: it would become the first, whose text begins with Notify.
  bool may_read(QueueId queue, QueueId reader, Cycle from) {
    const QueueText& q = at(queue);
    if (queue < first_queue() || queue == reader || q.slack(from) < kMostReadBytes) return false;
    return q.wants() || q.bytes() + kMostReadBytes <= q.place().arrived;
  }

  /// Reads leave the slices room for their own Ifetches if they can.
  bool find_way(Train& t) { return find_way(t, Cycle{stride()}) || find_way(t, 0); }

  /// A way from a pair that is free for `margin` cycles round the reads as well.
  bool find_way(Train& t, Cycle margin) {
    const lpu::Position to = infos_[static_cast<std::size_t>(t.queue)].position;
    for (const std::size_t i : by_load_) {
      const SlicePair& pair = pairs_[i];
      t.read = t.cycle - std::abs(to - pair.position) - lpu::info(Opcode::kRead).result_cycles;
      if (t.read < 0 || pair.next_address + t.lines > spec_.words_per_slice()) continue;
      const Cycle end = t.read + Cycle{t.lines - 1} * stride() + 1;
      const Cycle begin = std::max<Cycle>(0, t.read - margin);
      const bool reads = std::ranges::all_of(pair.queues, [&](QueueId q) {
        return slice_free(q, begin, end + margin) && may_read(q, t.queue, t.read);
      });
      if (!reads) continue;
      t.pair = i;
      t.direction = pair.position <= to ? Direction::kEast : Direction::kWest;
      if (find_streams(t)) return true;
    }
    return false;
  }

  bool find_streams(Train& t) const {
    for (t.stream = 0; t.stream + 1 < spec_.streams; t.stream += 2) {
      bool free = true;
      for (int n = 0; n < 2 * t.lines && free; ++n) {
        free = reservations_.segment_free(segment(t, n));
      }
      if (free) return true;
    }
    return false;
  }

  /// The way of vector `n` of a train.
  Segment segment(const Train& t, int n) const {
    return {t.direction, t.stream + n % 2, pairs_[t.pair].position,
            infos_[static_cast<std::size_t>(t.queue)].position,
            t.read + lpu::info(Opcode::kRead).result_cycles + Cycle{n / 2} * stride()};
  }

  /// Holds what the train needs and puts its reads in; returns its Ifetch.
  Issue put_train(const Train& t) {
    SlicePair& pair = pairs_[t.pair];
    const lpu::ValueRange value{value_of(t.pair, pair.next_address), t.lines > 1 ? 1 : 0};
    for (int n = 0; n < 2 * t.lines; ++n) reservations_.hold_segment(segment(t, n));
    for (int b = 0; b < 2; ++b) {
      Issue read = ifetch(t.read, t.lines);
      read.instruction.opcode = Opcode::kRead;
      read.instruction.set(Field::kAddress, static_cast<std::uint32_t>(pair.next_address))
          .set(Field::kOut, StreamGroup{t.direction, static_cast<std::uint8_t>(t.stream + b), 1});
      read.address_step = t.lines > 1 ? 1 : 0;
      read.reads = {value};
      read.write = value;
      read.stream_program = piece();
      hold_slice(pair.queues[b], t.read, lpu::free_from(read));
      at(pair.queues[b]).add(std::move(read));
    }
    pair.next_address += t.lines;
    Issue fetch = ifetch(t.cycle, t.lines);
    fetch.instruction.set(Field::kIn,
                          StreamGroup{t.direction, static_cast<std::uint8_t>(t.stream), 2});
    fetch.reads = {value};
    fetch.stream_program = piece();
    return fetch;
  }

  std::uint32_t piece() const {
    return static_cast<std::uint32_t>(program_.stream_programs.size() - 1);
  }

  /// Identities are by pair and address, so that they are known before the tensors are.
  ValueId value_of(std::size_t pair, int address) const {
    return first_value_ +
           static_cast<ValueId>(pair) * static_cast<ValueId>(spec_.words_per_slice()) +
           static_cast<ValueId>(address);
  }

  void put_together() {
    program_.queues.clear();
    for (std::size_t q = 0; q < queues_.size(); ++q) {
      std::vector<Issue> issues = queues_[q].take();
      if (issues.empty()) continue;
      program_.queues.push_back({static_cast<QueueId>(q), std::move(issues)});
    }
  }

  /// Tells where text is missing, and goes on as if it had come.
  void report_fault(QueueId queue) {
    const QueueText& q = at(queue);
    Place p = q.place();
    std::optional<Cycle> from;
    for (;;) {
      if (!from && capacity_ - (p.arrived - p.taken) + kMostFetchBytes >= line_) from = p.free;
      const Place after = q.after(p);
      if (after.taken > p.arrived) break;
      p = after;
    }
    TextFault f{program_.name, queue, from.value_or(p.free), q.issues()[p.next].cycle, {}};
    f.text = fmt::format(
        "program {}: {} runs out of text at cycle {}: from cycle {} on it has no {} free cycles "
        "together in which a line of {} bytes can reach it; more text_buffer_vectors than {} would "
        "help",
        f.program, infos_[static_cast<std::size_t>(queue)].path, f.cycle + lpu::barrier_cycles(),
        f.from + lpu::barrier_cycles(), stride(), line_, spec_.text_buffer_vectors);
    faults_.push_back(std::move(f));
    at(queue).pretend(p);
  }

  bool eager_;
  lpu::Program& program_;
  const lpu::ChipSpec& spec_;
  std::vector<SlicePair>& pairs_;
  ValueId first_value_;
  std::int64_t capacity_;  // bytes
  std::int64_t line_;      // bytes
  Reservations reservations_;
  std::vector<lpu::QueueInfo> infos_;
  QueueId first_queue_;
  std::vector<QueueText> queues_;        // by id
  std::vector<std::vector<char>> held_;  // [queue][cycle], memory slices only
  std::vector<std::size_t> by_load_;     // pairs
  std::vector<TextFault> faults_;
  std::vector<int> first_address_ = addresses(pairs_);

  static std::vector<int> addresses(const std::vector<SlicePair>& pairs) {
    std::vector<int> all;
    for (const SlicePair& pair : pairs) all.push_back(pair.next_address);
    return all;
  }
};

std::vector<lpu::MemoryTensor> TextPlacer::tensors() const {
  std::vector<lpu::MemoryTensor> all;
  for (std::size_t i = 0; i < pairs_.size(); ++i) {
    const SlicePair& pair = pairs_[i];
    const int rows = pair.next_address - first_address_[i];
    if (rows == 0) continue;
    lpu::MemoryTensor t;
    t.name = fmt::format("text.{}.{}", program_.name,
                         infos_[static_cast<std::size_t>(pair.queues[0])].path);
    t.kind = lpu::TensorKind::kText;
    t.hemisphere = pair.hemisphere;
    t.width = 2;
    t.slices = {static_cast<std::uint16_t>(pair.slice),
                static_cast<std::uint16_t>(pair.slice + 1)};
    t.address = first_address_[i];
    t.rows = rows;
    t.lanes = spec_.lanes();
    t.first_value = value_of(i, first_address_[i]);
    t.value_step = 1;
    all.push_back(std::move(t));
  }
  return all;
}

}  // namespace

std::vector<TextFault> place_text(const lpu::ChipSpec& spec, const Reservations& streams,
                                  lpu::Program& program, std::vector<SlicePair>& memory,
                                  std::vector<lpu::MemoryTensor>& tensors) {
  std::vector<TextFault> faults;
  if (fits_the_buffers(program, spec)) return faults;
  for (const bool eager : {false, true}) {
    lpu::Program with_text = program;
    std::vector<SlicePair> taken = memory;
    TextPlacer placer(spec, streams, with_text, taken, eager);
    faults = placer.run();
    if (!faults.empty()) continue;
    program = std::move(with_text);
    for (lpu::MemoryTensor& t : placer.tensors()) tensors.push_back(std::move(t));
    memory = std::move(taken);
    break;
  }
  return faults;
}

ValueId first_text_value(const lpu::ChipSpec& spec) {
  const auto rows = static_cast<ValueId>(spec.mem_slices) *
                    static_cast<ValueId>(spec.words_per_slice());  // of all pairs
  return std::numeric_limits<ValueId>::max() - rows + 1;
}

}  // namespace metronome::compiler
