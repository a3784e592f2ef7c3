/* series — what happened when: a bounded ring of windows.
 *
 * Each window holds counts and the merged request durations of its time, in a
 * compact form; their extremes and their sum are exact. When SERIES_WINDOWS are
 * full, neighbours are merged and the width doubles, so that memory is bounded
 * however long a run is. Single-threaded. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "stats/histogram.h"
#include "stats/packed_bins.h"
#include "stats/traffic.h"

enum { SERIES_WINDOWS = 3600 };

/* Who was there when a window ended. */
struct crowd {
    uint64_t vus;
    uint64_t in_flight; /* requests without an answer yet */
};

struct window {
    int64_t from_ns; /* since the stage began */
    int64_t to_ns;
    uint64_t requests;
    uint64_t failed;
    uint64_t sent_bytes;
    uint64_t received_bytes;
    uint64_t vus;       /* users at its end */
    uint64_t in_flight; /* sum over its ticks */
    uint32_t ticks;
    struct packed_bins durations;
    int64_t min_ns; /* of the durations, as the next two */
    int64_t max_ns;
    double sum_ns;
};

struct series {
    struct window *windows; /* owned */
    size_t count;
    size_t capacity;
    size_t limit; /* windows at which the width doubles */
    uint32_t ticks_per_window;
    uint32_t ticks_in_last;
};

void series_init(struct series *s, size_t limit);
void series_fini(struct series *s);
/* Adds what happened between two moments; copies it. */
void series_add(struct series *s, int64_t from_ns, int64_t to_ns,
                struct crowd crowd, const struct traffic *traffic);
/* Adds what is known only now, but belongs to the last window, if there is one.
 */
void series_add_late(struct series *s, const struct traffic *traffic);
/* After the last one: a window shorter than half of the one before becomes part
 * of that, for a rate over so little time says nothing. */
void series_finish(struct series *s);
/* Requests in flight, on average over the ends of its ticks. */
double window_in_flight(const struct window *w);
/* Adds the durations of a window to `into`. */
void window_durations(const struct window *w, struct histogram *into);
