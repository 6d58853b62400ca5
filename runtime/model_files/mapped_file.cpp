// SPDX-License-Identifier: Apache-2.0
#include "runtime/model_files/mapped_file.h"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/file_mapping.hpp>
#include <system_error>

#include "runtime/tokenizers/refuse.h"

namespace metronome::runtime {

namespace ipc = boost::interprocess;

MappedFile::MappedFile(const std::filesystem::path& path) : name_(path.string()) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (!std::filesystem::exists(status)) refuse(name_, "file", "not found");
  if (!std::filesystem::is_regular_file(status)) refuse(name_, "file", "not a regular file");
  const auto size = std::filesystem::file_size(path, error);
  if (error) refuse(name_, "file", error.message());
  if (size == 0) return;
  try {
    const ipc::file_mapping mapping(name_.c_str(), ipc::read_only);
    region_ = ipc::mapped_region(mapping, ipc::read_only);
  } catch (const ipc::interprocess_exception& failure) {
    refuse(name_, "file", std::string("cannot be read: ") + failure.what());
  }
}

std::span<const std::uint8_t> MappedFile::bytes() const {
  return {static_cast<const std::uint8_t*>(region_.get_address()), region_.get_size()};
}

std::string_view MappedFile::text() const {
  return {static_cast<const char*>(region_.get_address()), region_.get_size()};
}

bool file_exists(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

bool folder_exists(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

SharedFile map_file(const std::filesystem::path& path) {
  return std::make_shared<const MappedFile>(path);
}

}  // namespace metronome::runtime
