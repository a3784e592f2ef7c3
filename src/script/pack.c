#include "script/pack.h"

#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "base/buffer.h"
#include "base/error.h"

enum { DEPTH_MAX = 64 };
enum pack_type {
    PACK_NIL,
    PACK_FALSE,
    PACK_TRUE,
    PACK_NUMBER,
    PACK_STRING,
    PACK_TABLE,
    PACK_END
};

struct packer {
    lua_State *L;
    struct buffer *out;
    struct buffer path;
    struct error *err;
};

static bool pack_any(struct packer *p, int index, int depth);

static void put_string(struct packer *p, int index)
{
    size_t length;
    const char *text = lua_tolstring(p->L, index, &length);
    buffer_add_char(p->out, PACK_STRING);
    buffer_add(p->out, &length, sizeof length);
    buffer_add(p->out, text, length);
}

static void put_number(struct packer *p, int index)
{
    lua_Number n = lua_tonumber(p->L, index);
    buffer_add_char(p->out, PACK_NUMBER);
    buffer_add(p->out, &n, sizeof n);
}

static void extend_path(struct packer *p, int key)
{
    if (lua_type(p->L, key) == LUA_TSTRING)
        buffer_printf(&p->path, ".%s", lua_tostring(p->L, key));
    else if (lua_type(p->L, key) == LUA_TNUMBER)
        buffer_printf(&p->path, "[%g]", lua_tonumber(p->L, key));
}

static bool put_table(struct packer *p, int index, int depth)
{
    buffer_add_char(p->out, PACK_TABLE);
    lua_pushnil(p->L);
    while (lua_next(p->L, index)) {
        size_t length = p->path.size;
        int key = lua_gettop(p->L) - 1;
        extend_path(p, key);
        if (!pack_any(p, key, depth) || !pack_any(p, key + 1, depth))
            return false;
        p->path.size = length;
        lua_pop(p->L, 1);
    }
    buffer_add_char(p->out, PACK_END);
    return true;
}

static bool pack_any(struct packer *p, int index, int depth)
{
    if (depth > DEPTH_MAX || !lua_checkstack(p->L, 4))
        return error_set(p->err, "%s is nested too deeply, or contains itself",
                         buffer_text(&p->path));
    switch (lua_type(p->L, index)) {
    case LUA_TNIL:
        buffer_add_char(p->out, PACK_NIL);
        return true;
    case LUA_TBOOLEAN:
        buffer_add_char(p->out,
                        lua_toboolean(p->L, index) ? PACK_TRUE : PACK_FALSE);
        return true;
    case LUA_TNUMBER:
        put_number(p, index);
        return true;
    case LUA_TSTRING:
        put_string(p, index);
        return true;
    case LUA_TTABLE:
        return put_table(p, index, depth + 1);
    default:
        return error_set(p->err,
                         "%s is a %s; only nil, booleans, numbers, strings and "
                         "tables of them can be copied to the users",
                         buffer_text(&p->path), luaL_typename(p->L, index));
    }
}

bool pack_value(lua_State *L, int index, struct buffer *out, const char *what,
                struct error *err)
{
    struct packer p = {.L = L, .out = out, .err = err};
    int top = lua_gettop(L);
    buffer_add_text(&p.path, what);
    bool ok = pack_any(&p, index < 0 ? top + index + 1 : index, 0);
    buffer_fini(&p.path);
    lua_settop(L, top);
    return ok;
}

static const char *push_any(lua_State *L, const char *at);

static const char *push_table(lua_State *L, const char *at)
{
    lua_newtable(L);
    luaL_checkstack(L, 4, "packed value");
    while (*at != PACK_END) {
        at = push_any(L, at);
        at = push_any(L, at);
        lua_rawset(L, -3);
    }
    return at + 1;
}

static const char *push_any(lua_State *L, const char *at)
{
    size_t length;
    lua_Number n;
    switch ((enum pack_type) * at++) {
    case PACK_FALSE:
        lua_pushboolean(L, 0);
        return at;
    case PACK_TRUE:
        lua_pushboolean(L, 1);
        return at;
    case PACK_NUMBER:
        memcpy(&n, at, sizeof n);
        lua_pushnumber(L, n);
        return at + sizeof n;
    case PACK_STRING:
        memcpy(&length, at, sizeof length);
        lua_pushlstring(L, at + sizeof length, length);
        return at + sizeof length + length;
    case PACK_TABLE:
        return push_table(L, at);
    case PACK_NIL:
    case PACK_END:
        break;
    }
    lua_pushnil(L);
    return at;
}

bool pack_push(lua_State *L, const char *bytes, size_t size)
{
    if (!size)
        return false;
    push_any(L, bytes);
    return true;
}
