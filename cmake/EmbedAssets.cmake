# embed_assets(OUTPUT NAME=FILE...): writes texts that go into reports as they
# are (scripts, styles, licences), each with its SHA-256, into the Lua module
# OUTPUT.
function(embed_assets output)
    get_filename_component(folder ${output} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    set(paths ${ARGN})
    list(TRANSFORM paths REPLACE "^[^=]*=" "")
    add_custom_command(
        OUTPUT ${output}
        COMMAND ${LUAJIT_EXECUTABLE} ${PROJECT_SOURCE_DIR}/cmake/embed_assets.lua
                ${output} ${CMAKE_COMMAND} ${ARGN}
        DEPENDS ${paths} ${PROJECT_SOURCE_DIR}/cmake/embed_assets.lua
        COMMENT "Embedding what the HTML report is made of"
        VERBATIM)
endfunction()
