#include "script/live.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/run.h"
#include "engine/signals.h"
#include "io/control_server.h"
#include "io/scrape.h"
#include "script/convert.h"
#include "script/fields.h"
#include "script/state.h"

enum { SERVE_STEP_MS = 100 }; /* until a signal is noticed */

static const char SERVER[] = "lload.control_server";
static const char SCRAPER[] = "lload.scraper";

/* Pushes nil and what went wrong. */
static int fail(lua_State *L, const struct error *err)
{
    lua_pushnil(L);
    lua_pushstring(L, err->text);
    return 2;
}

/* ------------------------------------------------------------------ control */

/* engine.control(address, port, "json"|"metrics") -> server, port | nil,
 * message */
static int engine_control(lua_State *L)
{
    static const char *const contents[] = {
        [CONTROL_JSON] = "json", [CONTROL_METRICS] = "metrics", NULL};
    const char *address = luaL_checkstring(L, 1);
    lua_Integer port = luaL_checkinteger(L, 2);
    int content = luaL_checkoption(L, 3, contents[CONTROL_JSON], contents);
    struct error err = {0};
    struct control_server **at = lua_newuserdata(L, sizeof(void *));
    *at = NULL;
    luaL_getmetatable(L, SERVER);
    lua_setmetatable(L, -2);
    *at = control_server_open(address, (uint16_t)port,
                              (enum control_content)content, &err);
    if (!*at)
        return fail(L, &err);
    lua_pushinteger(L, control_server_port(*at));
    return 2;
}

struct control_server *live_server(lua_State *L, int index)
{
    if (lua_isnoneornil(L, index))
        return NULL;
    return *(struct control_server **)luaL_checkudata(L, index, SERVER);
}

void live_push_request(lua_State *L, const struct control_request *request)
{
    lua_createtable(L, 0, 3);
    set_text(L, "method", request->method);
    set_text(L, "path", request->path);
    lua_pushlstring(L, request->body, request->body_bytes);
    lua_setfield(L, -2, "body");
}

/* handler(request) -> status, text, is_enough; what it raises is an error. */
static bool answer_one(lua_State *L, struct control_server *server,
                       const struct control_request *request, struct error *err)
{
    size_t length;
    lua_pushvalue(L, 3);
    live_push_request(L, request);
    if (!state_call(L, 1, 3, err)) {
        control_server_answer(server, 500, "", 0);
        return true;
    }
    const char *text = lua_tolstring(L, -2, &length);
    control_server_answer(server, (unsigned)lua_tointeger(L, -3), text, length);
    bool is_enough = lua_toboolean(L, -1);
    lua_pop(L, 3);
    return is_enough;
}

/* Until the handler has enough, the time is over, or a signal comes. */
static bool serve_until(lua_State *L, struct control_server *server, int fd,
                        int64_t due_ns, struct error *err)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    const int signals = signals_count();
    const struct control_request *request;
    while (clock_now_ns() < due_ns && signals_count() == signals) {
        uint64_t count;
        if (poll(&p, 1, SERVE_STEP_MS) == 1 &&
            read(fd, &count, sizeof count) < 0)
            continue;
        while ((request = control_server_next(server)))
            if (answer_one(L, server, request, err))
                return true;
    }
    return false;
}

/* server:serve(seconds, handler) -> whether the handler had enough */
static int server_serve(lua_State *L)
{
    struct control_server **at = luaL_checkudata(L, 1, SERVER);
    int64_t due_ns = clock_now_ns() + convert_seconds(luaL_checknumber(L, 2));
    struct error err = {0};
    luaL_checktype(L, 3, LUA_TFUNCTION);
    luaL_argcheck(L, *at, 1, "it is closed");
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    control_server_notify(*at, fd);
    bool is_enough = serve_until(L, *at, fd, due_ns, &err);
    control_server_notify(*at, -1);
    close(fd);
    if (*err.text)
        return luaL_error(L, "%s", err.text);
    lua_pushboolean(L, is_enough);
    return 1;
}

/* server:close() */
static int server_close(lua_State *L)
{
    struct control_server **at = luaL_checkudata(L, 1, SERVER);
    if (*at)
        control_server_close(*at);
    *at = NULL;
    return 0;
}

/* ------------------------------------------------------------------- scrape */

/* engine.scrape(url, interval_s, insecure) -> scraper | nil, message */
static int engine_scrape(lua_State *L)
{
    const char *url = luaL_checkstring(L, 1);
    int64_t interval_ns = convert_seconds(luaL_checknumber(L, 2));
    struct error err = {0};
    struct scrape **at = lua_newuserdata(L, sizeof(void *));
    *at = NULL;
    luaL_getmetatable(L, SCRAPER);
    lua_setmetatable(L, -2);
    *at = scrape_open(url, interval_ns, lua_toboolean(L, 3), &err);
    return *at ? 1 : fail(L, &err);
}

static void push_sample(lua_State *L, const struct scrape_sample *s)
{
    lua_createtable(L, 0, 3);
    lua_pushnumber(L, (double)s->t_ns / NS_PER_S);
    lua_setfield(L, -2, "at_s");
    if (s->body) {
        lua_pushlstring(L, s->body, s->body_bytes);
        lua_setfield(L, -2, "body");
    }
    if (s->error) {
        lua_pushstring(L, s->error);
        lua_setfield(L, -2, "error");
    }
    lua_pushinteger(L, s->status);
    lua_setfield(L, -2, "status");
}

/* scraper:take() -> { at_s (monotonic), status, body | error } | nil */
static int scraper_take(lua_State *L)
{
    struct scrape **at = luaL_checkudata(L, 1, SCRAPER);
    struct scrape_sample sample;
    if (!*at || !scrape_take(*at, &sample))
        return 0;
    push_sample(L, &sample);
    scrape_sample_fini(&sample);
    return 1;
}

/* scraper:close() */
static int scraper_close(lua_State *L)
{
    struct scrape **at = luaL_checkudata(L, 1, SCRAPER);
    if (*at)
        scrape_close(*at);
    *at = NULL;
    return 0;
}

static void make_type(lua_State *L, const char *name, const luaL_Reg *methods,
                      lua_CFunction close)
{
    luaL_newmetatable(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -2, "__index");
    luaL_register(L, NULL, methods);
    lua_pushcfunction(L, close);
    lua_setfield(L, -2, "__gc");
    lua_pop(L, 1);
}

void live_open(lua_State *L)
{
    static const luaL_Reg server[] = {
        {"serve", server_serve}, {"close", server_close}, {NULL, NULL}};
    static const luaL_Reg scraper[] = {
        {"take", scraper_take}, {"close", scraper_close}, {NULL, NULL}};
    make_type(L, SERVER, server, server_close);
    make_type(L, SCRAPER, scraper, scraper_close);
}

const luaL_Reg live_functions[] = {
    {"control", engine_control}, {"scrape", engine_scrape}, {NULL, NULL}};
