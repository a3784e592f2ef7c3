/* inflate — gzip and deflate bodies, undone and bounded.
 *
 * Knows nothing of HTTP but the names of the codings. "deflate" is accepted
 * with and without its zlib wrapper, as browsers do. */
#pragma once

#include <stddef.h>

#include "io/http.h"

struct buffer;

/* Appends the decoded body to `out`. HTTP_OK, HTTP_DECODING for broken or
 * truncated data and unknown codings, HTTP_TOO_LARGE beyond `max_bytes`.
 * `coding` is the value of Content-Encoding, in any case of letters; "" and
 * "identity" leave the body as it is. */
enum http_failure inflate_body(const char *coding, size_t coding_length,
                               const char *body, size_t body_bytes,
                               size_t max_bytes, struct buffer *out);
