/* core — `lload.core`: what Lua modules may ask of the engine.
 *
 * Primitives check every argument first, then act in C without calling Lua,
 * then push their results. Those that wait yield; whoever completes them
 * resumes through vm_resume. One file per family, gathered in core.c. */
#pragma once

#include <lauxlib.h>
#include <lua.h>

int core_open(lua_State *L);

/* The families; each ends with a {NULL, NULL}. */
extern const luaL_Reg core_http_functions[];
extern const luaL_Reg core_time_functions[];
extern const luaL_Reg core_metric_functions[];
extern const luaL_Reg core_random_functions[];
extern const luaL_Reg core_data_functions[];
extern const luaL_Reg core_script_functions[];
extern const luaL_Reg core_guard_functions[];
extern const luaL_Reg core_crypto_functions[];
extern const luaL_Reg core_json_functions[];
extern const luaL_Reg core_url_functions[];
extern const luaL_Reg core_regex_functions[];
extern const luaL_Reg core_shared_functions[];
extern const luaL_Reg core_file_functions[];
extern const luaL_Reg core_html_functions[];
extern const luaL_Reg core_ws_functions[];
