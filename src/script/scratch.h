/* scratch — the bytes a primitive puts together before they become a Lua
 * string.
 *
 * One buffer for each state, in its collector's hands, because pushing a string
 * may raise. */
#pragma once

#include <lua.h>

struct buffer;

/* Empty, and good until the primitive returns. */
struct buffer *scratch(lua_State *L);
/* Pushes what it holds; returns 1. Much memory is not kept. */
int scratch_push(lua_State *L, struct buffer *b);
