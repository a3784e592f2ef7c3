#include "script/core_regex.h"

#include "base/error.h"
#include "io/regex.h"
#include "script/core.h"
#include "script/state.h"

static const char TYPE[] = "lload.regex";

static int regex_gc(lua_State *L)
{
    struct regex **held = lua_touserdata(L, 1);
    regex_free(*held);
    *held = NULL;
    return 0;
}

static struct regex *check(lua_State *L)
{
    return *(struct regex **)luaL_checkudata(L, 1, TYPE);
}

/* core.regex(pattern [, flags]) -> regex | nil, message */
static int core_regex(lua_State *L)
{
    size_t length;
    struct error err = {{0}};
    const char *pattern = luaL_checklstring(L, 1, &length);
    const char *flags = luaL_optstring(L, 2, "");
    struct regex **held = lua_newuserdata(L, sizeof *held);
    *held = NULL;
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
    *held = regex_new(pattern, length, flags, &err);
    if (*held)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, err.text);
    return 2;
}

/* A group that took no part is false, for nil would end a loop over matches. */
static void push_group(lua_State *L, const struct regex *re, const char *text,
                       size_t group)
{
    size_t from, to;
    if (regex_group(re, group, &from, &to))
        lua_pushlstring(L, text + from, to - from);
    else
        lua_pushboolean(L, 0);
}

/* All groups, or the whole match if there are none, as string.match does. */
static int push_groups(lua_State *L, const struct regex *re, const char *text)
{
    int count = (int)regex_group_count(re);
    luaL_checkstack(L, count + 1, "too many groups");
    for (int i = 1; i <= count; i++)
        push_group(L, re, text, (size_t)i);
    if (!count)
        push_group(L, re, text, 0);
    return count ? count : 1;
}

static int push_failure(lua_State *L, enum regex_status status)
{
    lua_pushnil(L);
    if (status == REGEX_NONE)
        return 1;
    lua_pushliteral(L, "given up: matching takes too long");
    return 2;
}

/* The optional position at index 3, as string.find takes it. */
static size_t start_at(lua_State *L, size_t length)
{
    lua_Number at = luaL_optnumber(L, 3, 1);
    if (at < 0)
        at += (lua_Number)length + 1;
    return at >= 1 ? (size_t)at - 1 : 0;
}

/* False if there is nothing to look through; results are pushed then. What a
 * server did not send is nil, and that is no misuse. */
static bool find(lua_State *L, struct regex *re, const char **text,
                 int *results)
{
    size_t length;
    if (lua_isnil(L, 2)) {
        lua_pushnil(L);
        lua_pushliteral(L, "there is no text");
        *results = 2;
        return false;
    }
    *text = luaL_checklstring(L, 2, &length);
    size_t from = start_at(L, length);
    enum regex_status status =
        from > length ? REGEX_NONE : regex_match(re, *text, length, from);
    if (status == REGEX_FOUND)
        return true;
    *results = push_failure(L, status);
    return false;
}

/* re:match(text [, init]) -> groups | nil [, message] */
static int regex_first(lua_State *L)
{
    int results;
    const char *text;
    struct regex *re = check(L);
    return find(L, re, &text, &results) ? push_groups(L, re, text) : results;
}

/* re:find(text [, init]) -> first, last, groups | nil [, message] */
static int regex_find(lua_State *L)
{
    int results;
    const char *text;
    size_t from = 0, to = 0;
    struct regex *re = check(L);
    if (!find(L, re, &text, &results))
        return results;
    regex_group(re, 0, &from, &to);
    lua_pushnumber(L, (lua_Number)from + 1);
    lua_pushnumber(L, (lua_Number)to);
    int count = (int)regex_group_count(re);
    return count ? 2 + push_groups(L, re, text) : 2;
}

/* The iterator; upvalues: regex, text, where to go on. */
static int next_match(lua_State *L)
{
    size_t length;
    struct regex *re = *(struct regex **)lua_touserdata(L, lua_upvalueindex(1));
    const char *text = lua_tolstring(L, lua_upvalueindex(2), &length);
    size_t from = (size_t)lua_tonumber(L, lua_upvalueindex(3));
    if (from > length || regex_match(re, text, length, from) != REGEX_FOUND)
        return 0;
    lua_pushnumber(L, (lua_Number)regex_next(re, text, length));
    lua_replace(L, lua_upvalueindex(3));
    return push_groups(L, re, text);
}

/* re:gmatch(text) -> iterator */
static int regex_gmatch(lua_State *L)
{
    check(L);
    if (lua_isnil(L, 2)) {
        lua_pushliteral(L, "");
        lua_replace(L, 2);
    }
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushnumber(L, 0);
    lua_pushcclosure(L, next_match, 3);
    return 1;
}

void regex_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"match", regex_first},
                                       {"find", regex_find},
                                       {"gmatch", regex_gmatch},
                                       {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, regex_gc);
    lua_setfield(L, -2, "__gc");
    state_hide_metatable(L);
    lua_pop(L, 1);
}

const luaL_Reg core_regex_functions[] = {{"regex", core_regex}, {NULL, NULL}};
