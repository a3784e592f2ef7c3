/* inflate — the body of an answer, with all its content codings undone.
 *
 * Knows of HTTP the lines of Content-Encoding. Bounded: no step gives more than
 * its limit. */
#pragma once

#include <stddef.h>

#include "io/http.h"

struct buffer;

enum { INFLATE_CODINGS_MAX = 5 };

/* Appends the decoded body to `out`, which is empty. HTTP_OK, HTTP_DECODING for
 * broken or truncated data, unknown codings and more than a few of them,
 * HTTP_TOO_LARGE beyond `max_bytes`. `headers` are "Name: value\r\n" lines; the
 * codings of all lines of Content-Encoding were applied in their order. No body
 * at all, as of the answer to HEAD, is left alone. */
enum http_failure inflate_body(const char *headers, size_t header_bytes,
                               const char *body, size_t body_bytes,
                               size_t max_bytes, struct buffer *out);
