# The imported target attend_libtorch, made by hand: the package's own config insists on a CUDA toolkit whenever
# the wheel was built with CUDA, although running it needs none. Looked for, in this order:
#   LIBTORCH (variable or environment), ATTEND_DEPS, Torch_DIR, CMAKE_PREFIX_PATH, the checkout's .libtorch (scripts/setup),
#   and, in the CMake package, where it was when Attend was built.
# Sets attend_dependency_problem where there is none, attend_torch_root and attend_torch_version where there is.
set(LIBTORCH "$ENV{LIBTORCH}" CACHE PATH "Folder that holds LibTorch's include/ and lib/")
set(candidates ${LIBTORCH})
if(ATTEND_DEPS)
  list(APPEND candidates "${ATTEND_DEPS}/libtorch")
endif()
if(Torch_DIR)
  get_filename_component(root "${Torch_DIR}/../../.." ABSOLUTE)
  list(APPEND candidates ${root})
endif()
foreach(prefix IN LISTS CMAKE_PREFIX_PATH)
  get_filename_component(root "${prefix}/../.." ABSOLUTE)   # torch.utils.cmake_prefix_path is TORCH/share/cmake
  list(APPEND candidates ${prefix} ${root})
endforeach()
file(GLOB wheels "${PROJECT_SOURCE_DIR}/.libtorch/lib/python3*/site-packages/torch")
list(APPEND candidates ${wheels} ${attend_torch_built_with})

set(attend_torch_root)
foreach(candidate IN LISTS candidates)
  if(candidate AND EXISTS "${candidate}/include/torch/csrc/api/include/torch/types.h" AND EXISTS "${candidate}/lib")
    set(attend_torch_root "${candidate}")
    break()
  endif()
endforeach()
if(NOT attend_torch_root)
  set(attend_dependency_problem "LibTorch was not found in LIBTORCH, Torch_DIR, CMAKE_PREFIX_PATH or .libtorch/. Get it with:")
  return()
endif()

file(STRINGS "${attend_torch_root}/include/torch/headeronly/version.h" version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
if(NOT version_lines)
  file(STRINGS "${attend_torch_root}/include/torch/csrc/api/include/torch/version.h" version_lines REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
endif()
string(REGEX MATCHALL "[0-9]+" version_parts "${version_lines}")
list(JOIN version_parts "." attend_torch_version)
if(attend_torch_version VERSION_LESS 2.11)
  set(attend_dependency_problem "LibTorch ${attend_torch_version} in ${attend_torch_root} is too old: 2.11 or newer is needed. Get 2.13.0 with:")
  return()
endif()
message(STATUS "LibTorch ${attend_torch_version}: ${attend_torch_root}")

set(torch_lib "${attend_torch_root}/lib")
add_library(attend_libtorch INTERFACE IMPORTED)
target_include_directories(attend_libtorch SYSTEM INTERFACE
  "${attend_torch_root}/include" "${attend_torch_root}/include/torch/csrc/api/include")
target_link_libraries(attend_libtorch INTERFACE "${torch_lib}/libtorch.so" "${torch_lib}/libtorch_cpu.so" "${torch_lib}/libc10.so" Threads::Threads)
# The wheel's own OpenMP: a second one in the process would double the threads.
file(GLOB torch_openmp "${torch_lib}/libgomp*.so*" "${torch_lib}/libiomp5.so" "${attend_torch_root}/../torch.libs/libgomp*.so*")
target_compile_options(attend_libtorch INTERFACE -fopenmp)
target_link_libraries(attend_libtorch INTERFACE ${torch_openmp})
if(EXISTS "${torch_lib}/libtorch_cuda.so")
  # Nothing refers to these by name, so the linker would drop them and no GPU would be found.
  target_link_options(attend_libtorch INTERFACE -Wl,--no-as-needed "${torch_lib}/libtorch_cuda.so" "${torch_lib}/libc10_cuda.so" -Wl,--as-needed)
  target_link_options(attend_libtorch INTERFACE -Wl,--allow-shlib-undefined)
endif()
target_link_options(attend_libtorch INTERFACE "-Wl,-rpath-link,${torch_lib}")

# CUDA is reached through plain ATen. The few files that include CUDA's headers (*_cuda.cpp) are compiled where these are.
find_path(CUDA_RUNTIME_INCLUDE cuda_runtime_api.h PATHS ENV CUDA_HOME /usr/local/cuda "${attend_torch_root}/../nvidia/cuda_runtime" PATH_SUFFIXES include)
if(EXISTS "${torch_lib}/libtorch_cuda.so" AND EXISTS "${attend_torch_root}/include/c10/cuda/CUDAStream.h" AND CUDA_RUNTIME_INCLUDE)
  set(attend_cuda_headers ON)
  target_include_directories(attend_libtorch SYSTEM INTERFACE "${CUDA_RUNTIME_INCLUDE}")
endif()
if(ATTEND_CUDA AND NOT EXISTS "${torch_lib}/libtorch_cuda.so")
  set(attend_dependency_problem "ATTEND_CUDA is on, and LibTorch in ${attend_torch_root} is built for CPUs alone. Name another with LIBTORCH, or start from none with:")
endif()
