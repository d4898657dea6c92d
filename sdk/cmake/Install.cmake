# What `cmake --install` puts where. The layout below the prefix is fixed (bin, include, lib, share), since the
# program and the CMake package find their parts beside themselves, wherever the prefix is moved.
include(CMakePackageConfigHelpers)

# tandem_install_library(NAME): libtandem-NAME.so with its headers (include/tandem/NAME of the calling folder), as
# the component NAME of the package, there called tandem::NAME.
function(tandem_install_library name)
  set(library tandem-${name})
  target_compile_features(${library} PUBLIC cxx_std_20)
  target_include_directories(${library} PUBLIC
    "$<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>" $<INSTALL_INTERFACE:include>)
  set_target_properties(${library} PROPERTIES
    VERSION 1.0 SOVERSION 1 EXPORT_NAME ${name} INSTALL_RPATH "$ORIGIN" BUILD_WITH_INSTALL_RPATH ON)
  if(NOT name STREQUAL base)
    set_property(TARGET ${library} APPEND PROPERTY INSTALL_RPATH "${LibTorch_LIBRARY_DIR}")
  endif()
  install(TARGETS ${library} EXPORT ${library} LIBRARY DESTINATION lib)
  install(EXPORT ${library} FILE ${library}-targets.cmake NAMESPACE tandem:: DESTINATION lib/cmake/tandem)
  install(DIRECTORY include/tandem/${name} DESTINATION include/tandem)
endfunction()

# The CMake package itself, and what the program reads.
function(tandem_install_package)
  configure_file(sdk/cmake/tandem-config.cmake.in package/tandem-config.cmake @ONLY)
  write_basic_package_version_file("${PROJECT_BINARY_DIR}/package/tandem-config-version.cmake"
    COMPATIBILITY SameMinorVersion)
  install(FILES
    "${PROJECT_BINARY_DIR}/package/tandem-config.cmake"
    "${PROJECT_BINARY_DIR}/package/tandem-config-version.cmake"
    sdk/cmake/FindLibTorch.cmake sdk/cmake/TandemAddPlugin.cmake
    DESTINATION lib/cmake/tandem)
  install(DIRECTORY examples/presets sdk/templates DESTINATION share/tandem)
  install(FILES LICENSE README.md DESTINATION share/doc/tandem)
  install(FILES sdk/README.md sdk/COMPATIBILITY.md DESTINATION share/doc/tandem/sdk)
  install(DIRECTORY examples DESTINATION share/doc/tandem
    PATTERN "*.sh" EXCLUDE PATTERN presets EXCLUDE PATTERN __pycache__ EXCLUDE)
endfunction()
