/* sample — one request as it is written down, and the ring it waits in.
 *
 * A worker copies a sample of fixed size into a ring of its own; one other
 * thread takes it out. No lock, no allocation, and no waiting: into a full ring
 * nothing goes, which is counted. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "io/http.h"

enum { SAMPLE_METHOD_BYTES = 16 };

struct sample {
    int64_t started_ns;
    int64_t duration_ns;
    int64_t phase_ns[HTTP_PHASES];
    uint64_t sent_bytes;
    uint64_t received_bytes;
    uint64_t iteration; /* of the user; 1 for the first, 0 outside any */
    uint32_t name;      /* row number of the worker's registry */
    uint32_t vu;
    uint32_t step; /* row, or RECORD_NO_STEP */
    uint32_t journey;
    uint16_t status;
    uint8_t failure; /* enum http_failure */
    uint8_t proto;   /* enum http_proto */
    uint8_t part;    /* enum journey_part */
    bool is_expected;
    char method[SAMPLE_METHOD_BYTES]; /* cut, if it is longer */
};

struct sample_ring {
    struct sample *slots; /* owned; a power of two of them */
    size_t mask;
    atomic_size_t written; /* by the worker, ever */
    atomic_size_t taken;   /* by the other thread, ever */
    atomic_uint_least64_t dropped;
};

/* `slots` is a power of two. */
void sample_ring_init(struct sample_ring *r, size_t slots);
void sample_ring_fini(struct sample_ring *r);
/* The worker's side: where the next sample goes; NULL, and counted, if there is
 * no room. It is handed over by sample_ring_put. */
struct sample *sample_ring_next(struct sample_ring *r);
void sample_ring_put(struct sample_ring *r);
/* The other side: so many samples wait, the index-th of them, and that the
 * first `count` are done with. */
size_t sample_ring_count(struct sample_ring *r);
const struct sample *sample_ring_at(const struct sample_ring *r, size_t index);
void sample_ring_take(struct sample_ring *r, size_t count);
