/* shard — everything measured since it was last emptied.
 *
 * A worker fills one shard while the control thread merges the other; the
 * totals of the run are a shard as well. Rows are numbered by the owner's
 * registries (see registry.h); a shard knows numbers, no names.
 * Single-threaded; grows by rows, never by samples. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "stats/histogram.h"
#include "stats/metric.h"
#include "stats/traffic.h"

enum { SHARD_PHASES = 7, SHARD_FAILURES = 16, SHARD_STATUSES = 1000 };

/* One request name. */
struct request_row {
    uint64_t count;
    uint64_t failed;
    uint64_t sent_bytes;
    uint64_t received_bytes;
    uint64_t cache_answers; /* that say whether a cache had them */
    uint64_t cache_hits;
    uint64_t failures[SHARD_FAILURES]; /* by failure class; [0] unused */
    uint64_t *statuses;                /* owned; by status, once there is one */
    struct histogram duration; /* successes, timeouts and cut-off requests */
    struct histogram failed_duration; /* the other failures */
    struct histogram phases[SHARD_PHASES];
};

/* One journey. */
struct journey_row {
    uint64_t iterations; /* that came to an end by themselves */
    uint64_t failed;     /* ended early by what the server sent */
    uint64_t errors;     /* ended by a script error */
    uint64_t cut_off;    /* ended by the end of the run */
    struct histogram duration;
};

/* One step of one profile. */
struct step_row {
    uint64_t count;
    uint64_t failed;
    uint64_t vus; /* most users seen at once */
    struct histogram duration;
};

/* One check, error class, reason or script error. */
struct tally_row {
    uint64_t passes;
    uint64_t fails;
};

enum tally {
    TALLY_CHECKS,
    TALLY_ERRORS,  /* by failure class or status */
    TALLY_REASONS, /* why iterations failed */
    TALLY_SCRIPT,  /* script errors */
    TALLIES
};

struct tally_rows {
    struct tally_row *rows; /* owned */
    size_t capacity;
};

/* Arrivals of the open model, and how late the generator itself was. */
struct arrival_row {
    uint64_t handed_over;
    uint64_t withdrawn; /* of them: dropped before they began */
    uint64_t in_time;   /* of them: before the end of the schedule */
    uint64_t waited;    /* of them: for a user, so not for the generator */
    struct histogram send_lag; /* of those that did not wait */
};

/* The generator's own condition. */
struct health_row {
    int64_t longest_turn_ns; /* of an event loop */
    int64_t longest_gc_ns;   /* one step of a collector */
    uint64_t exhausted; /* no descriptor or port was left for a connection */
    uint64_t turns;
    uint64_t slow_turns; /* of over a millisecond */
};

struct shard {
    struct request_row *requests; /* owned, as all below */
    size_t request_capacity;
    struct journey_row *journeys;
    size_t journey_count;
    struct step_row *steps;
    size_t step_count;
    struct metric_cell *metrics;
    size_t metric_count;
    struct metric_cell *selectors;
    size_t selector_count;
    struct tally_rows tallies[TALLIES];
    struct arrival_row arrivals;
    struct health_row health;
    struct traffic warm_up; /* what began before anything counts */
    uint64_t connections;   /* opened */
    uint64_t connections_reused;
    uint64_t reuse_races;
    uint64_t unsolicited_bytes;
};

/* How many rows of each fixed table, and the kinds of the cells. */
struct shard_shape {
    size_t journeys;
    size_t steps;
    size_t metrics;
    const enum metric_kind *metric_kinds; /* borrowed */
    size_t selectors;
    const enum metric_kind *selector_kinds; /* borrowed */
};

void shard_init(struct shard *s, const struct shard_shape *shape);
void shard_fini(struct shard *s);
/* Empties all rows and keeps their memory. */
void shard_reset(struct shard *s);
/* The row of a number; made on first use. */
struct request_row *shard_request(struct shard *s, uint32_t number);
struct tally_row *shard_tally(struct shard *s, enum tally tally,
                              uint32_t number);
void request_row_add_status(struct request_row *row, int status);
void request_row_merge(struct request_row *into,
                       const struct request_row *from);
/* Merges the tables whose numbers are the same everywhere: journeys, steps,
 * metrics, selectors. Requests and tallies are merged by name, by the owner of
 * both registries. */
void shard_merge_fixed(struct shard *into, const struct shard *from);
