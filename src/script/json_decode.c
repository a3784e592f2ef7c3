#include "script/json_decode.h"

#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

/* json nulls, which lua-cjson gives as NULL pointers, are taken out. */
static void drop_nulls(lua_State *L, int index)
{
    luaL_checkstack(L, 4, "JSON");
    lua_pushnil(L);
    while (lua_next(L, index)) {
        bool is_null = lua_type(L, -1) == LUA_TLIGHTUSERDATA;
        if (lua_istable(L, -1))
            drop_nulls(L, lua_gettop(L));
        lua_pop(L, 1);
        if (is_null) {
            lua_pushvalue(L, -1);
            lua_pushnil(L);
            lua_rawset(L, index);
        }
    }
}

static void push_cjson_decode(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "lload.cjson.decode");
    if (!lua_isnil(L, -1))
        return;
    lua_pop(L, 1);
    lua_getglobal(L, "require");
    lua_pushliteral(L, "cjson");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "decode_invalid_numbers");
    lua_pushboolean(L, 0);
    lua_call(L, 1, 0);
    lua_getfield(L, -1, "decode");
    lua_remove(L, -2);
    lua_pushvalue(L, -1);
    lua_setfield(L, LUA_REGISTRYINDEX, "lload.cjson.decode");
}

/* Pushes the text with U+FFFD for half of a surrogate pair, which servers send
 * when they cut a text in two, and which lua-cjson refuses. */
static void push_mended(lua_State *L, struct json_slice value)
{
    char *copy = lua_newuserdata(L, value.length);
    const char *at = copy, *end = copy + value.length;
    memcpy(copy, value.at, value.length);
    while ((at = json_lone_surrogate(at, end)))
        memcpy(copy + (at - copy) + 2, "fffd", 4);
    lua_pushlstring(L, copy, value.length);
    lua_remove(L, -2);
}

static bool decode_with_cjson(lua_State *L, struct json_slice value)
{
    push_cjson_decode(L);
    if (json_lone_surrogate(value.at, value.at + value.length))
        push_mended(L, value);
    else
        lua_pushlstring(L, value.at, value.length);
    if (lua_pcall(L, 1, 1, 0) != 0) {
        lua_pushnil(L);
        lua_insert(L, -2);
        return false;
    }
    if (lua_istable(L, -1) && memmem(value.at, value.length, "null", 4))
        drop_nulls(L, lua_gettop(L));
    return true;
}

static bool push_number(lua_State *L, struct json_slice value)
{
    char digits[64];
    if (value.length >= sizeof digits)
        return false;
    memcpy(digits, value.at, value.length);
    digits[value.length] = '\0';
    lua_pushnumber(L, strtod(digits, NULL));
    return true;
}

/* Scalars are pushed at once; whatever needs building or unescaping is left to
 * lua-cjson. */
static bool push_scalar(lua_State *L, struct json_slice value)
{
    switch (*value.at) {
    case 't':
    case 'f':
        lua_pushboolean(L, *value.at == 't');
        return true;
    case 'n':
        lua_pushnil(L);
        return true;
    case '"':
        if (memchr(value.at, '\\', value.length))
            return false;
        lua_pushlstring(L, value.at + 1, value.length - 2);
        return true;
    case '{':
    case '[':
        return false;
    default:
        return push_number(L, value);
    }
}

bool json_decode_push(lua_State *L, struct json_slice value)
{
    if (push_scalar(L, value))
        return true;
    if (*value.at == '{' || *value.at == '[')
        return decode_with_cjson(L, value);
    /* lua-cjson decodes containers only at the top: wrap, then unwrap. */
    lua_pushliteral(L, "[");
    lua_pushlstring(L, value.at, value.length);
    lua_pushliteral(L, "]");
    lua_concat(L, 3);
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    bool ok = decode_with_cjson(L, (struct json_slice){text, length});
    if (ok) {
        lua_rawgeti(L, -1, 1);
        lua_remove(L, -2);
        lua_remove(L, -2);
        return true;
    }
    lua_remove(L, -3);
    return false;
}
