#include "script/scratch.h"

#include <stdint.h>

#include "base/buffer.h"

enum { KEPT_BYTES = 16 * 1024 };

static const char KEY = 's'; /* its address is the registry key */

static int scratch_gc(lua_State *L)
{
    buffer_fini(lua_touserdata(L, 1));
    return 0;
}

static struct buffer *make(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)&KEY);
    struct buffer *b = lua_newuserdata(L, sizeof *b);
    *b = (struct buffer){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, scratch_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
    return b;
}

struct buffer *scratch(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)&KEY);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct buffer *b = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (!b)
        return make(L);
    buffer_clear(b);
    return b;
}

int scratch_push(lua_State *L, struct buffer *b)
{
    lua_pushlstring(L, buffer_text(b), b->size);
    buffer_trim(b, KEPT_BYTES);
    return 1;
}
