# SPDX-License-Identifier: GPL-3.0-or-later
# What `cmake --install` puts where: programs and libraries, and a CMake package, so that find_package(OrderScope) gives
# other projects OrderScope::engine, OrderScope::core and orderscope_add_plugin. The installed tree may be moved: its
# parts find each other by their relative places. LibTorch and the other libraries stay where they are.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(_package ${CMAKE_INSTALL_LIBDIR}/cmake/OrderScope)
set(_private ${CMAKE_INSTALL_LIBDIR}/orderscope)  # off the linker's own path: nobody else's libraries are shadowed
set(_headers ${CMAKE_INSTALL_INCLUDEDIR}/orderscope)

install(TARGETS orderscope_engine orderscope_core EXPORT OrderScopeTargets
  LIBRARY DESTINATION ${_private} COMPONENT library
  INCLUDES DESTINATION ${_headers})
set_target_properties(orderscope_engine orderscope_core PROPERTIES INSTALL_RPATH "$ORIGIN")

file(RELATIVE_PATH _libraries_from_programs /${CMAKE_INSTALL_BINDIR} /${_private})
foreach(program orderscope-cli orderscope)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT program)
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${_libraries_from_programs}")
  endif()
endforeach()
if(TARGET orderscope_widgets)
  install(TARGETS orderscope_figure orderscope_widgets LIBRARY DESTINATION ${_private} COMPONENT program)
  set_target_properties(orderscope_figure orderscope_widgets PROPERTIES INSTALL_RPATH "$ORIGIN")
endif()

# Where app/gui/resources.h looks for them.
install(DIRECTORY ${PROJECT_SOURCE_DIR}/resources/models ${PROJECT_SOURCE_DIR}/resources/samples
  DESTINATION ${CMAKE_INSTALL_DATADIR}/orderscope COMPONENT program)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/core DESTINATION ${_headers} COMPONENT development
  FILES_MATCHING PATTERN *.h PATTERN torch.pch.h EXCLUDE)
install(EXPORT OrderScopeTargets NAMESPACE OrderScope:: DESTINATION ${_package} COMPONENT development)
# Goes with the libraries that expect LibTorch there; packages bring their own and leave it out.
file(CONFIGURE OUTPUT LibTorchRoot.cmake CONTENT "set(_orderscope_torch_root \"@LibTorch_ROOT@\")\n" @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/LibTorchRoot.cmake DESTINATION ${_package} COMPONENT library)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/OrderScopeConfig.cmake.in OrderScopeConfig.cmake
  INSTALL_DESTINATION ${_package})
write_basic_package_version_file(OrderScopeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/OrderScopeConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/OrderScopeConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindLibTorch.cmake ${PROJECT_SOURCE_DIR}/cmake/OrderScopePlugin.cmake
  DESTINATION ${_package} COMPONENT development)

add_subdirectory(${PROJECT_SOURCE_DIR}/packaging ${PROJECT_BINARY_DIR}/packaging)
