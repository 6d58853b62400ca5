// SPDX-License-Identifier: Apache-2.0
#include "waveforms/timeline/track_event_writer.h"

#include <protozero/pbf_writer.hpp>
#include <utility>

namespace metronome::waveforms {
namespace {

using protozero::pbf_writer;

// Field numbers of Perfetto's messages, of protos/perfetto/trace/ and below.
namespace packet {
enum : std::uint32_t {
  kTimestamp = 8,
  kSequence = 10,
  kTrackEvent = 11,
  kInternedData = 12,
  kSequenceFlags = 13,
  kTrackDescriptor = 60,
  kFirstOnSequence = 87
};
}  // namespace packet
namespace descriptor {
enum : std::uint32_t {
  kUuid = 1,
  kName = 2,
  kParent = 5,
  kCounter = 8,
  kChildOrdering = 11,
  kRank = 12,
  kDescription = 14
};
}  // namespace descriptor
namespace event {
enum : std::uint32_t {
  kCategoryNumber = 3,
  kArguments = 4,
  kType = 9,
  kNameNumber = 10,
  kTrack = 11,
  kCategory = 22,
  kName = 23,
  kCounterValue = 30,
  kFlows = 47,
  kEndingFlows = 48
};
}  // namespace event
namespace argument {
enum : std::uint32_t {
  kNameNumber = 1,
  kInteger = 4,
  kText = 6,
  kName = 10,
  kDictionary = 11,
  kArray = 12,
  kTextNumber = 17
};
}  // namespace argument

constexpr std::uint32_t kTracePacket = 1;
constexpr std::uint32_t kCounterUnitName = 6;
constexpr std::uint32_t kInternedNumber = 1;
constexpr std::uint32_t kInternedText = 2;
constexpr std::uint32_t kInternedKinds[] = {1, 2, 3, 29};  // by Kind
constexpr std::uint32_t kOnlySequence = 1;
constexpr std::uint32_t kStateCleared = 1;
constexpr std::uint32_t kNeedsState = 2;
constexpr std::int32_t kExplicitOrder = 3;
constexpr std::int32_t kBegin = 1;
constexpr std::int32_t kEnd = 2;
constexpr std::int32_t kInstant = 3;
constexpr std::int32_t kCounterEvent = 4;
constexpr std::size_t kFlushAt = std::size_t{1} << 16;

}  // namespace

TrackEventWriter::TrackEventWriter(std::unique_ptr<TimelineFile> file,
                                   const TimelineMachine& machine)
    : file_(std::move(file)), machine_(machine), clock_(machine.clock_hz) {
  std::string first;
  pbf_writer message(first);
  message.add_uint32(packet::kSequence, kOnlySequence);
  message.add_uint32(packet::kSequenceFlags, kStateCleared);
  message.add_bool(packet::kFirstOnSequence, true);
  put(first);
}

void TrackEventWriter::put(std::string_view packet) {
  pbf_writer(buffer_).add_message(kTracePacket, packet.data(), packet.size());
  if (buffer_.size() < kFlushAt) return;
  file_->write(buffer_);
  buffer_.clear();
}

void TrackEventWriter::describe(RowId row, std::string_view name, RowId parent, std::int64_t rank,
                                std::string_view description, const std::string* counter) {
  std::string text;
  pbf_writer track(text);
  track.add_uint64(descriptor::kUuid, row);
  track.add_string(descriptor::kName, name.data(), name.size());
  if (parent != kTop) track.add_uint64(descriptor::kParent, parent);
  if (counter != nullptr) {
    track.add_message(descriptor::kCounter, *counter);
  } else {
    track.add_enum(descriptor::kChildOrdering, kExplicitOrder);
  }
  track.add_int32(descriptor::kRank, static_cast<std::int32_t>(rank));
  if (!description.empty()) {
    track.add_string(descriptor::kDescription, description.data(), description.size());
  }
  std::string whole;
  pbf_writer message(whole);
  message.add_uint32(packet::kSequence, kOnlySequence);
  message.add_message(packet::kTrackDescriptor, text);
  put(whole);
}

RowId TrackEventWriter::add_row(std::string_view name, RowId parent, std::int64_t rank) {
  describe(++rows_, name, parent, rank, parent == kTop ? clock_note(machine_) : "", nullptr);
  return rows_;
}

RowId TrackEventWriter::add_counter(std::string_view name, std::string_view unit, RowId parent,
                                    std::int64_t rank) {
  std::string counter;
  pbf_writer(counter).add_string(kCounterUnitName, unit.data(), unit.size());
  describe(++rows_, name, parent, rank, "", &counter);
  return rows_;
}

/// 0: there are too many already.
std::uint64_t TrackEventWriter::number_of(Kind kind, std::string_view text) {
  const auto which = static_cast<std::size_t>(kind);
  Texts& texts = texts_[which];
  const auto found = texts.find(text);
  if (found != texts.end()) return found->second;
  if (texts.size() == kMostTexts) return 0;
  const std::uint64_t number = texts.size() + 1;
  texts.emplace(text, number);
  pbf_writer data(interned_);
  pbf_writer entry(data, kInternedKinds[which]);
  entry.add_uint64(kInternedNumber, number);
  entry.add_string(kInternedText, text.data(), text.size());
  return number;
}

void TrackEventWriter::add_name(Kind kind, std::uint32_t number_tag, std::uint32_t text_tag,
                                std::string_view text, std::string& out) {
  const std::uint64_t number = number_of(kind, text);
  pbf_writer message(out);
  if (number != 0) {
    message.add_uint64(number_tag, number);
  } else {
    message.add_string(text_tag, text.data(), text.size());
  }
}

void TrackEventWriter::add_argument(const Argument& a, std::uint32_t tag, std::string& out) {
  std::string message;  // short: needs no memory of its own
  add_name(Kind::kArgument, argument::kNameNumber, argument::kName, a.name, message);
  if (const auto* integer = std::get_if<std::int64_t>(&a.value)) {
    pbf_writer(message).add_int64(argument::kInteger, *integer);
  } else {
    add_name(Kind::kText, argument::kTextNumber, argument::kText,
             std::get<std::string_view>(a.value), message);
  }
  pbf_writer(out).add_message(tag, message);
}

/// `inputs`: a list of what is taken, each with the number of its arrow.
void TrackEventWriter::add_inputs(std::span<const Input> inputs) {
  std::string list;
  add_name(Kind::kArgument, argument::kNameNumber, argument::kName, "inputs", list);
  std::string entry;
  for (const Input& input : inputs) {
    entry.clear();
    const std::string stream = stream_name(input);
    for (const Argument& a : {Argument{"stream", std::string_view(stream)},
                              {"visible", input.visible},
                              {"taken", input.taken},
                              {"hops", input.hops()},
                              {"flow", static_cast<std::int64_t>(input.flow)}}) {
      add_argument(a, argument::kDictionary, entry);
    }
    pbf_writer(list).add_message(argument::kArray, entry);
  }
  pbf_writer(event_).add_message(event::kArguments, list);
}

/// The event that was made, with the texts that it is the first to name.
void TrackEventWriter::put_event(std::int64_t cycle) {
  std::string whole;
  pbf_writer message(whole);
  message.add_uint64(packet::kTimestamp, static_cast<std::uint64_t>(clock_.start_ns(cycle)));
  message.add_uint32(packet::kSequence, kOnlySequence);
  message.add_uint32(packet::kSequenceFlags, kNeedsState);
  if (!interned_.empty()) message.add_message(packet::kInternedData, interned_);
  message.add_message(packet::kTrackEvent, event_);
  put(whole);
  event_.clear();
  interned_.clear();
}

void TrackEventWriter::slice(const Slice& s) {
  pbf_writer begin(event_);
  begin.add_enum(event::kType, kBegin);
  begin.add_uint64(event::kTrack, s.row);
  add_name(Kind::kCategory, event::kCategoryNumber, event::kCategory, s.category, event_);
  add_name(Kind::kName, event::kNameNumber, event::kName, s.name, event_);
  add_argument({"cycle", s.cycle}, event::kArguments, event_);
  add_argument({"cycles", s.cycles}, event::kArguments, event_);
  for (const Argument& a : s.arguments) add_argument(a, event::kArguments, event_);
  if (!s.inputs.empty()) add_inputs(s.inputs);
  for (const std::uint64_t flow : s.outputs) begin.add_fixed64(event::kFlows, flow);
  for (const Input& input : s.inputs) begin.add_fixed64(event::kEndingFlows, input.flow);
  put_event(s.cycle);
  pbf_writer end(event_);
  end.add_enum(event::kType, kEnd);
  end.add_uint64(event::kTrack, s.row);
  put_event(s.cycle + s.cycles);
}

void TrackEventWriter::value(RowId counter, std::int64_t cycle, std::int64_t value) {
  pbf_writer message(event_);
  message.add_enum(event::kType, kCounterEvent);
  message.add_uint64(event::kTrack, counter);
  message.add_int64(event::kCounterValue, value);
  put_event(cycle);
}

void TrackEventWriter::note(std::int64_t cycle, std::string_view text) {
  const RowId row = add_row("notes", kTop, 0);
  pbf_writer message(event_);
  message.add_enum(event::kType, kInstant);
  message.add_uint64(event::kTrack, row);
  message.add_string(event::kName, text.data(), text.size());
  put_event(cycle);
}

void TrackEventWriter::finish() {
  file_->write(buffer_);
  buffer_.clear();
  file_->finish();
}

}  // namespace metronome::waveforms
