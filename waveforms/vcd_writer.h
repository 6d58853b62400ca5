// SPDX-License-Identifier: Apache-2.0
// A strict VCD file: plain unique names, increasing time, whole lines. It is written under a
// temporary name and takes its own when finished; what a killed run leaves can be read as well.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::waveforms {

enum class VarKind : std::uint8_t { kWire, kReg, kString };

class VcdWriter {
 public:
  using Var = std::uint32_t;

  /// Errors: UserError if the file cannot be created.
  explicit VcdWriter(const std::filesystem::path& path);
  VcdWriter(const VcdWriter&) = delete;
  VcdWriter& operator=(const VcdWriter&) = delete;
  /// Without finish(), nothing stays.
  ~VcdWriter();

  /// The header: begin, then scopes and variables, then end. Time is in picoseconds.
  void begin_header(std::string_view comment);
  void open_scope(std::string_view name);
  void close_scope();
  /// `width` in bits; 1 for strings. Errors: InvariantError if the scope has that name already.
  Var declare(VarKind kind, int width, std::string_view name);
  void end_header();

  /// Errors: InvariantError if time does not increase.
  void time(std::int64_t ps);
  void begin_dump() { buffer_ += "$dumpvars\n"; }
  void end_dump() { buffer_ += "$end\n"; }
  void bit(Var var, bool value);
  void number(Var var, std::uint64_t value);
  /// Least significant byte first.
  void bytes(Var var, std::span<const std::uint8_t> value);
  /// Nobody drives the register.
  void undriven(Var var);
  /// Blanks and unprintable characters become '_', nothing becomes '-': not all readers take them.
  void text(Var var, std::string_view value);
  void note(std::string_view comment);

  /// What was written since the last commit stays, unless the file would grow beyond `limit`
  /// bytes; then it is dropped.
  bool commit(std::uint64_t limit);
  /// Errors: UserError if the disk did not take everything; nothing stays then.
  void finish();

  std::uint64_t size() const { return flushed_ + buffer_.size(); }
  /// The disk refused: writing goes on to nowhere, finish() tells.
  bool failed() const { return error_ != 0; }
  const std::filesystem::path& path() const { return path_; }

 private:
  void flush();
  void end_value(Var var);
  [[noreturn]] void fail(const char* doing, int code) const;

  std::filesystem::path path_;       // as the user named it
  std::filesystem::path target_;     // behind symbolic links
  std::filesystem::path temporary_;  // empty if written in place, as a pipe is
  std::FILE* file_ = nullptr;
  std::string buffer_;
  std::size_t committed_ = 0;  // bytes of the buffer that stay
  std::uint64_t flushed_ = 0;
  std::int64_t last_time_ = -1;
  std::int64_t committed_time_ = -1;
  int error_ = 0;
  std::vector<std::string> codes_;            // by variable
  std::vector<std::set<std::string>> names_;  // taken, by open scope
};

}  // namespace metronome::waveforms
