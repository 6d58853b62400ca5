// SPDX-License-Identifier: Apache-2.0
// An FST file, which GTKWave and Surfer open fast: compressed, with real strings and with tables
// of what numbers mean. It is GTKWave's own library that writes it. A process that is killed leaves
// no whole file: the names of the variables are added at the end.
#pragma once

#include <unordered_map>

#include "waveforms/wave_writer.h"

namespace metronome::waveforms {

class FstWriter : public WaveWriter {
 public:
  /// Errors: UserError if the file cannot be created or is no regular one.
  explicit FstWriter(const std::filesystem::path& path);
  ~FstWriter() override;

  void begin_header(std::string_view comment) override;
  void bit(Var var, bool value) override;
  void bytes(Var var, std::span<const std::uint8_t> value) override;
  void undriven(Var var) override;
  void text(Var var, std::string_view value) override;
  void note(std::string_view comment) override;
  bool commit(std::uint64_t limit) override;
  void finish() override;
  std::uint64_t size() const override;

 private:
  struct Variable {
    std::uint32_t handle = 0;
    std::size_t width = 0;  // 0 for strings
  };
  /// A change of the instant that is not committed yet; its text stands in changes_.
  struct Change {
    Var var = 0;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  struct Instant {
    std::int64_t ps = 0;
    std::size_t first = 0;  // change
  };

  void put_open(std::string_view name) override;
  void put_close() override;
  void put_declare(VarKind kind, int width, std::string_view name,
                   const NumberNames* names) override;
  void put_time(std::int64_t ps) override;
  void end_change(Var var, std::size_t begin);
  void emit_pending();
  void flush_section();
  std::uint64_t on_disk() const;
  std::uint64_t pending_bound() const;
  void close();
  [[noreturn]] void refuse(std::uint64_t bound) const;

  std::filesystem::path path_;  // as the user named it
  void* context_ = nullptr;
  std::vector<Variable> variables_;
  std::unordered_map<const NumberNames*, std::uint32_t> tables_;
  std::string values_;  // of the changes below
  std::vector<Change> changes_;
  std::vector<Instant> instants_;
  std::uint64_t names_bytes_ = 0;    // of scopes, variables, tables and notes
  std::uint64_t frame_bytes_ = 0;    // of what a section begins with
  std::uint64_t section_bytes_ = 0;  // of the open section, before it is compressed
  std::uint64_t flushed_ = 0;        // bytes in the file
  bool flush_due_ = false;
};

}  // namespace metronome::waveforms
