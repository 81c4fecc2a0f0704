# SPDX-License-Identifier: GPL-3.0-or-later
# orderscope_add_plugin(NAME SOURCES...): a plugin NAME.so that OrderScope loads with --plugins, in the folder plugins/ of
# the build. Serves the plugins of OrderScope's own tree and, through find_package(OrderScope), those of others.
function(orderscope_add_plugin name)
  add_library(${name} MODULE ${ARGN})
  target_link_libraries(${name} PRIVATE OrderScope::engine)
  target_compile_features(${name} PRIVATE cxx_std_20)
  # A plugin is loaded by the very version it was built for.
  target_compile_definitions(${name} PRIVATE ORDERSCOPE_PLUGIN_PROGRAM="${OrderScope_VERSION}")
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX .so DEFINE_SYMBOL "" CXX_EXTENSIONS OFF LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/plugins)
  if(TARGET orderscope_engine)
    target_precompile_headers(${name} REUSE_FROM orderscope_engine)
  endif()
endfunction()
