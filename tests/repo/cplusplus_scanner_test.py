# SPDX-License-Identifier: Apache-2.0
"""Does the scanner that measures functions see them as the language does?"""

import cplusplus_scanner

SOURCE = r"""
#define OPEN(x) \
  namespace x {
namespace a::b {
// A comment with { and ".
constexpr int kTable[] = {
    1'000, 2,
};
enum class Kind : int { kOne, kTwo };
template <class T, class = std::enable_if_t<(sizeof(T) > 1)>>
struct alignas(16) Pair {
 public:
  Pair(int x, T y) noexcept
      : x_{x}, y_(std::move(y)) {
    if (x > 0) {
      throw "}";
    }
  }
  bool operator==(const Pair& other) const { return x_ == other.x_; }
  Pair& operator=(const Pair& other);
  int size() const {
    return '{' - 1;
  }

 private:
  int x_{0};
  std::vector<T> y_ = {};
};
extern "C" {
int plain(const char* text = "(") {
  return R"x(} ")x"[0];
}
}
template <class Body>
auto each(Body body) -> int {
  return body([](int) { return 1; });
}
const auto kNamed = [](int x) {
  return x;
};
}  // namespace a::b
"""

FUNCTIONS = [
    (13, 18, "Pair"),
    (19, 19, "operator=="),
    (21, 23, "size"),
    (30, 32, "plain"),
    (34, 37, "each"),
]

found = list(cplusplus_scanner.functions(SOURCE))
assert found == FUNCTIONS, found

for broken in ("namespace a {", "}", "int f() {", "int f( {}"):
    try:
        list(cplusplus_scanner.functions(broken))
    except ValueError:
        continue
    raise AssertionError(f"accepted: {broken}")
