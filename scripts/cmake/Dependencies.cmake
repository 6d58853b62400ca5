# SPDX-License-Identifier: Apache-2.0
# Everything comes from Debian packages; each missing one is named with the command that mends it.

find_package(Boost 1.81 QUIET COMPONENTS program_options json)
if(NOT Boost_FOUND)
  message(FATAL_ERROR "Boost 1.81 not found. On Debian: apt-get install libboost1.81-dev "
                      "libboost-program-options1.81-dev libboost-json1.81-dev")
endif()
find_package(fmt QUIET)
if(NOT fmt_FOUND)
  message(FATAL_ERROR "fmt not found. On Debian or Ubuntu: apt-get install libfmt-dev")
endif()
find_package(ZLIB QUIET)
if(NOT ZLIB_FOUND)
  message(FATAL_ERROR "zlib not found. On Debian or Ubuntu: apt-get install zlib1g-dev")
endif()
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(PCRE2 IMPORTED_TARGET libpcre2-8)
if(NOT PCRE2_FOUND)
  message(FATAL_ERROR "PCRE2 not found. On Debian or Ubuntu: apt-get install libpcre2-dev")
endif()
pkg_check_modules(HWY IMPORTED_TARGET libhwy)
if(NOT HWY_FOUND)
  message(FATAL_ERROR "Highway not found. On Debian or Ubuntu: apt-get install libhwy-dev")
endif()
# Writes the protocol buffers of timelines; headers only, without a CMake package.
find_path(PROTOZERO_INCLUDE_DIR protozero/pbf_writer.hpp)
if(NOT PROTOZERO_INCLUDE_DIR)
  message(FATAL_ERROR "protozero not found. On Debian or Ubuntu: apt-get install libprotozero-dev")
endif()

# The page of `metronome report` is bundled by Node.js.
find_program(METRONOME_NODE NAMES node nodejs DOC "Node.js")
find_program(METRONOME_NPM npm DOC "Package manager of Node.js")
if(NOT METRONOME_NODE OR NOT METRONOME_NPM)
  message(FATAL_ERROR "Node.js and npm not found. On Debian or Ubuntu: apt-get install nodejs npm")
endif()
execute_process(COMMAND ${METRONOME_NODE} --version OUTPUT_VARIABLE node_version
                OUTPUT_STRIP_TRAILING_WHITESPACE)
if(node_version VERSION_LESS "v18")
  message(FATAL_ERROR "Node.js 18 or newer is needed, found ${node_version}")
endif()

# FST waveforms are optional: GTKWave's library for them comes as sources, with Verilator.
find_path(METRONOME_FSTAPI fstapi.c
  PATHS /usr/share/verilator/include/gtkwave /usr/local/share/verilator/include/gtkwave
  NO_DEFAULT_PATH DOC "Folder of fstapi.c; optional, for --trace FILE.fst")
if(METRONOME_FSTAPI)
  add_library(metronome_fstapi STATIC
    ${METRONOME_FSTAPI}/fstapi.c ${METRONOME_FSTAPI}/fastlz.c ${METRONOME_FSTAPI}/lz4.c)
  target_include_directories(metronome_fstapi SYSTEM PUBLIC ${METRONOME_FSTAPI})
  target_compile_definitions(metronome_fstapi PRIVATE FST_CONFIG_INCLUDE="fst_config.h")
  target_compile_options(metronome_fstapi PRIVATE -w)
  target_link_libraries(metronome_fstapi PUBLIC ZLIB::ZLIB)
  message(STATUS "FST waveforms: ${METRONOME_FSTAPI}")
else()
  message(STATUS "FST waveforms: off, fstapi.c not found. On Debian or Ubuntu: "
                 "apt-get install verilator, or set METRONOME_FSTAPI to its folder")
endif()

# SystemC: upstream installs a CMake package, Debian only pkg-config.
find_package(SystemCLanguage CONFIG QUIET)
if(TARGET SystemC::systemc)
  set(systemc_import SystemC::systemc)
else()
  pkg_check_modules(SYSTEMC IMPORTED_TARGET systemc>=2.3.4)
  if(NOT SYSTEMC_FOUND)
    message(FATAL_ERROR "SystemC 2.3.4 or newer not found. On Debian or Ubuntu: "
                        "apt-get install libsystemc-dev; elsewhere set CMAKE_PREFIX_PATH")
  endif()
  set(systemc_import PkgConfig::SYSTEMC)
endif()
add_library(metronome_systemc INTERFACE)
target_link_libraries(metronome_systemc INTERFACE ${systemc_import})

# The library carries the C++ standard it was built with in a symbol: find the one that links.
include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_LIBRARIES ${systemc_import})
set(CMAKE_REQUIRED_FLAGS -std=c++20)
set(systemc_standard "")
foreach(standard IN ITEMS 202002L 201703L 201402L 201103L)
  set(CMAKE_REQUIRED_DEFINITIONS -DSC_CPLUSPLUS=${standard})
  check_cxx_source_compiles("#include <systemc>\nint sc_main(int,char**){return 0;}"
                            SYSTEMC_LINKS_AS_${standard})
  if(SYSTEMC_LINKS_AS_${standard})
    set(systemc_standard ${standard})
    break()
  endif()
endforeach()
unset(CMAKE_REQUIRED_LIBRARIES)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_DEFINITIONS)
if(systemc_standard STREQUAL "")
  message(FATAL_ERROR "The SystemC library found does not link with C++20 under any SC_CPLUSPLUS "
                      "setting; rebuild it as C++17 or C++20")
endif()
target_compile_definitions(metronome_systemc INTERFACE SC_CPLUSPLUS=${systemc_standard})
message(STATUS "SystemC: ${systemc_import}, SC_CPLUSPLUS=${systemc_standard}")
