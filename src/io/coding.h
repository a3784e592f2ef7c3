/* coding — the content codings (RFC 9110 8.4.1), each undone and done.
 *
 * One file for each library behind them; nothing else knows these. Whole bodies
 * only, since their senders and readers have them whole. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "io/http.h"

struct buffer;

struct coding {
    const char *name;  /* as Content-Encoding says it, in small letters */
    const char *alias; /* taken too; or NULL */
    /* Appends the plain body to `out`, which is empty. HTTP_DECODING for what
     * is broken or cut short, HTTP_TOO_LARGE beyond `max_bytes`; `out` then has
     * at most one byte more. `bytes` is not 0. */
    enum http_failure (*undo)(const char *body, size_t bytes, size_t max_bytes,
                              struct buffer *out);
    /* Appends the coded body. */
    void (*apply)(const char *plain, size_t bytes, struct buffer *out);
};

/* In any case of letters; NULL if there is none of that name. */
const struct coding *coding_find(const char *name, size_t length);

/* How much room the next step of undoing has: no more than shows that the limit
 * is passed. */
size_t coding_room(const struct buffer *out, size_t max_bytes);

extern const struct coding coding_gzip, coding_deflate, coding_brotli,
    coding_zstd;
