// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/gguf.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <boost/endian/conversion.hpp>
#include <set>

#include "runtime/model_files/gguf_types.h"
#include "runtime/tokenizers/byte_reader.h"
#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {
namespace {

constexpr std::uint64_t kMaxKeys = 65536;
constexpr std::uint64_t kMaxTensors = 65536;
constexpr std::uint64_t kMaxKeyBytes = 65535;  // set by the format
constexpr std::uint64_t kMaxNameBytes = 64;    // set by the format
constexpr std::uint32_t kMaxAxes = 4;          // set by the format
constexpr std::uint64_t kMaxAlignment = 1U << 20U;
constexpr std::uint64_t kDefaultAlignment = 32;  // set by the format

struct Header {
  std::uint64_t tensors;
  std::uint64_t keys;
};

Header read_header(ByteReader& in) {
  if (in.text(4, "magic") != "GGUF") refuse(in.source(), "magic", "not a GGUF file");
  const std::uint32_t version = in.u32("version");
  if (version != 2 && version != 3) {
    const std::uint32_t swapped = boost::endian::endian_reverse(version);
    if (swapped <= 0xFFFF && version > 0xFFFF) {
      refuse(in.source(), "version",
             fmt::format("byte order: the file is big-endian (version {}), only little-endian is "
                         "read",
                         swapped));
    }
    refuse(in.source(), "version", fmt::format("found {}, supported are 2 and 3", version));
  }
  Header header{};
  header.tensors = in.u64("tensor count");
  header.keys = in.u64("key count");
  if (header.tensors > kMaxTensors) {
    refuse(in.source(), "tensor count",
           fmt::format("found {}, limit {}", header.tensors, kMaxTensors));
  }
  if (header.keys > kMaxKeys) {
    refuse(in.source(), "key count", fmt::format("found {}, limit {}", header.keys, kMaxKeys));
  }
  return header;
}

GgufType read_type(ByteReader& in, std::string_view key) {
  const std::uint32_t type = in.u32(key);
  if (type > static_cast<std::uint32_t>(GgufType::kF64)) {
    refuse(in.source(), key,
           fmt::format("value type {} at offset {} is unknown, limit 12", type, in.offset() - 4));
  }
  return static_cast<GgufType>(type);
}

void read_array(ByteReader& in, std::string_view key, GgufValue& value) {
  value.element = read_type(in, key);
  value.count = in.u64(key);
  const std::uint64_t width = gguf_width(value.element);
  if (value.element == GgufType::kArray) refuse(in.source(), key, "an array of arrays is not read");
  const std::uint64_t start = in.offset();
  if (width > 0) {
    if (value.count > in.remaining() / width) {
      refuse(in.source(), key,
             fmt::format("file is truncated: {} elements of {} bytes wanted at offset {}, {} bytes "
                         "left",
                         value.count, width, start, in.remaining()));
    }
    value.data = in.bytes(value.count * width, key);
    return;
  }
  ByteReader strings = in;
  for (std::uint64_t i = 0; i < value.count; ++i) strings.bytes(strings.u64(key), key);
  value.data = in.bytes(strings.offset() - start, key);
}

GgufValue read_value(ByteReader& in, std::string_view key) {
  GgufValue value;
  value.type = read_type(in, key);
  const auto whole = [&](auto number) {
    value.whole = static_cast<std::uint64_t>(static_cast<std::int64_t>(number));
  };
  switch (value.type) {
    case GgufType::kU8:
      whole(in.u8(key));
      break;
    case GgufType::kBool:
      whole(in.u8(key));
      if (value.whole > 1) {
        refuse(in.source(), key, fmt::format("a bool is 0 or 1, found {}", value.whole));
      }
      break;
    case GgufType::kI8:
      whole(static_cast<std::int8_t>(in.u8(key)));
      break;
    case GgufType::kU16:
      whole(in.u16(key));
      break;
    case GgufType::kI16:
      whole(static_cast<std::int16_t>(in.u16(key)));
      break;
    case GgufType::kU32:
      whole(in.u32(key));
      break;
    case GgufType::kI32:
      whole(in.i32(key));
      break;
    case GgufType::kU64:
    case GgufType::kI64:
      value.whole = in.u64(key);
      break;
    case GgufType::kF32:
      value.real = in.f32(key);
      break;
    case GgufType::kF64:
      value.real = in.f64(key);
      break;
    case GgufType::kString:
      value.text = in.text(in.u64(key), key);
      break;
    case GgufType::kArray:
      read_array(in, key, value);
      break;
  }
  return value;
}

std::map<std::string_view, GgufValue> read_metadata(ByteReader& in, std::uint64_t count) {
  std::map<std::string_view, GgufValue> metadata;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::string field = fmt::format("metadata key {} of {}", i + 1, count);
    const std::uint64_t length = in.u64(field);
    if (length > kMaxKeyBytes) {
      refuse(in.source(), field, fmt::format("name of {} bytes, limit {}", length, kMaxKeyBytes));
    }
    const std::string_view key = in.text(length, field);
    const std::string shown_key = printable(key);
    if (!metadata.emplace(key, read_value(in, shown_key)).second) {
      refuse(in.source(), shown_key, "the metadata key appears twice");
    }
  }
  return metadata;
}

TensorInfo read_tensor(ByteReader& in, const std::string& field) {
  TensorInfo tensor;
  const std::uint64_t length = in.u64(field);
  if (length > kMaxNameBytes) {
    refuse(in.source(), field, fmt::format("name of {} bytes, limit {}", length, kMaxNameBytes));
  }
  tensor.name = std::string(in.text(length, field));
  const std::string name = printable(tensor.name);
  const std::uint32_t axes = in.u32(name);
  if (axes > kMaxAxes) refuse(in.source(), name, fmt::format("{} axes, limit {}", axes, kMaxAxes));
  for (std::uint32_t axis = 0; axis < axes; ++axis) tensor.shape.push_back(in.u64(name));
  std::ranges::reverse(tensor.shape);  // the file lists the fastest axis first
  const std::uint32_t type = in.u32(name);
  const GgufTensorType* layout = gguf_tensor_type(type);
  if (layout == nullptr) {
    refuse(in.source(), name,
           fmt::format("tensor type {} is unknown, readable are {}", type, kReadableTypes));
  }
  tensor.type_name = layout->name;
  tensor.type = layout->element;
  tensor.offset = in.u64(name);
  const auto bytes = stored_bytes(tensor.shape, layout->values, layout->bytes);
  if (!bytes) {
    refuse(in.source(), name,
           fmt::format("shape {} is not whole blocks of {} {} values or overflows",
                       shape_text(tensor.shape), layout->values, layout->name));
  }
  tensor.bytes = *bytes;
  return tensor;
}

std::uint64_t read_alignment(const std::map<std::string_view, GgufValue>& metadata,
                             const std::string& source) {
  const auto found = metadata.find("general.alignment");
  if (found == metadata.end()) return kDefaultAlignment;
  const GgufValue& value = found->second;
  if (value.type != GgufType::kU32 && value.type != GgufType::kU64) {
    refuse(source, "general.alignment", "an unsigned 32-bit number wanted");
  }
  if (!std::has_single_bit(value.whole) || value.whole > kMaxAlignment) {
    refuse(source, "general.alignment",
           fmt::format("a power of two wanted, found {}, limit {}", value.whole, kMaxAlignment));
  }
  return value.whole;
}

// From offsets in the data section to offsets in the file, in file order so that a cut file is
// reported by the first tensor that is not whole.
void place_tensors(std::vector<TensorInfo>& tensors, const SharedFile& file,
                   std::uint64_t data_start, std::uint64_t alignment) {
  const std::uint64_t file_bytes = file->bytes().size();
  const std::uint64_t data_bytes = file_bytes > data_start ? file_bytes - data_start : 0;
  std::vector<TensorInfo*> order;
  order.reserve(tensors.size());
  for (TensorInfo& tensor : tensors) order.push_back(&tensor);
  std::ranges::stable_sort(order, {}, [](const TensorInfo* tensor) { return tensor->offset; });
  for (TensorInfo* tensor : order) {
    const std::string name = printable(tensor->name);
    if (tensor->offset % alignment != 0) {
      refuse(file->name(), name,
             fmt::format("offset {} is not a multiple of the alignment {}", tensor->offset,
                         alignment));
    }
    if (tensor->offset > data_bytes || tensor->bytes > data_bytes - tensor->offset) {
      refuse(file->name(), name,
             fmt::format("tensor out of bounds: {} bytes at data offset {}, the file holds {} data "
                         "bytes; truncated?",
                         tensor->bytes, tensor->offset, data_bytes));
    }
    tensor->offset += data_start;
    tensor->file = file;
  }
}

}  // namespace

GgufFile::GgufFile(const std::filesystem::path& path) : file_(map_file(path)) {
  ByteReader in(file_->bytes(), file_->name());
  const Header header = read_header(in);
  metadata_ = read_metadata(in, header.keys);
  const std::uint64_t alignment = read_alignment(metadata_, name());
  std::set<std::string_view> names;
  for (std::uint64_t i = 0; i < header.tensors; ++i) {
    tensors_.push_back(read_tensor(in, fmt::format("tensor {} of {}", i + 1, header.tensors)));
  }
  for (const TensorInfo& tensor : tensors_) {
    if (!names.insert(tensor.name).second) {
      refuse(name(), printable(tensor.name), "the tensor name appears twice");
    }
  }
  const std::uint64_t data_start = (in.offset() + alignment - 1) / alignment * alignment;
  place_tensors(tensors_, file_, data_start, alignment);
  refuse_overlaps(tensors_, name());
}

}  // namespace metronome::runtime
