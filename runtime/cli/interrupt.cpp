// SPDX-License-Identifier: Apache-2.0
#include "runtime/cli/interrupt.h"

#include <csignal>

namespace metronome::cli {
namespace {

volatile std::sig_atomic_t interrupted = 0;  // a signal handler has nowhere else to write

void on_signal(int signal) {
  interrupted = 1;
  std::signal(signal, SIG_DFL);
}

}  // namespace

void catch_signals() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  std::signal(SIGPIPE, SIG_IGN);
}

void stop_if_interrupted() {
  if (interrupted != 0) throw Interrupted{};
}

}  // namespace metronome::cli
