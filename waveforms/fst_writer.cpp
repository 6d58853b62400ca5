// SPDX-License-Identifier: Apache-2.0
#include "waveforms/fst_writer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <fstapi.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>

#include "hw/isa/error.h"

namespace metronome::waveforms {

namespace fs = std::filesystem;

namespace {

// A section is compressed as one; this many bytes of changes bound the memory it takes, and do not
// depend on the machine's as the library's own choice does.
constexpr std::uint64_t kSectionBytes = std::uint64_t{32} << 20;
// What the library adds to a change: where the variable's last one is, and when.
constexpr std::uint64_t kChangeOverhead = 12;
constexpr std::uint64_t kInstantOverhead = 6;
constexpr std::uint64_t kVariableOverhead = 12;
constexpr std::uint64_t kFileOverhead = 4096;
constexpr std::uint64_t kLeastTried = std::uint64_t{1} << 20;
constexpr int kPicosecond = -12;

}  // namespace

FstWriter::FstWriter(const fs::path& path)
    : WaveWriter(path, TraceFile::Place::kRegularOnly),
      path_(path),
      context_(fstWriterCreate(file().opened().c_str(), 1)) {
  if (context_ == nullptr) file().fail("created", errno);
  fstWriterSetPackType(context_, FST_WR_PT_LZ4);
  fstWriterSetTimescale(context_, kPicosecond);
  fstWriterSetFileType(context_, FST_FT_VERILOG);
  fstWriterSetDate(context_, kDate);
  fstWriterSetVersion(context_, kVersion);
}

FstWriter::~FstWriter() { close(); }

void FstWriter::close() {
  if (context_ == nullptr) return;
  // The library maps its file of names without flushing what was noted late, and keeps the stream
  // to itself. What a full disk did not take must not be mapped: the library is left as it is then,
  // with what it holds.
  std::fflush(nullptr);
  std::error_code error;
  const fs::space_info disk = fs::space(file().opened().parent_path() / ".", error);
  if (error || disk.available > 0) {
    fstWriterClose(context_);
  } else {
    fs::remove(file().opened().string() + ".hier", error);
  }
  context_ = nullptr;
}

void FstWriter::begin_header(std::string_view comment) { note(comment); }

void FstWriter::note(std::string_view comment) {
  const std::string text(comment);
  names_bytes_ += text.size() + kVariableOverhead;
  fstWriterSetComment(context_, text.c_str());
}

void FstWriter::put_open(std::string_view name) {
  const std::string text(name);
  names_bytes_ += text.size() + kVariableOverhead;
  fstWriterSetScope(context_, FST_ST_VCD_MODULE, text.c_str(), nullptr);
}

void FstWriter::put_close() { fstWriterSetUpscope(context_); }

/// The library takes a table's numbers as text in binary.
static std::uint32_t table_of(void* context, const NumberNames& names, int width) {
  std::vector<std::string> numbers;
  std::vector<const char*> number_texts;
  std::vector<const char*> name_texts;
  for (const auto& [number, name] : names.entries) {
    std::string bits;
    for (int bit = width; bit-- > 0;) bits += ((number >> bit) & 1U) != 0 ? '1' : '0';
    numbers.push_back(std::move(bits));
    name_texts.push_back(name.c_str());
  }
  number_texts.reserve(numbers.size());
  for (const std::string& number : numbers) number_texts.push_back(number.c_str());
  return fstWriterCreateEnumTable(
      context, names.name.c_str(), static_cast<std::uint32_t>(numbers.size()),
      static_cast<unsigned>(width), name_texts.data(), number_texts.data());
}

void FstWriter::put_declare(VarKind kind, int width, std::string_view name,
                            const NumberNames* names) {
  constexpr fstVarType kTypes[] = {FST_VT_VCD_WIRE, FST_VT_VCD_REG, FST_VT_GEN_STRING};
  if (names != nullptr) {
    auto [table, fresh] = tables_.try_emplace(names, 0);
    if (fresh) {
      table->second = table_of(context_, *names, width);
      names_bytes_ += names->entries.size() * 64;
    }
    fstWriterEmitEnumTableRef(context_, table->second);
  }
  const std::string text(name);
  const bool string = kind == VarKind::kString;
  const auto bits = static_cast<std::uint32_t>(string ? 0 : width);
  const fstHandle handle = fstWriterCreateVar(context_, kTypes[static_cast<std::size_t>(kind)],
                                              FST_VD_IMPLICIT, bits, text.c_str(), 0);
  variables_.push_back({handle, bits});
  names_bytes_ += text.size() + 2 * kVariableOverhead;
  frame_bytes_ += bits + kVariableOverhead;
}

void FstWriter::put_time(std::int64_t ps) { instants_.push_back({ps, changes_.size()}); }

void FstWriter::end_change(Var var, std::size_t begin) {
  changes_.push_back({var, begin, values_.size()});
}

void FstWriter::bit(Var var, bool value) {
  const std::size_t begin = values_.size();
  values_ += value ? '1' : '0';
  end_change(var, begin);
}

void FstWriter::bytes(Var var, std::span<const std::uint8_t> value) {
  const std::size_t begin = values_.size();
  for (std::size_t bit = variables_[var].width; bit-- > 0;) {
    const bool set = bit / 8 < value.size() && ((value[bit / 8] >> (bit % 8)) & 1U) != 0;
    values_ += set ? '1' : '0';
  }
  end_change(var, begin);
}

void FstWriter::undriven(Var var) {
  const std::size_t begin = values_.size();
  values_.append(variables_[var].width, 'z');
  end_change(var, begin);
}

void FstWriter::text(Var var, std::string_view value) {
  const std::size_t begin = values_.size();
  for (const char c : value.empty() ? "-" : value) values_ += shown(c);
  end_change(var, begin);
}

std::uint64_t FstWriter::on_disk() const { return flushed_ + names_bytes_ + kFileOverhead; }

std::uint64_t FstWriter::pending_bound() const {
  return values_.size() + changes_.size() * kChangeOverhead + instants_.size() * kInstantOverhead;
}

std::uint64_t FstWriter::size() const {
  if (context_ == nullptr) return flushed_;
  return on_disk() + frame_bytes_ + section_bytes_ + pending_bound();
}

void FstWriter::emit_pending() {
  section_bytes_ += pending_bound();
  for (std::size_t i = 0; i < instants_.size(); ++i) {
    fstWriterEmitTimeChange(context_, static_cast<std::uint64_t>(instants_[i].ps));
    if (flush_due_) flush_section();
    const std::size_t end = i + 1 < instants_.size() ? instants_[i + 1].first : changes_.size();
    for (std::size_t c = instants_[i].first; c < end; ++c) {
      const Change& change = changes_[c];
      const Variable& variable = variables_[change.var];
      const char* value = values_.data() + change.begin;
      if (variable.width > 0) {
        fstWriterEmitValueChange(context_, variable.handle, value);
      } else {
        fstWriterEmitVariableLengthValueChange(
            context_, variable.handle, value,
            static_cast<std::uint32_t>(change.end - change.begin));
      }
    }
  }
}

/// The library writes the section out at the next time change, which has just come.
void FstWriter::flush_section() {
  flush_due_ = false;
  section_bytes_ = 0;
  std::error_code ignored;
  flushed_ = fs::file_size(file().opened(), ignored);
}

bool FstWriter::commit(std::uint64_t limit) {
  const bool fits = size() <= limit;
  if (fits) {
    emit_pending();
    keep_time();
    // Near the limit it matters how small the section is when compressed.
    const std::uint64_t due = std::min(kSectionBytes, (limit - on_disk()) / 2 + 1);
    if (section_bytes_ >= due && !flush_due_) {
      fstWriterFlushContext(context_);
      flush_due_ = true;
    }
  } else {
    drop_time();
  }
  values_.clear();
  changes_.clear();
  instants_.clear();
  return fits;
}

/// The library does not tell why its file is not whole: whether the disk takes as much as is
/// missing is tried.
void FstWriter::refuse(std::uint64_t bound) const {
  std::error_code error;
  const std::uint64_t there = fs::file_size(file().opened(), error);
  if (error) file().fail("read back", error.value());
  const int disk = ::open(file().opened().c_str(), O_WRONLY | O_CLOEXEC);
  if (disk < 0) file().fail("written", errno);
  const std::uint64_t missing = std::max(kLeastTried, bound - std::min(bound, there));
  const int reason =
      ::posix_fallocate(disk, static_cast<off_t>(there), static_cast<off_t>(missing));
  ::close(disk);
  if (reason != 0) file().fail("written", reason);
  throw UserError(
      fmt::format("{}: file: cannot be written: what the FST library wrote is not whole; a full "
                  "folder for temporary files is one cause",
                  path_.string()));
}

namespace {

/// An FST file is a row of blocks: a byte that says of what kind, then the length of the rest as
/// eight bytes, most significant first, themselves included. The library's reader goes round in
/// circles in a file that is cut off, so the row is followed first.
bool ends_with_a_block(const fs::path& path) {
  constexpr std::uint64_t kLengthBytes = 8;
  std::error_code error;
  const std::uint64_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  std::uint64_t at = 0;
  while (!error && at < size) {
    std::array<unsigned char, 1 + kLengthBytes> start{};
    file.seekg(static_cast<std::streamoff>(at));
    if (!file.read(reinterpret_cast<char*>(start.data()), start.size())) return false;
    std::uint64_t length = 0;
    for (std::size_t i = 1; i < start.size(); ++i) length = length << 8U | start[i];
    if (length < kLengthBytes || length > size - at - 1) return false;
    at += 1 + length;
  }
  return !error && at == size;
}

}  // namespace

void FstWriter::finish() {
  const std::int64_t last = committed_time();
  const std::uint64_t bound = size();
  close();
  // The library tells nothing of a full disk: what it wrote is asked instead.
  void* reader =
      ends_with_a_block(file().opened()) ? fstReaderOpen(file().opened().c_str()) : nullptr;
  const bool whole =
      reader != nullptr && fstReaderGetEndTime(reader) == static_cast<std::uint64_t>(last);
  if (reader != nullptr) fstReaderClose(reader);
  if (!whole) refuse(bound);
  std::error_code ignored;
  flushed_ = fs::file_size(file().opened(), ignored);
  file().take_name();
}

}  // namespace metronome::waveforms
