# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch's checks put __FILE__ into the libraries. ccache names files by their way from the build folder (CCACHE_BASEDIR);
# without it the compiler is told to, so that binaries are the same wherever they are built.
if(NOT CCACHE_PROGRAM)
  file(RELATIVE_PATH _from_build ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
  string(REGEX REPLACE "/$" "" _from_build "${_from_build}")
  # The last that fits counts.
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=${_from_build} -ffile-prefix-map=${CMAKE_BINARY_DIR}/=)
endif()
