#include "script/cookie_jar.h"

#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "base/url.h"
#include "engine/cookies.h"
#include "engine/set_cookie.h"
#include "engine/worker.h"
#include "io/public_suffix.h"
#include "script/convert.h"
#include "script/request_options.h"
#include "script/shared.h"
#include "script/state.h"
#include "script/vm.h"

static const char TYPE[] = "lload.cookies";

static struct vu *check(lua_State *L)
{
    luaL_checkudata(L, 1, TYPE);
    return vm_user(L, "vu.cookies")->vu;
}

/* ------------------------------------------------------------------- reading
 */

/* A path below base_url, or a whole URL. The string it points into is left on
 * the stack. */
static void check_place(lua_State *L, int index, struct cookie_place *p)
{
    const char *url = luaL_checkstring(L, index);
    const char *base = state_vm(L)->shared->base_url;
    if (!url_is_absolute(url) && !url_has_scheme(url)) {
        if (!base)
            luaL_error(L, "'%s' is relative and there is no base_url", url);
        url = lua_pushfstring(L, *url == '/' ? "%s%s" : "%s/%s", base, url);
    }
    if (!cookie_place_of(p, url))
        luaL_error(L, "'%s' is no address of http or https", url);
}

/* The cookies for the address at `index`; all of the jar, the oldest first, if
 * there is none. */
static size_t list_cookies(lua_State *L, struct vu *vu, int index,
                           const struct cookie *const **list)
{
    struct cookie_place to;
    bool has_place = !lua_isnoneornil(L, index);
    if (has_place)
        check_place(L, index, &to);
    if (!vu->cookies)
        return 0;
    return cookies_for(vu->cookies, has_place ? &to : NULL, clock_wall_ms(),
                       list);
}

/* vu.cookies:get(name, [url]) -> value | nil */
static int jar_get(lua_State *L)
{
    struct vu *vu = check(L);
    const char *name = luaL_checkstring(L, 2);
    const struct cookie *const *list, *found = NULL;
    size_t count = list_cookies(L, vu, 3, &list);
    bool takes_first = !lua_isnoneornil(L, 3);
    for (size_t i = 0; i < count && !(found && takes_first); i++)
        if (strcmp(list[i]->name, name) == 0)
            found = list[i];
    if (found)
        lua_pushlstring(L, found->value, found->value_length);
    else
        lua_pushnil(L);
    return 1;
}

/* vu.cookies:all([url]) -> { name = value } */
static int jar_all(lua_State *L)
{
    struct vu *vu = check(L);
    const struct cookie *const *list;
    bool has_place = !lua_isnoneornil(L, 2);
    size_t count = list_cookies(L, vu, 2, &list);
    lua_newtable(L);
    /* The same one of several as with get: written last. */
    for (size_t i = 0; i < count; i++) {
        const struct cookie *c = list[has_place ? count - 1 - i : i];
        lua_pushlstring(L, c->value, c->value_length);
        lua_setfield(L, -2, c->name);
    }
    return 1;
}

/* ------------------------------------------------------------------- writing
 */

static const char *const wishes[] = {"domain", "path", "secure", "max_age"};

static void check_wishes(lua_State *L, int options)
{
    luaL_checktype(L, options, LUA_TTABLE);
    lua_pushnil(L);
    while (lua_next(L, options)) {
        const char *key =
            lua_type(L, -2) == LUA_TSTRING ? lua_tostring(L, -2) : "?";
        bool is_known = false;
        for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++)
            is_known |= strcmp(wishes[i], key) == 0;
        if (!is_known)
            luaL_error(L,
                       "unknown option '%s' of a cookie; there are domain, "
                       "path, secure, max_age",
                       key);
        lua_pop(L, 1);
    }
}

/* A text option, left on the stack; `at` NULL if it is not given. */
static struct url_slice text_wish(lua_State *L, int options, const char *name)
{
    struct url_slice s = {0};
    lua_getfield(L, options, name);
    if (lua_type(L, -1) != LUA_TSTRING && !lua_isnil(L, -1))
        luaL_error(L, "%s: text is wanted, got %s", name, luaL_typename(L, -1));
    s.at = lua_tolstring(L, -1, &s.length);
    return s;
}

/* Without one the cookie is for the host of base_url alone. What it is read
 * into must live as long as the wish. */
static void read_domain(lua_State *L, int options, struct cookie_wish *w,
                        struct cookie_place *p)
{
    struct url_slice domain = text_wish(L, options, "domain");
    const char *base = state_vm(L)->shared->base_url;
    if (domain.at) {
        const char *name = domain.at + (*domain.at == '.');
        if (strpbrk(name, "/?#@:") ||
            !cookie_place_of(p, lua_pushfstring(L, "http://%s", name)))
            luaL_error(L, "domain: '%s' is no name of a host", domain.at);
        w->is_host_only = p->is_address || public_suffix_is(p->host);
    } else {
        if (!base)
            luaL_error(L, "a cookie needs a domain, as there is no base_url");
        if (!cookie_place_of(p, base))
            luaL_error(L, "base_url is no address of http or https");
        w->is_host_only = true;
    }
    w->domain = (struct url_slice){p->host, strlen(p->host)};
}

static void read_wishes(lua_State *L, int options, struct cookie_wish *w,
                        int64_t now_ms)
{
    struct url_slice path = text_wish(L, options, "path");
    if (path.at &&
        (*path.at != '/' || path.length > COOKIE_ATTRIBUTE_MAX_BYTES ||
         strlen(path.at) != path.length))
        luaL_error(L, "path: a path that begins with / is wanted");
    w->path = path.at ? path : (struct url_slice){"/", 1};
    lua_getfield(L, options, "secure");
    w->is_secure = lua_toboolean(L, -1);
    lua_getfield(L, options, "max_age");
    w->expires_ms =
        lua_isnil(L, -1)
            ? COOKIE_NEVER_EXPIRES
            : now_ms +
                  convert_duration(L, lua_gettop(L), "max_age") / NS_PER_MS;
}

static void read_pair(lua_State *L, struct cookie_wish *w)
{
    w->name.at = luaL_checklstring(L, 2, &w->name.length);
    if (!cookie_name_is_valid(w->name.at, w->name.length))
        luaL_error(L, "'%s' is no name of a cookie", w->name.at);
    lua_pushvalue(L, 3);
    w->value.at = scalar_text(L, "the value of a cookie", &w->value.length);
    lua_replace(L, 3);
    if (!cookie_value_is_valid(w->value.at, w->value.length))
        luaL_error(L, "the value of '%s' is not fit for a cookie", w->name.at);
    if (w->name.length + w->value.length > COOKIE_MAX_BYTES)
        luaL_error(L, "'%s' is longer than %d bytes, which no cookie may be",
                   w->name.at, COOKIE_MAX_BYTES);
}

/* vu.cookies:set(name, value, [options]) */
static int jar_set(lua_State *L)
{
    struct vu *vu = check(L);
    struct cookie_wish w = {0};
    struct cookie_place host = {0};
    int64_t now_ms = clock_wall_ms();
    if (worker_plan(vu->worker)->cookies == COOKIES_NONE)
        luaL_error(L, "vu.cookies:set: http.cookies is \"none\"");
    lua_settop(L, 4);
    if (lua_isnil(L, 4)) {
        lua_newtable(L);
        lua_replace(L, 4);
    }
    check_wishes(L, 4);
    read_pair(L, &w);
    read_domain(L, 4, &w, &host);
    read_wishes(L, 4, &w, now_ms);
    if (!vu->cookies)
        vu->cookies = cookies_new();
    cookies_put(vu->cookies, &w, now_ms);
    return 0;
}

/* vu.cookies:clear([name]) */
static int jar_clear(lua_State *L)
{
    struct vu *vu = check(L);
    const char *name = luaL_optstring(L, 2, NULL);
    if (vu->cookies)
        cookies_clear(vu->cookies, name);
    return 0;
}

/* ------------------------------------------------------------------ the value
 */

void cookie_jar_push(lua_State *L)
{
    lua_getfield(L, LUA_REGISTRYINDEX, "lload.vu.cookies");
}

void cookie_jar_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"get", jar_get},
                                       {"all", jar_all},
                                       {"set", jar_set},
                                       {"clear", jar_clear},
                                       {NULL, NULL}};
    lua_newuserdata(L, 0);
    luaL_newmetatable(L, TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_setfield(L, -2, "__index");
    state_hide_metatable(L);
    lua_setmetatable(L, -2);
    lua_setfield(L, LUA_REGISTRYINDEX, "lload.vu.cookies");
}
