/* data — a data file as scripts see it: `data[i]`, `#data`, `data:random()`.
 *
 * The bytes are shared by all states (dataset.h); a row becomes a Lua table
 * only when it is asked for. */
#pragma once

#include <lua.h>

/* Once per state, while lload.core is opened. */
void data_register(lua_State *L);
