/* scrape — reads one URL again and again, beside the run.
 *
 * A thread of its own, with libcurl, GETs the URL every `interval_ns` and keeps
 * what came back until the owner takes it: at most 16 samples of at most 1 MB,
 * the oldest makes room. Knows nothing of what is in the body. All functions
 * are for the owner's thread, after `http_global_init`; none of them waits for
 * the network. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct error;
struct scrape;

enum { SCRAPE_KEPT_MAX = 16, SCRAPE_BODY_MAX_BYTES = 1000 * 1000 };

struct scrape_sample {
    int64_t t_ns; /* monotonic, when the GET began */
    int status;   /* 0 without a complete answer */
    char *body;   /* owned, with a NUL behind it; NULL with an error */
    size_t body_bytes;
    char *error;   /* owned, words for people; NULL with a body */
    unsigned lost; /* samples just before it that had to make room */
};

/* Copies `url`, which must be of http or https; redirects are followed, but
 * not away from https. The first GET begins at once, each has 2 s. NULL with
 * the cause, which does not repeat the URL: it may hold a password. */
struct scrape *scrape_open(const char *url, int64_t interval_ns, bool insecure,
                           struct error *err) ATTR_NODISCARD;
/* Breaks off a GET under way. NULL is nothing to do. */
void scrape_close(struct scrape *s);
/* The oldest sample, which is the caller's from now on; false if there is
 * none. */
bool scrape_take(struct scrape *s, struct scrape_sample *out);
void scrape_sample_fini(struct scrape_sample *sample);
