# cmake -DBUILD=... -DSOURCE=... -DWORK=... -P check.cmake: installs Attend, looks at what came, builds and runs the
# project beside this file.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${out}\nended with ${code}")
  endif()
  set(out "${out}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE "${WORK}")
run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
foreach(file bin/attend include/attend/attend.h include/attend/config/config.h)
  if(NOT EXISTS "${WORK}/prefix/${file}")
    message(FATAL_ERROR "${file} was not installed")
  endif()
endforeach()
if(EXISTS "${WORK}/prefix/include/attend/cli")
  message(FATAL_ERROR "headers of the program were installed; users of the library have no use for them")
endif()

# The program runs without the build tree, and nothing in it leads there.
run("${CMAKE_COMMAND}" -E env --unset=LD_LIBRARY_PATH "${WORK}/prefix/bin/attend" --version)
run(readelf -d "${WORK}/prefix/bin/attend")
string(REGEX MATCHALL "R(UN)?PATH[^\n]*" paths "${out}")
string(FIND "${paths}" "${BUILD}" found)
if(NOT found EQUAL -1)
  message(FATAL_ERROR "the installed program looks for libraries in the build tree: ${paths}")
endif()

run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}/build" -G Ninja -DCMAKE_BUILD_TYPE=Release "-DCMAKE_PREFIX_PATH=${WORK}/prefix"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DATTEND_DEPS=${DEPS}")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/scores")
message(STATUS "${out}")
run("${WORK}/build/model")
message(STATUS "${out}")
file(REMOVE_RECURSE "${WORK}")
