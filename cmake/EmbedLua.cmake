# embed_lua(TARGET DIR [FILE...]): compiles every DIR/**.lua into TARGET as one
# generated table, `embedded_lua`, so that the binary needs no file beside it.
# A FILE is a generated module, `DIR2/lload/x.lua` of `DIR2`, as `DIR2|lload/x.lua`.
function(embed_lua target dir)
    file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${dir} ${dir}/*.lua)
    list(SORT files)
    list(TRANSFORM files PREPEND "${dir}|")
    list(APPEND files ${ARGN})
    string(REPLACE "|" "/" paths "${files}")
    set(output ${CMAKE_CURRENT_BINARY_DIR}/embedded_lua.c)
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${LUAJIT_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/embed_lua.lua
                ${output} ${files}
        DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/embed_lua.lua
        COMMENT "Embedding Lua modules"
        VERBATIM)
    target_sources(${target} PRIVATE ${output})
endfunction()
