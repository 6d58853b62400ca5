// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/json_document.h"

#include <boost/json/serialize.hpp>

namespace metronome::cli {

std::string fields_text(const boost::json::object& fields) {
  std::string text;
  for (const auto& field : fields) {
    text += text.empty() ? "{\n" : ",\n";
    text += boost::json::serialize(boost::json::string(field.key())) + ": " +
            boost::json::serialize(field.value());
  }
  return text;
}

std::string document_text(const boost::json::object& fields) {
  return fields_text(fields) + "\n}\n";
}

}  // namespace metronome::cli
