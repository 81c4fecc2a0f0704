# SPDX-License-Identifier: GPL-3.0-or-later
# Our own CUDA kernels and graphs (core/cuda). With a CUDA wheel of torch the programs run on a GPU without them, through
# LibTorch's operations; kernels and graphs also need nvcc, and are on where it is found.
include(CheckLanguage)
set(_cuda OFF)
if(LibTorch_HAS_CUDA)
  check_language(CUDA)
  if(CMAKE_CUDA_COMPILER)
    set(_cuda ON)
  endif()
endif()
option(ORDERSCOPE_CUDA "Own CUDA kernels and graphs: needs a CUDA wheel of torch and nvcc" ${_cuda})

if(ORDERSCOPE_CUDA)
  if(NOT LibTorch_HAS_CUDA)
    message(FATAL_ERROR "ORDERSCOPE_CUDA needs a LibTorch with CUDA, and ${LibTorch_ROOT} has none")
  endif()
  if(NOT CMAKE_CUDA_ARCHITECTURES)
    set(CMAKE_CUDA_ARCHITECTURES 80 90)  # later ones translate what was made for 90
  endif()
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  find_package(CUDAToolkit REQUIRED)
  message(STATUS "CUDA kernels for ${CMAKE_CUDA_ARCHITECTURES}, CUDA ${CUDAToolkit_VERSION}")
endif()
