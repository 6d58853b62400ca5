// SPDX-License-Identifier: Apache-2.0
// The page and its data as one HTML file that needs nothing else.
#pragma once

#include <string>
#include <string_view>

#include "runtime/report/report_data.h"

namespace metronome::report {

/// Fills the marks of `page` (see waveforms/report_page.h).
/// Errors: InvariantError if a mark is not there.
std::string filled_page(std::string_view page, const ReportData& data);

}  // namespace metronome::report
