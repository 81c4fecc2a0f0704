# SPDX-License-Identifier: GPL-3.0-or-later
# Read by cpack once for each kind of package: Debian's goes to /usr and leaves Debian's libraries to Debian; the archive
# has one folder with everything.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
else()
  set(CPACK_PACKAGING_INSTALL_PREFIX /)
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
  set(CPACK_PACKAGE_FILE_NAME ${CPACK_ARCHIVE_FILE_NAME})
  set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
  list(APPEND CPACK_COMPONENTS_ALL bundle)
endif()
