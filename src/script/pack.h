/* pack — plain Lua values as bytes, to carry them between Lua states.
 *
 * nil, booleans, numbers, strings and tables of them; no functions, userdata or
 * coroutines, no table twice on the way down. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

struct buffer;
struct error;

/* Appends the value at `index`; `what` names it in the error ("WHAT.x.y"). */
bool pack_value(lua_State *L, int index, struct buffer *out, const char *what,
                struct error *err);
/* Pushes the packed value; false, with nothing pushed, if there is none. */
bool pack_push(lua_State *L, const char *bytes, size_t size);
