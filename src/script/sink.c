#include "script/sink.h"

#include "base/error.h"
#include "engine/sample_log.h"
#include "io/sender.h"
#include "script/convert.h"
#include "script/fields.h"

enum { HEADERS_MAX = 32 };

static const char SENDER[] = "lload.sender";
static const char SAMPLES[] = "lload.samples";

/* Where a sender will be; pushed first, so that nothing is lost if Lua raises.
 */
static struct sender **push_place(lua_State *L)
{
    struct sender **at = lua_newuserdata(L, sizeof(void *));
    *at = NULL;
    luaL_getmetatable(L, SENDER);
    lua_setmetatable(L, -2);
    return at;
}

static int push_outcome(lua_State *L, const struct sender *s,
                        const struct error *err)
{
    if (s)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, err->text);
    return 2;
}

/* engine.post(url, headers) -> sender | nil, message */
static int engine_post(lua_State *L)
{
    const char *headers[HEADERS_MAX + 1] = {NULL};
    const char *url = luaL_checkstring(L, 1);
    luaL_checktype(L, 2, LUA_TTABLE);
    size_t count = lua_objlen(L, 2);
    luaL_argcheck(L, count <= HEADERS_MAX, 2, "too many headers");
    luaL_checkstack(L, HEADERS_MAX + 4, "headers");
    struct sender **at = push_place(L);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (int)i + 1); // the texts stay on the stack
        headers[i] = luaL_checkstring(L, -1);
    }
    struct error err = {0};
    *at = sender_open_http(url, headers, &err);
    lua_settop(L, 3);
    return push_outcome(L, *at, &err);
}

/* engine.datagrams(host, port) -> sender | nil, message */
static int engine_datagrams(lua_State *L)
{
    const char *host = luaL_checkstring(L, 1);
    lua_Integer port = luaL_checkinteger(L, 2);
    luaL_argcheck(L, port >= 1 && port <= UINT16_MAX, 2, "no port");
    struct error err = {0};
    struct sender **at = push_place(L);
    *at = sender_open_udp(host, (uint16_t)port, &err);
    return push_outcome(L, *at, &err);
}

static int push_report(lua_State *L, uint64_t sent, uint64_t failed,
                       uint64_t dropped, const struct error *cause)
{
    lua_createtable(L, 0, 4);
    set_count(L, "sent", sent);
    set_count(L, "failed", failed);
    set_count(L, "dropped", dropped);
    if (*cause->text)
        set_text(L, "problem", cause->text);
    return 1;
}

static struct sender *check_sender(lua_State *L)
{
    struct sender **at = luaL_checkudata(L, 1, SENDER);
    luaL_argcheck(L, *at, 1, "it is closed");
    return *at;
}

/* sender:push(text) */
static int sink_push(lua_State *L)
{
    size_t size;
    struct sender *s = check_sender(L);
    const char *bytes = luaL_checklstring(L, 2, &size);
    sender_push(s, bytes, size);
    return 0;
}

/* sender:drain(seconds) */
static int sink_drain(lua_State *L)
{
    sender_drain(check_sender(L), convert_seconds(luaL_checknumber(L, 2)));
    return 0;
}

/* sender:report() -> { sent, failed, dropped, problem } */
static int sink_report(lua_State *L)
{
    struct sender_report r = sender_report(check_sender(L));
    return push_report(L, r.sent, r.failed, r.dropped, &r.cause);
}

/* sender:close() */
static int sink_close(lua_State *L)
{
    struct sender **at = luaL_checkudata(L, 1, SENDER);
    sender_close(*at);
    *at = NULL;
    return 0;
}

/* ------------------------------------------------------------------ samples */

/* engine.samples(path) -> file | nil, message */
static int engine_samples(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    struct error err = {0};
    struct sample_log **at = lua_newuserdata(L, sizeof(void *));
    *at = NULL;
    luaL_getmetatable(L, SAMPLES);
    lua_setmetatable(L, -2);
    *at = sample_log_open(path, &err);
    if (*at)
        return 1;
    lua_pushnil(L);
    lua_pushstring(L, err.text);
    return 2;
}

struct sample_log *sink_samples(lua_State *L, int index)
{
    if (lua_isnoneornil(L, index))
        return NULL;
    return *(struct sample_log **)luaL_checkudata(L, index, SAMPLES);
}

/* file:report() -> { sent, failed, dropped, problem }, lines of the last run */
static int samples_report(lua_State *L)
{
    struct sample_log **at = luaL_checkudata(L, 1, SAMPLES);
    luaL_argcheck(L, *at, 1, "it is closed");
    struct sample_report r = sample_log_report(*at);
    return push_report(L, r.written, r.failed, r.dropped, &r.cause);
}

/* file:close() */
static int samples_close(lua_State *L)
{
    struct sample_log **at = luaL_checkudata(L, 1, SAMPLES);
    sample_log_close(*at);
    *at = NULL;
    return 0;
}

static void make_type(lua_State *L, const char *name, const luaL_Reg *methods)
{
    luaL_newmetatable(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_register(L, NULL, methods);
    lua_pop(L, 1);
}

void sink_open(lua_State *L)
{
    static const luaL_Reg sender[] = {
        {"push", sink_push},   {"drain", sink_drain}, {"report", sink_report},
        {"close", sink_close}, {"__gc", sink_close},  {NULL, NULL}};
    static const luaL_Reg samples[] = {{"report", samples_report},
                                       {"close", samples_close},
                                       {"__gc", samples_close},
                                       {NULL, NULL}};
    make_type(L, SENDER, sender);
    make_type(L, SAMPLES, samples);
}

const luaL_Reg sink_functions[] = {{"post", engine_post},
                                   {"datagrams", engine_datagrams},
                                   {"samples", engine_samples},
                                   {NULL, NULL}};
