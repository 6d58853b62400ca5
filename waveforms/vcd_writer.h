// SPDX-License-Identifier: Apache-2.0
// A strict VCD file: plain unique names, increasing time, whole lines.
#pragma once

#include <cstdio>

#include "waveforms/wave_writer.h"

namespace metronome::waveforms {

class VcdWriter : public WaveWriter {
 public:
  /// Errors: UserError if the file cannot be created.
  explicit VcdWriter(const std::filesystem::path& path);
  ~VcdWriter() override;

  void begin_header(std::string_view comment) override;
  void end_header() override;
  void begin_dump() override { buffer_ += "$dumpvars\n"; }
  void end_dump() override { buffer_ += "$end\n"; }
  void bit(Var var, bool value) override;
  void bytes(Var var, std::span<const std::uint8_t> value) override;
  void undriven(Var var) override;
  void text(Var var, std::string_view value) override;
  void note(std::string_view comment) override;
  bool commit(std::uint64_t limit) override;
  void finish() override;
  std::uint64_t size() const override { return flushed_ + buffer_.size(); }
  bool failed() const override { return error_ != 0; }

 private:
  struct Code {
    std::string text;
    bool vector = false;  // of more than one bit
  };

  void put_open(std::string_view name) override;
  void put_close() override;
  void put_declare(VarKind kind, int width, std::string_view name,
                   const NumberNames* names) override;
  void put_time(std::int64_t ps) override;
  void flush();
  void end_value(Var var);

  std::FILE* out_ = nullptr;
  std::string buffer_;
  std::size_t committed_ = 0;  // bytes of the buffer that stay
  std::uint64_t flushed_ = 0;
  int error_ = 0;
  std::vector<Code> codes_;  // by variable
};

}  // namespace metronome::waveforms
