/* record — from what happened to the rows that count it.
 *
 * With record_request the only place where built-in metrics are fed: into the
 * live shard of a worker, and into the selectors (thresholds with tags),
 * because only here a sample still knows its tags. Of what happens while the
 * stage warms up only requests are counted, and apart. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/builtin.h"
#include "engine/journey.h"
#include "stats/tags.h"

struct pool;
struct vu;
struct worker;

/* An iteration begins: how late, if it was planned for a moment. */
void record_lag(struct vu *vu, int64_t now_ns);
/* The end of a part of a user's life; only iterations count as such. One that
 * was cut off counts in the response time with its age: it can only raise it.
 */
void record_part(struct vu *vu, enum journey_outcome outcome, int64_t now_ns);
enum arrival_fate {
    ARRIVAL_IN_TIME,
    ARRIVAL_WAITED,  /* for a user to be free */
    ARRIVAL_TOO_LATE /* the schedule was over */
};

/* An arrival that was due is handed to a user now. */
void record_arrival(struct pool *p, int64_t due_ns, int64_t now_ns,
                    enum arrival_fate fate);
/* An arrival that was handed over will never begin: it counts as dropped. */
void record_withdrawn(struct pool *p, int64_t due_ns);
/* So many arrivals found no user, or no time to begin. */
void record_dropped(struct pool *p, int64_t due_ns, uint64_t count);
/* Why the user's part ended early. As with all that a user tells of itself,
 * nothing of an iteration that belongs to the warm-up is counted. */
void record_reason(struct vu *vu, const char *reason, size_t length);
void record_script_error(struct vu *vu, const char *message, size_t length,
                         const char *traceback);
/* `why` (may be NULL) is what a raising check said. */
void record_check(struct vu *vu, const char *name, size_t length, bool pass,
                  const char *why);
/* What a WebSocket tells of itself: one value of a built-in metric that no row
 * stands for, and a failure that belongs to no request. `at_ns` says whether it
 * is of the warm-up. */
void record_sample(struct worker *w, enum builtin_metric metric, double value,
                   const struct tag_set *tags, int64_t at_ns);
void record_failure(struct worker *w, const char *class, const char *example,
                    int64_t at_ns);
/* A custom metric, or group_duration in ms, by number. */
void record_metric(const struct vu *vu, uint32_t metric, double value,
                   const struct tag_set *tags);
