// SPDX-License-Identifier: Apache-2.0
#include "waveforms/wave_writer.h"

#include <fmt/core.h>

#include <array>

#include "hw/isa/error.h"
#include "waveforms/vcd_writer.h"
#ifdef METRONOME_FST
#include "waveforms/fst_writer.h"
#endif

namespace metronome::waveforms {

void WaveWriter::open_scope(std::string_view name) {
  const bool fresh = names_.back().emplace(name).second;
  check(fresh, "waveform", 0, fmt::format("the scope {} is declared twice", name));
  names_.emplace_back();
  put_open(name);
}

void WaveWriter::close_scope() {
  names_.pop_back();
  put_close();
}

WaveWriter::Var WaveWriter::declare(VarKind kind, int width, std::string_view name,
                                    const NumberNames* names) {
  const bool fresh = names_.back().emplace(name).second;
  check(fresh, "waveform", 0, fmt::format("the variable {} is declared twice", name));
  put_declare(kind, width, name, names);
  return next_++;
}

void WaveWriter::end_header() {
  check(names_.size() == 1, "waveform", 0, "a scope is left open");
  names_.clear();
}

void WaveWriter::time(std::int64_t ps) {
  check(ps > last_time_, "waveform", 0,
        fmt::format("time goes from {} ps to {} ps", last_time_, ps));
  last_time_ = ps;
  put_time(ps);
}

void WaveWriter::number(Var var, std::uint64_t value) {
  std::array<std::uint8_t, 8> little_endian{};
  for (std::uint8_t& byte : little_endian) {
    byte = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
  bytes(var, little_endian);
}

bool is_fst(const std::filesystem::path& path) { return path.extension() == ".fst"; }

std::unique_ptr<WaveWriter> make_wave_writer(const std::filesystem::path& path) {
  if (!is_fst(path)) return std::make_unique<VcdWriter>(path);
#ifdef METRONOME_FST
  return std::make_unique<FstWriter>(path);
#else
  throw UserError(
      fmt::format("{}: format: this program was built without FST, which needs Debian's package "
                  "verilator when building; name a .vcd file, which `vcd2fst` turns into FST",
                  path.string()));
#endif
}

}  // namespace metronome::waveforms
