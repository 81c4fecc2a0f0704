# SPDX-License-Identifier: GPL-3.0-or-later
# LibTorch as imported targets, without TorchConfig.cmake: that file demands a CUDA toolkit for CUDA wheels, though
# linking with them needs none. Our own kernels need it (ORDERSCOPE_CUDA in the top CMakeLists.txt).
#
# Looked for in ORDERSCOPE_TORCH_ROOT, in Torch_DIR (<root>/share/cmake/Torch), and in the project's own virtual
# environment (.venv, made by scripts/setup).
#
# Defines LibTorch::LibTorch, LibTorch_VERSION and LibTorch_HAS_CUDA.
set(ORDERSCOPE_TORCH_ROOT "" CACHE PATH "Root of a LibTorch >= 2.4 (holds include/ and lib/)")
set(_roots ${ORDERSCOPE_TORCH_ROOT})
if(Torch_DIR)
  list(APPEND _roots ${Torch_DIR}/../../..)
endif()
file(GLOB _venv ${CMAKE_SOURCE_DIR}/.venv/lib/python3*/site-packages/torch)
list(APPEND _roots ${_venv})

find_path(LibTorch_INCLUDE_DIR torch/csrc/api/include/torch/torch.h PATHS ${_roots} PATH_SUFFIXES include NO_DEFAULT_PATH)
if(LibTorch_INCLUDE_DIR)
  get_filename_component(LibTorch_ROOT ${LibTorch_INCLUDE_DIR} DIRECTORY)
endif()
foreach(lib torch torch_cpu c10)
  find_library(LibTorch_${lib}_LIBRARY ${lib} PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH)
endforeach()
foreach(lib torch_cuda c10_cuda)
  find_library(LibTorch_${lib}_LIBRARY ${lib} PATHS ${LibTorch_ROOT}/lib NO_DEFAULT_PATH)
endforeach()

if(LibTorch_INCLUDE_DIR)
  set(_version_header ${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h)
  if(NOT EXISTS ${_version_header})
    set(_version_header ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include/torch/version.h)
  endif()
  file(STRINGS ${_version_header} _lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
  string(REGEX REPLACE "[^0-9]*([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+).*" "\\1.\\2.\\3" LibTorch_VERSION "${_lines}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_INCLUDE_DIR LibTorch_torch_LIBRARY LibTorch_torch_cpu_LIBRARY LibTorch_c10_LIBRARY
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "run ./scripts/setup, or point ORDERSCOPE_TORCH_ROOT at a LibTorch")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  target_include_directories(LibTorch::LibTorch SYSTEM INTERFACE
    ${LibTorch_INCLUDE_DIR} ${LibTorch_INCLUDE_DIR}/torch/csrc/api/include)
  # The wheels export parts of the C++ library that were linked into them, std::filesystem among these, and not all of one
  # version: before them in the search order, the system's is taken for our own calls.
  if(CMAKE_SYSTEM_NAME STREQUAL "Linux" AND CMAKE_CXX_COMPILER_ID MATCHES "GNU|Clang")
    target_link_libraries(LibTorch::LibTorch INTERFACE -Wl,--push-state,--no-as-needed,-lstdc++,--pop-state)
  endif()
  target_link_libraries(LibTorch::LibTorch INTERFACE
    ${LibTorch_torch_LIBRARY} ${LibTorch_torch_cpu_LIBRARY} ${LibTorch_c10_LIBRARY})
  target_link_options(LibTorch::LibTorch INTERFACE LINKER:-rpath,${LibTorch_ROOT}/lib LINKER:--allow-shlib-undefined)
  # Wheels since 2.6 use the C++11 ABI; an older LibTorch may not.
  set(LibTorch_HAS_CUDA OFF)
  if(LibTorch_torch_cuda_LIBRARY AND LibTorch_c10_cuda_LIBRARY)
    set(LibTorch_HAS_CUDA ON)
    # Nothing refers to the CUDA libraries by symbol; they register their kernels when loaded.
    target_link_libraries(LibTorch::LibTorch INTERFACE
      -Wl,--no-as-needed ${LibTorch_torch_cuda_LIBRARY} ${LibTorch_c10_cuda_LIBRARY} -Wl,--as-needed)
  endif()
endif()
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_torch_LIBRARY LibTorch_torch_cpu_LIBRARY LibTorch_c10_LIBRARY
  LibTorch_torch_cuda_LIBRARY LibTorch_c10_cuda_LIBRARY)
