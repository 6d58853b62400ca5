// SPDX-License-Identifier: Apache-2.0
#include "waveforms/vcd_writer.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <utility>

#include "hw/isa/error.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {

constexpr int kMostLinks = 40;
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

VcdWriter::VcdWriter(const fs::path& path) : path_(path), target_(path), names_(1) {
  std::error_code error;
  for (int links = 0; fs::is_symlink(target_, error) && links < kMostLinks; ++links) {
    target_ = target_.parent_path() / fs::read_symlink(target_, error);
  }
  const fs::file_status status = fs::status(target_, error);
  if (fs::is_directory(status)) throw UserError(path_.string() + ": file: is a folder");
  const bool in_place = fs::exists(status) && !fs::is_regular_file(status);
  if (!in_place) temporary_ = target_.string() + fmt::format(".{}.part", ::getpid());
  file_ = std::fopen((in_place ? target_ : temporary_).c_str(), "wb");
  if (file_ == nullptr) fail("created", errno);
}

VcdWriter::~VcdWriter() {
  if (file_ != nullptr) std::fclose(file_);
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void VcdWriter::fail(const char* doing, int code) const {
  throw UserError(
      fmt::format("{}: file: cannot be {}: {}", path_.string(), doing, std::strerror(code)));
}

void VcdWriter::begin_header(std::string_view comment) {
  buffer_ += "$date\n  1970-01-01, always: equal runs write equal files\n$end\n";
  buffer_ += "$version\n  metronome waveform 1\n$end\n";
  note(comment);
  buffer_ += "$timescale 1 ps $end\n";
}

void VcdWriter::open_scope(std::string_view name) {
  const bool fresh = names_.back().emplace(name).second;
  check(fresh, "waveform", 0, fmt::format("the scope {} is declared twice", name));
  names_.emplace_back();
  fmt::format_to(std::back_inserter(buffer_), "$scope module {} $end\n", name);
}

void VcdWriter::close_scope() {
  names_.pop_back();
  buffer_ += "$upscope $end\n";
}

VcdWriter::Var VcdWriter::declare(VarKind kind, int width, std::string_view name) {
  constexpr const char* kKinds[] = {"wire", "reg", "string"};
  const bool fresh = names_.back().emplace(name).second;
  check(fresh, "waveform", 0, fmt::format("the variable {} is declared twice", name));
  const Var var = static_cast<Var>(codes_.size());
  codes_.push_back(code_of(var));
  fmt::format_to(std::back_inserter(buffer_), "$var {} {} {} {} $end\n",
                 kKinds[static_cast<std::size_t>(kind)], width, codes_.back(), name);
  return var;
}

void VcdWriter::end_header() {
  check(names_.size() == 1, "waveform", 0, "a scope is left open");
  names_.clear();
  buffer_ += "$enddefinitions $end\n";
}

void VcdWriter::time(std::int64_t ps) {
  check(ps > last_time_, "waveform", 0,
        fmt::format("time goes from {} ps to {} ps", last_time_, ps));
  last_time_ = ps;
  fmt::format_to(std::back_inserter(buffer_), "#{}\n", ps);
}

void VcdWriter::end_value(Var var) {
  buffer_ += codes_[var];
  buffer_ += '\n';
}

void VcdWriter::bit(Var var, bool value) {
  buffer_ += value ? '1' : '0';
  end_value(var);
}

void VcdWriter::number(Var var, std::uint64_t value) {
  std::array<std::uint8_t, 8> little_endian{};
  for (std::uint8_t& byte : little_endian) {
    byte = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
  bytes(var, little_endian);
}

// Leading zeros are left out: readers extend with zeros.
void VcdWriter::bytes(Var var, std::span<const std::uint8_t> value) {
  buffer_ += 'b';
  std::size_t top = value.size();
  while (top > 1 && value[top - 1] == 0) --top;
  append_byte(buffer_, value[top - 1], std::min(7, std::countl_zero(value[top - 1])));
  for (std::size_t i = top - 1; i-- > 0;) append_byte(buffer_, value[i], 0);
  buffer_ += ' ';
  end_value(var);
}

void VcdWriter::undriven(Var var) {
  buffer_ += "bz ";
  end_value(var);
}

void VcdWriter::text(Var var, std::string_view value) {
  buffer_ += 's';
  for (const char c : value.empty() ? "-" : value) buffer_ += c > ' ' && c <= '~' ? c : '_';
  buffer_ += ' ';
  end_value(var);
}

void VcdWriter::note(std::string_view comment) {
  fmt::format_to(std::back_inserter(buffer_), "$comment\n  {}\n$end\n", comment);
}

bool VcdWriter::commit(std::uint64_t limit) {
  const bool fits = size() <= limit;
  if (!fits) {
    buffer_.resize(committed_);
    last_time_ = committed_time_;
  }
  committed_ = buffer_.size();
  committed_time_ = last_time_;
  if (committed_ >= kFlushAt) flush();
  return fits;
}

void VcdWriter::flush() {
  if (error_ == 0 && std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) {
    error_ = errno;
  }
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
  flushed_ += buffer_.size();
  buffer_.clear();
  committed_ = 0;
}

void VcdWriter::finish() {
  flush();
  if (std::fclose(std::exchange(file_, nullptr)) != 0 && error_ == 0) error_ = errno;
  if (error_ != 0) fail("written", error_);
  if (temporary_.empty()) return;
  if (std::rename(temporary_.c_str(), target_.c_str()) != 0) fail("renamed", errno);
  temporary_.clear();
}

}  // namespace metronome::waveforms
