// SPDX-License-Identifier: Apache-2.0
// A file read through the page cache: weights are touched where they lie, never copied whole.
#pragma once

#include <boost/interprocess/mapped_region.hpp>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace metronome::runtime {

/// A read-only mapping. The file must not shrink while it is mapped.
class MappedFile {
 public:
  /// Errors: UserError if `path` is no readable regular file.
  explicit MappedFile(const std::filesystem::path& path);

  [[nodiscard]] std::span<const std::uint8_t> bytes() const;
  [[nodiscard]] std::string_view text() const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  std::string name_;
  boost::interprocess::mapped_region region_;  // empty for an empty file
};

/// Shared, since every matrix of a model reads from it for as long as it lives.
using SharedFile = std::shared_ptr<const MappedFile>;

SharedFile map_file(const std::filesystem::path& path);

/// Questions that never throw: a path that cannot be looked at counts as absent.
bool file_exists(const std::filesystem::path& path);
bool folder_exists(const std::filesystem::path& path);

}  // namespace metronome::runtime
