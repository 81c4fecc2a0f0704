# SPDX-License-Identifier: GPL-3.0-or-later
# A build whose files go into packages: nothing in them tells where they were built, and the build tree is laid out as
# the installed one, so that binaries are linked once and run from both.
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/orderscope)
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON)

# RPATH, not RUNPATH: it holds for the libraries of libraries too, which the archive brings along.
add_link_options($<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:LINKER:--disable-new-dtags>)

# ccache names files by their way from the build folder (CCACHE_BASEDIR). Without it the compiler is told to: LibTorch's
# checks put __FILE__ into the libraries.
if(NOT CCACHE_PROGRAM)
  file(RELATIVE_PATH _from_build ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR})
  string(REGEX REPLACE "/$" "" _from_build "${_from_build}")
  # The last that fits counts.
  add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=${_from_build} -ffile-prefix-map=${CMAKE_BINARY_DIR}/=)
endif()
