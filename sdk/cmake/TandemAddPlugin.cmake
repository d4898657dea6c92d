# tandem_add_plugin(NAME SOURCES file… [LIBRARIES target…] [TORCH_FREE] [NO_TEST])
#
# Builds the plugin NAME.so: a MODULE without prefix, hidden visibility, every symbol resolved at link time,
# never unloaded. Links tandem::sdk, or tandem::base alone with TORCH_FREE (an augmentation then loads
# without LibTorch). Where the project calls enable_testing(), ctest gets conformance_NAME, which runs
# `tandem plugins check` on it, unless NO_TEST.
function(tandem_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TORCH_FREE;NO_TEST" "" "SOURCES;LIBRARIES")
  add_library(${name} MODULE ${arg_SOURCES})
  target_compile_features(${name} PRIVATE cxx_std_20)
  set_target_properties(${name} PROPERTIES
    PREFIX "" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  if(arg_TORCH_FREE)
    target_link_libraries(${name} PRIVATE tandem::base ${arg_LIBRARIES})
  else()
    target_link_libraries(${name} PRIVATE tandem::sdk ${arg_LIBRARIES})
  endif()
  # Training waits for it: optimised even where nobody chose a build type.
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    target_compile_options(${name} PRIVATE -O2)
  endif()
  target_link_options(${name} PRIVATE LINKER:-z,nodelete)
  # clang leaves the sanitizers' symbols to the executable.
  if(NOT (TANDEM_SANITIZE AND CMAKE_CXX_COMPILER_ID MATCHES Clang))
    target_link_options(${name} PRIVATE LINKER:-z,defs)
  endif()
  if(TARGET tandem::program AND NOT arg_NO_TEST)
    add_test(NAME conformance_${name} COMMAND tandem::program plugins check "$<TARGET_FILE:${name}>")
  endif()
endfunction()
