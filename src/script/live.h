/* live — servers of live control and of metrics, and the scraper, as Lua
 * objects.
 *
 * `lload.engine.control` and `lload.engine.scrape`; see docs/ARCHITECTURE.md,
 * the seam. Control state only. */
#pragma once

#include <lauxlib.h>

struct control_request;
struct control_server;

extern const luaL_Reg live_functions[];

/* Makes the types known. */
void live_open(lua_State *L);
/* The server at `index`; NULL if there is none. */
struct control_server *live_server(lua_State *L, int index);
/* Pushes { method, path, body }. */
void live_push_request(lua_State *L, const struct control_request *request);
