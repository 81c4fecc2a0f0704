# SPDX-License-Identifier: GPL-3.0-or-later
# The archive brings every library along but the C and C++ runtimes, which any system has, so that it runs where Debian's
# packages are not: component bundle, which the Debian packages leave out.
set(_loaded)
if(TARGET orderscope)
  set(_qt_plugin_folder ${QT6_INSTALL_PREFIX}/${QT6_INSTALL_PLUGINS})
  foreach(plugin platforms/libqxcb platforms/libqoffscreen imageformats/libqsvg iconengines/libqsvgicon
      xcbglintegrations/libqxcb-glx-integration)
    if(EXISTS ${_qt_plugin_folder}/${plugin}.so)
      get_filename_component(folder ${plugin} DIRECTORY)
      install(FILES ${_qt_plugin_folder}/${plugin}.so
        DESTINATION ${private}/qt/${folder} COMPONENT bundle EXCLUDE_FROM_ALL)
      string(APPEND _loaded " \"${_qt_plugin_folder}/${plugin}.so\"")
    endif()
  endforeach()
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/qt.conf
    "[Paths]\nPlugins = ../${private}/qt\n")
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/qt.conf DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT bundle EXCLUDE_FROM_ALL)
endif()

# Their own libraries are left out below, and with them what these need: so they are asked too.
foreach(target ${packaged})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "SHARED_LIBRARY")
    string(APPEND _loaded " \"$<TARGET_FILE:${target}>\"")
  endif()
endforeach()
# By the link in the stage: beside the file itself lies a libgomp of its own.
get_filename_component(_name ${LibTorch_torch_cpu_LIBRARY} NAME)
string(APPEND _loaded " \"${stage}/${private}/${_name}\"")

set(_binaries)
foreach(target packaged_orderscope-cli packaged_orderscope)
  if(TARGET ${target})
    string(APPEND _binaries " \"$<TARGET_FILE:${target}>\"")
  endif()
endforeach()
string(CONFIGURE [=[
file(GET_RUNTIME_DEPENDENCIES
  EXECUTABLES @_binaries@
  LIBRARIES @_loaded@
  RESOLVED_DEPENDENCIES_VAR found
  PRE_EXCLUDE_REGEXES "^liborderscope_" "^lib(torch_cpu|c10)[.]"
    "^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|stdc[+][+]|gcc_s))[.]so")
foreach(library IN LISTS found)
  file(INSTALL "${library}" DESTINATION "${CMAKE_INSTALL_PREFIX}/@private@" FOLLOW_SYMLINK_CHAIN)
endforeach()
]=] _script @ONLY)
file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/bundle_install.cmake CONTENT "${_script}")
install(SCRIPT ${CMAKE_CURRENT_BINARY_DIR}/bundle_install.cmake COMPONENT bundle EXCLUDE_FROM_ALL)
