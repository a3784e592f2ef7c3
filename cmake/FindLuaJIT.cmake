# LuaJIT 2.1, linked statically where the archive is there.
find_package(PkgConfig QUIET)
pkg_check_modules(PC_LUAJIT QUIET luajit)
find_path(LUAJIT_INCLUDE_DIR luajit.h HINTS ${PC_LUAJIT_INCLUDE_DIRS}
          PATH_SUFFIXES luajit-2.1)
find_library(LUAJIT_LIBRARY NAMES libluajit-5.1.a luajit-5.1
             HINTS ${PC_LUAJIT_LIBRARY_DIRS})
find_program(LUAJIT_EXECUTABLE luajit)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    LuaJIT REQUIRED_VARS LUAJIT_LIBRARY LUAJIT_INCLUDE_DIR LUAJIT_EXECUTABLE)
if(LuaJIT_FOUND AND NOT TARGET LuaJIT::LuaJIT)
    add_library(LuaJIT::LuaJIT UNKNOWN IMPORTED)
    set_target_properties(
        LuaJIT::LuaJIT
        PROPERTIES IMPORTED_LOCATION ${LUAJIT_LIBRARY}
                   INTERFACE_INCLUDE_DIRECTORIES ${LUAJIT_INCLUDE_DIR}
                   INTERFACE_LINK_LIBRARIES "m;dl")
endif()
mark_as_advanced(LUAJIT_INCLUDE_DIR LUAJIT_LIBRARY LUAJIT_EXECUTABLE)
