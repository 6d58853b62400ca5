// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/chrome_trace_writer.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace metronome::waveforms {
namespace {

constexpr std::size_t kFlushAt = std::size_t{1} << 16;
constexpr int kProcessDepth = 2;
constexpr std::int64_t kPicosecondsPerMicrosecond = 1'000'000;

template <typename... Parts>
void append(std::string& out, fmt::format_string<Parts...> format, Parts&&... parts) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Parts>(parts)...);
}

}  // namespace

std::string microseconds(std::int64_t picoseconds) {
  return fmt::format("{}.{:06}", picoseconds / kPicosecondsPerMicrosecond,
                     picoseconds % kPicosecondsPerMicrosecond);
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < ' ') {
      append(out, "\\u{:04x}", static_cast<int>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

ChromeTraceWriter::ChromeTraceWriter(std::unique_ptr<TimelineFile> file,
                                     const TimelineMachine& machine)
    : file_(std::move(file)), clock_(machine.clock_hz) {
  append(buffer_,
         "{{\"displayTimeUnit\": \"ns\",\n\"otherData\": {{\"machine\": {}, \"clock_hz\": {}, "
         "\"note\": {}}},\n\"traceEvents\": [",
         json_text(machine.name), machine.clock_hz, json_text(clock_note(machine)));
}

RowId ChromeTraceWriter::add_row(std::string_view name, RowId parent, std::int64_t rank) {
  const auto id = static_cast<RowId>(rows_.size() + 1);
  Row added;
  added.path = name;
  added.process = id;
  added.rank = rank;
  if (parent != kTop) {
    const Row& above = row(parent);
    added.depth = above.depth + 1;
    if (added.depth >= kProcessDepth) added.process = above.process;
    if (added.depth != kProcessDepth) added.path = above.path + "." + std::string(name);
  }
  rows_.push_back(std::move(added));
  return id;
}

RowId ChromeTraceWriter::add_counter(std::string_view name, std::string_view unit, RowId parent,
                                     std::int64_t rank) {
  return add_row(fmt::format("{} ({})", name, unit), parent, rank);
}

void ChromeTraceWriter::end_event() {
  buffer_ += '}';
  if (buffer_.size() < kFlushAt) return;
  file_->write(buffer_);
  buffer_.clear();
}

void ChromeTraceWriter::metadata(std::string_view what, RowId process, RowId thread,
                                 std::string_view argument, std::string_view value) {
  append(buffer_, "{}\n{{\"ph\":\"M\",\"name\":\"{}\",\"pid\":{},\"tid\":{},\"args\":{{\"{}\":{}}}",
         std::exchange(first_, false) ? "" : ",", what, process, thread, argument, value);
  end_event();
}

/// Rows without anything on them are not told.
void ChromeTraceWriter::tell_row(RowId id) {
  Row& thread = row(id);
  if (thread.told) return;
  thread.told = true;
  Row& process = row(thread.process);
  if (!process.process_told) {
    process.process_told = true;
    metadata("process_name", thread.process, thread.process, "name", json_text(process.path));
    metadata("process_sort_index", thread.process, thread.process, "sort_index",
             std::to_string(process.rank));
  }
  metadata("thread_name", thread.process, id, "name", json_text(thread.path));
  metadata("thread_sort_index", thread.process, id, "sort_index", std::to_string(thread.rank));
}

void ChromeTraceWriter::begin_event(std::string_view phase, RowId id, std::string_view name,
                                    std::int64_t cycle) {
  tell_row(id);
  append(buffer_, "{}\n{{\"ph\":\"{}\",\"name\":{},\"pid\":{},\"tid\":{},\"ts\":{}",
         std::exchange(first_, false) ? "" : ",", phase, json_text(name), row(id).process, id,
         microseconds(clock_.start_ps(cycle)));
}

void ChromeTraceWriter::add_arguments(const Slice& s) {
  append(buffer_, ",\"args\":{{\"cycle\":{},\"cycles\":{}", s.cycle, s.cycles);
  for (const Argument& a : s.arguments) {
    append(buffer_, ",{}:", json_text(a.name));
    if (const auto* integer = std::get_if<std::int64_t>(&a.value)) {
      append(buffer_, "{}", *integer);
    } else {
      buffer_ += json_text(std::get<std::string_view>(a.value));
    }
  }
  buffer_ += '}';
}

void ChromeTraceWriter::add_arrow_end(const Slice& s, const Input& input) {
  begin_event("f", s.row, "value", s.cycle);
  append(buffer_,
         ",\"bp\":\"e\",\"cat\":\"stream\",\"id\":{},\"args\":{{\"stream\":{},\"visible\":{},"
         "\"taken\":{},\"hops\":{}}}",
         input.flow, json_text(stream_name(input)), input.visible, input.taken, input.hops());
  end_event();
}

void ChromeTraceWriter::slice(const Slice& s) {
  begin_event("X", s.row, s.name, s.cycle);
  append(buffer_, ",\"dur\":{},\"cat\":{}",
         microseconds(clock_.start_ps(s.cycle + s.cycles) - clock_.start_ps(s.cycle)),
         json_text(s.category));
  add_arguments(s);
  end_event();
  for (const std::uint64_t flow : s.outputs) {
    begin_event("s", s.row, "value", s.cycle);
    append(buffer_, ",\"cat\":\"stream\",\"id\":{}", flow);
    end_event();
  }
  for (const Input& input : s.inputs) add_arrow_end(s, input);
}

void ChromeTraceWriter::value(RowId counter, std::int64_t cycle, std::int64_t value) {
  begin_event("C", counter, row(counter).path, cycle);
  append(buffer_, ",\"args\":{{\"value\":{}}}", value);
  end_event();
}

void ChromeTraceWriter::note(std::int64_t cycle, std::string_view text) {
  begin_event("i", add_row("notes", kTop, 0), text, cycle);
  buffer_ += ",\"s\":\"g\"";
  end_event();
}

void ChromeTraceWriter::finish() {
  buffer_ += "\n]}\n";
  file_->write(buffer_);
  buffer_.clear();
  file_->finish();
}

}  // namespace metronome::waveforms
