#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/state.h"
#include "script/stream.h"
#include "script/stream_inner.h"
#include "script/vm.h"

static struct stream *check(lua_State *L)
{
    return luaL_checkudata(L, 1, STREAM_TYPE);
}

/* Item of `s`; waits as long as the duration at `index` says, or for good. */
static int next_item(lua_State *L, struct stream *s, enum stream_unit unit,
                     int index)
{
    struct lua_user *user = vm_waiting_user(L, "stream:next");
    bool is_limited = !lua_isnoneornil(L, index);
    int64_t timeout_ns = is_limited ? convert_duration(L, index, "timeout") : 0;
    if (s->user && s->user != user)
        return state_misuse(L, "stream:next: the stream is of another user");
    int results = stream_push_item(L, s, unit);
    if (results)
        return results;
    if (is_limited)
        loop_timer_start(worker_loop(user->vm->worker), &user->sleep,
                         clock_now_ns() + timeout_ns);
    return stream_wait(
        L, s, unit == STREAM_EVENT ? STREAM_WANTS_EVENT : STREAM_WANTS_LINE);
}

/* stream:next([timeout]) -> event | nil, why */
static int stream_next(lua_State *L)
{
    return next_item(L, check(L), STREAM_EVENT, 2);
}

/* stream:next_line([timeout]) -> line | nil, why */
static int stream_next_line(lua_State *L)
{
    return next_item(L, check(L), STREAM_LINE, 2);
}

/* Upvalues: the stream, the timeout. */
static int iterate(lua_State *L, enum stream_unit unit)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    return next_item(L, check(L), unit, 2);
}

static int iterate_events(lua_State *L)
{
    return iterate(L, STREAM_EVENT);
}

static int iterate_lines(lua_State *L)
{
    return iterate(L, STREAM_LINE);
}

static int push_iterator(lua_State *L, lua_CFunction function)
{
    check(L);
    lua_settop(L, 2);
    if (!lua_isnil(L, 2))
        convert_duration(L, 2, "timeout");
    lua_pushcclosure(L, function, 2);
    return 1;
}

/* stream:events([timeout]) -> iterator */
static int stream_events(lua_State *L)
{
    return push_iterator(L, iterate_events);
}

/* stream:lines([timeout]) -> iterator */
static int stream_lines(lua_State *L)
{
    return push_iterator(L, iterate_lines);
}

static int stream_close(lua_State *L)
{
    stream_end(check(L));
    return 0;
}

static void push_answer(lua_State *L)
{
    lua_getfenv(L, 1);
    lua_rawgeti(L, -1, 1);
    lua_remove(L, -2);
}

/* Upvalue 1: the methods. What is not its own is its answer's. */
static int stream_index(lua_State *L)
{
    const struct stream *s = check(L);
    const char *key = luaL_checkstring(L, 2);
    lua_pushvalue(L, 2);
    lua_rawget(L, lua_upvalueindex(1));
    if (!lua_isnil(L, -1))
        return 1;
    if (strcmp(key, "is_open") == 0) {
        lua_pushboolean(L, s->user && !s->is_over);
    } else if (strcmp(key, "error") == 0 && s->failure) {
        lua_pushstring(L, http_failure_name(s->failure));
    } else if (strcmp(key, "error_message") == 0 && s->failure) {
        lua_pushstring(L, s->detail);
    } else {
        push_answer(L);
        lua_getfield(L, -1, key);
    }
    return 1;
}

/* stream:expect(status) -> stream; as that of a response. */
static int stream_expect(lua_State *L)
{
    check(L);
    push_answer(L);
    lua_getfield(L, -1, "expect");
    lua_insert(L, -2); // …, expect, answer
    lua_pushvalue(L, 2);
    lua_call(L, 2, 0);
    lua_settop(L, 1);
    return 1;
}

static int stream_tostring(lua_State *L)
{
    check(L);
    push_answer(L);
    lua_getfield(L, -1, "name");
    lua_pushfstring(L, "stream %s", lua_tostring(L, -1));
    return 1;
}

/* Its texts; all else went when it was closed. */
static int stream_gc(lua_State *L)
{
    struct stream *s = lua_touserdata(L, 1);
    buffer_fini(&s->headers);
    buffer_fini(&s->url);
    buffer_fini(&s->hops);
    return 0;
}

void stream_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"next", stream_next},
                                       {"next_line", stream_next_line},
                                       {"events", stream_events},
                                       {"lines", stream_lines},
                                       {"close", stream_close},
                                       {"expect", stream_expect},
                                       {NULL, NULL}};
    luaL_newmetatable(L, STREAM_TYPE);
    lua_newtable(L);
    luaL_register(L, NULL, methods);
    lua_pushcclosure(L, stream_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, stream_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushcfunction(L, stream_gc);
    lua_setfield(L, -2, "__gc");
    state_hide_metatable(L);
    lua_pop(L, 1);
}
