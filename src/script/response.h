/* response — what a script gets back from a request.
 *
 * One userdata holds everything, the bytes of headers and body included, so
 * that it costs one allocation and needs no finaliser. Lua strings and tables
 * are made only when the script asks for them. */
#pragma once

#include <lua.h>

struct fetch_result;

/* Once per state, while lload.core is opened. */
void response_register(lua_State *L);
/* Pushes it; copies what the result points to. `name` is the request's series,
 * for messages. */
void response_push(lua_State *L, const struct fetch_result *result,
                   const char *name);
