/* core_ws — WebSockets of scripts: the primitives, and who waits in them. */
#pragma once

#include <lua.h>

struct lua_user;

void ws_register(lua_State *L);
/* What the user waits for did not come in time. */
void core_ws_timed_out(struct lua_user *user);
/* It waits no longer. */
void core_ws_cancel(struct lua_user *user);
