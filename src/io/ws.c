#include "io/ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "io/crypto.h"
#include "io/transport.h"
#include "io/tunnel.h"

enum {
    IN_BYTES = 64 * 1024,
    INBOX_FULL_BYTES = 64 * 1024, /* of complete messages */
    OUT_FULL_BYTES = 64 * 1024,
    KEEP_BYTES = 4 * 1024, /* of a buffer that has become empty */
    KEY_BYTES = 4,
    KEYS_BYTES = 1024 * KEY_BYTES
};
/* For the server's close frame, and then for its closing the connection. */
static const int64_t CLOSE_TIMEOUT_NS = 5 * NS_PER_S;
static const int64_t LINGER_NS = 1 * NS_PER_S;

struct ws_client {
    struct loop *loop;     /* borrowed */
    struct crypto *crypto; /* owned */
    char *in;              /* owned: what was read last; IN_BYTES */
    unsigned char keys[KEYS_BYTES];
    size_t keys_used;
};

/* In front of each message in the inbox. */
struct envelope {
    size_t size;
    bool is_binary;
};

struct ws_client *ws_client_open(struct loop *loop)
{
    struct crypto *crypto = crypto_new();
    if (!crypto)
        return NULL;
    struct ws_client *c = xcalloc(1, sizeof *c);
    c->loop = loop;
    c->crypto = crypto;
    c->in = xmalloc(IN_BYTES);
    c->keys_used = sizeof c->keys;
    return c;
}

void ws_client_close(struct ws_client *c)
{
    crypto_free(c->crypto);
    free(c->in);
    free(c);
}

struct crypto *ws_client_crypto(struct ws_client *c)
{
    return c->crypto;
}

/* RFC 6455 5.3: unpredictable, from a strong source; a generator that fails
 * has no replacement. */
static const unsigned char *next_key(struct ws_client *c)
{
    if (c->keys_used == sizeof c->keys) {
        if (!crypto_random(c->keys, sizeof c->keys))
            abort();
        c->keys_used = 0;
    }
    c->keys_used += KEY_BYTES;
    return c->keys + c->keys_used - KEY_BYTES;
}

/* ------------------------------------------------------------------ sending */

static void tidy_out(struct ws *s)
{
    struct buffer *out = &s->out;
    if (s->out_at == out->size) {
        buffer_clear(out);
        buffer_trim(out, KEEP_BYTES);
        s->out_at = 0;
    } else if (s->out_at > out->size / 2) {
        memmove(out->data, out->data + s->out_at, out->size - s->out_at);
        out->size -= s->out_at;
        s->out_at = 0;
    }
}

static void stop_sending(struct ws *s)
{
    s->cannot_send = true;
    s->out_at = s->out.size;
}

/* Where the server takes no more, it may have said why: what can be read
 * decides. */
static void flush(struct ws *s)
{
    enum wire_status status = WIRE_OK;
    while (status == WIRE_OK && s->out_at < s->out.size) {
        size_t n = 0;
        status = wire_send(&s->wire, s->out.data + s->out_at,
                           s->out.size - s->out_at, false, &n);
        s->out_at += n;
        s->sent_bytes += n;
    }
    if (status == WIRE_FAILED || status == WIRE_END)
        stop_sending(s);
    tidy_out(s);
}

static void add_frame(struct ws *s, enum ws_opcode opcode, const char *bytes,
                      size_t size)
{
    const unsigned char *key = next_key(s->client);
    unsigned char head[WS_HEAD_MAX_BYTES];
    if (s->cannot_send)
        return;
    size_t head_bytes = ws_frame_head(head, opcode, size, key);
    char *to = buffer_reserve(&s->out, head_bytes + size);
    memcpy(to, head, head_bytes);
    ws_frame_mask(to + head_bytes, bytes, size, key);
    s->out.size += head_bytes + size;
}

static void add_close_frame(struct ws *s, unsigned code, const char *reason,
                            size_t size)
{
    char payload[WS_CONTROL_MAX_BYTES] = {(char)(code >> 8),
                                          (char)(code & 0xFF)};
    if (size)
        memcpy(payload + 2, reason, size);
    add_frame(s, WS_CLOSE, payload, code ? size + 2 : 0);
}

bool ws_is_clogged(const struct ws *s)
{
    return s->out.size - s->out_at > OUT_FULL_BYTES;
}

/* -------------------------------------------------------------------- inbox */

static bool is_full(const struct ws *s)
{
    return s->state == WS_STATE_OPEN &&
           s->partial_at - s->inbox_at >= INBOX_FULL_BYTES;
}

static void gather(struct ws *s)
{
    if (s->is_gathering)
        return;
    s->is_gathering = true;
    buffer_reserve(&s->inbox, sizeof(struct envelope));
    s->inbox.size += sizeof(struct envelope);
}

static void finish_message(struct ws *s, bool is_binary)
{
    struct envelope e = {.is_binary = is_binary};
    gather(s);
    e.size = s->inbox.size - s->partial_at - sizeof e;
    memcpy(s->inbox.data + s->partial_at, &e, sizeof e);
    s->is_gathering = false;
    s->partial_at = s->inbox.size;
    s->messages++;
}

bool ws_next(const struct ws *s, struct ws_message *m)
{
    struct envelope e;
    if (s->inbox_at == s->partial_at)
        return false;
    memcpy(&e, s->inbox.data + s->inbox_at, sizeof e);
    *m = (struct ws_message){.bytes = s->inbox.data + s->inbox_at + sizeof e,
                             .size = e.size,
                             .is_binary = e.is_binary};
    return true;
}

/* What was read makes room once it is the larger part. */
static void tidy_inbox(struct ws *s)
{
    struct buffer *inbox = &s->inbox;
    if (s->inbox_at == inbox->size) {
        buffer_clear(inbox);
        buffer_trim(inbox, KEEP_BYTES);
        s->inbox_at = s->partial_at = 0;
    } else if (s->inbox_at > inbox->size / 2) {
        memmove(inbox->data, inbox->data + s->inbox_at,
                inbox->size - s->inbox_at);
        inbox->size -= s->inbox_at;
        s->partial_at -= s->inbox_at;
        s->inbox_at = 0;
    }
}

/* --------------------------------------------------------------------- ends */

static void end(struct ws *s, enum http_failure failure, const char *detail)
{
    s->state = WS_STATE_OVER;
    s->failure = failure;
    s->detail = detail;
    loop_timer_stop(&s->closing);
    wire_close(&s->wire);
    buffer_fini(&s->out);
    s->out_at = 0;
}

/* RFC 6455 7.1.7: a close frame on the way, and no waiting for another. */
static void end_with_code(struct ws *s, unsigned code,
                          enum http_failure failure, const char *detail)
{
    if (s->state == WS_STATE_OPEN)
        add_close_frame(s, code, "", 0);
    flush(s);
    end(s, failure, detail);
}

static void fail_by_errno(struct ws *s, int error)
{
    char words[80];
    struct http_counts unused = {0};
    snprintf(s->words, sizeof s->words, "the connection was lost: %s",
             strerror_r(error, words, sizeof words));
    end(s, http_failure_from_errno(error, &unused), s->words);
}

static void on_connection_end(struct ws *s, enum wire_status status, int error)
{
    if (s->has_heard_close)
        end(s, HTTP_OK, NULL);
    else if (status == WIRE_END)
        end(s, HTTP_CLOSED,
            "the server closed the connection without a close frame");
    else if (error)
        fail_by_errno(s, error);
    else {
        snprintf(s->words, sizeof s->words, "%s", tls_problem(s->wire.tls));
        end(s, HTTP_TLS, s->words);
    }
}

static void on_closing_timeout(struct loop_timer *t)
{
    struct ws *s = list_entry(t, struct ws, closing);
    if (s->has_heard_close)
        end(s, HTTP_OK, NULL);
    else
        end(s, HTTP_TIMEOUT, "the server did not answer the close frame");
    s->events->changed(s->arg);
}

static void wait_for_end(struct ws *s, int64_t for_ns)
{
    s->state = WS_STATE_CLOSING;
    loop_timer_start(s->client->loop, &s->closing, clock_now_ns() + for_ns);
}

/* ---------------------------------------------------------------- receiving */

static void on_pong(struct ws *s, const struct ws_event *e)
{
    uint32_t number;
    if (e->size != sizeof number)
        return;
    memcpy(&number, e->bytes, sizeof number);
    int64_t *sent_ns = &s->ping_sent_ns[number % WS_PINGS];
    if (number > s->pings || s->pings - number >= WS_PINGS || !*sent_ns)
        return;
    int64_t round_trip_ns = clock_now_ns() - *sent_ns;
    *sent_ns = 0;
    s->events->pong(s->arg, round_trip_ns);
}

/* RFC 6455 5.5.1: answered with the code that came. */
static void on_close_frame(struct ws *s, const struct ws_event *e)
{
    s->has_heard_close = true;
    s->close_code = e->code;
    if (e->size)
        s->close_reason = xmemdup(e->bytes, e->size);
    if (s->state == WS_STATE_OPEN)
        add_close_frame(s, e->code == WS_CODE_NONE ? 0 : e->code, "", 0);
    wait_for_end(s, LINGER_NS);
}

/* A server that only asks and never reads gets no more answers. */
static void on_ping(struct ws *s, const struct ws_event *e)
{
    if (s->state == WS_STATE_OPEN && !ws_is_clogged(s))
        add_frame(s, WS_PONG, e->bytes, e->size);
}

/* Once it is closing, messages are of no use to anybody. */
static void on_frame(struct ws *s, const struct ws_event *e)
{
    switch (e->kind) {
    case WS_PIECE:
        if (s->state != WS_STATE_OPEN)
            break;
        gather(s);
        buffer_add(&s->inbox, e->bytes, e->size);
        break;
    case WS_MESSAGE:
        if (s->state == WS_STATE_OPEN)
            finish_message(s, e->is_binary);
        break;
    case WS_PINGED:
        on_ping(s, e);
        break;
    case WS_PONGED:
        on_pong(s, e);
        break;
    case WS_CLOSED:
        on_close_frame(s, e);
        break;
    case WS_VIOLATION:
        end_with_code(s, e->code,
                      e->code == WS_CODE_TOO_LARGE ? HTTP_TOO_LARGE
                                                   : HTTP_PROTOCOL,
                      e->problem);
        break;
    case WS_MORE:
        break;
    }
}

/* What follows a close frame is nothing any more. */
static void take(struct ws *s, const char *bytes, size_t size)
{
    const char *at = bytes, *stop = bytes + size;
    struct ws_event e;
    s->received_bytes += size;
    while (s->state != WS_STATE_OVER && !s->has_heard_close) {
        e = ws_reader_next(&s->reader, &at, stop);
        if (e.kind == WS_MORE)
            break;
        on_frame(s, &e);
    }
    if (s->state != WS_STATE_OVER)
        flush(s);
}

static void receive(struct ws *s)
{
    size_t n = 0;
    do {
        enum wire_status status =
            wire_receive(&s->wire, s->client->in, IN_BYTES, &n);
        if (status == WIRE_OK)
            take(s, s->client->in, n);
        else if (status == WIRE_END || status == WIRE_FAILED)
            on_connection_end(s, status, errno);
        else
            return;
    } while (s->state != WS_STATE_OVER && !is_full(s) &&
             wire_has_pending(&s->wire));
}

static void watch(struct ws *s)
{
    if (s->state != WS_STATE_OVER)
        wire_watch(&s->wire, (is_full(s) ? 0 : EV_READ) |
                                 (s->out_at < s->out.size ? EV_WRITE : 0));
}

static void on_event(struct ev_loop *ev, ev_io *io, int events)
{
    struct ws *s = list_entry(io, struct ws, wire.io);
    (void)ev;
    if (events & EV_WRITE)
        flush(s);
    if (events & EV_READ)
        receive(s);
    watch(s);
    s->events->changed(s->arg);
}

/* ------------------------------------------------------------------- callers
 */

/* Bytes inside TLS, which no event will tell. */
static void read_what_is_pending(struct ws *s)
{
    if (s->state != WS_STATE_OVER && !is_full(s) && wire_has_pending(&s->wire))
        ev_feed_event(s->wire.ev, &s->wire.io, EV_READ);
}

void ws_open(struct ws *s, struct ws_client *c, const struct tunnel *tunnel,
             size_t max_message_bytes, const struct ws_events *events,
             void *arg)
{
    *s = (struct ws){.client = c,
                     .events = events,
                     .arg = arg,
                     .close_code = WS_CODE_ABNORMAL};
    ws_reader_init(&s->reader, max_message_bytes);
    loop_timer_init(&s->closing, on_closing_timeout);
    wire_move(&s->wire, tunnel->wire, on_event);
    take(s, tunnel->early, tunnel->early_bytes);
    watch(s);
    read_what_is_pending(s);
}

void ws_cut(struct ws *s)
{
    if (s->state != WS_STATE_OVER)
        end_with_code(s, WS_CODE_GOING_AWAY, HTTP_OK, NULL);
}

void ws_fail(struct ws *s, enum http_failure failure, const char *detail)
{
    end(s, failure, detail);
}

void ws_fini(struct ws *s)
{
    buffer_fini(&s->inbox);
    free(s->close_reason);
}

void ws_send(struct ws *s, enum ws_opcode opcode, const char *bytes,
             size_t size)
{
    add_frame(s, opcode, bytes, size);
    flush(s);
    watch(s);
}

void ws_ping(struct ws *s)
{
    char payload[sizeof s->pings];
    s->pings++;
    s->ping_sent_ns[s->pings % WS_PINGS] = clock_now_ns();
    memcpy(payload, &s->pings, sizeof payload);
    ws_send(s, WS_PING, payload, sizeof payload);
}

void ws_close(struct ws *s, unsigned code, const char *reason, size_t size)
{
    add_close_frame(s, code, reason, size);
    wait_for_end(s, CLOSE_TIMEOUT_NS);
    flush(s);
    watch(s);
    read_what_is_pending(s);
}

void ws_drop(struct ws *s)
{
    struct envelope e;
    bool was_full = is_full(s);
    memcpy(&e, s->inbox.data + s->inbox_at, sizeof e);
    s->inbox_at += sizeof e + e.size;
    tidy_inbox(s);
    if (was_full && !is_full(s)) {
        watch(s);
        read_what_is_pending(s);
    }
}
