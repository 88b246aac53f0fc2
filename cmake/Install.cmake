# cmake --install BUILD --prefix PREFIX: the program, both libraries, their headers, and a CMake package:
#   find_package(attend)                     targets attend::base and attend::attend
#   find_package(attend COMPONENTS base)     attend::base alone, which needs no LibTorch
include(CMakePackageConfigHelpers)
set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/attend")

set_target_properties(attend_base PROPERTIES EXPORT_NAME base)
install(TARGETS attend_base EXPORT attendBaseTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS attend EXPORT attendTargets ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(EXPORT attendBaseTargets NAMESPACE attend:: DESTINATION "${package_dir}")
install(EXPORT attendTargets NAMESPACE attend:: DESTINATION "${package_dir}")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/attend" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" PATTERN cli EXCLUDE)

# The installed program looks where its libraries were linked from (LibTorch, ATTEND_DEPS), never in the build tree.
set_target_properties(attend_cli PROPERTIES INSTALL_RPATH "${attend_torch_root}/lib" INSTALL_RPATH_USE_LINK_PATH ON)
install(TARGETS attend_cli RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/attendConfig.cmake.in" "${PROJECT_BINARY_DIR}/attendConfig.cmake"
                              INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file("${PROJECT_BINARY_DIR}/attendConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/attendConfig.cmake" "${PROJECT_BINARY_DIR}/attendConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/Dependencies.cmake" "${PROJECT_SOURCE_DIR}/cmake/LibTorch.cmake"
        DESTINATION "${package_dir}")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")
