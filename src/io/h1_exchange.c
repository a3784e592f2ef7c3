#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/h1.h"
#include "io/transport_h1.h"

enum { OUT_KEEP_BYTES = 32 * 1024 };

/* ------------------------------------------------------------------ phases */

void h1_enter(struct h1_exchange *x, enum http_phase next, int64_t now_ns)
{
    x->timings.phase_ns[x->phase] += now_ns - x->phase_since_ns;
    x->phase_since_ns = now_ns;
    x->phase = next;
}

void h1_move_phases(struct h1_exchange *x, enum http_phase from,
                    enum http_phase phase)
{
    int64_t sum_ns = 0;
    for (int i = (int)from; i < HTTP_PHASES; i++) {
        sum_ns += x->timings.phase_ns[i];
        x->timings.phase_ns[i] = 0;
    }
    x->timings.phase_ns[phase] += sum_ns;
}

/* --------------------------------------------------------------------- ends */

static void release(struct h1_exchange *x)
{
    x->is_busy = x->is_over = false;
    addresses_unref(x->addresses);
    x->addresses = NULL;
    h1_origin_unref(x->origin);
    h1_answer_release(&x->answer);
    buffer_trim(&x->out, OUT_KEEP_BYTES);
    list_prepend(&x->client->idle, &x->link);
}

void h1_hand_over(struct h1_exchange *x, struct http_result *r)
{
    r->timings = x->timings;
    r->received_bytes = x->received;
    r->connections = x->connections;
    r->sent_bytes = x->sent;
    x->done(x->arg, r);
    release(x);
}

void h1_end_phases(struct h1_exchange *x, int64_t now_ns)
{
    h1_enter(x, x->phase, now_ns);
    x->timings.ended_ns = now_ns;
}

void h1_drop_connection(struct h1_exchange *x)
{
    if (x->conn)
        h1_conn_close(x->conn);
    x->conn = NULL;
}

void h1_deliver(struct loop_task *t)
{
    struct h1_client *c = list_entry(t, struct h1_client, deliver);
    struct list due, *l;
    list_move_all(&c->failed, &due);
    while ((l = list_take(&due))) {
        struct h1_exchange *x = list_entry(l, struct h1_exchange, link);
        struct http_result r = {.failure = x->failure, .detail = x->detail};
        h1_hand_over(x, &r);
    }
}

void h1_fail(struct h1_exchange *x, enum http_failure failure,
             const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(x->detail, sizeof x->detail, format, args);
    va_end(args);
    h1_end_phases(x, clock_now_ns());
    h1_drop_connection(x);
    x->failure = failure;
    x->is_over = true;
    list_remove(&x->link);
    list_append(&x->client->failed, &x->link);
    loop_defer(x->client->loop, &x->client->deliver);
}

void h1_fail_by_errno(struct h1_exchange *x, const char *what, int error)
{
    char words[128];
    h1_fail(x, http_failure_from_errno(error, x->client->counts), "%s: %s",
            what, strerror_r(error, words, sizeof words));
}

static void on_timeout(struct loop_timer *t)
{
    static const char *const doing[HTTP_PHASES] = {
        [HTTP_BLOCKED] = "the request did not begin",
        [HTTP_LOOKING_UP] = "the name was not resolved",
        [HTTP_CONNECTING] = "there was no connection",
        [HTTP_TLS_HANDSHAKING] = "the TLS handshake was not over",
        [HTTP_SENDING] = "the request was not sent",
        [HTTP_WAITING] = "there was no answer",
        [HTTP_RECEIVING] = "the answer was not complete"};
    struct h1_exchange *x = list_entry(t, struct h1_exchange, timeout);
    if (!x->is_busy || x->is_over)
        return;
    if (clock_now_ns() < x->deadline_ns) /* it was armed for an earlier one */
        loop_timer_start(x->client->loop, t, x->deadline_ns);
    else
        h1_fail(x, HTTP_TIMEOUT, "%s within %.3f s", doing[x->phase],
                (double)x->request->timeout_ns / NS_PER_S);
}

/* Armed once, it serves the exchanges that follow: it fires when the first
 * would have been late, and is then set for the one under way. */
static void arm_timeout(struct h1_exchange *x, int64_t now_ns)
{
    bool never = x->request->timeout_ns > INT64_MAX - now_ns;
    x->deadline_ns = never ? INT64_MAX : now_ns + x->request->timeout_ns;
    if (!loop_timer_is_armed(&x->timeout) || x->timeout.due_ns > x->deadline_ns)
        loop_timer_start(x->client->loop, &x->timeout, x->deadline_ns);
}

/* ------------------------------------------------------------------- retry */

bool h1_retry(struct h1_exchange *x, bool is_safe)
{
    if (!x->conn->is_reused || x->is_retried || x->received ||
        !(is_safe || http_request_is_idempotent(x->request)))
        return false;
    int64_t now_ns = clock_now_ns();
    x->is_retried = true;
    x->client->counts->reuse_races++;
    h1_drop_connection(x);
    h1_enter(x, HTTP_BLOCKED, now_ns);
    h1_move_phases(x, HTTP_BLOCKED, HTTP_BLOCKED);
    x->sent = 0;
    x->cannot_send = false;
    h1_connect(x);
    return true;
}

/* -------------------------------------------------------------------- starts
 */

static struct h1_exchange *exchange_take(struct h1_client *c)
{
    struct list *l = list_take(&c->idle);
    if (l)
        return list_entry(l, struct h1_exchange, link);
    struct h1_exchange *x = xcalloc(1, sizeof *x);
    x->head.transport = &transport_h1;
    x->client = c;
    list_init(&x->link);
    loop_timer_init(&x->timeout, on_timeout);
    return x;
}

void h1_exchange_free(struct h1_exchange *x)
{
    loop_timer_stop(&x->timeout);
    buffer_fini(&x->out);
    h1_answer_fini(&x->answer);
    free(x);
}

/* CONNECT is answered by a tunnel, not by a body. */
static bool declines(const struct h1_origin *o, const struct http_request *r)
{
    return o->is_declined ||
           (r->method[0] == 'C' && strcmp(r->method, "CONNECT") == 0);
}

static void reset(struct h1_exchange *x, int64_t now_ns)
{
    x->timings = (struct http_timings){.started_ns = now_ns};
    x->phase = HTTP_BLOCKED;
    x->phase_since_ns = now_ns;
    x->connections = 0;
    x->is_busy = true;
    x->cannot_send = x->is_retried = false;
    h1_receive_begin(x);
}

struct http_exchange *h1_start(void *user, const struct http_request *request,
                               http_done *done, void *arg)
{
    struct h1_user *u = user;
    struct h1_client *client = u->client;
    int64_t now_ns = clock_now_ns();
    struct h1_conn *c = h1_conn_reuse(u, request->url, now_ns);
    struct h1_origin *o = c ? h1_origin_ref(c->origin)
                            : h1_origin_of(&client->origins, request->url);
    bool is_declined = declines(o, request);
    if (is_declined && !client->takes_all && !request->switches) {
        if (c)
            h1_conn_keep(c, now_ns);
        h1_origin_unref(o);
        return NULL;
    }
    struct h1_exchange *x = exchange_take(client);
    x->user = u;
    x->origin = o;
    x->conn = c;
    x->request = request;
    x->done = done;
    x->arg = arg;
    reset(x, now_ns);
    if (is_declined) {
        h1_fail(x, HTTP_OTHER, "the h1 transport does not take this request");
        return &x->head;
    }
    h1_request_write(x);
    arm_timeout(x, now_ns);
    if (c) {
        c->x = x;
        client->counts->reused++;
        x->phase = HTTP_SENDING;
        h1_send(x);
    } else {
        h1_connect(x);
    }
    return &x->head;
}

void h1_cancel(struct http_exchange *exchange)
{
    struct h1_exchange *x = (struct h1_exchange *)exchange;
    struct http_result r = {.failure = HTTP_CUT_OFF,
                            .detail = "cut off by the end of the run"};
    list_remove(&x->link);
    if (!x->is_over)
        h1_end_phases(x, clock_now_ns());
    h1_drop_connection(x);
    h1_hand_over(x, &r);
}
