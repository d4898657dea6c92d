# TANDEM_SANITIZE (e.g. "address,undefined" or "thread") for everything; the stamp carries the value, since
# no compiler tells through a macro that UBSan is on.
set(TANDEM_SANITIZE "" CACHE STRING "Sanitizers for all targets, as -fsanitize= takes them")
if(TANDEM_SANITIZE)
  add_compile_options(-fsanitize=${TANDEM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TANDEM_SANITIZE})
  # With checks in between, gcc takes parts of std::regex for uninitialized.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  if(TANDEM_SANITIZE MATCHES "undefined")
    # Otherwise a program that did something undefined goes on, and ends as if nothing had been.
    add_compile_options(-fno-sanitize-recover=all)
    # It asks for the type information of LibTorch's classes, some of which LibTorch does not export.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()

# For libFuzzer, which tells by it where a run went; no sanitizer, and not in the stamp.
option(TANDEM_FUZZ "Link the fuzz targets with libFuzzer" OFF)
if(TANDEM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# Nothing undefined in a library, where that can be asked for: clang links its sanitizers to programs alone.
if(NOT TANDEM_SANITIZE OR NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)
  set(TANDEM_NO_UNDEFINED LINKER:-z,defs)
endif()

# The standard containers' own checks of bounds, in every build; files of hot loops take it back, whose vectors they break.
add_compile_definitions(_GLIBCXX_ASSERTIONS)
set(TANDEM_UNCHECKED "$<$<CONFIG:Release>:-U_GLIBCXX_ASSERTIONS>")

# What makes a fault of memory hard to use, where no sanitizer looks for it. Fortified calls need an optimized build.
if(NOT TANDEM_SANITIZE)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
  add_compile_options(-fstack-protector-strong
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
  add_link_options(LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack)
endif()
