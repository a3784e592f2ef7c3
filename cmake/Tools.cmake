# Targets for people: lint (changes nothing), format, docs.
find_program(CLANG_FORMAT clang-format)
find_program(LUACHECK luacheck)
find_program(CPPCHECK cppcheck)

file(GLOB_RECURSE c_files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} src/*.[ch] examples/*.[ch]
     spec/*.[ch])

add_custom_target(
    lint
    COMMAND ${CLANG_FORMAT} --dry-run --Werror ${c_files}
    COMMAND ${LUACHECK} --quiet lua scenarios examples spec scripts cmake
    COMMAND
        ${CPPCHECK} --quiet --std=c11 --enable=warning,performance,portability
        --inline-suppr --error-exitcode=1 -I src
        --suppress=missingIncludeSystem --suppress=normalCheckLevelMaxBranches
        src
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    VERBATIM)

add_custom_target(
    format
    COMMAND ${CLANG_FORMAT} -i ${c_files}
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    VERBATIM)

add_custom_target(
    docs
    COMMAND ${LUAJIT_EXECUTABLE} scripts/api-reference.lua
    WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
    VERBATIM)
