// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM end a command at the next safe place, so that files are closed or removed. A
// second signal ends the process at once.
#pragma once

namespace metronome::cli {

struct Interrupted {};

void catch_signals();

/// Errors: Interrupted, once a signal has come.
void stop_if_interrupted();

}  // namespace metronome::cli
