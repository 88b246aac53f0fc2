option(ATTEND_BUILD_TESTS "Build the tests" ON)
option(ATTEND_PRECOMPILE "Use a precompiled header for the files that see LibTorch" ON)
option(ATTEND_UNITY "Compile each floor as one file" OFF)
option(ATTEND_WERROR "Treat warnings as errors" OFF)
option(ATTEND_CUDA "Insist on a LibTorch with CUDA; one that is there is used in any case" OFF)
option(ATTEND_SANITIZE "AddressSanitizer and UndefinedBehaviorSanitizer" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# Only the loops for several CPUs gain from -O3 (attend_unity_group); the rest compiles a sixth faster without it.
if(CMAKE_CXX_FLAGS_RELEASE STREQUAL "-O3 -DNDEBUG")
  set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
endif()
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # With a precompiled header ccache must not look at defines and times.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
      CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE})
endif()

add_library(attend_options INTERFACE)
# g++ 12 warns of an overlap in "text" + std::string that is none (GCC bug 105651): -Wno-restrict,
# -Wno-stringop-overflow.
target_compile_options(attend_options INTERFACE
  -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wswitch-enum -Wno-psabi -Wno-restrict -Wno-stringop-overflow)
if(ATTEND_WERROR)
  target_compile_options(attend_options INTERFACE -Werror)
endif()
if(ATTEND_SANITIZE)
  target_compile_options(attend_options INTERFACE -fsanitize=address,undefined -fno-sanitize=vptr -fno-omit-frame-pointer)
  target_link_options(attend_options INTERFACE -fsanitize=address,undefined)
endif()

function(attend_precompile target)
  if(NOT ATTEND_PRECOMPILE)
    return()
  endif()
  target_compile_options(${target} PRIVATE -fpch-preprocess)
  if("${ARGV1}" STREQUAL "REUSE_FROM")
    target_precompile_headers(${target} REUSE_FROM ${ARGV2})
  else()
    target_precompile_headers(${target} PRIVATE ${ARGV1})
  endif()
endfunction()

# Files that are compiled as one where ATTEND_UNITY is on. Loops for several CPUs stay alone: src/kernels/simd.h.
function(attend_unity_group name)
  foreach(file IN LISTS ARGN)
    file(STRINGS "${file}" alone REGEX "each_target.inl" LIMIT_COUNT 1)
    if(alone)
      set_source_files_properties("${file}" PROPERTIES COMPILE_OPTIONS "$<$<CONFIG:Release>:-O3>")
    else()
      set_source_files_properties("${file}" PROPERTIES UNITY_GROUP ${name})
    endif()
  endforeach()
endfunction()

# The command line and the tests run no loop that matters: less optimisation (`level`) compiles them in two thirds of
# the time. Without any (0), files that see LibTorch take longer, because more code is written out.
function(attend_quick_to_compile target level)
  target_compile_options(${target} PRIVATE "$<$<CONFIG:Release>:-O${level}>")
endfunction()
