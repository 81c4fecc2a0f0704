# SPDX-License-Identifier: GPL-3.0-or-later
# Arrow C++ with Parquet, which few distributions package: -DParquet_ROOT points at an installation, or at the pyarrow
# package of a Python (its libraries need pyarrow.create_library_symlinks() once). Defines Parquet::Parquet.
find_path(Parquet_INCLUDE_DIR parquet/arrow/writer.h)
find_library(Parquet_LIBRARY parquet PATH_SUFFIXES .)
find_library(Arrow_LIBRARY arrow PATH_SUFFIXES .)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Parquet REQUIRED_VARS Parquet_LIBRARY Arrow_LIBRARY Parquet_INCLUDE_DIR)
if(Parquet_FOUND AND NOT TARGET Parquet::Parquet)
  add_library(Parquet::Arrow UNKNOWN IMPORTED)
  set_target_properties(Parquet::Arrow PROPERTIES
    IMPORTED_LOCATION ${Arrow_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${Parquet_INCLUDE_DIR})
  add_library(Parquet::Parquet UNKNOWN IMPORTED)
  set_target_properties(Parquet::Parquet PROPERTIES
    IMPORTED_LOCATION ${Parquet_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${Parquet_INCLUDE_DIR}
    INTERFACE_LINK_LIBRARIES Parquet::Arrow)
endif()
mark_as_advanced(Parquet_INCLUDE_DIR Parquet_LIBRARY Arrow_LIBRARY)
