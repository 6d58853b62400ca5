// SPDX-License-Identifier: Apache-2.0
#include "runtime/report/memory_rows.h"

#include <algorithm>
#include <map>
#include <set>

namespace metronome::report {
namespace {

namespace json = boost::json;
using lpu::Cycle;

constexpr const char* kKinds[] = {"constant", "state", "scratch", "input", "output"};
constexpr const char* kHemispheres[] = {"west", "east"};

struct Life {
  Cycle first_write = -1;
  Cycle last_use = -1;
};

/// Tensors by the queue of their slice and their first address there.
class TensorFinder {
 public:
  explicit TensorFinder(const lpu::Image& image) : image_(image) {
    for (std::size_t t = 0; t < image.tensors.size(); ++t) {
      const lpu::MemoryTensor& tensor = image.tensors[t];
      for (const std::uint16_t slice : tensor.slices) {
        starts_[lpu::mem_queue(image.chip, tensor.hemisphere, slice)][tensor.address] = t;
      }
    }
  }

  /// -1 for an address of no tensor.
  int at(lpu::QueueId queue, int address) const {
    const auto slice = starts_.find(queue);
    if (slice == starts_.end()) return -1;
    auto next = slice->second.upper_bound(address);
    if (next == slice->second.begin()) return -1;
    const auto& [start, tensor] = *--next;
    return address < start + image_.tensors[tensor].addresses() ? static_cast<int>(tensor) : -1;
  }

 private:
  const lpu::Image& image_;
  std::map<lpu::QueueId, std::map<int, std::size_t>> starts_;
};

std::vector<Life> lives(const lpu::Image& image, const compiler::ScheduleGraph& graph) {
  const TensorFinder finder(image);
  std::vector<Life> all(image.tensors.size());
  for (const compiler::ScheduledIssue& e : graph.issues()) {
    const lpu::Opcode op = e.instruction().opcode;
    if (lpu::info(op).unit != lpu::Unit::kMem) continue;
    const int tensor = finder.at(e.queue, e.address());
    if (tensor < 0) continue;
    Life& life = all[static_cast<std::size_t>(tensor)];
    const Cycle cycle = e.cycle + lpu::barrier_cycles();
    const bool writes = op == lpu::Opcode::kWrite || op == lpu::Opcode::kScatter;
    if (writes && life.first_write < 0) life.first_write = cycle;
    life.last_use = cycle;
  }
  return all;
}

}  // namespace

json::array memory_rows(const lpu::Image& image, const compiler::ScheduleGraph& graph) {
  const std::vector<Life> life = lives(image, graph);
  json::array rows;
  for (std::size_t i = 0; i < image.tensors.size(); ++i) {
    const lpu::MemoryTensor& t = image.tensors[i];
    const std::set<int> slices(t.slices.begin(), t.slices.end());
    // What is there before the token is not born in it.
    const bool born = t.kind == lpu::TensorKind::kScratch || t.kind == lpu::TensorKind::kOutput;
    rows.push_back(
        json::object{{"name", t.name},
                     {"kind", kKinds[static_cast<std::size_t>(t.kind)]},
                     {"hemisphere", kHemispheres[static_cast<std::size_t>(t.hemisphere)]},
                     {"slices", json::value_from(slices)},
                     {"address", t.address},
                     {"addresses", t.addresses()},
                     {"rows", t.rows},
                     {"bytes", t.rows * t.width * image.chip.lanes()},
                     {"firstWrite", born ? life[i].first_write : -1},
                     {"lastUse", life[i].last_use}});
  }
  return rows;
}

}  // namespace metronome::report
