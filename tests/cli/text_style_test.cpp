// SPDX-License-Identifier: Apache-2.0
// What the environment and the terminal say of characters and width.
#include <gtest/gtest.h>

#include <map>

#include "runtime/cli/terminal.h"

namespace metronome::cli {
namespace {

using Variables = std::map<std::string, std::string>;

TextStyle style_of(const Variables& variables, std::size_t terminal_columns = 0) {
  return text_style(
      [&](const char* name) {
        const auto found = variables.find(name);
        return found == variables.end() ? nullptr : found->second.c_str();
      },
      terminal_columns);
}

TEST(TheTextStyle, IsUnicodeWhereTheLocaleSaysSo) {
  struct Case {
    Variables variables;
    bool unicode;
  };
  for (const Case& c :
       std::vector<Case>{{{}, false},
                         {{{"LANG", "C"}}, false},
                         {{{"LANG", "en_US.UTF-8"}}, true},
                         {{{"LANG", "de_DE.utf8"}}, true},
                         {{{"LANG", "en_US.ISO-8859-1"}}, false},
                         {{{"LANG", "C.UTF-8"}, {"LC_CTYPE", "C"}}, false},
                         {{{"LANG", "C"}, {"LC_CTYPE", "C.UTF-8"}}, true},
                         {{{"LC_CTYPE", "C.UTF-8"}, {"LC_ALL", "POSIX"}}, false},
                         {{{"LANG", "C"}, {"LC_CTYPE", "C"}, {"LC_ALL", "C.UTF-8"}}, true},
                         {{{"LANG", "C.UTF-8"}, {"LC_ALL", ""}}, true},
                         {{{"LANG", "C.UTF-8"}, {"TERM", "dumb"}}, false},
                         {{{"LANG", "C.UTF-8"}, {"TERM", "linux"}}, false},
                         {{{"LANG", "C.UTF-8"}, {"TERM", ""}}, true},
                         {{{"LANG", "C.UTF-8"}, {"TERM", "xterm-256color"}}, true}}) {
    EXPECT_EQ(style_of(c.variables).unicode, c.unicode) << ::testing::PrintToString(c.variables);
  }
}

TEST(TheTextStyle, IsAsWideAsColumnsOrTheTerminalSay) {
  EXPECT_EQ(style_of({}).width, 80U);
  EXPECT_EQ(style_of({}, 100).width, 100U);
  EXPECT_EQ(style_of({{"COLUMNS", "90"}}, 100).width, 90U);
  EXPECT_EQ(style_of({{"COLUMNS", "1000"}}).width, 120U);
  EXPECT_EQ(style_of({}, 500).width, 120U);
  EXPECT_EQ(style_of({{"COLUMNS", "1"}}).width, 40U);
  for (const char* odd : {"", "0", "-5", "wide", "90x", "99999999999999999999999"}) {
    EXPECT_EQ(style_of({{"COLUMNS", odd}}).width, 80U) << odd;
  }
}

}  // namespace
}  // namespace metronome::cli
