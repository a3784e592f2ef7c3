/* digest_auth — the answer to a challenge of HTTP Digest (RFC 7616), pure.
 *
 * SHA-256 and MD5, each also for a session (-sess); qop "auth", or none at all
 * as of old. Whoever asks again, counts and records. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "io/crypto.h"

struct buffer;

struct digest_text {
    const char *at; /* borrowed from the headers; NULL: it was not given */
    size_t length;
};

/* Texts are as they stand between quotes, escapes and all. */
struct digest_challenge {
    struct digest_text realm, nonce, opaque, algorithm, qop, userhash;
    enum crypto_algorithm hash;
    bool is_session;
    bool has_auth; /* qop "auth" is offered */
};

struct digest_request {
    const char *credentials; /* "user:password" */
    const char *method;
    const char *url;
    const char *cnonce; /* no quotes or backslashes */
};

/* The best that can be answered among the "Name: value\r\n" lines; false if
 * there is none. */
bool digest_auth_find(struct digest_challenge *c, const char *headers,
                      size_t size);
/* Appends the line with the credentials. */
void digest_auth_answer(struct buffer *out, const struct digest_challenge *c,
                        const struct digest_request *r, struct crypto *crypto);
