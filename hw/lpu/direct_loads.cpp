// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/direct_loads.h"

#include <algorithm>
#include <span>

namespace metronome::lpu {
namespace {

/// Somebody drives or samples what travels under an index of a stream.
struct Touch {
  Cycle index = 0;  // of the moving frame, see StreamFabric
  Position position = 0;
  std::int32_t queue = 0;  // in program.queues
  std::int32_t issue = 0;
  std::int32_t repeat = 0;
  std::int16_t lane = 0;  // of a load: which of its streams
  bool drives = false;
};

using Touches = std::span<const Touch>;

/// What a slice's queue does, as far as its reads may be left out.
struct SliceUse {
  bool sound = false;         // a slice whose queue runs in order, with a read a cycle at most
  std::vector<Cycle> writes;  // ascending
};

SliceUse use_of(const QueueProgram& queue, const QueueInfo& info) {
  SliceUse use;
  if (info.unit != Unit::kMem) return use;
  Cycle last = 0;
  Cycle last_read = -1;
  for (const Issue& issue : queue.issues) {
    const Opcode op = issue.instruction.opcode;
    const bool writes = op == Opcode::kWrite || op == Opcode::kScatter;
    // Anything out of order is left to the queue, which stops there.
    if (issue.cycle < last || (!writes && issue.cycle <= last_read)) return use;
    last = issue.cycle + static_cast<Cycle>(issue.count - 1) * issue.stride;
    if (!writes) last_read = last;
    for (int n = 0; writes && n < issue.count; ++n) {
      use.writes.push_back(issue.cycle + static_cast<Cycle>(n) * issue.stride);
    }
  }
  use.sound = true;
  return use;
}

class Finder {
 public:
  Finder(const Program& program, const ChipSpec& spec)
      : program_(program), spec_(spec), infos_(queues(spec)), lines_(2U * spec.streams) {
    for (const QueueProgram& queue : program.queues) {
      const std::size_t issues = queue.issues.size();
      slices_.push_back(use_of(queue, info_of(queue)));
      found_.source_of.emplace_back(issues, -1);
      found_.needless.emplace_back(issues, false);
      direct_.emplace_back(issues, true);
      rows_.emplace_back();
    }
  }

  DirectLoads run() {
    collect();
    for (auto& line : lines_) {
      std::sort(line.begin(), line.end(),
                [](const Touch& a, const Touch& b) { return a.index < b.index; });
    }
    for_each_value([&](Direction d, Touches touches) { match(d, touches); });
    name_sources();
    mark_needless();
    return std::move(found_);
  }

 private:
  /// Where a row of a load comes from.
  struct RowSource {
    QueueId slice = -1;
    std::int32_t address = 0;
  };

  const QueueInfo& info_of(const QueueProgram& queue) const {
    return infos_[static_cast<std::size_t>(queue.queue)];
  }
  const Issue& issue_of(const Touch& t) const {
    return program_.queues[static_cast<std::size_t>(t.queue)]
        .issues[static_cast<std::size_t>(t.issue)];
  }
  bool loads(const Touch& t) const {
    return !t.drives && issue_of(t).instruction.opcode == Opcode::kLwI8;
  }

  void collect() {
    for (std::size_t q = 0; q < program_.queues.size(); ++q) {
      const QueueProgram& queue = program_.queues[q];
      for (std::size_t i = 0; i < queue.issues.size(); ++i) collect(q, i, info_of(queue));
    }
  }

  void collect(std::size_t q, std::size_t i, const QueueInfo& queue) {
    const Issue& issue = program_.queues[q].issues[i];
    const OpcodeInfo& op = info(issue.instruction.opcode);
    Touch touch{0, queue.position, static_cast<std::int32_t>(q), static_cast<std::int32_t>(i)};
    for (const StreamGroup& group : sampled_streams(issue.instruction)) {
      add(touch, issue, group, issue.cycle + op.skew_cycles);
    }
    const auto driven = driven_stream(issue.instruction);
    if (!driven) return;
    touch.drives = true;
    if (op.unit == Unit::kVxm) touch.position = spec_.vxm_result_position(driven->direction);
    add(touch, issue, *driven, issue.cycle + op.latency(spec_.superlanes));
  }

  void add(Touch touch, const Issue& issue, StreamGroup group, Cycle first) {
    for (int s = 0; s < group.width && group.first + s < spec_.streams; ++s) {
      auto& line = lines_[static_cast<std::size_t>(group.direction) *
                              static_cast<std::size_t>(spec_.streams) +
                          static_cast<std::size_t>(group.first + s)];
      touch.lane = static_cast<std::int16_t>(s);
      const Cycle shift =
          group.direction == Direction::kEast ? -touch.position : Cycle{touch.position};
      for (touch.repeat = 0; touch.repeat < issue.count; ++touch.repeat) {
        touch.index = first + static_cast<Cycle>(touch.repeat) * issue.stride + shift;
        line.push_back(touch);
      }
    }
  }

  /// All that touch one index of one stream, as a range.
  template <typename Visit>
  void for_each_value(Visit visit) const {
    for (std::size_t at = 0; at < lines_.size(); ++at) {
      const auto& line = lines_[at];
      const auto d = static_cast<Direction>(at / static_cast<std::size_t>(spec_.streams));
      for (std::size_t from = 0; from < line.size();) {
        std::size_t to = from + 1;
        while (to < line.size() && line[to].index == line[from].index) ++to;
        visit(d, Touches(&line[from], to - from));
        from = to;
      }
    }
  }

  /// Who put there what is sampled: the last to drive the register upstream; null if nobody did, or
  /// two at once.
  static const Touch* producer(Direction d, Touches touches, const Touch& sample) {
    const auto way = [d](const Touch& t) {
      return d == Direction::kEast ? t.position : -t.position;
    };
    const Touch* last = nullptr;
    for (const Touch& t : touches) {
      if (!t.drives || way(t) >= way(sample)) continue;
      if (last != nullptr && way(t) == way(*last)) return nullptr;
      if (last == nullptr || way(t) > way(*last)) last = &t;
    }
    return last;
  }

  bool reads(const Touch& drive) const {
    return slices_[static_cast<std::size_t>(drive.queue)].sound &&
           issue_of(drive).instruction.opcode == Opcode::kRead;
  }

  /// True if the row that the read brings is what lies there when the load's first repeat is due:
  /// nothing is written to the slice in between.
  bool may_bring(const Touch* read, const Touch& load) const {
    if (read == nullptr || !reads(*read)) return false;
    const Issue& issue = issue_of(*read);
    const Cycle done = issue.cycle + static_cast<Cycle>(read->repeat) * issue.stride;
    const auto [from, to] = std::minmax(done, issue_of(load).cycle);
    const auto& writes = slices_[static_cast<std::size_t>(read->queue)].writes;
    const auto next = std::lower_bound(writes.begin(), writes.end(), from);
    return next == writes.end() || *next > to;
  }

  /// Notes the row that each load samples here, or that it cannot be taken so.
  void match(Direction d, Touches touches) {
    for (const Touch& t : touches) {
      if (!loads(t)) continue;
      const Touch* read = producer(d, touches, t);
      const auto q = static_cast<std::size_t>(t.queue);
      const auto i = static_cast<std::size_t>(t.issue);
      if (!may_bring(read, t) || issue_of(t).instruction.stream(Field::kIn).width != 16) {
        direct_[q][i] = false;
        continue;
      }
      auto& rows = rows_[q];
      if (rows.empty()) rows.resize(program_.queues[q].issues.size());
      auto& mine = rows[i];
      if (mine.empty()) mine.resize(16 * static_cast<std::size_t>(issue_of(t).count));
      const Issue& by = issue_of(*read);
      mine[16 * static_cast<std::size_t>(t.repeat) + static_cast<std::size_t>(t.lane)] = {
          program_.queues[static_cast<std::size_t>(read->queue)].queue,
          static_cast<std::int32_t>(by.instruction.get(Field::kAddress)) +
              read->repeat * by.address_step};
    }
  }

  void name_sources() {
    for (std::size_t q = 0; q < rows_.size(); ++q) {
      for (std::size_t i = 0; i < rows_[q].size(); ++i) {
        if (!direct_[q][i] || rows_[q][i].empty()) continue;
        LoadSource source;
        if (!regular(rows_[q][i], source)) continue;
        found_.source_of[q][i] = static_cast<std::int32_t>(found_.sources.size());
        found_.sources.push_back(source);
      }
    }
  }

  /// Every repeat takes from the same slices, all a step further.
  static bool regular(const std::vector<RowSource>& rows, LoadSource& source) {
    for (std::size_t s = 0; s < 16; ++s) {
      source.slice[s] = rows[s].slice;
      source.address[s] = rows[s].address;
    }
    if (rows.size() > 16) source.address_step = rows[16].address - rows[0].address;
    for (std::size_t at = 0; at < rows.size(); ++at) {
      const auto repeat = static_cast<std::int32_t>(at / 16);
      const std::size_t s = at % 16;
      if (rows[at].slice < 0 || rows[at].slice != source.slice[s] ||
          rows[at].address != source.address[s] + repeat * source.address_step) {
        return false;
      }
    }
    return true;
  }

  /// A read is needless unless one of its values is sampled by somebody else, or by nobody.
  void mark_needless() {
    for (std::size_t q = 0; q < slices_.size(); ++q) {
      for (std::size_t i = 0; slices_[q].sound && i < found_.needless[q].size(); ++i) {
        found_.needless[q][i] = program_.queues[q].issues[i].instruction.opcode == Opcode::kRead;
      }
    }
    for_each_value([&](Direction d, Touches touches) {
      for (const Touch& t : touches) {
        if (t.drives && reads(t) && !only_direct(d, touches, t)) {
          found_.needless[static_cast<std::size_t>(t.queue)][static_cast<std::size_t>(t.issue)] =
              false;
        }
      }
    });
  }

  /// True if direct loads, at least one, and nobody else take what `drive` puts there.
  bool only_direct(Direction d, Touches touches, const Touch& drive) const {
    bool taken = false;
    for (const Touch& t : touches) {
      if (t.drives || producer(d, touches, t) != &drive) continue;
      if (found_.source_of[static_cast<std::size_t>(t.queue)][static_cast<std::size_t>(t.issue)] <
          0) {
        return false;
      }
      taken = true;
    }
    return taken;
  }

  const Program& program_;
  const ChipSpec& spec_;
  std::vector<QueueInfo> infos_;
  std::vector<std::vector<Touch>> lines_;                  // [direction, stream]
  std::vector<SliceUse> slices_;                           // [program.queues]
  std::vector<std::vector<bool>> direct_;                  // [program.queues][issue]
  std::vector<std::vector<std::vector<RowSource>>> rows_;  // [program.queues][issue][repeat, lane]
  DirectLoads found_;
};

}  // namespace

DirectLoads find_direct_loads(const Program& program, const ChipSpec& spec) {
  return Finder(program, spec).run();
}

}  // namespace metronome::lpu
