# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch's checks put __FILE__ into the libraries. Named by their way from the build folder, files leave the same binaries
# wherever these are built. Not with ccache, which hands on what another checkout compiled.
if(NOT CCACHE_PROGRAM)
  file(RELATIVE_PATH _from_build ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
  string(REGEX REPLACE "/$" "" _from_build "${_from_build}")
  # The last that fits counts.
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=${_from_build} -ffile-prefix-map=${CMAKE_BINARY_DIR}/=)
endif()
