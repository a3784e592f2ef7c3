/* websocket — a WebSocket of a user: its handshake, its life, and what is
 * recorded of both.
 *
 * The handshake is a request like any other (fetch.h), expected to be answered
 * with 101; what makes it none is a failure of the class `protocol`. A
 * WebSocket that on_start opened lives as long as its user, any other ends with
 * the part of the user's life that opened it.
 *
 * Counted by reference: its user holds one while it is open, a script's handle
 * another. Worker's thread only. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/list.h"
#include "engine/fetch.h"
#include "engine/journey.h"
#include "io/ws.h"
#include "io/ws_handshake.h"
#include "stats/tags.h"

struct vu;
struct worker;

struct websocket {
    struct ws ws;          /* once it was open */
    struct list link;      /* among those of its user */
    struct vu *vu;         /* borrowed; NULL once it is over */
    struct worker *worker; /* borrowed; as long as there is `vu` */
    unsigned refs;
    enum journey_part part; /* that opened it */
    struct tag_set tags;
    int64_t started_ns;
    size_t max_message_bytes;
    int64_t timeout_ns; /* of the handshake; and usual for what waits */
    char *url;          /* owned */
    char *protocols;    /* owned: "a, b" as offered; or NULL */
    char *detail;       /* owned: of a failure; or NULL */
    int status;         /* of the answer; 0 without a complete one */
    enum http_failure failure;
    bool was_open;
    char key[WS_KEY_BYTES];
    char protocol[WS_PROTOCOL_MAX_BYTES]; /* the agreed one, or "" */
    /* What is recorded of its counts. */
    uint64_t messages_seen;
    uint64_t sent_bytes_seen;
    uint64_t received_bytes_seen;
    /* Whoever waits for something; runs last, and may end it. */
    void (*changed)(void *arg);
    void *arg;
};

/* With one reference, the caller's. `protocols` may be NULL. */
struct websocket *websocket_new(struct vu *vu, const char *protocols);
struct websocket *websocket_ref(struct websocket *s);
void websocket_unref(struct websocket *s);

/* Sends the handshake, whose header lines websocket_write_lines() wrote;
 * `f->arg` is the caller's, and its `done` calls websocket_connected(). */
void websocket_write_lines(const struct websocket *s, struct buffer *lines);
void websocket_connect(struct websocket *s, struct fetch *f);
void websocket_connected(struct websocket *s, const struct fetch *f,
                         const struct fetch_result *r);

/* Behind "ws": its url is that of the handshake, with http. */
static inline const char *websocket_address(const struct websocket *s)
{
    return s->url + strlen("http");
}

static inline bool websocket_is_open(const struct websocket *s)
{
    return s->vu && s->ws.state == WS_STATE_OPEN;
}

/* Precondition: it is open. */
void websocket_send(struct websocket *s, enum ws_opcode opcode,
                    const char *bytes, size_t size);
void websocket_ping(struct websocket *s);
void websocket_close(struct websocket *s, unsigned code, const char *reason,
                     size_t size);

/* The server does not do its part: it ends as timed out. */
void websocket_give_up(struct websocket *s, const char *why);

/* Those of a user that belong to a part of its life; and all of them. */
void websocket_end_of_part(struct vu *vu, enum journey_part part);
void websocket_end_all(struct vu *vu);
