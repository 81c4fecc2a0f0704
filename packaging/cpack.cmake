# SPDX-License-Identifier: GPL-3.0-or-later
# Two Debian packages, orderscope and orderscope-dev, and one archive of everything. The version is that of project().
set(CPACK_PACKAGE_NAME orderscope)
set(CPACK_PACKAGE_VENDOR "OrderScope contributors")
set(CPACK_PACKAGE_CONTACT "${ORDERSCOPE_MAINTAINER}")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 2)  # liblzma writes other bytes with one thread than with several
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/stamp.cmake)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_SOURCE_DIR}/generator.cmake)
set(CPACK_GENERATOR DEB TGZ)

set(CPACK_COMPONENTS_ALL package development package_development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# Groups become packages: the group's name in capitals is CPack's key.
set(CPACK_DEBIAN_ORDERSCOPE_PACKAGE_NAME orderscope)
set(CPACK_DEBIAN_ORDERSCOPE_DESCRIPTION "look inside HorNet, Swin and ConvNeXt
OrderScope opens a trained HorNet, Swin or ConvNeXt as it was published, runs
it on a photo, and shows what happened inside: what each order of each gnConv
let through, what it was worth for a class, and where the decision came from.
.
The package holds the window, the command line, four small demo models and
sample photos, and the libraries of LibTorch ${LibTorch_VERSION} that Debian lacks.")
set(CPACK_DEBIAN_ORDERSCOPE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${stage}/${private})
set(CPACK_DEBIAN_ORDERSCOPE_PACKAGE_RECOMMENDS "qt6-wayland, fonts-dejavu-core")
set(CPACK_DEBIAN_ORDERSCOPE_PACKAGE_SUGGESTS "orderscope-dev, slurm-client")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME orderscope-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
  "orderscope (= ${PROJECT_VERSION}), cmake (>= 3.25), g++, nlohmann-json3-dev, libexpected-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "headers and CMake package of OrderScope
For plugins and for programs that use OrderScope's models and analyses.
LibTorch's headers come from the torch wheel ${LibTorch_VERSION}:
ORDERSCOPE_TORCH_ROOT names its folder.")

set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_ARCHIVE_FILE_NAME orderscope-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})

include(CPack)
cpack_add_component_group(orderscope)
cpack_add_component_group(dev)
cpack_add_component(package GROUP orderscope)
cpack_add_component(development GROUP dev)
cpack_add_component(package_development GROUP dev)
