/* feed — one value into a worker's live shard: what record's files share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/worker.h"
#include "stats/histogram.h"
#include "stats/tags.h"

static inline bool feed_is_warm_up(const struct worker *w, int64_t at_ns)
{
    return at_ns < w->counts_from_ns;
}

static inline void feed_time(struct histogram *h, int64_t ns)
{
    histogram_record(h, ns, HISTOGRAM_MAX_TIME_NS);
}

/* To the selectors (thresholds with tags) of a metric that the tags meet. */
void feed_selectors(struct worker *w, uint32_t metric, double value,
                    const struct tag_set *tags);
/* Counts an error; the first example of its class is kept. */
void feed_error(struct worker *w, const char *class, size_t length,
                const char *example);
