#include "script/stream.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "base/event_stream.h"
#include "engine/vu.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/outgoing.h"
#include "script/response.h"
#include "script/state.h"
#include "script/vm.h"

static const char TYPE[] = "lload.stream";

enum {
    HIGH_BYTES = 256 * 1024, /* unread: the server has to wait */
    MAX_EVENT_BYTES = 1024 * 1024,
    METHOD_INDEX = 1,
    MAX_EVENT_INDEX = 3 /* behind url and options */
};

enum unit { UNIT_EVENT, UNIT_LINE };
enum want { WANT_HEAD, WANT_EVENT, WANT_LINE };

/* A userdata; while it is open, the registry keeps it. */
struct stream {
    struct list link;         /* among the open ones of its user */
    struct lua_user *user;    /* borrowed; NULL once it is closed */
    struct outgoing *request; /* owned while it is open */
    int self_ref;
    struct loop_task wake; /* there is news for a user that waits */
    enum want want;        /* what the user waits for, if it does */
    bool has_head;
    bool is_coded;
    bool is_over; /* the exchange is */
    bool is_held;
    bool has_counted; /* the first item was handed over */
    enum http_failure failure;
    struct fetch_result head;    /* its texts are in the buffers below */
    struct http_timings timings; /* to the head, if there was one */
    struct buffer headers;
    struct buffer url;
    struct buffer hops;
    char detail[256];
    struct buffer in; /* what the script has not asked for yet */
    size_t taken;     /* of it */
    struct event_stream reader;
    struct event_stream scout; /* looks for the first event as it comes */
    int64_t started_ns;
    int64_t first_ns[2]; /* by unit: when the first was whole; 0: not yet */
};

/* -------------------------------------------------------------- what comes */

static void wake_user(struct stream *s)
{
    struct lua_user *user = s->user;
    if (user && user->wait == WAIT_STREAM && user->stream == s)
        loop_defer(worker_loop(user->vm->worker), &s->wake);
}

static void keep_head(struct stream *s, const struct fetch_result *head)
{
    s->head = *head;
    buffer_add(&s->headers, head->headers, head->header_bytes);
    buffer_add_text(&s->url, head->url);
    if (head->hop_bytes)
        buffer_add(&s->hops, head->hops, head->hop_bytes);
}

static void on_head(void *arg, const struct fetch_result *head, bool is_coded)
{
    struct stream *s = arg;
    keep_head(s, head);
    s->has_head = true;
    s->timings.started_ns = s->started_ns;
    s->timings.ended_ns = clock_now_ns();
    s->timings.phase_ns[HTTP_WAITING] = s->timings.ended_ns - s->started_ns;
    s->is_coded = is_coded;
    wake_user(s);
}

/* The script may look later than the event came. */
static void note_first(struct stream *s, const char *bytes, size_t size)
{
    int64_t now_ns;
    size_t used;
    if (s->has_counted)
        return;
    now_ns = clock_now_ns();
    if (!s->first_ns[UNIT_LINE] &&
        (memchr(bytes, '\n', size) || memchr(bytes, '\r', size)))
        s->first_ns[UNIT_LINE] = now_ns;
    if (s->first_ns[UNIT_EVENT] ||
        event_stream_next(&s->scout, bytes, size, &used) == EVENT_STREAM_MORE)
        return;
    s->first_ns[UNIT_EVENT] = now_ns;
    event_stream_fini(&s->scout);
}

static void hold(struct stream *s, bool is_held)
{
    if (s->is_over || s->is_held == is_held)
        return;
    s->is_held = is_held;
    fetch_hold(&s->request->fetch, is_held);
}

static void on_body(void *arg, const char *bytes, size_t size)
{
    struct stream *s = arg;
    if (s->is_coded || !size)
        return;
    note_first(s, bytes, size);
    buffer_add(&s->in, bytes, size);
    if (s->in.size - s->taken >= HIGH_BYTES)
        hold(s, true);
    wake_user(s);
}

static const struct fetch_sink sink = {.on_head = on_head, .on_body = on_body};

static void on_done(void *arg, const struct fetch_result *r)
{
    struct stream *s = arg;
    s->is_over = true;
    s->failure = r->failure;
    if (!s->has_head) {
        keep_head(s, r);
        s->timings = *r->timings;
        buffer_add(&s->in, r->body, r->body_bytes);
    }
    if (r->detail)
        snprintf(s->detail, sizeof s->detail, "%s", r->detail);
    wake_user(s);
}

/* ------------------------------------------------------------------- closing
 */

static void end_exchange(struct stream *s, enum http_failure as)
{
    if (s->is_over)
        return;
    if (s->has_head)
        fetch_close(&s->request->fetch, as);
    else
        fetch_cancel(&s->request->fetch);
}

static void close_stream(struct stream *s)
{
    struct lua_user *user = s->user;
    if (!user)
        return;
    end_exchange(s, HTTP_OK);
    s->user = NULL;
    list_remove(&s->link);
    loop_task_cancel(&s->wake);
    outgoing_release(user->vm, s->request);
    s->request = NULL;
    event_stream_fini(&s->reader);
    event_stream_fini(&s->scout);
    buffer_fini(&s->in);
    s->taken = 0;
    luaL_unref(user->vm->L, LUA_REGISTRYINDEX, s->self_ref);
}

void stream_close_all(struct lua_user *user)
{
    struct list *l;
    if (user->wait == WAIT_STREAM)
        loop_timer_stop(&user->sleep);
    user->stream = NULL;
    while ((l = list_take(&user->streams)))
        close_stream(list_entry(l, struct stream, link));
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

/* -------------------------------------------------------------------- items
 */

static void set_text(lua_State *L, const char *name, const struct buffer *text)
{
    lua_pushlstring(L, text->size ? text->data : "", text->size);
    lua_setfield(L, -2, name);
}

static void push_event(lua_State *L, const struct event_stream *e)
{
    lua_createtable(L, 0, 4);
    if (e->type.size)
        set_text(L, "event", &e->type);
    else
        lua_pushliteral(L, "message"), lua_setfield(L, -2, "event");
    set_text(L, "data", &e->data);
    set_text(L, "id", &e->last_id);
    if (e->has_retry) {
        lua_pushnumber(L, (lua_Number)e->retry_ms);
        lua_setfield(L, -2, "retry");
    }
}

static void count_item(struct stream *s, enum unit unit)
{
    int64_t first_ns = -1;
    if (!s->has_counted)
        first_ns = s->first_ns[unit] ? s->first_ns[unit] - s->started_ns : -1;
    s->has_counted = true;
    fetch_count_events(&s->request->fetch, 1, s->started_ns, first_ns);
}

static enum event_stream_state read_in(struct stream *s, enum unit unit)
{
    size_t used, left = s->in.size - s->taken;
    const char *at = left ? s->in.data + s->taken : "";
    enum event_stream_state state =
        unit == UNIT_EVENT
            ? event_stream_next(&s->reader, at, left, &used)
            : event_stream_next_line(&s->reader, at, left, &used);
    s->taken += used;
    if (s->taken == s->in.size) {
        buffer_clear(&s->in);
        s->taken = 0;
    }
    return state;
}

/* The request may have been counted as a success before. */
static void give_up(struct stream *s)
{
    end_exchange(s, HTTP_TOO_LARGE);
    s->failure = HTTP_TOO_LARGE;
    snprintf(s->detail, sizeof s->detail,
             "an event or line is larger than max_event");
}

/* Whether an event or line was read. What was held back may come from inside.
 */
static bool read_item(struct stream *s, enum unit unit)
{
    for (;;) {
        enum event_stream_state state = read_in(s, unit);
        if (state == EVENT_STREAM_TOO_LARGE)
            give_up(s);
        if (state != EVENT_STREAM_MORE)
            return state == EVENT_STREAM_READY;
        hold(s, false);
        if (!s->in.size)
            break;
    }
    return s->is_over && unit == UNIT_LINE && !s->failure &&
           event_stream_last_line(&s->reader);
}

/* Pushes the next item, or nil and why there will be none; returns how many
 * values, 0 if it has to be waited for. */
static int push_item(lua_State *L, struct stream *s, enum unit unit)
{
    if (s->user && read_item(s, unit)) {
        count_item(s, unit);
        if (unit == UNIT_EVENT)
            push_event(L, &s->reader);
        else
            lua_pushlstring(L, s->reader.line.size ? s->reader.line.data : "",
                            s->reader.line.size);
        return 1;
    }
    if (s->user && !s->is_over)
        return 0;
    close_stream(s);
    lua_pushnil(L);
    lua_pushstring(L, s->failure ? http_failure_name(s->failure) : "closed");
    return 2;
}

/* ------------------------------------------------------------------- waiting
 */

/* Its answer as far as it is known: what scripts ask a response for. */
static int push_self(lua_State *L, struct stream *s)
{
    struct fetch_result r = s->head;
    r.failure = s->has_head ? HTTP_OK : s->failure;
    r.detail = r.failure ? s->detail : NULL;
    r.url = buffer_text(&s->url);
    r.headers = buffer_text(&s->headers);
    r.header_bytes = s->headers.size;
    r.hops = s->hops.data;
    r.hop_bytes = s->hops.size;
    r.body = "";
    r.body_bytes = 0;
    r.is_discarded = true;
    r.timings = &s->timings;
    lua_rawgeti(L, LUA_REGISTRYINDEX, s->self_ref); // stream
    lua_createtable(L, 1, 0);
    response_push(L, &r, s->request->name.data);
    lua_rawseti(L, -2, 1);
    lua_setfenv(L, -2);
    return 1;
}

/* Compressed bytes are no events. */
static void refuse_coded(struct stream *s)
{
    if (s->is_coded)
        end_exchange(s, HTTP_DECODING);
}

static void on_wake(struct loop_task *t)
{
    struct stream *s = list_entry(t, struct stream, wake);
    struct lua_user *user = s->user;
    struct loop *loop = worker_loop(user->vm->worker);
    if (user->wait != WAIT_STREAM || user->stream != s)
        return;
    if (loop_is_late(loop, clock_now_ns())) {
        loop_defer(loop, t);
        return;
    }
    refuse_coded(s);
    int results = 0;
    if (s->want != WANT_HEAD)
        results = push_item(user->co, s,
                            s->want == WANT_EVENT ? UNIT_EVENT : UNIT_LINE);
    else if (s->has_head || s->is_over)
        results = push_self(user->co, s);
    if (!results)
        return;
    loop_timer_stop(&user->sleep);
    user->stream = NULL;
    vm_resume(user, results);
}

void stream_timed_out(struct lua_user *user)
{
    user->stream = NULL;
    lua_pushnil(user->co);
    lua_pushliteral(user->co, "timeout");
    vm_resume(user, 2);
}

static int wait_for(lua_State *L, struct stream *s, enum want want)
{
    struct lua_user *user = s->user;
    s->want = want;
    user->stream = s;
    user->wait = WAIT_STREAM;
    return lua_yield(L, 0);
}

/* ------------------------------------------------------------------- opening
 */

static struct stream *new_stream(lua_State *L, struct lua_user *user,
                                 size_t max_bytes)
{
    struct stream *s = lua_newuserdata(L, sizeof *s);
    *s = (struct stream){.reader = {.max_bytes = max_bytes},
                         .scout = {.max_bytes = max_bytes}};
    luaL_getmetatable(L, TYPE);
    lua_setmetatable(L, -2);
    loop_task_init(&s->wake, on_wake);
    s->self_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    s->user = user;
    list_append(&user->streams, &s->link);
    return s;
}

int stream_start(lua_State *L)
{
    struct lua_user *user = vm_waiting_user(L, "lload.http.stream");
    const char *method = outgoing_pin_method(L, METHOD_INDEX);
    lua_remove(L, METHOD_INDEX);
    size_t max_bytes = lua_isnoneornil(L, MAX_EVENT_INDEX)
                           ? MAX_EVENT_BYTES
                           : convert_size(L, MAX_EVENT_INDEX, "max_event");
    struct outgoing *o = outgoing_build(L, user, method);
    user->vm->draft = o; /* until nothing can be raised any more */
    struct stream *s = new_stream(L, user, max_bytes);
    user->vm->draft = NULL;
    s->request = o;
    s->started_ns = clock_now_ns();
    o->user = user;
    o->fetch.sink = &sink;
    o->fetch.done = on_done;
    o->fetch.arg = s;
    fetch_start(&o->fetch, user->vu);
    return wait_for(L, s, WANT_HEAD);
}

/* ------------------------------------------------------------------- methods
 */

static struct stream *check(lua_State *L)
{
    return luaL_checkudata(L, 1, TYPE);
}

/* Item of `s`; waits as long as the duration at `index` says, or for good. */
static int next_item(lua_State *L, struct stream *s, enum unit unit, int index)
{
    struct lua_user *user = vm_waiting_user(L, "stream:next");
    bool is_limited = !lua_isnoneornil(L, index);
    int64_t timeout_ns = is_limited ? convert_duration(L, index, "timeout") : 0;
    if (s->user && s->user != user)
        return state_misuse(L, "stream:next: the stream is of another user");
    int results = push_item(L, s, unit);
    if (results)
        return results;
    if (is_limited)
        loop_timer_start(worker_loop(user->vm->worker), &user->sleep,
                         clock_now_ns() + timeout_ns);
    return wait_for(L, s, unit == UNIT_EVENT ? WANT_EVENT : WANT_LINE);
}

/* stream:next([timeout]) -> event | nil, why */
static int stream_next(lua_State *L)
{
    return next_item(L, check(L), UNIT_EVENT, 2);
}

/* stream:next_line([timeout]) -> line | nil, why */
static int stream_next_line(lua_State *L)
{
    return next_item(L, check(L), UNIT_LINE, 2);
}

/* Upvalues: the stream, the timeout. */
static int iterate(lua_State *L, enum unit unit)
{
    lua_settop(L, 0);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, lua_upvalueindex(2));
    return next_item(L, check(L), unit, 2);
}

static int iterate_events(lua_State *L)
{
    return iterate(L, UNIT_EVENT);
}

static int iterate_lines(lua_State *L)
{
    return iterate(L, UNIT_LINE);
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
    close_stream(check(L));
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

void stream_register(lua_State *L)
{
    static const luaL_Reg methods[] = {{"next", stream_next},
                                       {"next_line", stream_next_line},
                                       {"events", stream_events},
                                       {"lines", stream_lines},
                                       {"close", stream_close},
                                       {"expect", stream_expect},
                                       {NULL, NULL}};
    luaL_newmetatable(L, TYPE);
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
