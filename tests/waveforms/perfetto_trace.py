# SPDX-License-Identifier: Apache-2.0
"""A timeline as Perfetto's published messages read it: tracks, slices, counters, arrows."""

import dataclasses

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as messages

BEGIN = messages.TrackEvent.TYPE_SLICE_BEGIN
END = messages.TrackEvent.TYPE_SLICE_END
INSTANT = messages.TrackEvent.TYPE_INSTANT
COUNTER = messages.TrackEvent.TYPE_COUNTER
CLEARED = messages.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
NEEDS_STATE = messages.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE


@dataclasses.dataclass
class Slice:
    track: str
    name: str
    category: str
    begin_ns: int
    end_ns: int
    arguments: dict
    outputs: list
    inputs: list

    @property
    def cycle(self):
        return self.arguments["cycle"]

    @property
    def cycles(self):
        return self.arguments["cycles"]


class Texts:
    """What the packets of a sequence name by number."""

    def __init__(self):
        self.categories, self.names, self.arguments, self.values = {}, {}, {}, {}

    def learn(self, data):
        for entry in data.event_categories:
            self.categories[entry.iid] = entry.name
        for entry in data.event_names:
            self.names[entry.iid] = entry.name
        for entry in data.debug_annotation_names:
            self.arguments[entry.iid] = entry.name
        for entry in data.debug_annotation_string_values:
            self.values[entry.iid] = entry.str.decode()

    def name_of(self, annotation):
        iid = annotation.name_iid
        return self.arguments[iid] if iid else annotation.name

    def value_of(self, annotation):
        if annotation.array_values:
            return [self.value_of(value) for value in annotation.array_values]
        if annotation.dict_entries:
            return {self.name_of(e): self.value_of(e) for e in annotation.dict_entries}
        kind = annotation.WhichOneof("value")
        if kind == "string_value_iid":
            return self.values[annotation.string_value_iid]
        return getattr(annotation, kind)


class PerfettoTrace:
    def __init__(self, data):
        trace = messages.Trace()
        trace.ParseFromString(data)
        self.tracks, self.ranks, self.units = {}, {}, {}
        self.slices, self.counters, self.notes = [], {}, []
        self.description = ""
        texts, open_slices = None, {}
        for packet in trace.packet:
            if packet.sequence_flags & CLEARED:
                texts = Texts()
            if packet.HasField("interned_data"):
                texts.learn(packet.interned_data)
            if packet.HasField("track_descriptor"):
                self.describe(packet.track_descriptor)
            if packet.HasField("track_event"):
                assert packet.sequence_flags & NEEDS_STATE
                self.event(packet.timestamp, packet.track_event, texts, open_slices)
        assert not open_slices, "every slice ends"

    def describe(self, track):
        assert track.uuid not in self.tracks, "every track has a number of its own"
        parent = self.tracks[track.parent_uuid] + "." if track.parent_uuid else ""
        self.tracks[track.uuid] = parent + track.name
        self.ranks[track.uuid] = track.sibling_order_rank
        self.description = self.description or track.description
        if track.HasField("counter"):
            self.units[track.uuid] = track.counter.unit_name

    def event(self, timestamp, event, texts, open_slices):
        track = self.tracks[event.track_uuid]
        if event.type == COUNTER:
            assert event.track_uuid in self.units
            self.counters.setdefault(track, []).append((timestamp, event.counter_value))
        elif event.type == INSTANT:
            self.notes.append(event.name)
        elif event.type == BEGIN:
            assert event.track_uuid not in open_slices, "slices are told one after the other"
            arguments = {texts.name_of(a): texts.value_of(a) for a in event.debug_annotations}
            open_slices[event.track_uuid] = Slice(
                track, texts.names[event.name_iid], texts.categories[event.category_iids[0]],
                timestamp, -1, arguments, list(event.flow_ids), list(event.terminating_flow_ids))
        else:
            assert event.type == END
            ended = open_slices.pop(event.track_uuid)
            ended.end_ns = timestamp
            self.slices.append(ended)

    def of(self, category):
        return [s for s in self.slices if s.category == category]

    def counted(self, counter):
        return sum(value for _, value in self.counters.get(counter, []))
