# SPDX-License-Identifier: Apache-2.0
# The page of `metronome report` as a C++ source. Its packages are installed below the build folder,
# once for each lock file, so the source tree stays clean and later builds need no network.
set(viewer_source ${CMAKE_CURRENT_SOURCE_DIR}/viewer)
set(METRONOME_VIEWER_BUILD ${CMAKE_BINARY_DIR}/waveforms/viewer
    CACHE INTERNAL "The page and its packages")
set(METRONOME_REPORT_PAGE ${METRONOME_VIEWER_BUILD}/report_page.cpp)
set(viewer_packages ${METRONOME_VIEWER_BUILD}/packages.stamp)
file(GLOB_RECURSE viewer_files CONFIGURE_DEPENDS
  ${viewer_source}/src/*.ts ${viewer_source}/src/*.css ${viewer_source}/src/*.html)

add_custom_command(OUTPUT ${viewer_packages}
  COMMAND ${CMAKE_COMMAND} -E make_directory ${METRONOME_VIEWER_BUILD}
  COMMAND ${CMAKE_COMMAND} -E copy ${viewer_source}/package.json ${viewer_source}/package-lock.json
          ${METRONOME_VIEWER_BUILD}
  COMMAND ${METRONOME_NPM} ci --prefer-offline --no-audit --no-fund --ignore-scripts
          --loglevel=error
  COMMAND ${CMAKE_COMMAND} -E touch ${viewer_packages}
  DEPENDS ${viewer_source}/package.json ${viewer_source}/package-lock.json
  WORKING_DIRECTORY ${METRONOME_VIEWER_BUILD}
  COMMENT "Installing the packages of the report page"
  VERBATIM)
file(MAKE_DIRECTORY ${METRONOME_VIEWER_BUILD})

add_custom_command(OUTPUT ${METRONOME_REPORT_PAGE}
  BYPRODUCTS ${METRONOME_VIEWER_BUILD}/report_page.html
  COMMAND ${METRONOME_NODE} ${viewer_source}/build.mjs ${METRONOME_VIEWER_BUILD}
  DEPENDS ${viewer_packages} ${viewer_files} ${viewer_source}/build.mjs
          ${viewer_source}/tsconfig.json
  COMMENT "Building the report page"
  VERBATIM)
