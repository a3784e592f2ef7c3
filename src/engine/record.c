#include "engine/record.h"

#include <string.h>

#include "base/clock.h"
#include "engine/feed.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/registry.h"
#include "engine/tagging.h"
#include "engine/vu.h"
#include "engine/worker.h"

/* ----------------------------------------------------------------- warm-up */

/* An iteration belongs to the moment for which it was planned. */
static bool is_warming(const struct vu *vu)
{
    if (vu->arrival.number)
        return vu->arrival.due_ns <= vu->worker->counts_from_ns &&
               vu->worker->counts_from_ns;
    return feed_is_warm_up(vu->worker, vu->part_started_ns);
}

static bool is_due_in_warm_up(const struct pool *p, int64_t due_ns)
{
    return p->warmup_ns && due_ns <= p->start_ns;
}

/* -------------------------------------------------------------- iterations */

/* How long after the moment for which it was planned. */
static void record_since_due(struct vu *vu, uint32_t metric, int64_t now_ns)
{
    struct worker *w = vu->worker;
    int64_t since_ns = now_ns - vu->arrival.due_ns;
    metric_add_time(&worker_shard(w)->metrics[metric], since_ns);
    if (!worker_plan(w)->selector_count)
        return;
    struct tag_set tags = tagging_of(vu);
    feed_selectors(w, metric, (double)since_ns / NS_PER_MS, &tags);
}

void record_lag(struct vu *vu, int64_t now_ns)
{
    if (vu->arrival.number && !is_warming(vu))
        record_since_due(vu, BUILTIN_ITERATION_LAG, now_ns);
}

static void feed_iteration(struct vu *vu, enum journey_outcome outcome,
                           double duration_ms)
{
    struct worker *w = vu->worker;
    if (!worker_plan(w)->selector_count)
        return;
    struct tag_set tags = tagging_of(vu);
    if (outcome != OUTCOME_CUT_OFF) {
        feed_selectors(w, BUILTIN_ITERATIONS, 1, &tags);
        feed_selectors(w, BUILTIN_ITERATION_DURATION, duration_ms, &tags);
    }
    if (outcome == OUTCOME_FAILED)
        feed_selectors(w, BUILTIN_ITERATIONS_FAILED, 1, &tags);
    if (outcome == OUTCOME_ERROR)
        feed_selectors(w, BUILTIN_ITERATION_ERRORS, 1, &tags);
}

/* on_start and its kin have no row of their own; their errors count too. */
static void record_other_part(struct vu *vu, enum journey_outcome outcome)
{
    struct shard *shard = worker_shard(vu->worker);
    if (outcome == OUTCOME_ERROR)
        metric_add_count(&shard->metrics[BUILTIN_ITERATION_ERRORS], 1);
    if (outcome == OUTCOME_FAILED)
        metric_add_count(&shard->metrics[BUILTIN_ITERATIONS_FAILED], 1);
}

void record_part(struct vu *vu, enum journey_outcome outcome, int64_t now_ns)
{
    if (is_warming(vu) || outcome == OUTCOME_RETIRED)
        return;
    if (vu->part != PART_ITERATION) {
        record_other_part(vu, outcome);
        return;
    }
    struct journey_row *row = &worker_shard(vu->worker)->journeys[vu->journey];
    int64_t duration_ns = now_ns - vu->part_started_ns;
    row->failed += outcome == OUTCOME_FAILED;
    row->errors += outcome == OUTCOME_ERROR;
    if (outcome == OUTCOME_CUT_OFF) {
        row->cut_off++;
    } else {
        row->iterations++;
        feed_time(&row->duration, duration_ns);
    }
    feed_iteration(vu, outcome, (double)duration_ns / NS_PER_MS);
    if (vu->arrival.number)
        record_since_due(vu, BUILTIN_ITERATION_RESPONSE_TIME, now_ns);
}

/* --------------------------------------------------------------- arrivals */

void record_arrival(struct pool *p, int64_t due_ns, int64_t now_ns,
                    enum arrival_fate fate)
{
    struct arrival_row *row = &worker_shard(p->worker)->arrivals;
    if (is_due_in_warm_up(p, due_ns))
        return;
    row->handed_over++;
    row->waited += fate == ARRIVAL_WAITED;
    row->in_time += fate != ARRIVAL_TOO_LATE;
    if (fate != ARRIVAL_WAITED)
        feed_time(&row->send_lag, now_ns - due_ns);
}

void record_withdrawn(struct pool *p, int64_t due_ns)
{
    if (!is_due_in_warm_up(p, due_ns))
        worker_shard(p->worker)->arrivals.withdrawn++;
    record_dropped(p, due_ns, 1);
}

static void feed_dropped(struct pool *p, uint64_t count)
{
    struct vu nobody = {.worker = p->worker, .pool = p};
    tagging_user(&nobody);
    struct tag_set tags = tagging_of(&nobody);
    feed_selectors(p->worker, BUILTIN_DROPPED_ITERATIONS, (double)count, &tags);
}

void record_dropped(struct pool *p, int64_t due_ns, uint64_t count)
{
    struct worker *w = p->worker;
    if (!count || is_due_in_warm_up(p, due_ns))
        return;
    metric_add_count(&worker_shard(w)->metrics[BUILTIN_DROPPED_ITERATIONS],
                     count);
    if (worker_plan(w)->selector_count)
        feed_dropped(p, count);
}

/* ----------------------------------------------------- checks, reasons, own */

void record_reason(struct vu *vu, const char *reason, size_t length)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    uint32_t row =
        registry_tally(worker_registry(w), TALLY_REASONS, reason, length, NULL);
    shard_tally(worker_shard(w), TALLY_REASONS, row)->fails++;
}

void record_script_error(struct vu *vu, const char *message, size_t length,
                         const char *traceback)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    uint32_t row = registry_tally(worker_registry(w), TALLY_SCRIPT, message,
                                  length, traceback);
    shard_tally(worker_shard(w), TALLY_SCRIPT, row)->fails++;
}

void record_check(struct vu *vu, const char *name, size_t length, bool pass,
                  const char *why)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    uint32_t number =
        registry_tally(worker_registry(w), TALLY_CHECKS, name, length, why);
    struct tally_row *row = shard_tally(worker_shard(w), TALLY_CHECKS, number);
    row->passes += pass;
    row->fails += !pass;
    if (!worker_plan(w)->selector_count)
        return;
    struct tag_set tags = tagging_of(vu);
    tagging_set_builtin(w, &tags, TAG_CHECK, name, length);
    feed_selectors(w, BUILTIN_CHECKS, pass, &tags);
}

void record_metric(const struct vu *vu, uint32_t metric, double value,
                   const struct tag_set *tags)
{
    struct worker *w = vu->worker;
    if (is_warming(vu))
        return;
    metric_add(&worker_shard(w)->metrics[metric], value, clock_now_ns());
    feed_selectors(w, metric, value, tags);
}

/* -------------------------------------------------------------- WebSockets */

void record_sample(struct worker *w, enum builtin_metric metric, double value,
                   const struct tag_set *tags, int64_t at_ns)
{
    if (feed_is_warm_up(w, at_ns))
        return;
    metric_add(&worker_shard(w)->metrics[metric], value, at_ns);
    feed_selectors(w, metric, value, tags);
}

void record_failure(struct worker *w, const char *class, const char *example,
                    int64_t at_ns)
{
    if (!feed_is_warm_up(w, at_ns))
        feed_error(w, class, strlen(class), example);
}
