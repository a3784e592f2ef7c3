# lload_flags: the warnings, feature macros and sanitizers of every target.
include(CheckIPOSupported)

add_library(lload_flags INTERFACE)
target_compile_definitions(lload_flags INTERFACE _GNU_SOURCE)
target_compile_options(
    lload_flags
    INTERFACE -Wall
              -Wextra
              -Wshadow
              -Wstrict-prototypes
              -Wmissing-prototypes
              -Wvla
              -Wformat=2
              -Wundef
              -Werror
              -fno-common)

if(LLOAD_SANITIZE)
    target_compile_options(
        lload_flags INTERFACE -fsanitize=${LLOAD_SANITIZE}
                              -fno-omit-frame-pointer)
    target_link_options(lload_flags INTERFACE -fsanitize=${LLOAD_SANITIZE})
    if(LLOAD_SANITIZE MATCHES "undefined")
        target_compile_options(lload_flags
                               INTERFACE -fno-sanitize-recover=undefined)
    endif()
endif()

if(CMAKE_BUILD_TYPE STREQUAL "Release" AND NOT LLOAD_SANITIZE)
    check_ipo_supported(RESULT ipo_works LANGUAGES C)
    set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ${ipo_works})
endif()
