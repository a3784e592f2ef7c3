/* sliding_window — the last seconds of one metric, moving on over the stage.
 *
 * It is fed what happened since the last tick; each tick is kept in compact
 * form until it is older than the window is wide. Its memory is that of as many
 * ticks as a window has, at one a second: at most 3,600, of about 150 bytes and
 * two or three for each distinct duration.
 *
 * It looks at a part of the stage, from one moment to another. What still comes
 * in after that, the answers to what was sent in time, belongs to its
 * last window, which no longer slides then; sums and gauges stay as they were
 * at the end, for little load is not a low rate of the part. Single-threaded.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats/metric.h"
#include "stats/packed_bins.h"

/* Which part of the stage, and how wide the window is. */
struct window_span {
    int64_t from_ns;
    int64_t until_ns;
    int64_t width_ns; /* 0 = no window at all */
};

struct window_tick {
    int64_t from_ns;
    int64_t to_ns;
    struct metric_cell cell; /* without the bins of its histogram */
    struct packed_bins bins;
};

struct sliding_window {
    struct window_span span;
    struct metric_cell tick;   /* what happens since the last tick */
    struct metric_cell window; /* the sum of the ticks below */
    struct window_tick *ticks; /* owned; those before `first` are gone */
    size_t first;
    size_t count;
    size_t capacity;
};

void sliding_window_init(struct sliding_window *w, enum metric_kind kind,
                         const struct window_span *span);
void sliding_window_fini(struct sliding_window *w);
/* Ends a tick that took that long; its sums are in `tick`. */
void sliding_window_close_tick(struct sliding_window *w, int64_t from_ns,
                               int64_t to_ns);
/* Forgets what `tick` has. */
void sliding_window_drop_tick(struct sliding_window *w);
/* Of the window; false if it has no data. `percentile` as in metric_aggregate.
 */
bool sliding_window_aggregate(const struct sliding_window *w,
                              enum metric_aggregation how, double percentile,
                              double *result);
