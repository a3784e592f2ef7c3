/* h1_answer — one HTTP/1.x answer, from its bytes as they come.
 *
 * Knows nothing of sockets. Parsing is llhttp's, all lenient flags off; see
 * RFC 9112. Interim (1xx) answers are passed over. What comes in one piece is
 * not copied: headers and body then point into the bytes given last. Memory is
 * kept for the next answer, up to a limit. A zeroed struct is ready for
 * h1_answer_begin. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <llhttp.h>

#include "base/buffer.h"
#include "io/http_cache.h"

enum { H1_HEAD_MAX_BYTES = 256 * 1024 };

enum h1_answer_state {
    H1_ANSWER_MORE, /* wants more bytes, or the end of the connection */
    H1_ANSWER_DONE, /* complete */
    H1_ANSWER_CUT_SHORT /* the connection ended before it */,
    H1_ANSWER_BROKEN,   /* no HTTP/1.x; see `problem` */
    H1_ANSWER_TOO_LARGE /* see `problem` */
};

struct h1_answer {
    /* Once it is DONE; valid until the next call or the next bytes. */
    int status;
    const char *headers; /* "Name: value\r\n" lines */
    size_t header_bytes;
    const char *body;
    size_t body_bytes;
    bool keeps_alive; /* another exchange may follow on the connection */
    int minor;        /* of its version of HTTP/1 */
    enum http_cache cache;
    const char *problem;
    /* Set after h1_answer_begin: no body is kept, so that any may come. */
    bool discards_body;
    /* Set after h1_answer_begin: 101 is the answer, and what follows its head
     * is no longer HTTP. */
    bool switches;
    /* As well, or NULL: called with the head of the final answer; whether
     * `on_piece` takes the body, which is then not kept. */
    bool (*on_head)(struct h1_answer *a);
    void (*on_piece)(struct h1_answer *a, const char *bytes, size_t size);
    /* While it comes. */
    bool is_fresh;    /* no byte of the final answer, as far as known */
    unsigned interim; /* 1xx answers passed over */
    /* Private. */
    llhttp_t parser;
    bool is_in_head;
    bool answers_head;
    bool is_over;
    bool is_too_large;
    bool is_streamed;
    size_t max_body_bytes;
    size_t head_bytes; /* of all heads, interim ones included */
    const char *at;    /* what is being parsed */
    const char *end;
    struct buffer head_store;
    struct buffer body_store;
};

/* `answers_head`: the request was HEAD, so there is no body whatever the
 * headers say. */
void h1_answer_begin(struct h1_answer *a, bool answers_head,
                     size_t max_body_bytes);
/* `*used` (only when it is DONE) is how many of the bytes belong to it. */
enum h1_answer_state h1_answer_feed(struct h1_answer *a, const char *bytes,
                                    size_t size, size_t *used);
/* The connection has ended. */
enum h1_answer_state h1_answer_end(struct h1_answer *a);
/* Lets go of what the answer held; unusually large buffers are given back. */
void h1_answer_release(struct h1_answer *a);
void h1_answer_fini(struct h1_answer *a);
