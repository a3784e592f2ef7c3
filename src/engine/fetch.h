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
    bool is_ok; /* complete, and its status is an expected one */
    int status; /* 0 unless complete */
    enum http_proto proto;
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

/* Takes an answer as it comes, with the `arg` of `done`; as struct http_sink,
 * for the answer that redirects and challenges led to. */
struct fetch_sink {
    /* `is_coded`: its body has a Content-Encoding; nothing undoes it. */
    void (*on_head)(void *arg, const struct fetch_result *head, bool is_coded);
    void (*on_body)(void *arg, const char *bytes, size_t size);
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
    const struct fetch_sink *sink; /* borrowed; NULL: the body is kept */
    fetch_done *done;
    void *arg;
    struct vu *vu;                  /* set by fetch_start */
    struct http_exchange *exchange; /* NULL unless under way */
    uint32_t step;
    uint32_t hops;     /* redirects followed so far */
    bool is_on_trail;  /* it was sent again, to here or elsewhere */
    bool has_answered; /* a challenge of where it goes now */
    bool is_streaming; /* the sink has got the head */
    int head_status;   /* while it is */
    enum http_proto head_proto;
    enum http_failure ends_as; /* unless it fails; HTTP_OK: well */
    const char *lines;   /* borrowed: header lines as the caller set them */
    struct trail *trail; /* owned; NULL until there is something to keep */
};

/* A zeroed fetch is ready; the same one may be started again and again. */
void fetch_fini(struct fetch *f);
void fetch_start(struct fetch *f, struct vu *vu);
/* `done` runs from inside, with HTTP_CUT_OFF. */
void fetch_cancel(struct fetch *f);

/* ------------------------------------------------------------------ streaming
 *
 * A request with a sink is over for its timeout when the head is there, and so
 * is its duration: what follows lasts as long as the server likes. Broken off
 * after that, it is as good as one that ended, for the server did nothing
 * wrong. */

/* Breaks it off, after its head; `done` runs from inside. */
void fetch_close(struct fetch *f, enum http_failure as);
/* The server is kept waiting. */
void fetch_hold(struct fetch *f, bool is_held);
/* `count` events of it were handed over; `first_ns` as record_stream_events. */
void fetch_count_events(const struct fetch *f, uint64_t count,
                        int64_t started_ns, int64_t first_ns);
