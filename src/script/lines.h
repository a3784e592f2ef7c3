/* lines — lload.engine.open_lines and line_pattern: files of any size for the
 * control side, a line at a time. */
#pragma once

#include <lauxlib.h>

/* The functions of lload.engine, ended by NULLs. */
extern const luaL_Reg lines_functions[];
/* Makes the types known; before the first call of any. */
void lines_open(lua_State *L);
