/* fetch — a request as its author means it, above the seam of io/http.h.
 *
 * Carries the user's cookies, follows redirects, answers challenges, decodes
 * the body, decides whether the answer was expected, records a sample of each
 * exchange, and only then hands the result on: no time of the script is in it.
 * Embedded in whatever asks; single-threaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/plan.h"
#include "io/http.h"
#include "stats/tags.h"

struct buffer;
struct trail;
struct tunnel;
struct vu;

struct fetch_result {
    enum http_failure failure;
    bool is_ok;         /* complete, and its status is an expected one */
    int status;         /* 0 unless complete */
    const char *detail; /* of a failure; NULL on success */
    const char *url;    /* what was asked last */
    const char *hops;   /* "STATUS URL\n" of each redirect that was followed */
    size_t hop_bytes;
    const char *body;  /* decoded */
    bool is_discarded; /* the body was; then it is empty */
    size_t body_bytes;
    const char *headers; /* "Name: value\r\n" lines */
    size_t header_bytes;
    const struct http_timings *timings;
    struct tunnel *tunnel; /* as in http_result */
};

/* What the result points to is gone when it returns. */
typedef void fetch_done(void *arg, const struct fetch_result *result);

struct fetch {
    /* Set by the caller before each start; a redirect changes it. What it
     * points to must live until done. */
    struct http_request request;
    uint32_t redirects;               /* that are followed at most */
    uint32_t name;                    /* row number from the registry */
    struct tag_set tags;              /* of user and request */
    const struct expectation *expect; /* borrowed; until done */
    struct buffer *cookies; /* borrowed: "a=1; b=2", its own beside the
                               user's; NULL: none. Changes on the way */
    const char *digest;     /* borrowed: "user:password"; NULL: none */
    /* Why a complete answer is of no use after all, or NULL; may be NULL. */
    const char *(*refuse)(void *arg, const struct http_result *r);
    void *refuse_arg;
    fetch_done *done;
    void *arg;
    struct vu *vu;                  /* set by fetch_start */
    struct http_exchange *exchange; /* NULL unless under way */
    uint32_t step;
    uint32_t hops;       /* redirects followed so far */
    bool is_on_trail;    /* it was sent again, to here or elsewhere */
    bool has_answered;   /* a challenge of where it goes now */
    const char *lines;   /* borrowed: header lines as the caller set them */
    struct trail *trail; /* owned; NULL until there is something to keep */
};

/* A zeroed fetch is ready; the same one may be started again and again. */
void fetch_fini(struct fetch *f);
void fetch_start(struct fetch *f, struct vu *vu);
/* `done` runs from inside, with HTTP_CUT_OFF. */
void fetch_cancel(struct fetch *f);
