/* totals — the run so far: what all workers measured, merged by name.
 *
 * Control thread only. Owns the sums, the names and the windows. Percentiles
 * are computed from merged histograms, never averaged. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/registry.h"
#include "stats/histogram.h"
#include "stats/series.h"
#include "stats/shard.h"
#include "stats/sliding_window.h"

struct interval_log;
struct run_plan;

/* How one worker's row numbers translate into ours. */
struct totals_source {
    uint32_t *names; /* owned; ours + 1, 0 = not seen yet */
    size_t name_capacity;
    uint32_t *tallies[TALLIES]; /* owned, likewise */
    size_t tally_capacity[TALLIES];
    uint64_t *step_vus; /* owned: most users of that worker in each step */
};

struct totals {
    const struct run_plan *plan; /* borrowed */
    struct interval_log *log;    /* borrowed; NULL without --out and --hlog */
    struct shard sum;
    struct shard level; /* what was measured since totals_begin_level */
    bool has_level;
    struct shard
        interval;   /* since totals_begin_interval, if the plan wants it */
    bool has_stage; /* it has begun */
    struct registry registry;
    struct totals_source *sources; /* owned: one a worker */
    struct series series;
    struct series warm_up;
    struct sliding_window
        *windows;             /* owned: one a selector; NULL without windows */
    struct traffic tick;      /* since the last window */
    struct traffic warm_tick; /* likewise, of the warm-up */
    struct traffic before;    /* the stage: of setup; in no window */
    struct traffic after;     /* of teardown */
    int64_t window_from_ns;
    int64_t warm_from_ns;
    double last_rps;
};

void totals_init(struct totals *t, const struct run_plan *plan);
void totals_fini(struct totals *t);
/* Adds what a worker measured; its registry is locked meanwhile. */
void totals_merge(struct totals *t, uint32_t worker, struct registry *names,
                  const struct shard *delta);
/* The stage begins so long after the run did, a warm-up included: what came
 * before is in no window. */
void totals_begin_stage(struct totals *t, int64_t since_start_ns,
                        int64_t warm_up_ns);
/* `level` counts from nothing; what was measured before is in `sum` only. */
void totals_begin_level(struct totals *t);
/* The same of `interval`, for what is sent on while the run lasts. */
void totals_begin_interval(struct totals *t);
/* A look at how many users there are, for the gauges of that. */
void totals_count_users(struct totals *t, uint64_t vus, uint64_t vus_max,
                        int64_t now_ns);
/* Ends the window of the warm-up under way, before the stage began. */
void totals_close_warm_window(struct totals *t, int64_t now_ns,
                              struct crowd crowd);
/* Ends the window under way; times since the stage began. */
void totals_close_window(struct totals *t, int64_t now_ns, struct crowd crowd);
/* After the last window of a stage, which is not left a stub. */
void totals_end_stage(struct totals *t);
/* The aggregation of a selector over its sliding window; false if it has none,
 * or no data. */
bool totals_window_value(const struct totals *t, size_t selector,
                         enum metric_aggregation how, double percentile,
                         double *value);
/* After the last merge; `before` and `after` are what no window has. `now_ns`
 * since the stage began, or since the run did if the stage never has. */
void totals_end(struct totals *t, int64_t now_ns);
/* Request durations of the last `span_ns`, added to `into`. */
void totals_recent(const struct totals *t, int64_t span_ns,
                   struct histogram *into);
