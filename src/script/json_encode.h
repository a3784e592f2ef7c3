/* json_encode — Lua values as JSON text, straight into a buffer.
 *
 * lua-cjson writes at most 14 digits, which would change ids above 10^14; here
 * whole numbers up to 2^53 stay exact (docs/decisions/0003). A table with the
 * keys 1..n is an array, any other an object; an empty one is {} unless it was
 * marked by lload.array. */
#pragma once

#include <stdbool.h>

#include <lua.h>

struct buffer;
struct error;

/* The table at `index` is an array even when it is empty. */
void json_mark_array(lua_State *L, int index);
/* Appends the value at `index`. Errors name the place: "a function at .a[2]".
 */
bool json_encode(lua_State *L, int index, struct buffer *out,
                 struct error *err);
