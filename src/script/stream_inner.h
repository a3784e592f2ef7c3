/* stream_inner — what the files of streams share.
 *
 * stream.c has the life of one and what comes from the server, stream_items.c
 * makes events and lines of it, stream_methods.c is what scripts call. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "base/buffer.h"
#include "base/event_stream.h"
#include "base/list.h"
#include "engine/fetch.h"
#include "io/loop.h"

struct lua_user;
struct outgoing;

#define STREAM_TYPE "lload.stream"

enum stream_unit { STREAM_EVENT, STREAM_LINE };
enum stream_want { STREAM_WANTS_HEAD, STREAM_WANTS_EVENT, STREAM_WANTS_LINE };

/* A userdata; while it is open, the registry keeps it. */
struct stream {
    struct list link;         /* among the open ones of its user */
    struct lua_user *user;    /* borrowed; NULL once it is closed */
    struct outgoing *request; /* owned while it is open */
    int self_ref;
    struct loop_task wake; /* there is news for a user that waits */
    enum stream_want want; /* what the user waits for, if it does */
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

/* --------------------------------------------------------------- stream.c */

/* The server is kept waiting, or no longer. */
void stream_hold(struct stream *s, bool is_held);
void stream_end_exchange(struct stream *s, enum http_failure as);
/* Closes it; twice is once. */
void stream_end(struct stream *s);
/* Yields until there is news; returned by the primitive. */
int stream_wait(lua_State *L, struct stream *s, enum stream_want want);

/* --------------------------------------------------------- stream_items.c */

/* Pushes the next item, or nil and why there will be none; returns how many
 * values, 0 if it has to be waited for. */
int stream_push_item(lua_State *L, struct stream *s, enum stream_unit unit);
