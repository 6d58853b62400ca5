// SPDX-License-Identifier: Apache-2.0
#include "compiler/lpu/place_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "compiler/lpu/reservation.h"
#include "compiler/lpu/text_memory.h"
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
/// Bytes that a slice has in its buffer beyond what it needs, for reads that are added once its own
/// fetches stand: slices fetch for each other, and one of them is the last.
constexpr std::int64_t kSpareBytes = 180;

/// Puts the fetches of one program in.
class TextPlacer {
 public:
  /// `eager` fetches in every pause in which a line has room, which costs text and slices but
  /// leaves the buffers as full as can be; else by half a buffer.
  TextPlacer(lpu::Image& image, lpu::Program& program, std::vector<SlicePair>& pairs, ValueId first,
             const Reservations& streams, bool eager)
      : eager_(eager),
        image_(image),
        program_(program),
        spec_(image.chip),
        pairs_(pairs),
        first_value_(first),
        capacity_(lpu::text_buffer_bytes(spec_)),
        line_(lpu::text_line_bytes(spec_)),
        reservations_(streams),
        infos_(lpu::queues(spec_)),
        queues_(infos_.size()) {}

  /// The program is left half done if it returns any.
  std::vector<TextFault> run() {
    take_apart();
    program_.stream_programs.push_back({kTextOperator, kTextStep, -1});
    for (const QueueId queue : order()) fetch_for(queue);
    if (!faults_.empty()) return std::move(faults_);
    put_together();
    add_tensors();
    return {};
  }

 private:
  struct Queue {
    std::vector<Issue> issues;
    std::vector<char> held;  // [cycle], memory slices only
    std::int64_t bytes = 0;  // of all text; an upper bound once reads were added
    bool fetches = false;    // its text is longer than the buffer
    bool done = false;       // its fetches stand
    std::int64_t spare = 0;  // once done: bytes that may still be added anywhere
  };
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
  /// A queue's place in its text: what comes next and what the buffer holds.
  struct Place {
    std::size_t next = 0;  // issue
    Cycle free = 0;
    std::int64_t taken = 0;
    std::int64_t arrived = 0;
  };

  static int stride() { return lpu::info(Opcode::kIfetch).busy_cycles; }
  Queue& at(QueueId queue) { return queues_[static_cast<std::size_t>(queue)]; }
  QueueId first_queue() const { return program_.queues.front().queue; }
  bool notifies(QueueId queue) const { return queue == first_queue(); }
  /// In lines: what is fetched together where there is a choice.
  std::int64_t half_buffer() const { return std::min(capacity_ / line_ / 2, most_together()); }
  /// In lines: more would hold queue, slices and streams for long.
  std::int64_t most_together() const { return std::max<std::int64_t>(1, kMostTrainBytes / line_); }

  void take_apart() {
    for (lpu::QueueProgram& q : program_.queues) {
      Queue& queue = at(q.queue);
      queue.bytes = lpu::text_bytes(q, notifies(q.queue));
      queue.fetches = queue.bytes > capacity_;
      queue.issues = q.issues;
      if (infos_[static_cast<std::size_t>(q.queue)].unit != lpu::Unit::kMem) continue;
      for (const Issue& i : q.issues) hold_slice(queue, i.cycle, lpu::free_from(i));
    }
  }

  static void hold_slice(Queue& queue, Cycle begin, Cycle end) {
    const auto size = static_cast<std::size_t>(end);
    if (queue.held.size() < size) queue.held.resize(std::max(size, 2 * queue.held.size()), 0);
    std::fill(queue.held.begin() + begin, queue.held.begin() + end, char{1});
  }

  static bool slice_free(const Queue& queue, Cycle begin, Cycle end) {
    const auto size = static_cast<Cycle>(queue.held.size());
    for (Cycle c = begin; c < std::min(end, size); ++c) {
      if (queue.held[static_cast<std::size_t>(c)] != 0) return false;
    }
    return true;
  }

  /// Queues that fetch: slices last, as the reads for the others become text of theirs;
  /// those with little text last of all, as few are left to read for them.
  std::vector<QueueId> order() {
    std::vector<QueueId> all;
    for (std::size_t q = 0; q < queues_.size(); ++q) {
      if (queues_[q].fetches) all.push_back(static_cast<QueueId>(q));
    }
    std::ranges::stable_sort(all, [&](QueueId a, QueueId b) {
      return rank(a) != rank(b) ? rank(a) < rank(b) : at(a).bytes > at(b).bytes;
    });
    return all;
  }
  int rank(QueueId queue) const {
    return infos_[static_cast<std::size_t>(queue)].unit == lpu::Unit::kMem ? 1 : 0;
  }

  void fetch_for(QueueId queue) {
    Queue& q = at(queue);
    q.done = true;
    std::ranges::stable_sort(q.issues, {}, &Issue::cycle);
    const std::vector<Issue> work = std::move(q.issues);
    q.issues.clear();
    count_rest(work);
    spare_ = rank(queue) == 1 ? kSpareBytes : 0;
    Place place{0, 0, lpu::start_bytes(notifies(queue)), capacity_};
    while (place.next < work.size() && place.taken + rest_of(work, place) > place.arrived) {
      const std::size_t begin = place.next;
      std::optional<Train> train;
      if (!eager_) train = next_train(queue, work, place, true);
      if (!train) train = next_train(queue, work, place, false);
      if (!train && spare_ > 0) {
        spare_ = 0;
        continue;
      }
      if (!train) {
        faults_.push_back(fault(queue, work, place));
        continue;
      }
      // next_train moved the place to where the train stands.
      q.issues.insert(q.issues.end(), work.begin() + static_cast<std::ptrdiff_t>(begin),
                      work.begin() + static_cast<std::ptrdiff_t>(place.next));
      const Issue fetch = put_train(*train);
      place.taken += lpu::text_bytes(fetch, place.free);
      place.arrived += train->lines * line_;
      place.free = lpu::free_from(fetch);
      if (rank(queue) == 1) hold_slice(q, fetch.cycle, place.free);
      q.issues.push_back(fetch);
    }
    q.issues.insert(q.issues.end(), work.begin() + static_cast<std::ptrdiff_t>(place.next),
                    work.end());
    // A line that brings nothing but room for more is no line of the text.
    if (place.next < work.size()) {
      q.spare = std::min(spare_, place.arrived - place.taken - rest_of(work, place));
    }
  }

  /// By issue: bytes of the text from there on, after the one before it.
  void count_rest(const std::vector<Issue>& work) {
    rest_.assign(work.size() + 1, 0);
    for (std::size_t i = work.size(); i-- > 0;) {
      const Cycle free = i == 0 ? 0 : lpu::free_from(work[i - 1]);
      rest_[i] = rest_[i + 1] + lpu::text_bytes(work[i], free);
    }
  }
  std::int64_t rest_of(const std::vector<Issue>& work, const Place& p) const {
    return lpu::text_bytes(work[p.next], p.free) + rest_[p.next + 1];
  }

  /// The first train that finds a place before the buffer runs out: of as many lines as are ever
  /// fetched together, or of as many as there is room for. Moves `place` there.
  std::optional<Train> next_train(QueueId queue, const std::vector<Issue>& work, Place& place,
                                  bool whole) {
    sort_pairs();
    for (Place p = place; p.next < work.size();) {
      if (auto train = train_at(queue, work, p, whole)) {
        place = p;
        return train;
      }
      const Issue& issue = work[p.next++];
      p.taken += lpu::text_bytes(issue, p.free);
      p.free = lpu::free_from(issue);
      if (p.taken + spare_ > p.arrived) break;
    }
    return std::nullopt;
  }

  /// A train in the pause before the place's next issue.
  std::optional<Train> train_at(QueueId queue, const std::vector<Issue>& work, const Place& p,
                                bool whole) {
    const Cycle end = work[p.next].cycle;
    if (end - p.free < stride()) return std::nullopt;
    const std::int64_t rest = rest_of(work, p);
    const std::int64_t room = (capacity_ - (p.arrived - p.taken) + kMostFetchBytes) / line_;
    const std::int64_t wanted = wanted_lines(p, work[p.next], rest);
    const std::int64_t most =
        whole ? std::min(half_buffer(), wanted) : std::min({room, wanted, most_together()});
    if (most > room) return std::nullopt;
    for (auto lines = static_cast<int>(most); lines >= (whole ? most : 1); --lines) {
      const Cycle last = std::min(end - Cycle{lines} * stride(), p.free + kMostStarts);
      for (Train t{queue, p.free, lines, 0, Direction::kEast, 0, 0}; t.cycle <= last; ++t.cycle) {
        if (!fits(p, work[p.next], rest, t)) break;
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

  /// The slices with the least text first: what they read for others is text of their own. Those
  /// that have little to spare come last.
  void sort_pairs() {
    by_load_.resize(pairs_.size());
    for (std::size_t i = 0; i < pairs_.size(); ++i) by_load_[i] = i;
    const auto load = [&](std::size_t i) {
      return std::max(at(pairs_[i].queues[0]).bytes, at(pairs_[i].queues[1]).bytes);
    };
    const auto done = [&](std::size_t i) {
      return at(pairs_[i].queues[0]).done || at(pairs_[i].queues[1]).done;
    };
    std::ranges::stable_sort(by_load_, [&](std::size_t a, std::size_t b) {
      return done(a) != done(b) ? done(b) : load(a) < load(b);
    });
  }

  /// Read, Repeat and the NOPs that split a pause in two.
  static constexpr std::int64_t kMostReadBytes = 18;

  /// True if the slice may be given reads. One below the program's first queue may not: it would
  /// become the first, whose text begins with Notify.
  bool may_read(QueueId queue) {
    const Queue& q = at(queue);
    if (queue < first_queue()) return false;
    if (q.done) return q.spare >= kMostReadBytes;
    return q.fetches || q.bytes + kMostReadBytes <= capacity_;
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
      if (!may_read(pair.queues[0]) || !may_read(pair.queues[1])) continue;
      const Cycle end = t.read + Cycle{t.lines - 1} * stride() + 1;
      const Cycle begin = std::max<Cycle>(0, t.read - margin);
      if (!slice_free(at(pair.queues[0]), begin, end + margin)) continue;
      if (!slice_free(at(pair.queues[1]), begin, end + margin)) continue;
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
      Queue& q = at(pair.queues[b]);
      hold_slice(q, t.read, lpu::free_from(read));
      q.bytes += kMostReadBytes;
      if (q.done) q.spare -= kMostReadBytes;
      q.issues.push_back(std::move(read));
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
      auto& issues = queues_[q].issues;
      if (issues.empty()) continue;
      std::ranges::stable_sort(issues, {}, &Issue::cycle);
      program_.queues.push_back({static_cast<QueueId>(q), std::move(issues)});
    }
  }

  void add_tensors() {
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
      image_.tensors.push_back(std::move(t));
    }
  }

  /// What is wrong behind the place; moves it to where the text is missing, as if a line had come.
  TextFault fault(QueueId queue, const std::vector<Issue>& work, Place& place) const {
    Place p = place;
    std::optional<Cycle> from;
    for (;; p.free = lpu::free_from(work[p.next++])) {
      if (!from && capacity_ - (p.arrived - p.taken) + kMostFetchBytes >= line_) from = p.free;
      const std::int64_t bytes = lpu::text_bytes(work[p.next], p.free);
      if (p.taken + bytes > p.arrived) break;
      p.taken += bytes;
    }
    place = p;
    place.arrived += line_;
    TextFault f{program_.name, queue, from.value_or(p.free), work[p.next].cycle, {}};
    f.text = fmt::format(
        "program {}: {} runs out of text at cycle {}: from cycle {} on it has no {} free cycles "
        "together in which a line of {} bytes can reach it; more text_buffer_vectors than {} would "
        "help",
        f.program, infos_[static_cast<std::size_t>(queue)].path, f.cycle + lpu::barrier_cycles(),
        f.from + lpu::barrier_cycles(), stride(), line_, spec_.text_buffer_vectors);
    return f;
  }

  bool eager_;
  lpu::Image& image_;
  lpu::Program& program_;
  const lpu::ChipSpec& spec_;
  std::vector<SlicePair>& pairs_;
  ValueId first_value_;
  std::int64_t capacity_;  // bytes
  std::int64_t line_;      // bytes
  Reservations reservations_;
  std::vector<lpu::QueueInfo> infos_;
  std::vector<Queue> queues_;         // by id
  std::vector<std::size_t> by_load_;  // pairs
  std::vector<std::int64_t> rest_;    // bytes, of the queue in hand
  std::int64_t spare_ = 0;            // bytes, of the queue in hand
  std::vector<TextFault> faults_;
  std::vector<int> first_address_ = addresses(pairs_);

  static std::vector<int> addresses(const std::vector<SlicePair>& pairs) {
    std::vector<int> all;
    for (const SlicePair& pair : pairs) all.push_back(pair.next_address);
    return all;
  }
};

/// Places one program's text; `program`, `pairs` and the image's tensors change only if all went
/// well.
std::vector<TextFault> place_program(lpu::Image& image, lpu::Program& program,
                                     std::vector<SlicePair>& pairs, ValueId first) {
  std::vector<TextFault> faults;
  if (fits_the_buffers(program, image.chip)) return faults;
  const Reservations streams = held_streams(image, program);
  for (const bool eager : {false, true}) {
    lpu::Program with_text = program;
    std::vector<SlicePair> taken = pairs;
    faults = TextPlacer(image, with_text, taken, first, streams, eager).run();
    if (!faults.empty()) continue;
    program = std::move(with_text);
    pairs = std::move(taken);
    break;
  }
  return faults;
}

}  // namespace

std::vector<TextFault> text_faults(const lpu::ChipSpec& spec,
                                   const std::vector<lpu::MemoryTensor>& tensors,
                                   const lpu::Program& program) {
  lpu::Image image;
  image.chip = spec;
  image.tensors = tensors;
  image.programs = {program};
  std::vector<SlicePair> pairs = text_memory(image);
  return place_program(image, image.programs[0], pairs, first_free_value(image));
}

std::vector<TextFault> place_text(lpu::Image& image) {
  std::vector<SlicePair> pairs = text_memory(image);
  const ValueId first = first_free_value(image);
  for (lpu::Program& program : image.programs) {
    if (program.queues.empty()) continue;
    auto faults = place_program(image, program, pairs, first);
    if (!faults.empty()) return faults;
  }
  lpu::fill_text(image);
  return {};
}

}  // namespace metronome::compiler
