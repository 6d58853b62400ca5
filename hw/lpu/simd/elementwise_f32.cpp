// SPDX-License-Identifier: Apache-2.0
// fp32 kernels of elementwise.h. Each follows the operation sequence of functions.cpp in
// hw/isa/numerics step by step; no fused multiply-add, since that would change bits.
#include "hw/isa/numerics/function_coefficients.h"
#include "hw/isa/numerics/functions.h"
#include "hw/lpu/simd/elementwise.h"
#include "hw/lpu/simd/elementwise_operations.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "hw/lpu/simd/elementwise_f32.cpp"
#include <hwy/foreach_target.h>  // must precede highway.h
#include <hwy/highway.h>

#include "hw/lpu/simd/loops_inl.h"

HWY_BEFORE_NAMESPACE();
namespace metronome::lpu::simd::HWY_NAMESPACE {
namespace {

struct Add {
  HWY_INLINE VF32 operator()(VF32 a, VF32 b) const { return canonical(hn::Add(a, b)); }
};

struct Subtract {
  HWY_INLINE VF32 operator()(VF32 a, VF32 b) const { return canonical(hn::Sub(a, b)); }
};

struct Multiply {
  HWY_INLINE VF32 operator()(VF32 a, VF32 b) const { return canonical(hn::Mul(a, b)); }
};

// A comparison with NaN is false and chooses b: that keeps a NaN in b; one in a is put back.
struct Max {
  HWY_INLINE VF32 operator()(VF32 a, VF32 b) const {
    const VF32 chosen = hn::IfThenElse(hn::Gt(a, b), a, b);
    return canonical(hn::IfThenElse(hn::Eq(a, a), chosen, a));
  }
};

struct Min {
  HWY_INLINE VF32 operator()(VF32 a, VF32 b) const {
    const VF32 chosen = hn::IfThenElse(hn::Lt(a, b), a, b);
    return canonical(hn::IfThenElse(hn::Eq(a, a), chosen, a));
  }
};

template <class Op>
struct WithScalar {
  float b;
  HWY_INLINE VF32 operator()(VF32 a) const { return Op()(a, hn::Set(F32(), b)); }
};

struct Relu {
  HWY_INLINE VF32 operator()(VF32 x) const {
    return canonical(hn::IfThenElse(hn::Le(x, hn::Zero(F32())), hn::Zero(F32()), x));
  }
};

struct Negate {
  HWY_INLINE VF32 operator()(VF32 x) const { return hn::Xor(x, hn::SignBit(F32())); }
};

template <size_t kTerms>
HWY_INLINE VF32 polynomial(const std::array<float, kTerms>& coefficients, VF32 x) {
  VF32 p = hn::Set(F32(), coefficients[0]);
  for (size_t i = 1; i < kTerms; ++i) {
    p = hn::Add(hn::Mul(p, x), hn::Set(F32(), coefficients[i]));
  }
  return p;
}

struct Exp {
  HWY_INLINE VF32 operator()(VF32 x) const {
    using namespace numerics;
    const F32 d;
    const U32 du;
    const VF32 units = hn::Set(d, kRoundToUnits);
    const VF32 shifted = hn::Add(hn::Mul(x, hn::Set(d, kLog2E)), units);
    const VF32 n = hn::Sub(shifted, units);
    const VF32 high = hn::Sub(x, hn::Mul(n, hn::Set(d, kLn2High)));
    const VF32 r = hn::Sub(high, hn::Mul(n, hn::Set(d, kLn2Low)));
    const VF32 p = polynomial(kExpPolynomial, r);
    const VF32 tail = hn::Add(hn::Mul(hn::Mul(r, r), p), r);
    const VF32 mantissa = hn::Add(tail, hn::Set(d, 1.0F));
    const VU32 exponent = hn::ShiftLeft<23>(hn::BitCast(du, shifted));
    VF32 y = hn::BitCast(d, hn::Add(hn::BitCast(du, mantissa), exponent));
    y = hn::IfThenElse(hn::Gt(x, hn::Set(d, kExpHighest)), hn::Inf(d), y);
    y = hn::IfThenElse(hn::Lt(x, hn::Set(d, kExpLowest)), hn::Zero(d), y);
    return canonical(hn::IfThenElse(hn::Eq(x, x), y, x));
  }
};

struct Tanh {
  HWY_INLINE VF32 operator()(VF32 x) const {
    using namespace numerics;
    const F32 d;
    const VF32 one = hn::Set(d, 1.0F);
    const VF32 magnitude = hn::Abs(x);
    const VF32 square = hn::Mul(magnitude, magnitude);
    const VF32 p = hn::Mul(square, polynomial(kTanhPolynomial, square));
    const VF32 near_zero = hn::Add(hn::Mul(magnitude, p), magnitude);
    const VF32 e = Exp()(hn::Add(magnitude, magnitude));
    const VF32 beyond = hn::Sub(one, hn::Div(hn::Set(d, 2.0F), hn::Add(e, one)));
    const auto is_near = hn::Lt(magnitude, hn::Set(d, kTanhPolynomialLimit));
    const VF32 y = hn::Or(hn::IfThenElse(is_near, near_zero, beyond), hn::And(x, hn::SignBit(d)));
    return canonical(y);
  }
};

struct Rsqrt {
  HWY_INLINE VF32 operator()(VF32 x) const {
    return canonical(hn::Div(hn::Set(F32(), 1.0F), hn::Sqrt(x)));
  }
};

void binary_f32(BinaryF32 operation, const float* a, const float* b, float* out, size_t n) {
  switch (operation) {
    case BinaryF32::kAdd:
      return map_2(a, b, out, n, Add());
    case BinaryF32::kSubtract:
      return map_2(a, b, out, n, Subtract());
    case BinaryF32::kMultiply:
      return map_2(a, b, out, n, Multiply());
    case BinaryF32::kMax:
      return map_2(a, b, out, n, Max());
    case BinaryF32::kMin:
      return map_2(a, b, out, n, Min());
  }
}

void scalar_f32(BinaryF32 operation, const float* a, float b, float* out, size_t n) {
  switch (operation) {
    case BinaryF32::kAdd:
      return map_1(a, out, n, WithScalar<Add>{b});
    case BinaryF32::kSubtract:
      return map_1(a, out, n, WithScalar<Subtract>{b});
    case BinaryF32::kMultiply:
      return map_1(a, out, n, WithScalar<Multiply>{b});
    case BinaryF32::kMax:
      return map_1(a, out, n, WithScalar<Max>{b});
    case BinaryF32::kMin:
      return map_1(a, out, n, WithScalar<Min>{b});
  }
}

void unary_f32(UnaryF32 operation, const float* a, float* out, size_t n) {
  switch (operation) {
    case UnaryF32::kRelu:
      return map_1(a, out, n, Relu());
    case UnaryF32::kNegate:
      return map_1(a, out, n, Negate());
    case UnaryF32::kExp:
      return map_1(a, out, n, Exp());
    case UnaryF32::kTanh:
      return map_1(a, out, n, Tanh());
    case UnaryF32::kRsqrt:
      return map_1(a, out, n, Rsqrt());
  }
}

}  // namespace
}  // namespace metronome::lpu::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace metronome::lpu::simd {
namespace {

HWY_EXPORT(binary_f32);
HWY_EXPORT(scalar_f32);
HWY_EXPORT(unary_f32);

}  // namespace

void add_f32(const float* a, const float* b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_f32)(BinaryF32::kAdd, a, b, out, n);
}
void subtract_f32(const float* a, const float* b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_f32)(BinaryF32::kSubtract, a, b, out, n);
}
void multiply_f32(const float* a, const float* b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_f32)(BinaryF32::kMultiply, a, b, out, n);
}
void max_f32(const float* a, const float* b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_f32)(BinaryF32::kMax, a, b, out, n);
}
void min_f32(const float* a, const float* b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(binary_f32)(BinaryF32::kMin, a, b, out, n);
}

void add_scalar_f32(const float* a, float b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(scalar_f32)(BinaryF32::kAdd, a, b, out, n);
}
void subtract_scalar_f32(const float* a, float b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(scalar_f32)(BinaryF32::kSubtract, a, b, out, n);
}
void multiply_scalar_f32(const float* a, float b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(scalar_f32)(BinaryF32::kMultiply, a, b, out, n);
}
void max_scalar_f32(const float* a, float b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(scalar_f32)(BinaryF32::kMax, a, b, out, n);
}
void min_scalar_f32(const float* a, float b, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(scalar_f32)(BinaryF32::kMin, a, b, out, n);
}

void relu_f32(const float* a, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(unary_f32)(UnaryF32::kRelu, a, out, n);
}
void negate_f32(const float* a, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(unary_f32)(UnaryF32::kNegate, a, out, n);
}
void exp_f32(const float* a, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(unary_f32)(UnaryF32::kExp, a, out, n);
}
void tanh_f32(const float* a, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(unary_f32)(UnaryF32::kTanh, a, out, n);
}
void rsqrt_f32(const float* a, float* out, size_t n) {
  HWY_DYNAMIC_DISPATCH(unary_f32)(UnaryF32::kRsqrt, a, out, n);
}

}  // namespace metronome::lpu::simd
#endif  // HWY_ONCE
