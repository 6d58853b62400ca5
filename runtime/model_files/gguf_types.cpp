// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/gguf_types.h"

#include <algorithm>
#include <array>

namespace metronome::runtime {
namespace {

constexpr std::optional<ElementType> kUnreadable = std::nullopt;

constexpr std::array<GgufTensorType, 32> kTensorTypes = {{
    {0, "F32", 1, 4, ElementType::kF32},
    {1, "F16", 1, 2, ElementType::kF16},
    {2, "Q4_0", 32, 18, ElementType::kQ4_0},
    {3, "Q4_1", 32, 20, kUnreadable},
    {6, "Q5_0", 32, 22, kUnreadable},
    {7, "Q5_1", 32, 24, kUnreadable},
    {8, "Q8_0", 32, 34, ElementType::kQ8_0},
    {9, "Q8_1", 32, 36, kUnreadable},
    {10, "Q2_K", 256, 84, kUnreadable},
    {11, "Q3_K", 256, 110, kUnreadable},
    {12, "Q4_K", 256, 144, ElementType::kQ4_K},
    {13, "Q5_K", 256, 176, kUnreadable},
    {14, "Q6_K", 256, 210, ElementType::kQ6_K},
    {15, "Q8_K", 256, 292, kUnreadable},
    {16, "IQ2_XXS", 256, 66, kUnreadable},
    {17, "IQ2_XS", 256, 74, kUnreadable},
    {18, "IQ3_XXS", 256, 98, kUnreadable},
    {19, "IQ1_S", 256, 50, kUnreadable},
    {20, "IQ4_NL", 32, 18, kUnreadable},
    {21, "IQ3_S", 256, 110, kUnreadable},
    {22, "IQ2_S", 256, 82, kUnreadable},
    {23, "IQ4_XS", 256, 136, kUnreadable},
    {24, "I8", 1, 1, kUnreadable},
    {25, "I16", 1, 2, kUnreadable},
    {26, "I32", 1, 4, kUnreadable},
    {27, "I64", 1, 8, kUnreadable},
    {28, "F64", 1, 8, kUnreadable},
    {29, "IQ1_M", 256, 56, kUnreadable},
    {30, "BF16", 1, 2, ElementType::kBf16},
    {34, "TQ1_0", 256, 54, kUnreadable},
    {35, "TQ2_0", 256, 66, kUnreadable},
    {39, "MXFP4", 32, 17, kUnreadable},
}};

}  // namespace

std::uint64_t gguf_width(GgufType type) {
  switch (type) {
    case GgufType::kU8:
    case GgufType::kI8:
    case GgufType::kBool:
      return 1;
    case GgufType::kU16:
    case GgufType::kI16:
      return 2;
    case GgufType::kU32:
    case GgufType::kI32:
    case GgufType::kF32:
      return 4;
    case GgufType::kU64:
    case GgufType::kI64:
    case GgufType::kF64:
      return 8;
    case GgufType::kString:
    case GgufType::kArray:
      return 0;
  }
  return 0;
}

const char* gguf_type_name(GgufType type) {
  switch (type) {
    case GgufType::kU8:
      return "u8";
    case GgufType::kI8:
      return "i8";
    case GgufType::kU16:
      return "u16";
    case GgufType::kI16:
      return "i16";
    case GgufType::kU32:
      return "u32";
    case GgufType::kI32:
      return "i32";
    case GgufType::kF32:
      return "f32";
    case GgufType::kBool:
      return "bool";
    case GgufType::kString:
      return "string";
    case GgufType::kArray:
      return "array";
    case GgufType::kU64:
      return "u64";
    case GgufType::kI64:
      return "i64";
    case GgufType::kF64:
      return "f64";
  }
  return "unknown";
}

const GgufTensorType* gguf_tensor_type(std::uint32_t id) {
  const auto* found = std::ranges::find(kTensorTypes, id, &GgufTensorType::id);
  return found == kTensorTypes.end() ? nullptr : found;
}

}  // namespace metronome::runtime
