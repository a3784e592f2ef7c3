/* windows — lload.engine.open_windows: a stored windows.hlog for the control
 * side, decoded and merged in C. */
#pragma once

#include <lauxlib.h>

/* The functions of lload.engine, ended by NULLs. */
extern const luaL_Reg windows_functions[];
/* Makes the type known; before the first call of any. */
void windows_open(lua_State *L);
