# Faster builds where the tools are there: ccache, mold, and LibTorch's headers compiled once.
find_program(TANDEM_CCACHE ccache)
if(TANDEM_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Precompiled headers need the two sloppiness settings to be cached at all.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${TANDEM_CCACHE})
endif()
find_program(TANDEM_MOLD mold)
if(TANDEM_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Headers that a target compiles once. Who could not use them is an error, since that would silently cost their time.
function(tandem_precompile target)
  if(TANDEM_PCH)
    target_precompile_headers(${target} PRIVATE ${ARGN})
    target_compile_options(${target} PRIVATE -Winvalid-pch -Werror=invalid-pch)
  endif()
endfunction()

# One precompiled header for all that use LibTorch; a user that could not use it is an error, since it would
# silently cost its twenty seconds each time.
function(tandem_torch_pch target)
  if(NOT TANDEM_PCH)
    return()
  endif()
  if(NOT TARGET tandem_pch)
    file(WRITE "${PROJECT_BINARY_DIR}/pch.cpp.in" "")
    configure_file("${PROJECT_BINARY_DIR}/pch.cpp.in" "${PROJECT_BINARY_DIR}/pch.cpp" COPYONLY)
    add_library(tandem_pch OBJECT "${PROJECT_BINARY_DIR}/pch.cpp")
    target_link_libraries(tandem_pch PRIVATE LibTorch::LibTorch tandem_warnings)
    target_compile_options(tandem_pch PRIVATE -fPIC)
    # Not all of <torch/nn.h>: each file pays for what its headers leave to be instantiated, there seven seconds.
    target_precompile_headers(tandem_pch PRIVATE
      <torch/types.h> <torch/csrc/autograd/custom_function.h> <torch/nn/modules/container/sequential.h>
      <torch/nn/modules/batchnorm.h> <torch/nn/modules/conv.h> <torch/nn/modules/linear.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM tandem_pch)
  target_compile_options(${target} PRIVATE -fPIC -Winvalid-pch -Werror=invalid-pch)
endfunction()
