// SPDX-License-Identifier: Apache-2.0
// Entry of test programs that elaborate SystemC modules: gtest's main owns the process, the kernel
// is started by the code under test.
#include <gtest/gtest.h>

#include <systemc>

int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
  sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
