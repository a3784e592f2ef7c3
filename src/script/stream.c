#include "script/stream.h"

#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "engine/vu.h"
#include "engine/worker.h"
#include "script/convert.h"
#include "script/outgoing.h"
#include "script/response.h"
#include "script/stream_inner.h"
#include "script/vm.h"

enum {
    HIGH_BYTES = 256 * 1024, /* unread: the server has to wait */
    MAX_EVENT_BYTES = 1024 * 1024,
    METHOD_INDEX = 1,
    MAX_EVENT_INDEX = 3 /* behind url and options */
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
    if (!s->first_ns[STREAM_LINE] &&
        (memchr(bytes, '\n', size) || memchr(bytes, '\r', size)))
        s->first_ns[STREAM_LINE] = now_ns;
    if (s->first_ns[STREAM_EVENT] ||
        event_stream_next(&s->scout, bytes, size, &used) == EVENT_STREAM_MORE)
        return;
    s->first_ns[STREAM_EVENT] = now_ns;
    event_stream_fini(&s->scout);
}

void stream_hold(struct stream *s, bool is_held)
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
        stream_hold(s, true);
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

void stream_end_exchange(struct stream *s, enum http_failure as)
{
    if (s->is_over)
        return;
    if (s->has_head)
        fetch_close(&s->request->fetch, as);
    else
        fetch_cancel(&s->request->fetch);
}

void stream_end(struct stream *s)
{
    struct lua_user *user = s->user;
    if (!user)
        return;
    stream_end_exchange(s, HTTP_OK);
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
        stream_end(list_entry(l, struct stream, link));
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
        stream_end_exchange(s, HTTP_DECODING);
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
    if (s->want != STREAM_WANTS_HEAD)
        results = stream_push_item(user->co, s,
                                   s->want == STREAM_WANTS_EVENT ? STREAM_EVENT
                                                                 : STREAM_LINE);
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

int stream_wait(lua_State *L, struct stream *s, enum stream_want want)
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
    luaL_getmetatable(L, STREAM_TYPE);
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
    return stream_wait(L, s, STREAM_WANTS_HEAD);
}
