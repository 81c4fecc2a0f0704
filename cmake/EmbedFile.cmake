# SPDX-License-Identifier: GPL-3.0-or-later
# embed_file(TARGET FILE NAME): the bytes of FILE as `const unsigned char NAME[]` and `const std::size_t NAME_size` in
# namespace orderscope::embedded, compiled into TARGET, so that an installed program needs to look for nothing.
function(embed_file target file name)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} hex HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${hex}")
  string(REGEX REPLACE "(...................................................................................,)" "\\1\n"
         bytes "${bytes}")
  set(source ${CMAKE_CURRENT_BINARY_DIR}/embedded_${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT [[
#include <cstddef>
namespace orderscope::embedded {
extern const unsigned char @name@[];
extern const std::size_t @name@_size;
const unsigned char @name@[] = {@bytes@};
const std::size_t @name@_size = sizeof(@name@);
}
]] @ONLY)
  target_sources(${target} PRIVATE ${source})
endfunction()
