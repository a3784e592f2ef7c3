/* trail — what a request became on its way: redirected, with cookies, with the
 * answer to a challenge.
 *
 * Owned by its fetch and kept from one request to the next. Decides nothing
 * about samples: fetch records an exchange before the trail goes on. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"

struct answer_headers;
struct crypto;
struct digest_challenge;
struct fetch;
struct fetch_result;
struct http_result;

struct trail {
    struct buffer url;
    struct buffer next_url;
    struct buffer lines;      /* the script's header lines that may go on */
    struct buffer hops;       /* "STATUS URL\n" of those behind it */
    struct buffer cookies;    /* "a=1; b=2" */
    struct buffer sent;       /* lines with the cookies */
    struct buffer authorized; /* lines with the answer to a challenge */
    struct crypto *crypto;    /* owned; NULL until it is needed */
    int64_t deadline_ns;      /* of all hops together */
    char detail[48];
};

/* That of a fetch, made when it is first needed. */
struct trail *trail_of(struct fetch *f);
void trail_trim(struct trail *t);
/* NULL is allowed. */
void trail_free(struct trail *t);

/* Whether the answer redirects; where to is then the next address. */
bool trail_leads_on(struct fetch *f, const struct http_result *r,
                    const struct answer_headers *h);
/* The request is for the next address from now on; the old one is kept until
 * the next turn. */
void trail_turn(struct fetch *f, const struct http_result *r);
/* Too many redirects. */
void trail_give_up(struct fetch *f, struct fetch_result *out);
/* The same request again, with credentials. */
void trail_authorize(struct fetch *f, const struct http_result *r,
                     const struct digest_challenge *c);
