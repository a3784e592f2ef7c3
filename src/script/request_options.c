#include "script/request_options.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

static const double WHOLE_MAX = 9007199254740992.0; /* 2^53 */

static const char *const option_names[OPTIONS] = {
    "params",   "query",        "headers",   "json",      "form",
    "body",     "bearer",       "basic",     "timeout",   "name",
    "tags",     "expect",       "max_body",  "redirects", "cookies",
    "compress", "discard_body", "multipart", "digest"};

const char *option_name(enum option o)
{
    return option_names[o];
}

static int unknown_option(lua_State *L, const char *name)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (int i = 0; i < OPTIONS; i++) {
        luaL_addstring(&b, i ? ", " : "");
        luaL_addstring(&b, option_names[i]);
    }
    luaL_pushresult(&b);
    return luaL_error(L, "unknown request option '%s'; there are %s", name,
                      lua_tostring(L, -1));
}

static int find_option(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TSTRING)
        return luaL_error(L, "request options have names; one has a %s instead",
                          luaL_typename(L, index));
    const char *name = lua_tostring(L, index);
    for (int i = 0; i < OPTIONS; i++)
        if (strcmp(option_names[i], name) == 0)
            return i;
    return unknown_option(L, name);
}

unsigned spread_options(lua_State *L)
{
    unsigned given = 0;
    lua_settop(L, OPTIONS_SLOT);
    if (lua_isnil(L, OPTIONS_SLOT))
        return given;
    luaL_checktype(L, OPTIONS_SLOT, LUA_TTABLE);
    luaL_checkstack(L, OPTIONS + LUA_MINSTACK, "for the request's options");
    lua_settop(L, FIRST_SLOT + OPTIONS - 1);
    lua_pushnil(L);
    while (lua_next(L, OPTIONS_SLOT)) {
        int o = find_option(L, -2);
        lua_replace(L, option_slot((enum option)o));
        given |= 1u << o;
    }
    return given;
}

static void check_finite(lua_State *L, int index, const char *what)
{
    if (lua_type(L, index) == LUA_TNUMBER && !isfinite(lua_tonumber(L, index)))
        luaL_error(L, "%s: not a finite number", what);
}

const char *text_option(lua_State *L, enum option o, size_t *length)
{
    if (!lua_isstring(L, option_slot(o)))
        luaL_error(L, "%s: text is wanted, got %s", option_names[o],
                   luaL_typename(L, option_slot(o)));
    check_finite(L, option_slot(o), option_names[o]);
    return lua_tolstring(L, option_slot(o), length);
}

uint32_t whole_option(lua_State *L, enum option o, uint32_t max)
{
    int slot = option_slot(o);
    double n = lua_type(L, slot) == LUA_TNUMBER ? lua_tonumber(L, slot) : -1;
    if (!(n >= 0 && n <= max && n == floor(n)))
        luaL_error(L, "%s: a whole number from 0 to %d is wanted",
                   option_names[o], (int)max);
    return (uint32_t)n;
}

void table_option(lua_State *L, enum option o)
{
    if (!lua_istable(L, option_slot(o)))
        luaL_error(L, "%s: a table is wanted, got %s", option_names[o],
                   luaL_typename(L, option_slot(o)));
}

bool flag_option(lua_State *L, enum option o)
{
    if (!lua_isboolean(L, option_slot(o)))
        luaL_error(L, "%s: true or false is wanted, got %s", option_names[o],
                   luaL_typename(L, option_slot(o)));
    return lua_toboolean(L, option_slot(o));
}

/* The value on top as text; whole numbers stay whole up to 2^53. */
const char *scalar_text(lua_State *L, const char *what, size_t *length)
{
    char digits[32];
    check_finite(L, -1, what);
    if (lua_type(L, -1) == LUA_TNUMBER) {
        double n = lua_tonumber(L, -1);
        bool whole = n == floor(n) && fabs(n) <= WHOLE_MAX;
        int used = whole ? snprintf(digits, sizeof digits, "%.0f", n)
                         : snprintf(digits, sizeof digits, "%.14g", n);
        lua_pushlstring(L, digits, (size_t)used);
        lua_replace(L, -2);
    } else if (lua_isboolean(L, -1)) {
        lua_pushstring(L, lua_toboolean(L, -1) ? "true" : "false");
        lua_replace(L, -2);
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "%s: text, a number or a boolean is wanted, got %s", what,
                   luaL_typename(L, -1));
    return lua_tolstring(L, -1, length);
}
