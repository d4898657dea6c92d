# Finds a LibTorch and imports it as LibTorch::LibTorch, without find_package(Torch): that one fails on a
# CUDA wheel where there is no CUDA toolkit, and nothing of it is needed.
#
# Looks in, and takes the first that holds one: Torch_DIR, CMAKE_PREFIX_PATH (LibTorch's folder, or what
# torch.utils.cmake_prefix_path says: share/cmake in it), the project's .venv (TANDEM_VENV), the folders
# TANDEM_LIBTORCH_HINTS, the system. Sets LibTorch_VERSION (2.13.0), LibTorch_VERSION_SHORT (2.13),
# LibTorch_ROOT and LibTorch_LIBRARY_DIR. TANDEM_LIBTORCH_REMEDY is what messages advise; LibTorch_PROBLEM
# says why the one that was found cannot be used.

set(_libtorch_minimum 2.4)
if(NOT TANDEM_LIBTORCH_REMEDY)
  set(TANDEM_LIBTORCH_REMEDY
    "Run examples/setup.sh, which puts a fitting one into .venv, or name one with CMAKE_PREFIX_PATH")
endif()

set(_libtorch_roots)
if(Torch_DIR)
  get_filename_component(_root "${Torch_DIR}/../../.." ABSOLUTE)
  list(APPEND _libtorch_roots "${_root}")
elseif(DEFINED ENV{Torch_DIR})
  get_filename_component(_root "$ENV{Torch_DIR}/../../.." ABSOLUTE)
  list(APPEND _libtorch_roots "${_root}")
endif()
set(_prefixes "$ENV{CMAKE_PREFIX_PATH}")
string(REPLACE ":" ";" _prefixes "${_prefixes}")
foreach(_prefix IN LISTS CMAKE_PREFIX_PATH _prefixes)
  list(APPEND _libtorch_roots "${_prefix}" "${_prefix}/../.." "${_prefix}/../../..")
endforeach()
if(TANDEM_VENV)
  file(GLOB _wheels "${TANDEM_VENV}/lib/python3*/site-packages/torch")
  list(APPEND _libtorch_roots ${_wheels})
endif()
list(APPEND _libtorch_roots ${TANDEM_LIBTORCH_HINTS} ${CMAKE_SYSTEM_PREFIX_PATH})

set(LibTorch_ROOT "LibTorch_ROOT-NOTFOUND")
set(LibTorch_PROBLEM "")
foreach(_root IN LISTS _libtorch_roots)
  file(GLOB _libraries "${_root}/lib/libtorch_cpu.so" "${_root}/lib/*/libtorch_cpu.so")
  if(_libraries AND EXISTS "${_root}/include/torch/csrc/api/include/torch/nn.h")
    get_filename_component(LibTorch_ROOT "${_root}" REALPATH)
    list(GET _libraries 0 _library)
    get_filename_component(LibTorch_LIBRARY_DIR "${_library}" DIRECTORY)
    break()
  endif()
endforeach()

if(LibTorch_ROOT)
  foreach(_header torch/headeronly/version.h torch/version.h torch/csrc/api/include/torch/version.h)
    if(EXISTS "${LibTorch_ROOT}/include/${_header}" AND NOT LibTorch_VERSION)
      file(STRINGS "${LibTorch_ROOT}/include/${_header}" _lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
      if(_lines)
        string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3" LibTorch_VERSION "${_lines}")
        string(REGEX REPLACE "\\.[0-9]+$" "" LibTorch_VERSION_SHORT "${LibTorch_VERSION}")
      endif()
    endif()
  endforeach()
  file(STRINGS "${LibTorch_LIBRARY_DIR}/libc10.so" _cxx11 REGEX "__cxx11" LIMIT_COUNT 1)
  if(NOT LibTorch_VERSION)
    set(LibTorch_PROBLEM "No version header was found in ${LibTorch_ROOT}/include: is it a whole LibTorch?")
  elseif(NOT _cxx11)
    set(LibTorch_PROBLEM
      "LibTorch ${LibTorch_VERSION} in ${LibTorch_ROOT} is built with the old C++ ABI, which the system's libraries are not.")
  elseif(LibTorch_VERSION VERSION_LESS _libtorch_minimum)
    set(LibTorch_PROBLEM
      "LibTorch ${LibTorch_VERSION} in ${LibTorch_ROOT} is too old: Tandem needs ${_libtorch_minimum} or newer.")
  endif()
endif()
if(LibTorch_PROBLEM)
  set(LibTorch_ROOT "LibTorch_ROOT-NOTFOUND")
endif()

string(STRIP "${LibTorch_PROBLEM} ${TANDEM_LIBTORCH_REMEDY}." _reason)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch REQUIRED_VARS LibTorch_ROOT LibTorch_LIBRARY_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "${_reason}")

if(LibTorch_FOUND AND NOT TARGET LibTorch::LibTorch)
  # Nobody refers to libtorch.so itself, but in a CUDA LibTorch it brings libtorch_cuda.so along: no linker may drop it.
  # One item, since CMake keeps no order among several and writes a flag that comes twice once. It reaches the shell as
  # it stands here, hence the quotes: the path may have spaces.
  set(_whole "-Wl,--push-state,--no-as-needed,\"${LibTorch_LIBRARY_DIR}/libtorch.so\",--pop-state")
  add_library(LibTorch::LibTorch INTERFACE IMPORTED)
  set_target_properties(LibTorch::LibTorch PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES
      "${LibTorch_ROOT}/include;${LibTorch_ROOT}/include/torch/csrc/api/include"
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES
      "${LibTorch_ROOT}/include;${LibTorch_ROOT}/include/torch/csrc/api/include"
    INTERFACE_LINK_LIBRARIES
      "${_whole};${LibTorch_LIBRARY_DIR}/libtorch_cpu.so;${LibTorch_LIBRARY_DIR}/libc10.so"
    INTERFACE_COMPILE_DEFINITIONS "TANDEM_LIBTORCH_VERSION=\"${LibTorch_VERSION_SHORT}\"")
endif()
