#include "script/json_encode.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/buffer.h"
#include "base/error.h"
#include "base/json_write.h"

enum { DEPTH_MAX = 128 };

static const double WHOLE_MAX = 9007199254740992.0; /* 2^53 */

/* A container on the way down: which of its elements is being written. */
struct place {
    int key;      /* stack index of an object's key, 0 in an array */
    long element; /* of an array */
};

struct encoder {
    lua_State *L;
    struct buffer *out;
    struct error *err;
    int depth;
    struct place places[DEPTH_MAX + 1];
};

static bool encode_any(struct encoder *e, int index);

static void add_place(struct encoder *e, const struct place *at,
                      struct buffer *path)
{
    if (!at->key) {
        buffer_printf(path, "[%ld]", at->element);
        return;
    }
    lua_pushvalue(e->L, at->key); /* lua_tostring would confuse lua_next */
    buffer_printf(path, ".%s", lua_tostring(e->L, -1));
    lua_pop(e->L, 1);
}

/* The path is put together only when something is wrong. */
static bool refuse(struct encoder *e, const char *what)
{
    struct buffer path = {0};
    for (int i = 0; i < e->depth; i++)
        add_place(e, &e->places[i], &path);
    error_set(e->err, "json: %s%s%s", what, path.size ? " at " : "",
              buffer_text(&path));
    buffer_fini(&path);
    return false;
}

static void put_string(struct encoder *e, int index)
{
    size_t length;
    const char *text = lua_tolstring(e->L, index, &length);
    buffer_add_char(e->out, '"');
    json_add_escaped(e->out, text, length);
    buffer_add_char(e->out, '"');
}

static bool put_number(struct encoder *e, double n)
{
    char digits[32];
    if (!isfinite(n))
        return refuse(e, "not a finite number");
    if (n == floor(n) && fabs(n) <= WHOLE_MAX) {
        buffer_add_int(e->out, (int64_t)n);
        return true;
    }
    snprintf(digits, sizeof digits, "%.15g", n);
    if (strtod(digits, NULL) != n)
        snprintf(digits, sizeof digits, "%.17g", n);
    buffer_add_text(e->out, digits);
    return true;
}

static const char ARRAY[] = "lload.array"; /* the mark: a metatable */

void json_mark_array(lua_State *L, int index)
{
    luaL_newmetatable(L, ARRAY);
    lua_setmetatable(L, index);
}

static bool is_marked_array(lua_State *L, int index)
{
    if (!lua_getmetatable(L, index))
        return false;
    luaL_getmetatable(L, ARRAY);
    bool same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

/* The length of the array at `index`, or -1 if it is an object. */
static long array_length(lua_State *L, int index)
{
    long length = (long)lua_objlen(L, index), keys = 0;
    if (!length)
        return is_marked_array(L, index) ? 0 : -1;
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        double key = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (key < 1 || key > (double)length || key != floor(key)) {
            lua_pop(L, 1);
            return -1;
        }
        keys++;
    }
    return keys == length ? length : -1;
}

static bool put_array(struct encoder *e, int index, long length)
{
    struct place *at = &e->places[e->depth++];
    buffer_add_char(e->out, '[');
    for (long i = 1; i <= length; i++) {
        *at = (struct place){.element = i};
        if (i > 1)
            buffer_add_char(e->out, ',');
        lua_rawgeti(e->L, index, (int)i);
        if (!encode_any(e, lua_gettop(e->L)))
            return false;
        lua_pop(e->L, 1);
    }
    e->depth--;
    buffer_add_char(e->out, ']');
    return true;
}

static bool put_key(struct encoder *e, int index)
{
    if (lua_type(e->L, index) == LUA_TSTRING) {
        put_string(e, index);
    } else if (lua_type(e->L, index) == LUA_TNUMBER) {
        buffer_add_char(e->out, '"');
        if (!put_number(e, lua_tonumber(e->L, index)))
            return false;
        buffer_add_char(e->out, '"');
    } else {
        return refuse(e, "a key that is neither text nor a number");
    }
    buffer_add_char(e->out, ':');
    return true;
}

static bool put_object(struct encoder *e, int index)
{
    struct place *at = &e->places[e->depth++];
    bool first = true;
    buffer_add_char(e->out, '{');
    lua_pushnil(e->L);
    while (lua_next(e->L, index)) {
        int key = lua_gettop(e->L) - 1;
        *at = (struct place){.key = key};
        if (!first)
            buffer_add_char(e->out, ',');
        first = false;
        if (!put_key(e, key) || !encode_any(e, key + 1))
            return false;
        lua_pop(e->L, 1);
    }
    e->depth--;
    buffer_add_char(e->out, '}');
    return true;
}

static bool put_table(struct encoder *e, int index)
{
    if (e->depth >= DEPTH_MAX || !lua_checkstack(e->L, 6))
        return refuse(e, "nested too deeply, or contains itself,");
    long length = array_length(e->L, index);
    return length >= 0 ? put_array(e, index, length) : put_object(e, index);
}

static bool encode_any(struct encoder *e, int index)
{
    char what[64];
    switch (lua_type(e->L, index)) {
    case LUA_TNIL:
        buffer_add_text(e->out, "null");
        return true;
    case LUA_TBOOLEAN:
        buffer_add_text(e->out, lua_toboolean(e->L, index) ? "true" : "false");
        return true;
    case LUA_TNUMBER:
        return put_number(e, lua_tonumber(e->L, index));
    case LUA_TSTRING:
        put_string(e, index);
        return true;
    case LUA_TTABLE:
        return put_table(e, index);
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(e->L, index)) {
            buffer_add_text(e->out, "null"); /* lload.null */
            return true;
        }
        break;
    default:
        break;
    }
    snprintf(what, sizeof what, "cannot encode a %s",
             luaL_typename(e->L, index));
    return refuse(e, what);
}

bool json_encode(lua_State *L, int index, struct buffer *out, struct error *err)
{
    struct encoder e; /* its places are written before they are read */
    e.L = L;
    e.out = out;
    e.err = err;
    e.depth = 0;
    int top = lua_gettop(L);
    bool ok = encode_any(&e, index);
    lua_settop(L, top);
    return ok;
}
