// SPDX-License-Identifier: Apache-2.0
#include "tests/waveforms/vcd_reader.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <stdexcept>

namespace metronome::waveforms::testing {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  VcdFile read() {
    require(!text_.empty() && text_.back() == '\n', "the last line does not end");
    while (next()) {
      if (in_header_) {
        header_line();
      } else {
        body_line();
      }
    }
    require(!in_header_, "no $enddefinitions");
    require(!in_dump_, "$dumpvars does not end");
    require(file_.last_time >= 0, "no time stamp");
    return std::move(file_);
  }

 private:
  void require(bool condition, const std::string& what) const {
    if (!condition) throw std::runtime_error("line " + std::to_string(number_) + ": " + what);
  }

  bool next() {
    if (at_ == text_.size()) return false;
    const std::size_t end = text_.find('\n', at_);
    line_ = std::string(text_.substr(at_, end - at_));
    at_ = end + 1;
    ++number_;
    std::istringstream stream(line_);
    words_.assign(std::istream_iterator<std::string>(stream), {});
    require(!words_.empty(), "an empty line");
    return true;
  }

  std::string free_text() {
    std::string text;
    for (std::size_t i = 1; i < words_.size(); ++i) text += words_[i] + " ";
    while (words_.back() != "$end") {
      require(next(), "a section without $end");
      text += line_;
    }
    return text;
  }

  void require_words(std::size_t count) const {
    require(words_.size() == count && words_.back() == "$end", "a malformed section: " + line_);
  }

  static bool plain(const std::string& name) {
    const auto letter = [](char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; };
    const auto fits = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '_'; };
    return !name.empty() && (letter(name[0]) || name[0] == '_') &&
           std::all_of(name.begin(), name.end(), fits);
  }

  std::string prefix() const {
    std::string path;
    for (const std::string& scope : scopes_) path += scope + ".";
    return path;
  }

  void header_line() {
    const std::string word = words_[0];
    if (word == "$date" || word == "$version") {
      free_text();
    } else if (word == "$comment") {
      file_.comments.push_back(free_text());
    } else if (word == "$timescale") {
      require(line_ == "$timescale 1 ps $end", "a timescale other than 1 ps");
      has_timescale_ = true;
    } else if (word == "$scope") {
      require_words(4);
      require(words_[1] == "module" && plain(words_[2]), "a strange scope: " + line_);
      require(paths_.insert(prefix() + words_[2]).second, "a name comes twice: " + line_);
      scopes_.push_back(words_[2]);
    } else if (word == "$upscope") {
      require_words(2);
      require(!scopes_.empty(), "more scopes closed than opened");
      scopes_.pop_back();
    } else if (word == "$var") {
      variable();
    } else {
      require(line_ == "$enddefinitions $end", "an unknown keyword: " + line_);
      require(scopes_.empty() && has_timescale_, "an incomplete header");
      in_header_ = false;
    }
  }

  void variable() {
    require_words(6);
    const std::string& kind = words_[1];
    const std::string& code = words_[3];
    const int width = std::stoi(words_[2]);
    require(kind == "wire" || kind == "reg" || kind == "string", "an unknown kind: " + line_);
    require(width >= 1 && (kind != "string" || width == 1), "a strange width: " + line_);
    require(plain(words_[4]) && !scopes_.empty(), "a strange name: " + line_);
    const std::string path = prefix() + words_[4];
    require(paths_.insert(path).second, "a name comes twice: " + line_);
    require(file_.variables.emplace(code, VcdVariable{kind, width, path}).second,
            "a code comes twice: " + line_);
    ++file_.variables_in_scope[prefix()];
  }

  void body_line() {
    if (words_[0] == "$comment") {
      file_.comments.push_back(free_text());
    } else if (line_ == "$dumpvars") {
      require(!in_dump_ && file_.last_time >= 0 && file_.changes.empty(), "$dumpvars out of place");
      in_dump_ = true;
    } else if (line_ == "$end") {
      require(in_dump_ && file_.changes.size() == file_.variables.size(),
              "the first values are not complete");
      in_dump_ = false;
    } else if (line_[0] == '#') {
      time_stamp();
    } else {
      change();
    }
  }

  void time_stamp() {
    require(!in_dump_ && line_.find_first_not_of("0123456789", 1) == std::string::npos,
            "a strange time stamp: " + line_);
    const std::int64_t time = std::stoll(line_.substr(1));
    require(time > file_.last_time, "time does not increase: " + line_);
    if (file_.first_time < 0) file_.first_time = time;
    file_.last_time = time;
  }

  void change() {
    const bool scalar = line_[0] == '0' || line_[0] == '1' || line_[0] == 'z';
    require(words_.size() == (scalar ? 1U : 2U), "a strange value: " + line_);
    const std::string code = scalar ? line_.substr(1) : words_[1];
    const std::string value = scalar ? line_.substr(0, 1) : words_[0].substr(1);
    const auto found = file_.variables.find(code);
    require(found != file_.variables.end(), "an undeclared code: " + line_);
    const VcdVariable& variable = found->second;
    if (variable.kind == "string") {
      require(line_[0] == 's' && !value.empty(), "not a string: " + line_);
    } else if (variable.width == 1) {
      require(scalar, "not a bit: " + line_);
    } else {
      const bool bits = value == "z" || value.find_first_not_of("01") == std::string::npos;
      require(line_[0] == 'b' && bits && !value.empty(), "not a vector: " + line_);
      require(value.size() <= static_cast<std::size_t>(variable.width), "too wide: " + line_);
    }
    auto& history = file_.changes[variable.path];
    require(in_dump_ || (!history.empty() && history.back().first < file_.last_time &&
                         history.back().second != value),
            "a change that changes nothing, or twice in an instant: " + line_);
    history.emplace_back(file_.last_time, value);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int number_ = 0;
  std::string line_;
  std::vector<std::string> words_;
  bool in_header_ = true;
  bool in_dump_ = false;
  bool has_timescale_ = false;
  std::vector<std::string> scopes_;
  std::set<std::string> paths_;
  VcdFile file_;
};

}  // namespace

std::string VcdFile::at(const std::string& path, std::int64_t time) const {
  const auto history = changes.find(path);
  std::string value;
  if (history == changes.end()) return value;
  const auto& list = history->second;
  const auto after =
      std::upper_bound(list.begin(), list.end(), time,
                       [](std::int64_t t, const auto& change) { return t < change.first; });
  return after == list.begin() ? value : std::prev(after)->second;
}

std::uint64_t VcdFile::number_at(const std::string& path, std::int64_t time) const {
  return std::stoull(at(path, time), nullptr, 2);
}

VcdFile parse_vcd(std::string_view text) { return Reader(text).read(); }

std::string read_text(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace metronome::waveforms::testing
