// SPDX-License-Identifier: Apache-2.0
#include "runtime/report/page.h"

#include <array>

#include "hw/isa/error.h"

namespace metronome::report {
namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

/// JSON in which nothing can close the element that holds it.
std::string inside_element(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace

std::string filled_page(std::string_view page, const ReportData& data) {
  struct Mark {
    std::string_view mark;
    std::string text;
    bool seen = false;
  };
  std::array<Mark, 3> marks{{{"@@TITLE@@", escaped(data.title)},
                             {"@@REPORT_DATA@@", inside_element(data.json)},
                             {"@@REPORT_COLUMNS@@", base64(gzip(data.columns.bytes()))}}};
  std::string out;
  // Only the page's own marks count: the data may contain anything.
  for (std::size_t at = 0; at < page.size();) {
    const std::size_t next = page.find("@@", at);
    out += page.substr(at, next - at);
    if (next == std::string_view::npos) break;
    at = next;
    for (Mark& mark : marks) {
      if (page.substr(next, mark.mark.size()) != mark.mark) continue;
      out += mark.text;
      mark.seen = true;
      at = next + mark.mark.size();
      break;
    }
    if (at == next) out += page[at++];
  }
  for (const Mark& mark : marks) {
    check(mark.seen, "report", 0, "the page has no mark " + std::string(mark.mark));
  }
  return out;
}

}  // namespace metronome::report
