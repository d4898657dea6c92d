# TANDEM_SANITIZE (e.g. "address,undefined" or "thread") for everything; the stamp carries the value, since
# no compiler tells through a macro that UBSan is on.
set(TANDEM_SANITIZE "" CACHE STRING "Sanitizers for all targets, as -fsanitize= takes them")
if(TANDEM_SANITIZE)
  add_compile_options(-fsanitize=${TANDEM_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${TANDEM_SANITIZE})
  if(TANDEM_SANITIZE MATCHES "undefined")
    # It asks for the type information of LibTorch's classes, some of which LibTorch does not export.
    add_compile_options(-fno-sanitize=vptr)
  endif()
endif()
