/* cookie_jar — `vu.cookies`: what a script may do with its user's cookies.
 *
 * One value for all users of a state: who is meant is who runs. */
#pragma once

#include <lua.h>

/* Once per state, while lload.core is opened. */
void cookie_jar_register(lua_State *L);
void cookie_jar_push(lua_State *L);
