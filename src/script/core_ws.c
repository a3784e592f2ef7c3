#include "script/core_ws.h"

#include <string.h>

#include <lauxlib.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/utf8.h"
#include "engine/plan.h"
#include "engine/websocket.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/core.h"
#include "script/json_encode.h"
#include "script/outgoing.h"
#include "script/scratch.h"
#include "script/state.h"
#include "script/vm.h"

static const char TYPE[] = "lload.websocket";

struct handle {
    struct websocket *s; /* ref */
};

static struct websocket *check(lua_State *L)
{
    return ((struct handle *)luaL_checkudata(L, 1, TYPE))->s;
}

static void push_handle(lua_State *L, struct websocket *s)
{
    struct handle *h = lua_newuserdata(L, sizeof *h);
    h->s = websocket_ref(s);
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
}

static int handle_gc(lua_State *L)
{
    websocket_unref(check(L));
    return 0;
}

/* -------------------------------------------------------------------- fields
 */

/* Pushes the word for what went wrong, or nil. */
static void push_error(lua_State *L, const struct websocket *s)
{
    enum http_failure failure = s->was_open ? s->ws.failure : s->failure;
    if (failure != HTTP_OK)
        lua_pushstring(L, http_failure_name(failure));
    else if (!s->was_open)
        lua_pushfstring(L, "status_%d", s->status);
    else
        lua_pushnil(L);
}

static void push_text(lua_State *L, const char *text)
{
    if (text && *text)
        lua_pushstring(L, text);
    else
        lua_pushnil(L);
}

static void push_state(lua_State *L, const struct websocket *s)
{
    lua_pushstring(L, websocket_is_open(s) ? "open"
                      : s->vu              ? "closing"
                                           : "closed");
}

static void push_status(lua_State *L, const struct websocket *s)
{
    lua_pushinteger(L, s->status);
}

static void push_url(lua_State *L, const struct websocket *s)
{
    lua_pushfstring(L, "ws%s", websocket_address(s));
}

static void push_protocol(lua_State *L, const struct websocket *s)
{
    push_text(L, s->protocol);
}

static void push_detail(lua_State *L, const struct websocket *s)
{
    push_text(L, s->was_open ? s->ws.detail : s->detail);
}

static bool has_ended(const struct websocket *s)
{
    return s->was_open && !websocket_is_open(s);
}

/* While it closes without the server's word, there is none yet. */
static void push_close_code(lua_State *L, const struct websocket *s)
{
    bool is_known =
        has_ended(s) && (!s->vu || s->ws.close_code != WS_CODE_ABNORMAL);
    if (is_known)
        lua_pushinteger(L, (lua_Integer)s->ws.close_code);
    else
        lua_pushnil(L);
}

static void push_close_reason(lua_State *L, const struct websocket *s)
{
    push_text(L, s->was_open ? s->ws.close_reason : NULL);
}

struct field {
    const char *name;
    void (*push)(lua_State *L, const struct websocket *s);
};

static const struct field fields[] = {{"state", push_state},
                                      {"status", push_status},
                                      {"error", push_error},
                                      {"detail", push_detail},
                                      {"url", push_url},
                                      {"protocol", push_protocol},
                                      {"close_code", push_close_code},
                                      {"close_reason", push_close_reason}};

/* Upvalue 1: the methods. */
static int handle_index(lua_State *L)
{
    const struct websocket *s = check(L);
    const char *name = luaL_checkstring(L, 2);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1))
        return 1;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].name, name) != 0)
            continue;
        fields[i].push(L, s);
        return 1;
    }
    return 0;
}

static int handle_tostring(lua_State *L)
{
    const struct websocket *s = check(L);
    lua_settop(L, 1);
    push_state(L, s);
    lua_pushfstring(L, "WebSocket ws%s: %s", websocket_address(s),
                    lua_tostring(L, 2));
    return 1;
}

/* ------------------------------------------------------------------- waiting
 */

/* nil, why: "closed" where nothing failed. */
static int push_end(lua_State *L, const struct websocket *s)
{
    lua_pushnil(L);
    push_error(L, s);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 1);
        lua_pushliteral(L, "closed");
    }
    return 2;
}

/* message, is_binary */
static bool push_message(lua_State *L, struct websocket *s)
{
    struct ws_message m;
    if (!s->was_open || !ws_next(&s->ws, &m))
        return false;
    lua_pushlstring(L, m.bytes, m.size);
    lua_pushboolean(L, m.is_binary);
    ws_drop(&s->ws);
    return true;
}

static int push_ok(lua_State *L)
{
    lua_pushboolean(L, 1);
    return 1;
}

static int answer_message(lua_State *L, struct websocket *s)
{
    if (push_message(L, s))
        return 2;
    return websocket_is_open(s) ? 0 : push_end(L, s);
}

static int answer_room(lua_State *L, struct websocket *s)
{
    if (!websocket_is_open(s))
        return push_end(L, s);
    return ws_is_clogged(&s->ws) ? 0 : push_ok(L);
}

static int answer_end(lua_State *L, struct websocket *s)
{
    if (s->vu)
        return 0;
    return s->was_open && s->ws.failure == HTTP_OK ? push_ok(L)
                                                   : push_end(L, s);
}

/* Pushes what it waits for and returns how many values; 0: not yet. */
static int answer(lua_State *L, struct websocket *s, enum websocket_wait what)
{
    static int (*const answers[])(lua_State *, struct websocket *) = {
        [WEBSOCKET_MESSAGE] = answer_message,
        [WEBSOCKET_ROOM] = answer_room,
        [WEBSOCKET_END] = answer_end};
    return answers[what](L, s);
}

void core_ws_cancel(struct lua_user *user)
{
    user->websocket->changed = NULL;
    user->websocket = NULL;
}

static void on_ws_changed(void *arg)
{
    struct lua_user *user = arg;
    struct websocket *s = user->websocket;
    int answers = answer(user->co, s, user->websocket_wait);
    if (!answers)
        return;
    loop_timer_stop(&user->sleep);
    core_ws_cancel(user);
    vm_resume_in_time(user, answers, clock_now_ns());
}

/* A server that takes nothing for so long never will; a message that does not
 * come may yet. */
void core_ws_timed_out(struct lua_user *user)
{
    struct websocket *s = user->websocket;
    core_ws_cancel(user);
    if (user->websocket_wait == WEBSOCKET_ROOM)
        websocket_give_up(s, "the server took nothing of what was sent");
    lua_pushnil(user->co);
    lua_pushliteral(user->co, "timeout");
    vm_resume(user, 2);
}

static int wait_for(lua_State *L, struct lua_user *user, struct websocket *s,
                    enum websocket_wait what, int64_t timeout_ns)
{
    int answers = answer(L, s, what);
    if (answers)
        return answers;
    user->wait = WAIT_WEBSOCKET;
    user->websocket = s;
    user->websocket_wait = what;
    s->changed = on_ws_changed;
    s->arg = user;
    loop_timer_start(worker_loop(user->vm->worker), &user->sleep,
                     clock_now_ns() + timeout_ns);
    return lua_yield(L, 0);
}

/* ------------------------------------------------------------------ connecting
 */

static void on_connect_done(void *arg, const struct fetch_result *r)
{
    struct outgoing *o = arg;
    struct lua_user *user = o->user;
    struct websocket *s = o->websocket;
    bool cut_off = r->failure == HTTP_CUT_OFF;
    int64_t ended_ns = r->timings->ended_ns;
    user->request = NULL;
    o->websocket = NULL;
    websocket_connected(s, &o->fetch, r);
    outgoing_release(user->vm, o);
    if (!cut_off)
        push_handle(user->co, s);
    websocket_unref(s);
    if (cut_off)
        vm_cut_off(user);
    else
        vm_resume_in_time(user, 1, ended_ns);
}

/* core.ws_connect(url, options, protocols) -> socket *yields* */
static int core_ws_connect(lua_State *L)
{
    struct lua_user *user = vm_waiting_user(L, "lload.ws.connect");
    const char *protocols = luaL_optstring(L, 3, NULL);
    if (worker_plan(user->vm->worker)->proxy)
        state_misuse(L, "lload.ws does not go through http.proxy; take the "
                        "proxy away, or connect from a scenario without one");
    struct outgoing *o = outgoing_build(L, user, "GET");
    o->user = user;
    o->websocket = websocket_new(user->vu, protocols);
    websocket_write_lines(o->websocket, &o->headers);
    o->fetch.request.headers = buffer_text(&o->headers);
    o->fetch.done = on_connect_done;
    o->fetch.arg = o;
    user->request = o;
    user->wait = WAIT_REQUEST;
    websocket_connect(o->websocket, &o->fetch);
    return lua_yield(L, 0);
}

/* ------------------------------------------------------------------- methods
 */

static struct lua_user *check_user(lua_State *L, const struct websocket *s,
                                   const char *what)
{
    struct lua_user *user = vm_waiting_user(L, what);
    if (s->vu && s->vu != user->vu)
        state_misuse(L,
                     "%s: this connection belongs to another user; keep it "
                     "in the vu, not in a variable of the file",
                     what);
    return user;
}

static bool wants_binary(lua_State *L)
{
    bool is_binary = false;
    if (lua_isnoneornil(L, 3))
        return false;
    if (!lua_istable(L, 3))
        state_misuse(L, "ws:send: options are a table: { binary = true }");
    for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING ||
            strcmp(lua_tostring(L, -2), "binary") != 0 || !lua_isboolean(L, -1))
            state_misuse(L, "ws:send: the only option is binary, true or "
                            "false");
        is_binary = lua_toboolean(L, -1);
    }
    return is_binary;
}

/* Leaves text in slot 2; a table becomes JSON. */
static const char *read_data(lua_State *L, size_t *size)
{
    if (lua_istable(L, 2)) {
        struct buffer *text = scratch(L);
        struct error err;
        if (!json_encode(L, 2, text, &err))
            state_misuse(L, "ws:send: %s", err.text);
        scratch_push(L, text);
        lua_replace(L, 2);
    }
    if (lua_type(L, 2) != LUA_TSTRING)
        state_misuse(L, "ws:send: text or a table for JSON is wanted, got %s",
                     luaL_typename(L, 2));
    return lua_tolstring(L, 2, size);
}

static bool is_utf8(const char *text, size_t size)
{
    struct utf8 u = {0};
    return utf8_feed(&u, text, size) && utf8_is_whole(&u);
}

/* ws:send(data [, { binary = true }]) -> true, or nil and why *yields* while
 * the socket takes no more */
static int handle_send(lua_State *L)
{
    struct websocket *s = check(L);
    struct lua_user *user = check_user(L, s, "ws:send");
    size_t size;
    bool is_binary = wants_binary(L);
    const char *data = read_data(L, &size);
    if (!is_binary && !is_utf8(data, size))
        state_misuse(L, "ws:send: the text is not UTF-8; send it with { binary "
                        "= true }");
    if (!websocket_is_open(s))
        return push_end(L, s);
    websocket_send(s, is_binary ? WS_BINARY : WS_TEXT, data, size);
    return wait_for(L, user, s, WEBSOCKET_ROOM, s->timeout_ns);
}

/* ws:receive([timeout]) -> message, is_binary; or nil and why *yields* */
static int handle_receive(lua_State *L)
{
    struct websocket *s = check(L);
    struct lua_user *user = check_user(L, s, "ws:receive");
    int64_t timeout_ns = lua_isnoneornil(L, 2)
                             ? s->timeout_ns
                             : convert_duration(L, 2, "ws:receive");
    return wait_for(L, user, s, WEBSOCKET_MESSAGE, timeout_ns);
}

/* ws:ping() -> true, or nil and why; ws_ping tells when its pong came */
static int handle_ping(lua_State *L)
{
    struct websocket *s = check(L);
    check_user(L, s, "ws:ping");
    if (!websocket_is_open(s))
        return push_end(L, s);
    websocket_ping(s);
    return push_ok(L);
}

static unsigned read_code(lua_State *L)
{
    lua_Number code = luaL_optnumber(L, 2, WS_CODE_NORMAL);
    if (!(code >= 0 && code <= UINT16_MAX) || code != (unsigned)code ||
        !ws_code_is_valid((unsigned)code))
        state_misuse(L, "ws:close: the code is 1000 to 1003, 1007 to 1014, or "
                        "3000 to 4999");
    return (unsigned)code;
}

/* ws:close([code [, reason]]) -> true, or nil and why *yields* until the server
 * has answered */
static int handle_close(lua_State *L)
{
    struct websocket *s = check(L);
    struct lua_user *user = check_user(L, s, "ws:close");
    size_t size;
    unsigned code = read_code(L);
    const char *reason = luaL_optlstring(L, 3, "", &size);
    if (size > WS_REASON_MAX_BYTES || !is_utf8(reason, size))
        state_misuse(L, "ws:close: the reason is UTF-8 of at most %d bytes",
                     (int)WS_REASON_MAX_BYTES);
    if (websocket_is_open(s))
        websocket_close(s, code, reason, size);
    return wait_for(L, user, s, WEBSOCKET_END, INT64_MAX / 4);
}

void ws_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"send", handle_send},
                                       {"receive", handle_receive},
                                       {"ping", handle_ping},
                                       {"close", handle_close},
                                       {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_pushcclosure(L, handle_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, handle_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, handle_gc);
    lua_setfield(L, -2, "__gc");
    state_hide_metatable(L);
    lua_pop(L, 1);
}

const luaL_Reg core_ws_functions[] = {{"ws_connect", core_ws_connect},
                                      {NULL, NULL}};
