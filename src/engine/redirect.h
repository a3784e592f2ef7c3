/* redirect — what a request becomes when its answer sends it elsewhere.
 *
 * RFC 9110 15.4, pure: from a request and its answer to the next request.
 * Whoever follows, counts and records. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buffer;
struct http_request;

/* 301, 302, 303, 307, 308. */
static inline bool redirect_is(int status)
{
    return status >= 301 && status <= 308 && (status <= 303 || status >= 307);
}

/* Where `location` leads from `url`; false if that is no address of http or
 * https. The fragment of `url` goes on if the location has none. */
bool redirect_locate(struct buffer *out, const char *url, const char *location,
                     size_t length);

/* Makes of a request the one to `url`. `lines` are its header lines, with a NUL
 * behind; those that may not go there are taken out. Returns whether it is the
 * same origin as before. */
bool redirect_apply(struct http_request *request, struct buffer *lines,
                    int status, const char *url);
