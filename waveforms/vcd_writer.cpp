// SPDX-License-Identifier: Apache-2.0
#include "waveforms/vcd_writer.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <iterator>
#include <utility>

namespace metronome::waveforms {

namespace {

constexpr std::size_t kFlushAt = std::size_t{1} << 16;

using ByteBits = std::array<std::array<char, 8>, 256>;

constexpr ByteBits kByteBits = [] {
  ByteBits table{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      table[byte][bit] = ((byte >> (7 - bit)) & 1) != 0 ? '1' : '0';
    }
  }
  return table;
}();

/// Printable characters, without '#' and '$', which some readers take for a time or a keyword.
std::string code_of(std::size_t index) {
  constexpr char kFirst = '%';
  constexpr std::size_t kCount = '~' - kFirst + 1;
  std::string code;
  do {
    code += static_cast<char>(kFirst + static_cast<char>(index % kCount));
    index /= kCount;
  } while (index-- > 0);
  return code;
}

void append_byte(std::string& out, std::uint8_t byte, int skip) {
  const std::array<char, 8>& bits = kByteBits[byte];
  out.append(bits.data() + skip, static_cast<std::size_t>(8 - skip));
}

}  // namespace

VcdWriter::VcdWriter(const std::filesystem::path& path)
    : WaveWriter(path, TraceFile::Place::kAnywhere),
      out_(std::fopen(file().opened().c_str(), "wb")) {
  if (out_ == nullptr) file().fail("created", errno);
}

VcdWriter::~VcdWriter() {
  if (out_ != nullptr) std::fclose(out_);
}

void VcdWriter::begin_header(std::string_view comment) {
  fmt::format_to(std::back_inserter(buffer_), "$date\n  {}\n$end\n$version\n  {}\n$end\n", kDate,
                 kVersion);
  note(comment);
  buffer_ += "$timescale 1 ps $end\n";
}

void VcdWriter::put_open(std::string_view name) {
  fmt::format_to(std::back_inserter(buffer_), "$scope module {} $end\n", name);
}

void VcdWriter::put_close() { buffer_ += "$upscope $end\n"; }

void VcdWriter::put_declare(VarKind kind, int width, std::string_view name,
                            const NumberNames* /*names*/) {
  constexpr const char* kKinds[] = {"wire", "reg", "string"};
  codes_.push_back({code_of(codes_.size()), width > 1});
  fmt::format_to(std::back_inserter(buffer_), "$var {} {} {} {} $end\n",
                 kKinds[static_cast<std::size_t>(kind)], width, codes_.back().text, name);
}

void VcdWriter::end_header() {
  WaveWriter::end_header();
  buffer_ += "$enddefinitions $end\n";
}

void VcdWriter::put_time(std::int64_t ps) {
  fmt::format_to(std::back_inserter(buffer_), "#{}\n", ps);
}

void VcdWriter::end_value(Var var) {
  buffer_ += codes_[var].text;
  buffer_ += '\n';
}

void VcdWriter::bit(Var var, bool value) {
  buffer_ += value ? '1' : '0';
  end_value(var);
}

// Leading zeros are left out: readers extend with zeros.
void VcdWriter::bytes(Var var, std::span<const std::uint8_t> value) {
  if (!codes_[var].vector) return bit(var, (value[0] & 1U) != 0);
  buffer_ += 'b';
  std::size_t top = value.size();
  while (top > 1 && value[top - 1] == 0) --top;
  append_byte(buffer_, value[top - 1], std::min(7, std::countl_zero(value[top - 1])));
  for (std::size_t i = top - 1; i-- > 0;) append_byte(buffer_, value[i], 0);
  buffer_ += ' ';
  end_value(var);
}

void VcdWriter::undriven(Var var) {
  buffer_ += codes_[var].vector ? "bz " : "z";
  end_value(var);
}

void VcdWriter::text(Var var, std::string_view value) {
  buffer_ += 's';
  for (const char c : value.empty() ? "-" : value) buffer_ += shown(c);
  buffer_ += ' ';
  end_value(var);
}

void VcdWriter::note(std::string_view comment) {
  fmt::format_to(std::back_inserter(buffer_), "$comment\n  {}\n$end\n", comment);
}

bool VcdWriter::commit(std::uint64_t limit) {
  const bool fits = size() <= limit;
  if (fits) {
    keep_time();
  } else {
    buffer_.resize(committed_);
    drop_time();
  }
  committed_ = buffer_.size();
  if (committed_ >= kFlushAt) flush();
  return fits;
}

void VcdWriter::flush() {
  if (error_ == 0 && std::fwrite(buffer_.data(), 1, buffer_.size(), out_) != buffer_.size()) {
    error_ = errno;
  }
  if (error_ == 0 && std::fflush(out_) != 0) error_ = errno;
  flushed_ += buffer_.size();
  buffer_.clear();
  committed_ = 0;
}

void VcdWriter::finish() {
  flush();
  if (std::fclose(std::exchange(out_, nullptr)) != 0 && error_ == 0) error_ = errno;
  if (error_ != 0) file().fail("written", error_);
  file().take_name();
}

}  // namespace metronome::waveforms
