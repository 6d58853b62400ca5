// SPDX-License-Identifier: Apache-2.0
// Numbers and tables as people read them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace metronome::cli {

/// 1,234,567
std::string grouped(std::int64_t value);

/// "12.3 MiB", "4.0 KiB", "96 bytes"
std::string bytes_text(std::int64_t bytes);

/// "900 MHz", "1.25 GHz"
std::string clock_text(std::int64_t hz);

/// "12.3 %" of part in whole
std::string percent_text(double part, double whole);

/// "1 token", "3 tokens"
std::string counted(std::int64_t count, const std::string& noun);

/// Columns that UTF-8 text takes on a screen where each of its characters takes one.
std::size_t width_of(std::string_view text);

/// Columns side by side, two blanks apart; a column whose header begins with '>' is set flush
/// right. An empty header row is left out.
std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows, std::size_t indent);

/// The words of `text` in lines of at most `width` characters, each ended.
std::string wrapped_text(const std::string& text, std::size_t width);

/// "name        text", the second column starting at the same place.
std::string labelled(const std::string& label, const std::string& text);

}  // namespace metronome::cli
