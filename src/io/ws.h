/* ws — one WebSocket after its handshake: messages over a wire (RFC 6455).
 *
 *   OPEN -> CLOSING -> OVER     a close frame was sent; both were, or it failed
 *
 * Gathers messages in an inbox until they are taken; while more than enough
 * wait there the socket is not read, so that the server feels it. What is sent
 * goes out at once where the socket takes it, else as it can. Pings are
 * answered, control frames are taken amid messages, each frame has a masking
 * key of its own from OpenSSL's generator. What breaks the protocol is told the
 * server with the fitting code, and the connection dropped.
 *
 * Embedded in whoever speaks over it. Loop's thread only. `changed` never runs
 * from inside a call, and last: it may end the WebSocket. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buffer.h"
#include "base/ws_frame.h"
#include "io/http.h"
#include "io/loop.h"
#include "io/wire.h"

struct crypto;
struct tunnel;
struct ws_client; /* what the WebSockets of a loop share */

enum ws_state { WS_STATE_OPEN, WS_STATE_CLOSING, WS_STATE_OVER };

struct ws_events {
    /* An answer to a ping. */
    void (*pong)(void *arg, int64_t round_trip_ns);
    /* There may be a message, room to send, or an end. */
    void (*changed)(void *arg);
};

enum { WS_PINGS = 8 /* whose pongs are waited for */ };

struct ws {
    enum ws_state state;
    enum http_failure failure; /* how it ended, once it is over */
    const char *detail;        /* in words; NULL where nothing failed */
    unsigned close_code; /* of the server's close frame; see enum ws_code */
    char *close_reason;  /* owned; NULL if there is none */
    uint64_t messages;   /* that came */
    uint64_t sent_bytes; /* on the wire, or in its TLS */
    uint64_t received_bytes;
    /* Private. */
    struct ws_client *client;       /* borrowed */
    const struct ws_events *events; /* borrowed */
    void *arg;
    struct wire wire;
    struct ws_reader reader;
    struct buffer inbox; /* messages, each behind its head; the last may be
                            incomplete */
    size_t inbox_at;     /* the first one */
    size_t partial_at;   /* the incomplete one */
    bool is_gathering;   /* there is an incomplete one */
    bool has_heard_close;
    bool cannot_send;
    struct buffer out;
    size_t out_at; /* what is sent of it */
    struct loop_timer closing;
    uint32_t pings;                 /* number of the last one */
    int64_t ping_sent_ns[WS_PINGS]; /* 0: answered, or none */
    char words[128];
};

struct ws_message {
    const char *bytes; /* valid until it is dropped */
    size_t size;
    bool is_binary;
};

/* NULL: OpenSSL has no memory left. */
struct ws_client *ws_client_open(struct loop *loop) ATTR_NODISCARD;
void ws_client_close(struct ws_client *c);
struct crypto *ws_client_crypto(struct ws_client *c);

/* Takes the connection of a handshake that was answered well. It may be over at
 * once: early bytes are read here. */
void ws_open(struct ws *s, struct ws_client *c, const struct tunnel *tunnel,
             size_t max_message_bytes, const struct ws_events *events,
             void *arg);
/* Ends it now, with a close frame if the socket takes one, and no failure. */
void ws_cut(struct ws *s);
/* Ends it now as failed; `detail` is borrowed. Precondition: not over. */
void ws_fail(struct ws *s, enum http_failure failure, const char *detail);
/* Frees what it holds; it must be over. */
void ws_fini(struct ws *s);

/* Precondition of all three: it is open. */
void ws_send(struct ws *s, enum ws_opcode opcode, const char *bytes,
             size_t size);
void ws_ping(struct ws *s);
/* Begins the closing handshake; with code 0 the frame has none. */
void ws_close(struct ws *s, unsigned code, const char *reason, size_t size);
/* Whether so much waits to be sent that no more should be added. */
bool ws_is_clogged(const struct ws *s);

/* The first message that has come, if there is one. */
bool ws_next(const struct ws *s, struct ws_message *m);
void ws_drop(struct ws *s);
