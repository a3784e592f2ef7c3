#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "io/h1.h"
#include "io/tunnel.h"

static enum http_proto proto_of(const struct h1_answer *a)
{
    return a->minor == 0 ? HTTP_PROTO_1_0 : HTTP_PROTO_1_1;
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

/* What TLS has read already no event will tell. */
void h1_hold(struct http_exchange *exchange, bool is_held)
{
    struct h1_exchange *x = (struct h1_exchange *)exchange;
    if (x->is_held == is_held || x->is_over || !x->conn)
        return;
    struct wire *w = &x->conn->wire;
    x->is_held = is_held;
    h1_watch(x);
    if (!is_held && wire_has_pending(w))
        ev_feed_event(w->ev, &w->io, EV_READ);
}

void h1_receive_begin(struct h1_exchange *x)
{
    const struct http_request *r = x->request;
    x->received = 0;
    x->interim_seen = 0;
    x->is_held = false;
    h1_answer_begin(&x->answer, strcmp(r->method, "HEAD") == 0,
                    r->max_body_bytes);
    x->answer.discards_body = r->discards_body;
    x->answer.switches = r->switches;
    if (r->sink) {
        x->answer.on_head = on_head;
        x->answer.on_piece = on_piece;
    }
}

/* --------------------------------------------------------------------- ends */

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
    h1_end_phases(x, now_ns);
    x->conn = NULL;
    x->is_over = true;
    h1_hand_over(x, &r);
    h1_conn_close(c);
}

static void complete(struct h1_exchange *x, size_t unused, bool is_closed,
                     int64_t now_ns)
{
    const struct h1_answer *a = &x->answer;
    struct http_result r = result_of(a);
    x->received -= unused;
    h1_end_phases(x, now_ns);
    if (!is_closed && !has_leftovers(x, unused) && a->keeps_alive &&
        h1_is_sent(x) && !x->wants_close && x->client->keeps)
        h1_conn_keep(x->conn, now_ns);
    else
        h1_conn_close(x->conn);
    x->conn = NULL;
    x->is_over = true;
    h1_hand_over(x, &r);
}

/* The phase of the final answer begins with its first byte; what was taken for
 * it and was an interim answer belongs to the waiting. */
static void note_progress(struct h1_exchange *x, int64_t now_ns)
{
    const struct h1_answer *a = &x->answer;
    if (x->phase == HTTP_RECEIVING &&
        (a->is_fresh || a->interim != x->interim_seen)) {
        h1_enter(x, HTTP_WAITING, now_ns);
        h1_move_phases(x, HTTP_WAITING, HTTP_WAITING);
    }
    x->interim_seen = a->interim;
    if (x->phase != HTTP_RECEIVING && !a->is_fresh)
        h1_enter(x, HTTP_RECEIVING, now_ns);
}

static void on_end(struct h1_exchange *x)
{
    struct tls_session *tls = x->conn->wire.tls;
    if (h1_retry(x, false))
        return;
    enum h1_answer_state s = h1_answer_end(&x->answer);
    if (s == H1_ANSWER_DONE && tls && !tls_ended_well(tls))
        h1_fail(x, HTTP_CLOSED,
                "the TLS connection ended amid an answer without a length");
    else if (s == H1_ANSWER_DONE)
        complete(x, 0, true, clock_now_ns());
    else if (x->cannot_send)
        h1_fail(x, HTTP_RESET, "the server reset the connection");
    else
        h1_fail(x, HTTP_CLOSED, "%s", x->answer.problem);
}

static void on_receive_failure(struct h1_exchange *x, int error)
{
    if (h1_retry(x, false))
        return;
    if (!error)
        h1_fail(x, HTTP_TLS, "%s", tls_problem(x->conn->wire.tls));
    else if (error == ECONNRESET || error == EPIPE)
        h1_fail(x, HTTP_RESET, "the server reset the connection");
    else
        h1_fail_by_errno(x, "cannot receive", error);
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
        h1_fail(x, HTTP_TOO_LARGE, "%s", x->answer.problem);
        return false;
    default:
        h1_fail(x, HTTP_PROTOCOL, "%s", x->answer.problem);
        return false;
    }
}

void h1_receive(struct h1_exchange *x)
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
