# SPDX-License-Identifier: GPL-3.0-or-later
# The programs and libraries of a package, from the objects of the build itself: only the link differs. Gives `packaged`,
# their targets.
set(packaged)
set(_torch ${LibTorch_torch_cpu_LIBRARY} ${LibTorch_c10_LIBRARY})

# What Debian lacks: LibTorch without its Python. libgomp is Debian's own.
install(FILES ${_torch} DESTINATION ${private} COMPONENT package EXCLUDE_FROM_ALL)
file(MAKE_DIRECTORY ${stage}/${private})
foreach(library ${_torch})
  get_filename_component(_name ${library} NAME)
  file(CREATE_LINK ${library} ${stage}/${private}/${_name} SYMBOLIC)
endforeach()

# _ours(OUT LIBRARIES...): our own libraries replaced by those packaged, LibTorch by its files: its target tells the linker
# where they are now.
function(_ours out)
  list(TRANSFORM ARGN REPLACE "^(orderscope_(engine|core|figure|widgets))$" "packaged_\\1")
  list(REMOVE_ITEM ARGN orderscope_cli orderscope_gui)
  list(TRANSFORM ARGN REPLACE "^LibTorch::LibTorch$" "${LibTorch_torch_cpu_LIBRARY};${LibTorch_c10_LIBRARY}")
  set(${out} ${ARGN} PARENT_SCOPE)
endfunction()

# _finish(TARGET OF RPATH LIBRARIES...) links TARGET with what OF is linked with, and with LIBRARIES.
function(_finish target of rpath)
  get_target_property(libraries ${of} LINK_LIBRARIES)
  _ours(libraries ${libraries})
  target_link_libraries(${target} PRIVATE ${libraries} ${ARGN})
  target_link_options(${target} PRIVATE LINKER:--allow-shlib-undefined)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${of} LINKER_LANGUAGE CXX BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${rpath}"
    LIBRARY_OUTPUT_DIRECTORY ${stage}/${private} RUNTIME_OUTPUT_DIRECTORY ${stage}/${CMAKE_INSTALL_BINDIR})
  install(TARGETS ${target}
    LIBRARY DESTINATION ${private} COMPONENT package EXCLUDE_FROM_ALL
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT package EXCLUDE_FROM_ALL)
  set(packaged ${packaged} ${target} PARENT_SCOPE)
endfunction()

set(_libraries orderscope_engine orderscope_core)
if(TARGET orderscope)
  list(APPEND _libraries orderscope_figure orderscope_widgets)
endif()
foreach(library ${_libraries})
  add_library(packaged_${library} SHARED EXCLUDE_FROM_ALL $<TARGET_OBJECTS:${library}>)
  _finish(packaged_${library} ${library} "$ORIGIN")
  get_target_property(_handed_on ${library} INTERFACE_LINK_LIBRARIES)
  list(FILTER _handed_on EXCLUDE REGEX "LINK_ONLY")
  _ours(_handed_on ${_handed_on})
  target_link_libraries(packaged_${library} INTERFACE ${_handed_on})
endforeach()

file(RELATIVE_PATH _from_programs /${CMAKE_INSTALL_BINDIR} /${private})
add_executable(packaged_orderscope-cli EXCLUDE_FROM_ALL $<TARGET_OBJECTS:orderscope-cli> $<TARGET_OBJECTS:orderscope_cli>)
_finish(packaged_orderscope-cli orderscope-cli "$ORIGIN/${_from_programs}" packaged_orderscope_core)
if(TARGET orderscope)
  add_executable(packaged_orderscope EXCLUDE_FROM_ALL $<TARGET_OBJECTS:orderscope> $<TARGET_OBJECTS:orderscope_gui>)
  _finish(packaged_orderscope orderscope "$ORIGIN/${_from_programs}"
    packaged_orderscope_widgets Qt6::Concurrent)
  list(APPEND _programs packaged_orderscope)
endif()
# RPATH, not RUNPATH: it holds for the libraries of libraries too, which the archive brings along.
foreach(program packaged_orderscope-cli ${_programs})
  target_link_options(${program} PRIVATE LINKER:--disable-new-dtags)
endforeach()
