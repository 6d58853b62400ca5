// SPDX-License-Identifier: Apache-2.0
// The plain numbers of a chip and of an image's description, by name and in file order: the byte
// form, the text form and their readers all walk these lists.
#pragma once

#include "hw/isa/lpu/image.h"

namespace metronome::lpu {

constexpr std::int64_t kLargestNumber = std::int64_t{1} << 40;  // of an image: sizes, cycles
constexpr std::int64_t kLargestChipNumber = 1 << 20;
constexpr std::int64_t kMostLayers = 1 << 20;
constexpr std::int64_t kMostColumnBlocks = 1 << 20;
constexpr std::int64_t kMostBanks = 64;  // of weights
constexpr std::int64_t kLargestValueStep = 1 << 20;

/// `Spec` is ChipSpec or const ChipSpec; the clock, of 64 bits, stands apart.
template <typename Spec, typename Visit>
void chip_fields(Spec& s, Visit visit) {
  visit("lanes_per_superlane", s.lanes_per_superlane);
  visit("superlanes", s.superlanes);
  visit("streams", s.streams);
  visit("mem_slices", s.mem_slices);
  visit("banks", s.banks);
  visit("words_per_bank", s.words_per_bank);
  visit("slices_per_hop", s.slices_per_hop);
  visit("vxm_entry_hops", s.vxm_entry_hops);
  visit("io_hops", s.io_hops);
  visit("mxm_planes", s.mxm_planes);
  visit("vxm_alus", s.vxm_alus);
  visit("sxm_distributors", s.sxm_distributors);
  visit("sxm_transposers", s.sxm_transposers);
  visit("c2c_ports", s.c2c_ports);
  visit("accumulators", s.accumulators);
}

/// `Info` is ImageInfo or const ImageInfo.
template <typename Info, typename Visit>
void info_numbers(Info& i, Visit visit) {
  visit("vocab", i.vocab);
  visit("context", i.context);
  visit("width", i.width);
  visit("layers", i.layers);
  visit("parameters", i.parameters);
}

}  // namespace metronome::lpu
