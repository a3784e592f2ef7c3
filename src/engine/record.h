/* record — from what happened to the rows that count it.
 *
 * The only place where built-in metrics are fed. A worker's side writes into
 * its live shard; selectors (thresholds with tags) are fed here too, because
 * only here a sample still knows its tags. What happens while the stage warms
 * up is counted nowhere. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/builtin.h"
#include "engine/journey.h"
#include "io/http.h"
#include "stats/shard.h"
#include "stats/tags.h"

struct pool;
struct vu;
struct worker;

/* The tags of a user as it begins, and of the journey it picked. */
void record_tag_user(struct vu *vu);
void record_tag_journey(struct vu *vu);
/* The step its profile is in; precondition: it has one. */
void record_tag_step(const struct vu *vu, struct tag_set *tags);
/* Sets a built-in or custom tag of a set; unknown keys and values cost nothing.
 * `builtin` is an enum builtin_tag. */
void record_set_tag(const struct worker *w, struct tag_set *tags,
                    const char *key, size_t key_length, const char *value,
                    size_t value_length);
void record_set_builtin_tag(const struct worker *w, struct tag_set *tags,
                            int builtin, const char *value, size_t length);

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

/* The control thread's side: what follows from the rows of one shard, added to
 * the plain metrics of `totals`. */
void record_derive(struct shard *totals, const struct shard *delta);
/* The same for one metric; nothing if it follows from no row. */
void record_derive_metric(struct metric_cell *cell, uint32_t metric,
                          const struct shard *delta);
