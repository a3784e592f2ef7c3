/* core_regex — what `lload.regex` returns to scripts. */
#pragma once

#include <lua.h>

/* Once per state, while lload.core is opened. */
void regex_register(lua_State *L);
