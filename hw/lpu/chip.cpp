// SPDX-License-Identifier: Apache-2.0
#include "hw/lpu/chip.h"

#include <algorithm>
#include <cstring>

namespace metronome::lpu {
namespace {

constexpr Hemisphere kSides[] = {Hemisphere::kWest, Hemisphere::kEast};

std::string module_name(std::string path) {
  std::replace(path.begin(), path.end(), '.', '_');
  return path;
}

}  // namespace

Chip::Chip(const sc_core::sc_module_name& name, const ChipSpec& spec,
           std::span<const int> creation_order)
    : sc_core::sc_module(name), context_(spec) {
  for (Hemisphere h : kSides) {
    for (int i = 0; i < spec.mem_slices; ++i) {
      slices_.push_back(std::make_unique<MemSlice>(context_, h, i));
    }
  }
  vxm_ = std::make_unique<Vxm>(context_);
  for (Hemisphere h : kSides) {
    mxms_.push_back(std::make_unique<Mxm>(context_, h));
    sxms_.push_back(std::make_unique<Sxm>(context_, h));
  }
  queues_.resize(context_.queue_infos.size());
  if (creation_order.empty()) {
    for (std::size_t id = 0; id < queues_.size(); ++id) create_queue(static_cast<QueueId>(id));
  } else {
    for (int id : creation_order) create_queue(id);
  }
  check(std::none_of(queues_.begin(), queues_.end(), [](const auto& q) { return q == nullptr; }),
        this->name(), 0, "the creation order leaves out queues");
}

void Chip::create_queue(QueueId id) {
  const auto at = static_cast<std::size_t>(id);
  check(at < queues_.size() && queues_[at] == nullptr, name(), 0,
        "the creation order names a queue that is not there or twice");
  const QueueInfo& queue = context_.queue_infos[at];
  Mxm* mxm = queue.unit == Unit::kMxmWeights
                 ? mxms_[static_cast<std::size_t>(queue.hemisphere)].get()
                 : nullptr;
  queues_[at] =
      std::make_unique<InstructionQueue>(module_name(queue.path).c_str(), id, context_.spec,
                                         unit_for(queue), mxm, slices_, context_.fabric, barrier_);
}

FunctionalUnit* Chip::unit_for(const QueueInfo& queue) {
  const auto side = static_cast<std::size_t>(queue.hemisphere);
  switch (queue.unit) {
    case Unit::kMem:
      return &slice(queue.hemisphere, queue.index);
    case Unit::kVxm:
      return vxm_.get();
    case Unit::kMxmWeights:
    case Unit::kMxmActivations:
    case Unit::kMxmAccumulate:
      return mxms_[side].get();
    case Unit::kSxmShift:
    case Unit::kSxmPermute:
    case Unit::kSxmDistribute:
    case Unit::kSxmTranspose:
      return sxms_[side].get();
    case Unit::kIcu:
    case Unit::kC2c:
      return nullptr;
  }
  return nullptr;
}

MemSlice& Chip::slice(Hemisphere h, int index) {
  const auto slices = static_cast<std::size_t>(context_.spec.mem_slices);
  return *slices_[static_cast<std::size_t>(h) * slices + static_cast<std::size_t>(index)];
}

void Chip::load(const Image& image) {
  for (const auto& slice : slices_) slice->clear();
  for (const MemoryTensor& t : image.tensors) {
    if (t.kind != TensorKind::kConstant) continue;
    auto& headers = constants_.emplace_back(static_cast<std::size_t>(t.rows));
    const std::size_t row_bytes =
        static_cast<std::size_t>(t.lanes) * static_cast<std::size_t>(t.width);
    for (std::int64_t r = 0; r < t.rows; ++r) {
      RowBlock& header = headers[static_cast<std::size_t>(r)];
      header.data = t.data.data() + static_cast<std::size_t>(r) * row_bytes;
      header.lanes = static_cast<std::uint16_t>(t.lanes);
      header.width = static_cast<std::uint8_t>(t.width);
      header.followers = static_cast<std::uint32_t>(t.rows - 1 - r);
      for (int b = 0; b < t.width; ++b) {
        slice(t.hemisphere, t.slice(r, b))
            .load(t.address_of(r), Row(&header, static_cast<std::uint8_t>(b)));
      }
    }
  }
}

void Chip::reset_state(const Image& image) {
  for (const MemoryTensor& t : image.tensors) {
    if (t.kind != TensorKind::kState) continue;
    RowBlock* block = context_.pool.make(t.lanes, t.width);
    for (int lane = 0; lane < t.lanes; ++lane) {
      std::memcpy(block->storage + lane * t.width, &t.fill, static_cast<std::size_t>(t.width));
    }
    const Row keep(block, 0);
    for (std::int64_t r = 0; r < t.rows; ++r) {
      for (int b = 0; b < t.width; ++b) {
        slice(t.hemisphere, t.slice(r, b))
            .load(t.address_of(r), Row(block, static_cast<std::uint8_t>(b)));
      }
    }
  }
}

void Chip::write_row(const MemoryTensor& t, std::int64_t row, std::span<const std::uint8_t> bytes) {
  check(bytes.size() == static_cast<std::size_t>(t.lanes) * static_cast<std::size_t>(t.width),
        name(), now(), "host writes a row of the wrong size");
  RowBlock* block = context_.pool.make(t.lanes, t.width);
  const Row keep(block, 0);
  std::memcpy(block->storage, bytes.data(), bytes.size());
  for (int b = 0; b < t.width; ++b) {
    slice(t.hemisphere, t.slice(row, b))
        .load(t.address_of(row), Row(block, static_cast<std::uint8_t>(b)));
  }
}

void Chip::read_row(const MemoryTensor& t, std::int64_t row, std::span<std::uint8_t> bytes) const {
  const auto width = static_cast<std::size_t>(t.width);
  for (int b = 0; b < t.width; ++b) {
    const std::size_t index = static_cast<std::size_t>(t.hemisphere) *
                                  static_cast<std::size_t>(context_.spec.mem_slices) +
                              static_cast<std::size_t>(t.slice(row, b));
    const Row& stored = slices_[index]->peek(t.address_of(row));
    if (stored.empty()) check(false, name(), now(), "host reads a row never written: " + t.name);
    if (stored.block()->fault != nullptr) {
      read_faulty(stored, t, bytes.subspan(static_cast<std::size_t>(b)));
      continue;
    }
    for (int lane = 0; lane < t.lanes; ++lane) {
      bytes[static_cast<std::size_t>(lane) * width + static_cast<std::size_t>(b)] = stored.at(lane);
    }
  }
}

/// One byte plane of a row whose check bits do not match, mended.
void Chip::read_faulty(const Row& stored, const MemoryTensor& t,
                       std::span<std::uint8_t> bytes) const {
  std::vector<std::uint8_t> lanes(static_cast<std::size_t>(context_.spec.lanes()));
  for (int lane = 0; lane < context_.spec.lanes(); ++lane) {
    lanes[static_cast<std::size_t>(lane)] = stored.at(lane);
  }
  const EccOutcome outcome = ecc_correct(lanes, *stored.block()->fault);
  check(outcome.uncorrectable_superlane < 0, name(), now(),
        "host reads a row with uncorrectable check bits: " + t.name);
  for (std::size_t lane = 0; lane < static_cast<std::size_t>(t.lanes); ++lane) {
    bytes[lane * static_cast<std::size_t>(t.width)] = lanes[lane];
  }
}

Cycle Chip::run(const PreparedProgram& prepared) {
  const Program& program = *prepared.program;
  const bool shorter = !prepared.shorter.empty() && barrier_.observer == nullptr &&
                       !context_.fabric.expects_faults();
  for (auto& queue : queues_) queue->load({}, nullptr);
  for (std::size_t at = 0; at < program.queues.size(); ++at) {
    const auto id = static_cast<std::size_t>(program.queues[at].queue);
    if (id >= queues_.size()) {
      check(false, name(), now(), fmt::format("queue {}, the chip has {}", id, queues_.size()));
    }
    queues_[id]->load(shorter ? prepared.shorter[at] : prepared.queues[at], &prepared);
  }
  context_.fabric.clear();
  for (const auto& mxm : mxms_) mxm->clear();
  const Cycle notified = Barrier::now();
  barrier_.released_at = notified + barrier_cycles();
  barrier_.last_effect = barrier_.released_at;
  barrier_.failure = nullptr;
  if (shorter) count_needless(prepared);
  if (barrier_.observer != nullptr) report_start(program, notified);
  barrier_.release.notify(
      sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(barrier_cycles())));
  sc_core::sc_start(sc_core::sc_max_time() - sc_core::sc_time_stamp(),
                    sc_core::SC_EXIT_ON_STARVATION);
  if (barrier_.failure) std::rethrow_exception(barrier_.failure);
  // The clock runs on until the last effect, whatever issued last.
  const Cycle rest = barrier_.last_effect - Barrier::now();
  if (rest > 0) {
    sc_core::sc_start(sc_core::sc_time::from_value(static_cast<sc_dt::uint64>(rest)),
                      sc_core::SC_RUN_TO_TIME);
  }
  const Cycle cycles = barrier_.last_effect - notified;
  cycles_run_ += cycles;
  return cycles;
}

void Chip::count_needless(const PreparedProgram& prepared) {
  for (const Needless& n : prepared.needless) {
    queues_[static_cast<std::size_t>(n.queue)]->count_needless(n.reads);
    const QueueInfo& queue = context_.queue_infos[static_cast<std::size_t>(n.queue)];
    slice(queue.hemisphere, queue.index).count_needless(n.reads);
    context_.fabric.count_needless(n.reads);
  }
  barrier_.last_effect = barrier_.released_at + prepared.last_needless;
}

void Chip::report_start(const Program& program, Cycle notified) {
  std::vector<std::int64_t> first(queues_.size(), -1);
  for (const QueueProgram& queue : program.queues) {
    if (queue.issues.empty()) continue;
    first[static_cast<std::size_t>(queue.queue)] =
        barrier_.released_at + queue.issues.front().cycle;
  }
  barrier_.observer->on_program({program.name, notified, barrier_.released_at, first});
}

void Chip::observe(hw::Observer* observer) {
  barrier_.observer = observer;
  context_.fabric.set_observer(observer);
  if (observer == nullptr) return;
  for (std::size_t id = 0; id < context_.queue_infos.size(); ++id) {
    observer->on_track(static_cast<hw::TrackId>(id), context_.queue_infos[id].path);
  }
}

std::int64_t Chip::instructions_issued() const {
  std::int64_t sum = 0;
  for (const auto& queue : queues_) sum += queue->issued();
  return sum;
}

std::int64_t Chip::macs() const { return mxms_[0]->macs() + mxms_[1]->macs(); }

hw::Counters Chip::counters() const {
  hw::Counters all;
  for (std::size_t id = 0; id < queues_.size(); ++id) {
    const InstructionQueue& queue = *queues_[id];
    const std::string& path = context_.queue_infos[id].path;
    if (queue.issued() == 0) continue;
    all.push_back(
        {path + ".issued", "instructions", "Instructions this queue dispatched", queue.issued()});
    all.push_back({path + ".busy", "cycles", "Cycles in which an instruction held the queue",
                   queue.busy_cycles()});
    all.push_back({path + ".idle", "cycles", "Cycles in which the queue waited for its next time",
                   cycles_run_ - queue.busy_cycles()});
  }
  std::int64_t reads = 0;
  std::int64_t writes = 0;
  std::int64_t words = 0;
  for (const auto& s : slices_) {
    reads += s->reads();
    writes += s->writes();
    words += s->words_used();
  }
  all.push_back({"mem.reads", "vectors", "Vectors read from SRAM, gathers included", reads});
  all.push_back({"mem.writes", "vectors", "Vectors written to SRAM, scatters included", writes});
  all.push_back({"mem.words_used", "vectors", "Words of SRAM that hold a value", words});
  all.push_back({"streams.values", "vectors", "Values put on stream registers",
                 context_.fabric.values_driven()});
  all.push_back({"streams.corrected", "words", "128-bit words mended by their check bits",
                 context_.fabric.corrected_words()});
  std::int64_t fetched = 0;
  for (const auto& queue : queues_) fetched += queue->fetched_bytes();
  all.push_back({"icu.fetched", "bytes", "Program text taken from streams by Ifetch", fetched});
  all.push_back(
      {"mxm.macs", "multiply-accumulates", "Products summed by the matrix planes", macs()});
  all.push_back(
      {"vxm.operations", "instructions", "ALU instructions executed", vxm_->operations()});
  all.push_back({"total", "cycles", "Cycles of all programs run", cycles_run_});
  return all;
}

}  // namespace metronome::lpu
