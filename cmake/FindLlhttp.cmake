# llhttp, built from the C sources that Debian's node-llhttp ships.
#
# LLHTTP_STRICT_MODE=1: line ends are CRLF and nothing else. The parser's
# lenient flags are a matter of its callers, who leave them off.
find_path(LLHTTP_INCLUDE_DIR llhttp.h PATHS /usr/share/include/llhttp)
find_path(LLHTTP_SOURCE_DIR llhttp.c PATHS /usr/share/llhttp)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Llhttp REQUIRED_VARS LLHTTP_SOURCE_DIR
                                                       LLHTTP_INCLUDE_DIR)
if(Llhttp_FOUND AND NOT TARGET Llhttp::Llhttp)
    add_library(llhttp STATIC ${LLHTTP_SOURCE_DIR}/api.c
                              ${LLHTTP_SOURCE_DIR}/http.c
                              ${LLHTTP_SOURCE_DIR}/llhttp.c)
    target_include_directories(llhttp SYSTEM PUBLIC ${LLHTTP_INCLUDE_DIR})
    target_compile_definitions(llhttp PUBLIC LLHTTP_STRICT_MODE=1)
    target_compile_options(llhttp PRIVATE -w)
    add_library(Llhttp::Llhttp ALIAS llhttp)
endif()
mark_as_advanced(LLHTTP_INCLUDE_DIR LLHTTP_SOURCE_DIR)
