# SPDX-License-Identifier: GPL-3.0-or-later
# The two OpenCV modules that the core needs. Debian keeps OpenCVConfig.cmake in libopencv-dev, which also brings VTK
# and a few hundred other packages; headers and libraries of the single modules are enough here.
# Defines OpenCV::OpenCV.
find_path(OpenCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
set(_required OpenCV_INCLUDE_DIR)
set(_libraries)
foreach(module core imgproc)
  find_library(OpenCV_${module}_LIBRARY opencv_${module})
  list(APPEND _required OpenCV_${module}_LIBRARY)
  list(APPEND _libraries ${OpenCV_${module}_LIBRARY})
endforeach()
if(OpenCV_INCLUDE_DIR)
  file(STRINGS ${OpenCV_INCLUDE_DIR}/opencv2/core/version.hpp _lines REGEX "define CV_VERSION_(MAJOR|MINOR|REVISION) ")
  string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+).*" "\\1.\\2.\\3" OpenCV_VERSION "${_lines}")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCV REQUIRED_VARS ${_required} VERSION_VAR OpenCV_VERSION)
if(OpenCV_FOUND AND NOT TARGET OpenCV::OpenCV)
  add_library(OpenCV::OpenCV INTERFACE IMPORTED)
  target_include_directories(OpenCV::OpenCV SYSTEM INTERFACE ${OpenCV_INCLUDE_DIR})
  target_link_libraries(OpenCV::OpenCV INTERFACE ${_libraries})
endif()
