// SPDX-License-Identifier: Apache-2.0
// The page of `metronome report` without its data. The build makes its source from
// waveforms/viewer; what is to be filled in stands in waveforms/viewer/src/report_data.ts.
#pragma once

#include <string_view>

namespace metronome::waveforms {

/// Put in for these marks: `@@TITLE@@` (HTML, occurs more than once), and once each
/// `@@REPORT_DATA@@` (JSON whose `<` are written \u003c) and `@@REPORT_COLUMNS@@` (base64).
std::string_view report_page();

}  // namespace metronome::waveforms
