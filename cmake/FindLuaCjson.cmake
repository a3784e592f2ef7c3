# lua-cjson as a static archive (Debian's lua-cjson-dev, built for Lua 5.1).
find_library(LUACJSON_LIBRARY NAMES liblua5.1-cjson.a)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LuaCjson REQUIRED_VARS LUACJSON_LIBRARY)
if(LuaCjson_FOUND AND NOT TARGET LuaCjson::LuaCjson)
    add_library(LuaCjson::LuaCjson UNKNOWN IMPORTED)
    set_target_properties(LuaCjson::LuaCjson
                          PROPERTIES IMPORTED_LOCATION ${LUACJSON_LIBRARY})
endif()
mark_as_advanced(LUACJSON_LIBRARY)
