// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "runtime/cli/numbers.h"
#include "runtime/cli/sweep.h"

namespace metronome::cli {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 460;
constexpr double kLeft = 90;
constexpr double kRight = 230;  // the legend's
constexpr double kTop = 50;
constexpr double kBottom = 60;
constexpr int kTicks = 5;

// Okabe and Ito's colours, told apart by most eyes.
constexpr const char* kColours[] = {"#0072B2", "#D55E00", "#009E73", "#CC79A7",
                                    "#E69F00", "#56B4E9", "#000000"};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else {
      out += c;
    }
  }
  return out;
}

std::string label(double x, double y, const char* anchor, const std::string& text) {
  return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>\n", x, y, anchor,
                     escaped(text));
}

std::string line(double x0, double y0, double x1, double y1, const char* colour) {
  return fmt::format(
      "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\"/>\n", x0, y0, x1,
      y1, colour);
}

/// The step of a scale with about kTicks marks: 1, 2 or 5 times a power of ten.
double step_of(double highest) {
  const double rough = highest / kTicks;
  const double power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const double times : {1.0, 2.0, 5.0}) {
    if (times * power >= rough) return times * power;
  }
  return 10.0 * power;
}

class Plot {
 public:
  Plot(const std::vector<SweepAxis>& axes, const std::vector<SweepPoint>& points)
      : axes_(axes), points_(points) {
    double highest = 1.0;
    for (const SweepPoint& p : points) highest = std::max(highest, static_cast<double>(p.cycles));
    step_ = step_of(highest);
    top_ = std::ceil(highest / step_) * step_;
  }

  std::string draw(const std::string& title) const {
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
        "height=\"{1}\" font-family=\"sans-serif\" font-size=\"13\">\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
        kWidth, kHeight);
    svg += label(kLeft + 60, kTop - 22, "start", title);
    svg += scales();
    // The last axes change fastest: lines are the combinations behind one value of the first.
    const std::size_t lines = points_.size() / axes_.front().values.size();
    for (std::size_t l = 0; l < lines; ++l) svg += curve(l, lines);
    return svg + "</svg>\n";
  }

 private:
  double x_of(std::size_t at) const {
    const auto gaps = static_cast<double>(axes_.front().values.size());
    return kLeft + (static_cast<double>(at) + 0.5) / gaps * (kWidth - kLeft - kRight);
  }
  double y_of(double cycles) const {
    return kHeight - kBottom - cycles / top_ * (kHeight - kTop - kBottom);
  }

  std::string scales() const {
    std::string svg;
    for (double mark = 0; mark <= top_ + step_ / 2; mark += step_) {
      svg += line(kLeft, y_of(mark), kWidth - kRight, y_of(mark), mark == 0 ? "black" : "#DDDDDD");
      svg += label(kLeft - 8, y_of(mark) + 4, "end", grouped(std::llround(mark)));
    }
    svg += line(kLeft, kTop, kLeft, kHeight - kBottom, "black");
    for (std::size_t at = 0; at < axes_.front().values.size(); ++at) {
      svg += label(x_of(at), kHeight - kBottom + 20, "middle", axes_.front().values[at]);
    }
    svg += label((kLeft + kWidth - kRight) / 2, kHeight - 14, "middle", axes_.front().name);
    svg += label(12, kTop - 12, "start", "cycles a token");
    return svg;
  }

  std::string curve(std::size_t at, std::size_t lines) const {
    const char* colour = kColours[at % std::size(kColours)];
    std::string achieved;
    std::string bounds;
    std::string dots;
    for (std::size_t i = 0; i < axes_.front().values.size(); ++i) {
      const SweepPoint& p = points_[i * lines + at];
      if (!p.reason.empty()) continue;
      const double x = x_of(i);
      const double y = y_of(static_cast<double>(p.cycles));
      achieved += fmt::format("{:.1f},{:.1f} ", x, y);
      bounds += fmt::format("{:.1f},{:.1f} ", x, y_of(static_cast<double>(p.bound)));
      dots += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\"/>\n", x, y,
                          colour);
    }
    std::string svg = polyline(achieved, colour, "") + polyline(bounds, colour, "5 4") + dots;
    const double y = kTop + 20.0 * static_cast<double>(at + 1);
    const double x = kWidth - kRight + 14;
    svg += line(x, y - 4, x + 26, y - 4, colour) + label(x + 32, y, "start", name_of(at));
    if (at + 1 < lines) return svg;
    return svg + label(x, kTop, "start", legend()) + label(x, y + 24, "start", "dashed: the bound");
  }

  /// What the names of the lines are values of.
  std::string legend() const {
    std::string names;
    for (std::size_t a = 1; a < axes_.size(); ++a) names += (a == 1 ? "" : ", ") + axes_[a].name;
    return names;
  }

  static std::string polyline(const std::string& points, const char* colour, const char* dashes) {
    return fmt::format(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\" "
        "stroke-dasharray=\"{}\"/>\n",
        points, colour, dashes);
  }

  std::string name_of(std::size_t at) const {
    std::string name;
    for (std::size_t a = 1; a < axes_.size(); ++a) {
      name += (name.empty() ? "" : ", ") + points_[at].values[a];
    }
    return name.empty() ? "achieved" : name;
  }

  const std::vector<SweepAxis>& axes_;
  const std::vector<SweepPoint>& points_;
  double step_ = 1.0;
  double top_ = 1.0;
};

}  // namespace

std::string sweep_svg(const std::string& title, const std::vector<SweepAxis>& axes,
                      const std::vector<SweepPoint>& points) {
  return Plot(axes, points).draw(title);
}

}  // namespace metronome::cli
