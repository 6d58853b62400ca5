// SPDX-License-Identifier: Apache-2.0
// A waveform file being written: scopes and variables first, then the changes of one instant after
// the other. What it looks like on disk is the back end's business.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "waveforms/trace_file.h"

namespace metronome::waveforms {

enum class VarKind : std::uint8_t { kWire, kReg, kString };

/// Numbers with names, for formats that keep such a table.
struct NumberNames {
  std::string name;
  std::vector<std::pair<std::uint64_t, std::string>> entries;
};

class WaveWriter {
 public:
  using Var = std::uint32_t;

  /// Errors: UserError if the file cannot be created.
  WaveWriter(const std::filesystem::path& path, TraceFile::Place place)
      : file_(path, place), names_(1) {}
  WaveWriter(const WaveWriter&) = delete;
  WaveWriter& operator=(const WaveWriter&) = delete;
  /// Without finish(), nothing stays.
  virtual ~WaveWriter() = default;

  /// The header: begin, then scopes and variables, then end. Time is in picoseconds.
  virtual void begin_header(std::string_view comment) = 0;
  /// Errors: InvariantError if the scope around has that name already.
  void open_scope(std::string_view name);
  void close_scope();
  /// `width` in bits; 1 for strings. `names`: what the numbers mean; must outlive the header.
  /// Errors: InvariantError if the scope has that name already.
  Var declare(VarKind kind, int width, std::string_view name, const NumberNames* names = nullptr);
  virtual void end_header();

  /// Errors: InvariantError if time does not increase.
  void time(std::int64_t ps);
  virtual void begin_dump() {}
  virtual void end_dump() {}
  virtual void bit(Var var, bool value) = 0;
  virtual void number(Var var, std::uint64_t value);
  /// Least significant byte first.
  virtual void bytes(Var var, std::span<const std::uint8_t> value) = 0;
  /// Nobody drives the variable.
  virtual void undriven(Var var) = 0;
  /// Blanks and unprintable characters become '_', nothing becomes '-': not all readers take them.
  virtual void text(Var var, std::string_view value) = 0;
  virtual void note(std::string_view comment) = 0;

  /// What was written since the last commit stays, unless the file would grow beyond `limit`
  /// bytes; then it is dropped.
  virtual bool commit(std::uint64_t limit) = 0;
  /// Errors: UserError if the disk did not take everything; nothing stays then.
  virtual void finish() = 0;

  /// Bytes so far; an upper bound where they are compressed later.
  virtual std::uint64_t size() const = 0;
  /// The disk refused: writing goes on to nowhere, finish() tells.
  virtual bool failed() const { return false; }

 protected:
  static constexpr const char* kDate = "1970-01-01, always: equal runs write equal files";
  static constexpr const char* kVersion = "metronome waveform 2";

  virtual void put_open(std::string_view name) = 0;
  virtual void put_close() = 0;
  virtual void put_declare(VarKind kind, int width, std::string_view name,
                           const NumberNames* names) = 0;
  virtual void put_time(std::int64_t ps) = 0;
  static char shown(char c) { return c > ' ' && c <= '~' ? c : '_'; }

  void keep_time() { committed_time_ = last_time_; }
  void drop_time() { last_time_ = committed_time_; }
  std::int64_t committed_time() const { return committed_time_; }
  TraceFile& file() { return file_; }
  const TraceFile& file() const { return file_; }

 private:
  TraceFile file_;
  Var next_ = 0;
  std::int64_t last_time_ = -1;
  std::int64_t committed_time_ = -1;
  std::vector<std::set<std::string>> names_;  // taken, by open scope
};

/// By the path's extension: `.fst` is compressed and opens fast, anything else is VCD.
/// Errors: UserError if the file cannot be created, or this program was built without FST.
std::unique_ptr<WaveWriter> make_wave_writer(const std::filesystem::path& path);

/// Whether `path` names an FST file.
bool is_fst(const std::filesystem::path& path);

}  // namespace metronome::waveforms
