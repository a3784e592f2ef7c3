#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/error.h"
#include "io/h1.h"
#include "io/transport_h1.h"
#include "io/tunnel.h"

enum { OUT_KEEP_BYTES = 32 * 1024 };

static void connect_next(struct h1_exchange *x);
static void begin_to_connect(struct h1_exchange *x);

/* ------------------------------------------------------------------ phases */

/* What was going on until now ends, `next` begins. */
static void enter(struct h1_exchange *x, enum http_phase next, int64_t now_ns)
{
    x->timings.phase_ns[x->phase] += now_ns - x->phase_since_ns;
    x->phase_since_ns = now_ns;
    x->phase = next;
}

/* All that was measured turns out to belong to `phase`. */
static void move_phases(struct h1_exchange *x, enum http_phase from,
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

/* `done` may close the user and start others; the client stays. */
static void hand_over(struct h1_exchange *x, struct http_result *r)
{
    r->timings = x->timings;
    r->received_bytes = x->received;
    r->connections = x->connections;
    r->sent_bytes = x->sent;
    x->done(x->arg, r);
    release(x);
}

static void end_phases(struct h1_exchange *x, int64_t now_ns)
{
    enter(x, x->phase, now_ns);
    x->timings.ended_ns = now_ns;
}

static void drop_connection(struct h1_exchange *x)
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
        hand_over(x, &r);
    }
}

/* It has failed; `done` will hear of it from the loop. */
static void fail(struct h1_exchange *x, enum http_failure failure,
                 const char *format, ...) ATTR_PRINTF(3, 4);

static void fail(struct h1_exchange *x, enum http_failure failure,
                 const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(x->detail, sizeof x->detail, format, args);
    va_end(args);
    end_phases(x, clock_now_ns());
    drop_connection(x);
    x->failure = failure;
    x->is_over = true;
    list_remove(&x->link);
    list_append(&x->client->failed, &x->link);
    loop_defer(x->client->loop, &x->client->deliver);
}

static void fail_by_errno(struct h1_exchange *x, const char *what, int error)
{
    char words[128];
    fail(x, http_failure_from_errno(error, x->client->counts), "%s: %s", what,
         strerror_r(error, words, sizeof words));
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
        fail(x, HTTP_TIMEOUT, "%s within %.3f s", doing[x->phase],
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

/* ---------------------------------------------------------------- receiving */

/* A connection that TLS still holds bytes for cannot be kept. */
static bool has_leftovers(struct h1_exchange *x, size_t unused)
{
    if (wire_has_pending(&x->conn->wire)) {
        char byte;
        size_t n;
        enum wire_status s = wire_receive(&x->conn->wire, &byte, 1, &n);
        if (s == WIRE_OK)
            unused++;
        else if (s != WIRE_WANT_READ)
            return true;
    }
    x->client->counts->unsolicited_bytes += unused;
    return unused > 0;
}

static bool is_sent(const struct h1_exchange *x)
{
    return x->sent == x->out.size + x->body_left_out;
}

static enum http_proto proto_of(const struct h1_answer *a)
{
    return a->minor == 0 ? HTTP_PROTO_1_0 : HTTP_PROTO_1_1;
}

static struct http_result result_of(const struct h1_answer *a)
{
    return (struct http_result){.failure = HTTP_OK,
                                .status = a->status,
                                .proto = proto_of(a),
                                .cache = a->cache,
                                .headers = a->headers,
                                .header_bytes = a->header_bytes,
                                .body = a->body,
                                .body_bytes = a->body_bytes};
}

/* The connection goes with the result; `unused` bytes of another protocol are
 * at the end of what was read. */
static void switch_protocols(struct h1_exchange *x, size_t size, size_t unused,
                             int64_t now_ns)
{
    struct http_result r = result_of(&x->answer);
    struct h1_conn *c = x->conn;
    struct tunnel tunnel = {.wire = &c->wire,
                            .early = x->client->in + (size - unused),
                            .early_bytes = unused};
    r.tunnel = &tunnel;
    x->received -= unused;
    end_phases(x, now_ns);
    x->conn = NULL;
    x->is_over = true;
    hand_over(x, &r);
    h1_conn_close(c);
}

static void complete(struct h1_exchange *x, size_t unused, bool is_closed,
                     int64_t now_ns)
{
    const struct h1_answer *a = &x->answer;
    struct http_result r = result_of(a);
    x->received -= unused;
    end_phases(x, now_ns);
    if (!is_closed && !has_leftovers(x, unused) && a->keeps_alive &&
        is_sent(x) && !x->wants_close && x->client->keeps)
        h1_conn_keep(x->conn, now_ns);
    else
        h1_conn_close(x->conn);
    x->conn = NULL;
    x->is_over = true;
    hand_over(x, &r);
}

/* The phase of the final answer begins with its first byte; what was taken for
 * it and was an interim answer belongs to the waiting. */
static void note_progress(struct h1_exchange *x, int64_t now_ns)
{
    const struct h1_answer *a = &x->answer;
    if (x->phase == HTTP_RECEIVING &&
        (a->is_fresh || a->interim != x->interim_seen)) {
        enter(x, HTTP_WAITING, now_ns);
        move_phases(x, HTTP_WAITING, HTTP_WAITING);
    }
    x->interim_seen = a->interim;
    if (x->phase != HTTP_RECEIVING && !a->is_fresh)
        enter(x, HTTP_RECEIVING, now_ns);
}

/* Nothing of an answer came on a kept connection: most likely the server had
 * closed it before it saw the request. `is_safe`: it certainly had. */
static bool retry(struct h1_exchange *x, bool is_safe)
{
    if (!x->conn->is_reused || x->is_retried || x->received ||
        !(is_safe || http_request_is_idempotent(x->request)))
        return false;
    int64_t now_ns = clock_now_ns();
    x->is_retried = true;
    x->client->counts->reuse_races++;
    drop_connection(x);
    enter(x, HTTP_BLOCKED, now_ns);
    move_phases(x, HTTP_BLOCKED, HTTP_BLOCKED);
    x->sent = 0;
    x->cannot_send = false;
    begin_to_connect(x);
    return true;
}

static void on_end(struct h1_exchange *x)
{
    struct tls_session *tls = x->conn->wire.tls;
    if (retry(x, false))
        return;
    enum h1_answer_state s = h1_answer_end(&x->answer);
    if (s == H1_ANSWER_DONE && tls && !tls_ended_well(tls))
        fail(x, HTTP_CLOSED,
             "the TLS connection ended amid an answer without a length");
    else if (s == H1_ANSWER_DONE)
        complete(x, 0, true, clock_now_ns());
    else if (x->cannot_send)
        fail(x, HTTP_RESET, "the server reset the connection");
    else
        fail(x, HTTP_CLOSED, "%s", x->answer.problem);
}

static void on_receive_failure(struct h1_exchange *x, int error)
{
    if (retry(x, false))
        return;
    if (!error)
        fail(x, HTTP_TLS, "%s", tls_problem(x->conn->wire.tls));
    else if (error == ECONNRESET || error == EPIPE)
        fail(x, HTTP_RESET, "the server reset the connection");
    else
        fail_by_errno(x, "cannot receive", error);
}

static enum h1_answer_state understand(struct h1_exchange *x, size_t size,
                                       size_t *used)
{
    struct h1_memo *memo = &x->client->memo;
    const char *in = x->client->in;
    bool is_first = x->received == size && !x->request->switches;
    *used = size;
    if (is_first && h1_memo_recall(memo, &x->answer, in, size))
        return H1_ANSWER_DONE;
    enum h1_answer_state s = h1_answer_feed(&x->answer, in, size, used);
    if (s == H1_ANSWER_DONE && is_first && *used == size)
        h1_memo_note(memo, &x->answer, in, size);
    return s;
}

/* Returns whether there is more to read at once. */
static bool take_bytes(struct h1_exchange *x, size_t size)
{
    size_t used;
    int64_t now_ns = clock_now_ns();
    x->received += size;
    enum h1_answer_state s = understand(x, size, &used);
    note_progress(x, now_ns);
    switch (s) {
    case H1_ANSWER_MORE:
        return !x->is_held && wire_has_pending(&x->conn->wire);
    case H1_ANSWER_DONE:
        if (x->answer.status == 101)
            switch_protocols(x, size, size - used, now_ns);
        else
            complete(x, size - used, false, now_ns);
        return false;
    case H1_ANSWER_TOO_LARGE:
        fail(x, HTTP_TOO_LARGE, "%s", x->answer.problem);
        return false;
    default:
        fail(x, HTTP_PROTOCOL, "%s", x->answer.problem);
        return false;
    }
}

static void receive(struct h1_exchange *x)
{
    size_t n;
    do {
        enum wire_status s =
            wire_receive(&x->conn->wire, x->client->in, H1_IN_BYTES, &n);
        if (s == WIRE_END) {
            on_end(x);
            return;
        }
        if (s == WIRE_FAILED) {
            on_receive_failure(x, errno);
            return;
        }
        if (s != WIRE_OK)
            return;
    } while (take_bytes(x, n));
}

/* ---------------------------------------------------------------- streaming */

static struct h1_exchange *exchange_of(struct h1_answer *a)
{
    return list_entry(a, struct h1_exchange, answer);
}

static bool on_head(struct h1_answer *a)
{
    struct h1_exchange *x = exchange_of(a);
    struct http_head head = {.status = a->status,
                             .proto = proto_of(a),
                             .headers = a->headers,
                             .header_bytes = a->header_bytes};
    bool is_streamed = x->request->sink->on_head(x->arg, &head);
    if (is_streamed)
        x->deadline_ns = INT64_MAX;
    return is_streamed;
}

static void on_piece(struct h1_answer *a, const char *bytes, size_t size)
{
    struct h1_exchange *x = exchange_of(a);
    x->request->sink->on_body(x->arg, bytes, size);
}

static void watch(struct h1_exchange *x)
{
    wire_watch(&x->conn->wire,
               (x->is_held ? 0 : EV_READ) | (is_sent(x) ? 0 : EV_WRITE));
}

/* What TLS has read already no event will tell. */
void h1_hold(struct http_exchange *exchange, bool is_held)
{
    struct h1_exchange *x = (struct h1_exchange *)exchange;
    if (x->is_held == is_held || x->is_over || !x->conn)
        return;
    struct wire *w = &x->conn->wire;
    x->is_held = is_held;
    watch(x);
    if (!is_held && wire_has_pending(w))
        ev_feed_event(w->ev, &w->io, EV_READ);
}

/* ------------------------------------------------------------------ sending */

static enum wire_status send_some(struct h1_exchange *x)
{
    const struct http_request *r = x->request;
    size_t in_out = x->out.size, n = 0;
    enum wire_status s;
    if (x->sent < in_out)
        s = wire_send(&x->conn->wire, x->out.data + x->sent, in_out - x->sent,
                      x->body_left_out > 0, &n);
    else
        s = wire_send(&x->conn->wire, r->body + (x->sent - in_out),
                      x->body_left_out - (x->sent - in_out), false, &n);
    x->sent += n;
    return s;
}

/* Where the server takes no more, it may have answered nevertheless: what can
 * be read decides. */
static void send_request(struct h1_exchange *x)
{
    enum wire_status s = WIRE_OK;
    while (s == WIRE_OK && !is_sent(x))
        s = send_some(x);
    if (s == WIRE_OK) {
        watch(x);
        enter(x, HTTP_WAITING, clock_now_ns());
    } else if (s == WIRE_WANT_READ || s == WIRE_WANT_WRITE) {
        watch(x);
    } else if (x->sent || !retry(x, true)) {
        x->cannot_send = true;
        wire_watch(&x->conn->wire, EV_READ);
    }
}

/* --------------------------------------------------------------- connecting */

static void shake_hands(struct h1_exchange *x)
{
    struct wire *w = &x->conn->wire;
    switch (tls_shake_hands(w->tls)) {
    case WIRE_OK:
        enter(x, HTTP_SENDING, clock_now_ns());
        send_request(x);
        break;
    case WIRE_WANT_READ:
        wire_watch(w, EV_READ);
        break;
    case WIRE_WANT_WRITE:
        wire_watch(w, EV_WRITE);
        break;
    case WIRE_END:
        fail(x, HTTP_TLS,
             "TLS: the server closed the connection in the "
             "handshake");
        break;
    case WIRE_FAILED:
        if (errno)
            fail(x, HTTP_TLS, "TLS: the server broke off the handshake");
        else
            fail(x, HTTP_TLS, "%s", tls_problem(w->tls));
        break;
    }
}

static void on_connected(struct h1_exchange *x)
{
    addresses_unref(x->addresses);
    x->addresses = NULL;
    enter(x, x->origin->is_secure ? HTTP_TLS_HANDSHAKING : HTTP_SENDING,
          clock_now_ns());
    struct error err;
    if (!x->origin->is_secure)
        send_request(x);
    else if (h1_conn_secure(x->conn, &err))
        shake_hands(x);
    else
        fail(x, HTTP_TLS, "%s", err.text);
}

static void on_connect_event(struct h1_exchange *x)
{
    int error = wire_connect_error(&x->conn->wire);
    if (!error) {
        on_connected(x);
        return;
    }
    drop_connection(x);
    errno = error;
    connect_next(x);
}

static void on_event(struct ev_loop *ev, ev_io *io, int events)
{
    (void)ev;
    struct h1_conn *c = list_entry(io, struct h1_conn, wire.io);
    struct h1_exchange *x = c->x;
    if (!x) {
        h1_conn_inspect(c);
    } else if (x->phase == HTTP_CONNECTING) {
        on_connect_event(x);
    } else if (x->phase == HTTP_TLS_HANDSHAKING) {
        shake_hands(x);
    } else {
        if (events & EV_WRITE && !is_sent(x) && !x->cannot_send)
            send_request(x);
        if (events & EV_READ && c->x == x && x->phase >= HTTP_SENDING)
            receive(x);
    }
}

/* Addresses are tried in the order getaddrinfo(3) gave, the next one as soon as
 * the one before is refused or unreachable; all share the request's timeout.
 * errno says why the last one failed. */
static void connect_next(struct h1_exchange *x)
{
    int error = errno;
    while (x->next_address < x->addresses->count) {
        bool at_once = false;
        const union address *to = &x->addresses->list[x->next_address++];
        x->conn = h1_conn_open(x, to, on_event, &at_once);
        if (x->conn) {
            x->connections++;
            if (at_once)
                on_connected(x);
            return;
        }
        error = errno;
    }
    char text[ADDRESS_TEXT_BYTES], what[ADDRESS_TEXT_BYTES + 32];
    const union address *last = &x->addresses->list[x->next_address - 1];
    snprintf(what, sizeof what, "cannot connect to %s",
             address_text(last, text));
    fail_by_errno(x, what, error);
}

static void use_addresses(struct h1_exchange *x, int64_t now_ns)
{
    enter(x, HTTP_CONNECTING, now_ns);
    addresses_unref(x->addresses);
    x->addresses = addresses_ref(x->origin->addresses);
    x->next_address = 0;
    connect_next(x);
}

static void on_looked_up(struct list *waiting, const char *problem)
{
    struct h1_exchange *x = list_entry(waiting, struct h1_exchange, link);
    if (problem)
        fail(x, HTTP_DNS, "cannot resolve %s: %s", x->origin->host, problem);
    else
        use_addresses(x, clock_now_ns());
}

static void begin_to_connect(struct h1_exchange *x)
{
    struct h1_client *c = x->client;
    int64_t now_ns = x->phase_since_ns;
    if (h1_origin_has_addresses(x->origin, now_ns)) {
        use_addresses(x, now_ns);
        return;
    }
    if (!c->resolver)
        c->resolver = resolver_open(c->loop, c->family);
    enter(x, HTTP_LOOKING_UP, now_ns);
    h1_origin_look_up(x->origin, c->resolver, &x->link, on_looked_up);
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
    x->received = 0;
    x->connections = 0;
    x->interim_seen = 0;
    x->is_busy = true;
    x->cannot_send = x->is_retried = x->is_held = false;
    h1_answer_begin(&x->answer, strcmp(x->request->method, "HEAD") == 0,
                    x->request->max_body_bytes);
    x->answer.discards_body = x->request->discards_body;
    x->answer.switches = x->request->switches;
    if (x->request->sink) {
        x->answer.on_head = on_head;
        x->answer.on_piece = on_piece;
    }
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
        fail(x, HTTP_OTHER, "the h1 transport does not take this request");
        return &x->head;
    }
    h1_request_write(x);
    arm_timeout(x, now_ns);
    if (c) {
        c->x = x;
        client->counts->reused++;
        x->phase = HTTP_SENDING;
        send_request(x);
    } else {
        begin_to_connect(x);
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
        end_phases(x, clock_now_ns());
    drop_connection(x);
    hand_over(x, &r);
}
