/* core_json — JSON text for modules of lload, by the rules of requests and
 * responses. */
#include <stdint.h>

#include "base/buffer.h"
#include "base/error.h"
#include "script/core.h"
#include "script/json_decode.h"
#include "script/json_encode.h"

enum { KEPT_BYTES = 16 * 1024 };

static const char BUFFER_KEY = 'b'; /* its address is the registry key */

static int buffer_gc(lua_State *L)
{
    buffer_fini(lua_touserdata(L, 1));
    return 0;
}

/* The state's own, in the collector's hands: pushing text may raise. */
static struct buffer *buffer_of(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)&BUFFER_KEY);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct buffer *held = lua_touserdata(L, -1);
    lua_pop(L, 1);
    if (held)
        return held;
    lua_pushlightuserdata(L, (void *)(uintptr_t)&BUFFER_KEY);
    held = lua_newuserdata(L, sizeof *held);
    *held = (struct buffer){0};
    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, buffer_gc);
    lua_setfield(L, -2, "__gc");
    lua_setmetatable(L, -2);
    lua_rawset(L, LUA_REGISTRYINDEX);
    return held;
}

/* core.json_encode(value) -> text | nil, message */
static int core_json_encode(lua_State *L)
{
    struct error err;
    luaL_checkany(L, 1);
    struct buffer *out = buffer_of(L);
    buffer_clear(out);
    if (!json_encode(L, 1, out, &err)) {
        lua_pushnil(L);
        lua_pushstring(L, err.text);
        return 2;
    }
    lua_pushlstring(L, out->data, out->size);
    buffer_trim(out, KEPT_BYTES);
    return 1;
}

/* core.json_decode(text) -> value | nil, message */
static int core_json_decode(lua_State *L)
{
    size_t length;
    struct json_slice value;
    const char *text = luaL_checklstring(L, 1, &length);
    if (json_document(text, length, &value))
        return json_decode_push(L, value) ? 1 : 2;
    lua_pushnil(L);
    lua_pushliteral(L, "this is not JSON");
    return 2;
}

const luaL_Reg core_json_functions[] = {{"json_encode", core_json_encode},
                                        {"json_decode", core_json_decode},
                                        {NULL, NULL}};
