# SPDX-License-Identifier: Apache-2.0
# Flags every target of ours takes. Results must not depend on compiler or optimisation level, so
# fused multiply-add contraction is off: where a fused step is meant, the code says so.
option(METRONOME_TESTS "Build the tests" ON)
option(METRONOME_BENCH "Build the benchmarks" OFF)
set(METRONOME_SANITIZE "" CACHE STRING "Sanitizers, as for -fsanitize=")

# build/PRESET/metronome, wherever in the tree the program is defined.
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

find_program(METRONOME_CCACHE ccache DOC "Compiler cache; optional")
if(METRONOME_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${METRONOME_CCACHE})
endif()

add_library(metronome_options INTERFACE)
target_include_directories(metronome_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(metronome_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wswitch -ffp-contract=off)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(metronome_options INTERFACE -Wno-ambiguous-reversed-operator)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC bug 105651: "text" + std::string is taken for a copy onto itself.
  target_compile_options(metronome_options INTERFACE -Wno-restrict)
endif()
if(METRONOME_SANITIZE)
  target_compile_options(metronome_options INTERFACE
    -fsanitize=${METRONOME_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(metronome_options INTERFACE -fsanitize=${METRONOME_SANITIZE})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # GCC sees uninitialised values in the code that its sanitizers add.
    target_compile_options(metronome_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()

# One box of the house: a static library that may include only what it links.
function(metronome_library name)
  cmake_parse_arguments(box "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(${name} STATIC ${box_SOURCES})
  target_link_libraries(${name} PUBLIC metronome_options ${box_PUBLIC} PRIVATE ${box_PRIVATE})
endfunction()
