#include "engine/websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/tagging.h"
#include "engine/vu.h"
#include "engine/worker.h"

static const struct expectation switched = {.ranges = {{101, 101}}, .count = 1};

struct websocket *websocket_new(struct vu *vu, const char *protocols)
{
    struct websocket *s = xcalloc(1, sizeof *s);
    list_init(&s->link);
    s->vu = vu;
    s->worker = vu->worker;
    s->part = vu->part;
    s->refs = 1;
    if (protocols)
        s->protocols = xstrdup(protocols);
    if (!ws_handshake_key(s->key))
        abort();
    return s;
}

struct websocket *websocket_ref(struct websocket *s)
{
    s->refs++;
    return s;
}

void websocket_unref(struct websocket *s)
{
    if (--s->refs)
        return;
    if (s->was_open)
        ws_fini(&s->ws);
    free(s->url);
    free(s->protocols);
    free(s->detail);
    free(s);
}

/* ---------------------------------------------------------------- recording */

static void record(struct websocket *s, enum builtin_metric metric,
                   double value, int64_t at_ns)
{
    record_sample(s->worker, metric, value, &s->tags, at_ns);
}

static void record_growth(struct websocket *s, enum builtin_metric metric,
                          uint64_t *seen, uint64_t now, int64_t at_ns)
{
    if (*seen == now)
        return;
    record(s, metric, (double)(now - *seen), at_ns);
    *seen = now;
}

static void record_traffic(struct websocket *s)
{
    int64_t now_ns = clock_now_ns();
    record_growth(s, BUILTIN_WS_MSGS_RECEIVED, &s->messages_seen,
                  s->ws.messages, now_ns);
    record_growth(s, BUILTIN_DATA_SENT, &s->sent_bytes_seen, s->ws.sent_bytes,
                  now_ns);
    record_growth(s, BUILTIN_DATA_RECEIVED, &s->received_bytes_seen,
                  s->ws.received_bytes, now_ns);
}

static void note_end_failure(struct websocket *s, int64_t now_ns)
{
    char example[512];
    snprintf(example, sizeof example, "WS ws%.300s: %.150s",
             websocket_address(s), s->ws.detail);
    record_failure(s->worker, http_failure_name(s->ws.failure), example,
                   now_ns);
}

static void record_end(struct websocket *s)
{
    int64_t now_ns = clock_now_ns();
    bool has_failed = s->ws.failure != HTTP_OK;
    record(s, BUILTIN_WS_SESSION_DURATION,
           (double)(now_ns - s->started_ns) / NS_PER_MS, now_ns);
    record(s, BUILTIN_WS_SESSION_FAILED, has_failed, now_ns);
    if (has_failed)
        note_end_failure(s, now_ns);
}

/* ---------------------------------------------------------------------- life
 */

/* The socket is closed: the user lets go of it. */
static void finish(struct websocket *s)
{
    record_traffic(s);
    record_end(s);
    list_remove(&s->link);
    s->vu = NULL;
    websocket_unref(s);
}

static void on_pong(void *arg, int64_t round_trip_ns)
{
    record(arg, BUILTIN_WS_PING, (double)round_trip_ns / NS_PER_MS,
           clock_now_ns());
}

static void on_changed(void *arg)
{
    struct websocket *s = websocket_ref(arg);
    if (s->ws.state == WS_STATE_OVER)
        finish(s);
    else
        record_traffic(s);
    if (s->changed)
        s->changed(s->arg);
    websocket_unref(s);
}

static const struct ws_events events = {.pong = on_pong, .changed = on_changed};

void websocket_send(struct websocket *s, enum ws_opcode opcode,
                    const char *bytes, size_t size)
{
    ws_send(&s->ws, opcode, bytes, size);
    record(s, BUILTIN_WS_MSGS_SENT, 1, clock_now_ns());
    record_traffic(s);
}

void websocket_ping(struct websocket *s)
{
    ws_ping(&s->ws);
    record_traffic(s);
}

void websocket_close(struct websocket *s, unsigned code, const char *reason,
                     size_t size)
{
    ws_close(&s->ws, code, reason, size);
    record_traffic(s);
}

void websocket_give_up(struct websocket *s, const char *why)
{
    ws_fail(&s->ws, HTTP_TIMEOUT, why);
    finish(s);
}

static void cut(struct websocket *s)
{
    ws_cut(&s->ws);
    finish(s);
}

void websocket_end_of_part(struct vu *vu, enum journey_part part)
{
    struct list *head = &vu->websockets, *next;
    for (struct list *l = head->next; l != head; l = next) {
        struct websocket *s = list_entry(l, struct websocket, link);
        next = l->next;
        if (s->part == part)
            cut(s);
    }
}

void websocket_end_all(struct vu *vu)
{
    struct list *head = &vu->websockets;
    while (!list_is_empty(head))
        cut(list_entry(head->next, struct websocket, link));
}

/* ----------------------------------------------------------------- handshake
 */

void websocket_write_lines(const struct websocket *s, struct buffer *lines)
{
    ws_handshake_write(lines, s->key, s->protocols);
}

static const char *refuse(void *arg, const struct http_result *r)
{
    struct websocket *s = arg;
    if (r->status != 101)
        return NULL;
    return ws_handshake_problem(ws_client_crypto(worker_ws(s->worker)),
                                r->headers, r->header_bytes, s->key,
                                s->protocols, s->protocol);
}

void websocket_connect(struct websocket *s, struct fetch *f)
{
    f->request.switches = true;
    f->redirects = 0;
    f->expect = &switched;
    f->refuse = refuse;
    f->refuse_arg = s;
    s->timeout_ns = f->request.timeout_ns;
    s->max_message_bytes = f->request.max_body_bytes;
    s->url = xstrdup(f->request.url);
    fetch_start(f, s->vu);
}

static void note_tags(struct websocket *s, const struct fetch *f)
{
    const struct intern_entry *name =
        &worker_registry(s->worker)->names.entries[f->name];
    s->tags = f->tags;
    tagging_set_builtin(s->worker, &s->tags, TAG_NAME, name->text,
                        name->length);
}

static void open_session(struct websocket *s, const struct tunnel *tunnel)
{
    s->was_open = true;
    record(s, BUILTIN_WS_SESSIONS, 1, s->started_ns);
    list_append(&s->vu->websockets, &websocket_ref(s)->link);
    ws_open(&s->ws, worker_ws(s->worker), tunnel, s->max_message_bytes, &events,
            s);
    if (s->ws.state == WS_STATE_OVER)
        finish(s);
    else
        record_traffic(s);
}

static void note_failure(struct websocket *s, const struct fetch_result *r)
{
    s->failure = r->failure;
    if (r->detail)
        s->detail = xstrdup(r->detail);
    record(s, BUILTIN_WS_SESSION_FAILED, 1, s->started_ns);
    s->vu = NULL;
}

void websocket_connected(struct websocket *s, const struct fetch *f,
                         const struct fetch_result *r)
{
    const struct http_timings *t = r->timings;
    bool raises_the_tail =
        r->failure == HTTP_TIMEOUT || r->failure == HTTP_CUT_OFF;
    s->started_ns = t->started_ns;
    s->status = r->status;
    note_tags(s, f);
    if (r->is_ok || raises_the_tail)
        record(s, BUILTIN_WS_CONNECTING,
               (double)(t->ended_ns - t->started_ns) / NS_PER_MS,
               t->started_ns);
    if (r->is_ok)
        open_session(s, r->tunnel);
    else
        note_failure(s, r);
}
