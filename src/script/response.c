#include "script/response.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "engine/fetch.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/core_html.h"
#include "script/json_decode.h"
#include "script/state.h"
#include "script/vm.h"

static const char TYPE[] = "lload.response";

struct response {
    int status;
    enum http_failure failure;
    enum http_proto proto;
    int is_ok;
    bool is_discarded;
    struct http_timings timings;
    size_t header_bytes;
    size_t body_bytes;
    size_t name_bytes; /* with its NUL, as the next two */
    size_t url_bytes;
    size_t detail_bytes; /* 0 on success */
    size_t hop_bytes;
    char bytes[]; /* headers, body, name, url, detail, hops */
};

static const char *body_of(const struct response *r)
{
    return r->bytes + r->header_bytes;
}

static const char *name_of(const struct response *r)
{
    return body_of(r) + r->body_bytes;
}

static const char *url_of(const struct response *r)
{
    return name_of(r) + r->name_bytes;
}

static const char *detail_of(const struct response *r)
{
    return url_of(r) + r->url_bytes;
}

static const char *hops_of(const struct response *r)
{
    return detail_of(r) + r->detail_bytes;
}

static struct response *check(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE);
}

static char *copy(char *to, const char *from, size_t size)
{
    if (size)
        memcpy(to, from, size);
    return to + size;
}

void response_push(lua_State *L, const struct fetch_result *f, const char *name)
{
    size_t name_bytes = strlen(name) + 1, url_bytes = strlen(f->url) + 1;
    size_t detail_bytes = f->detail ? strlen(f->detail) + 1 : 0;
    struct response *r = lua_newuserdata(
        L, sizeof *r + f->header_bytes + f->body_bytes + name_bytes +
               url_bytes + detail_bytes + f->hop_bytes);
    *r = (struct response){.status = f->status,
                           .failure = f->failure,
                           .proto = f->proto,
                           .is_ok = f->is_ok,
                           .is_discarded = f->is_discarded,
                           .timings = *f->timings,
                           .header_bytes = f->header_bytes,
                           .body_bytes = f->body_bytes,
                           .name_bytes = name_bytes,
                           .url_bytes = url_bytes,
                           .detail_bytes = detail_bytes,
                           .hop_bytes = f->hop_bytes};
    char *at = copy(r->bytes, f->headers, f->header_bytes);
    at = copy(at, f->body, f->body_bytes);
    at = copy(at, name, name_bytes);
    at = copy(at, f->url, url_bytes);
    at = copy(at, f->detail, detail_bytes);
    copy(at, f->hops, f->hop_bytes);
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
}

/* ------------------------------------------------------------------ headers */

static void push_lower(lua_State *L, const char *text, size_t length)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; i < length; i++)
        luaL_addchar(&b, (char)tolower((unsigned char)text[i]));
    luaL_pushresult(&b);
}

/* headers["Content-Type"]: the names are kept in lower case. */
static int header_index(lua_State *L)
{
    size_t length;
    const char *name = lua_tolstring(L, 2, &length);
    if (!name)
        return 0;
    push_lower(L, name, length);
    lua_rawget(L, 1);
    return 1;
}

/* Several headers of one name are one list (RFC 9110 5.2); Set-Cookie, which
 * may hold commas, is joined with newlines. */
static void add_header(lua_State *L, const char *line, size_t length)
{
    const char *colon = memchr(line, ':', length);
    if (!colon)
        return;
    const char *value = colon + 1, *end = line + length;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr(" \t\r", end[-1]))
        end--;
    push_lower(L, line, (size_t)(colon - line)); // headers, name
    lua_pushvalue(L, -1);
    lua_rawget(L, -3); // headers, name, before
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushlstring(L, value, (size_t)(end - value));
    } else {
        bool cookie = strcmp(lua_tostring(L, -2), "set-cookie") == 0;
        lua_pushstring(L, cookie ? "\n" : ", ");
        lua_pushlstring(L, value, (size_t)(end - value));
        lua_concat(L, 3);
    }
    lua_rawset(L, -3); // headers
}

static int push_headers(lua_State *L, const struct response *r)
{
    const char *at = r->bytes, *end = r->bytes + r->header_bytes;
    lua_newtable(L);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *stop = newline ? newline : end;
        add_header(L, at, (size_t)(stop - at));
        at = stop + 1;
    }
    luaL_getmetatable(L, "lload.headers");
    lua_setmetatable(L, -2);
    return 1;
}

/* ------------------------------------------------------------------- fields */

static void set_ms(lua_State *L, const char *name, int64_t ns)
{
    lua_pushnumber(L, (double)ns / NS_PER_MS);
    lua_setfield(L, -2, name);
}

static int push_timings(lua_State *L, const struct response *r)
{
    static const char *const names[HTTP_PHASES] = {
        "blocked", "looking_up", "connecting", "tls_handshaking",
        "sending", "waiting",    "receiving"};
    lua_createtable(L, 0, HTTP_PHASES + 1);
    for (int i = 0; i < HTTP_PHASES; i++)
        set_ms(L, names[i], r->timings.phase_ns[i]);
    bool aged = r->failure == HTTP_TIMEOUT || r->failure == HTTP_CUT_OFF;
    set_ms(L, "duration",
           aged ? r->timings.ended_ns - r->timings.started_ns
                : http_timings_duration_ns(&r->timings));
    return 1;
}

/* { { status = 302, url = … }, … } of the redirects that were followed. */
static int push_hops(lua_State *L, const struct response *r)
{
    const char *at = hops_of(r), *end = at + r->hop_bytes;
    lua_newtable(L);
    for (int i = 1; at < end; i++) {
        const char *space = memchr(at, ' ', (size_t)(end - at));
        const char *stop = memchr(space, '\n', (size_t)(end - space));
        lua_createtable(L, 0, 2); // hops, hop
        lua_pushinteger(L, strtol(at, NULL, 10));
        lua_setfield(L, -2, "status");
        lua_pushlstring(L, space + 1, (size_t)(stop - space - 1));
        lua_setfield(L, -2, "url");
        lua_rawseti(L, -2, i); // hops
        at = stop + 1;
    }
    return 1;
}

static int push_field(lua_State *L, const struct response *r, const char *key)
{
    if (strcmp(key, "status") == 0)
        lua_pushinteger(L, r->status);
    else if (strcmp(key, "ok") == 0)
        lua_pushboolean(L, r->is_ok);
    else if (strcmp(key, "body") == 0 && !r->is_discarded)
        lua_pushlstring(L, body_of(r), r->body_bytes);
    else if (strcmp(key, "headers") == 0)
        return push_headers(L, r);
    else if (strcmp(key, "timings") == 0)
        return push_timings(L, r);
    else if (strcmp(key, "hops") == 0)
        return push_hops(L, r);
    else if (strcmp(key, "url") == 0)
        lua_pushstring(L, url_of(r));
    else if (strcmp(key, "proto") == 0 && r->proto)
        lua_pushstring(L, http_proto_name(r->proto));
    else if (strcmp(key, "name") == 0)
        lua_pushstring(L, name_of(r));
    else if (strcmp(key, "error") == 0 && r->failure)
        lua_pushstring(L, http_failure_name(r->failure));
    else if (strcmp(key, "error_message") == 0 && r->detail_bytes)
        lua_pushstring(L, detail_of(r));
    else
        lua_pushnil(L);
    return 1;
}

/* Tables made from a response are kept in its environment; until then that is
 * the table of globals, which Lua gives to every new userdata. */
static bool is_kept(const char *key)
{
    return strcmp(key, "headers") == 0 || strcmp(key, "timings") == 0 ||
           strcmp(key, "hops") == 0;
}

static void push_environment(lua_State *L)
{
    lua_getfenv(L, 1);
    lua_pushvalue(L, LUA_GLOBALSINDEX);
    if (lua_rawequal(L, -1, -2)) {
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_setfenv(L, 1);
        lua_replace(L, -3);
    }
    lua_pop(L, 1); // env
}

static int push_kept(lua_State *L, const struct response *r, const char *key)
{
    push_environment(L);
    lua_getfield(L, -1, key);
    if (!lua_isnil(L, -1))
        return 1;
    lua_pop(L, 1);
    push_field(L, r, key);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, key);
    return 1;
}

/* Upvalue 1: the methods. */
static int response_index(lua_State *L)
{
    const struct response *r = check(L);
    const char *key = lua_tostring(L, 2);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1) || !key)
        return 1;
    lua_pop(L, 1);
    return is_kept(key) ? push_kept(L, r, key) : push_field(L, r, key);
}

/* ------------------------------------------------------------------ methods */

/* r:json([path]) -> value | nil, message */
static int response_json(lua_State *L)
{
    const struct response *r = check(L);
    const char *path = luaL_optstring(L, 2, NULL);
    struct json_slice value;
    bool found = path ? json_find(body_of(r), r->body_bytes, path, &value)
                      : json_document(body_of(r), r->body_bytes, &value);
    if (found)
        return json_decode_push(L, value) ? 1 : 2;
    lua_pushnil(L);
    if (r->is_discarded)
        lua_pushfstring(L, "the body of %s was discarded", name_of(r));
    else if (path && json_document(body_of(r), r->body_bytes, &value))
        lua_pushfstring(L, "no value at '%s' in the JSON of %s", path,
                        name_of(r));
    else
        lua_pushfstring(L, "the body of %s is not JSON", name_of(r));
    return 2;
}

/* r:html() -> page. It shares the response's environment, which holds both, for
 * its text is the response's body. */
static int response_html(lua_State *L)
{
    const struct response *r = check(L);
    push_environment(L);
    lua_getfield(L, -1, "page");
    if (!lua_isnil(L, -1))
        return 1;
    lua_pop(L, 1);
    lua_pushvalue(L, 1);
    lua_setfield(L, -2, "response");
    lua_pushvalue(L, -1);
    html_push(L, body_of(r), r->body_bytes);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "page");
    return 1;
}

/* r:expect(201 | "2xx" | {200, 404}) -> r; ends the iteration if not met. */
static int response_expect(lua_State *L)
{
    const struct response *r = check(L);
    struct expectation wanted;
    convert_expectation(L, 2, &wanted);
    if (!r->failure && expectation_meets(&wanted, r->status)) {
        lua_settop(L, 1);
        return 1;
    }
    struct lua_user *user = vm_user(L, "r:expect");
    char reason[256], got[32];
    if (r->failure)
        snprintf(got, sizeof got, "%s", http_failure_name(r->failure));
    else
        snprintf(got, sizeof got, "%d", r->status);
    const char *what = convert_expectation_name(L, 2);
    int length =
        snprintf(reason, sizeof reason, "expected status %s, got %s from %s",
                 what, got, name_of(r));
    if (length >= (int)sizeof reason)
        length = (int)sizeof reason - 1;
    return vm_fail_part(L, user, reason, (size_t)length);
}

static int response_tostring(lua_State *L)
{
    const struct response *r = check(L);
    lua_pushfstring(L, "response %s: %s", name_of(r),
                    r->failure ? http_failure_name(r->failure)
                               : lua_pushfstring(L, "%d", r->status));
    return 1;
}

void response_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"json", response_json},
                                       {"html", response_html},
                                       {"expect", response_expect},
                                       {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_pushcclosure(L, response_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, response_tostring);
    lua_setfield(L, -2, "__tostring");
    state_hide_metatable(L);
    lua_pop(L, 1);
    luaL_newmetatable(L, "lload.headers");
    lua_pushcfunction(L, header_index);
    lua_setfield(L, -2, "__index");
    state_hide_metatable(L);
    lua_pop(L, 1);
}
