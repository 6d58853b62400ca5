// SPDX-License-Identifier: Apache-2.0
// A JSON document as the program writes it: one field of the outermost object a line.
#pragma once

#include <boost/json/object.hpp>
#include <string>

namespace metronome::cli {

/// Without the closing brace, for a document that goes on.
std::string fields_text(const boost::json::object& fields);
std::string document_text(const boost::json::object& fields);

}  // namespace metronome::cli
