/* metric — one accumulated value of one of the four kinds.
 *
 * counter: a sum. gauge: the latest value with its extremes. rate: the share of
 * true values. trend: a histogram. A cell knows no name; a zeroed cell with its
 * kind set is empty. Single-threaded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "stats/histogram.h"

enum metric_kind {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_RATE,
    METRIC_TREND,
    METRIC_KINDS
};

struct metric_cell {
    enum metric_kind kind;
    uint64_t samples;       /* how often something was added */
    uint64_t passes;        /* rate: how often it was true */
    double value;           /* counter: the sum; gauge: the latest */
    double min, max;        /* gauge */
    int64_t set_at_ns;      /* gauge: when `value` was set; latest wins */
    struct histogram trend; /* trend: in millionths of the metric's unit */
};

/* Millionths: milliseconds become nanoseconds, whatever the unit is. */
#define METRIC_TREND_SCALE 1e6

void metric_fini(struct metric_cell *c);
void metric_reset(struct metric_cell *c);
/* For a rate any value but 0 is true. */
void metric_add(struct metric_cell *c, double value, int64_t now_ns);
/* Trends of times: nanoseconds, clamped to an hour. */
void metric_add_time(struct metric_cell *c, int64_t duration_ns);
void metric_add_rate(struct metric_cell *c, uint64_t passes, uint64_t samples);
void metric_add_count(struct metric_cell *c, uint64_t count);
void metric_merge(struct metric_cell *into, const struct metric_cell *from);

enum metric_aggregation {
    AGGREGATE_COUNT, /* counter: the sum; else the number of samples */
    AGGREGATE_RATE,  /* counter: a second; rate: the share */
    AGGREGATE_VALUE,
    AGGREGATE_AVG,
    AGGREGATE_MIN,
    AGGREGATE_MED,
    AGGREGATE_MAX,
    AGGREGATE_PERCENTILE
};

/* False if there is no data (a counter always has: 0). `percentile` matters
 * for AGGREGATE_PERCENTILE only, `elapsed_s` for the rate of a counter. */
bool metric_aggregate(const struct metric_cell *c, enum metric_aggregation how,
                      double percentile, double elapsed_s, double *result);
