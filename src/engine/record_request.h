/* record_request — a request's sample, and the events of a stream, to the rows
 * that count them. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/http.h"
#include "stats/tags.h"

struct vu;
struct worker;

struct request_sample {
    uint32_t name; /* row number from the registry */
    const char *method;
    const char *url;  /* for examples of errors */
    uint32_t step;    /* row of the step it was sent in, or RECORD_NO_STEP */
    bool is_expected; /* a complete answer with an expected status */
    enum http_failure failure;
    const struct http_result *result;
    const struct tag_set *tags; /* of user and request */
    const struct vu *vu;
};

enum { RECORD_NO_STEP = UINT32_MAX };

void record_request(struct worker *w, const struct request_sample *sample);
/* So many events of a stream were handed over; `first_ns` is how long after its
 * request the first of them had come, -1 if it is not among them. */
void record_stream_events(struct worker *w, const struct request_sample *sample,
                          uint64_t count, int64_t first_ns);
