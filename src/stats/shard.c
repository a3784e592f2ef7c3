#include "stats/shard.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static struct metric_cell *make_cells(size_t count,
                                      const enum metric_kind *kinds)
{
    struct metric_cell *cells = xcalloc(count, sizeof *cells);
    for (size_t i = 0; i < count; i++)
        cells[i].kind = kinds[i];
    return cells;
}

void shard_init(struct shard *s, const struct shard_shape *shape)
{
    *s = (struct shard){
        .journeys = xcalloc(shape->journeys, sizeof *s->journeys),
        .journey_count = shape->journeys,
        .steps = xcalloc(shape->steps, sizeof *s->steps),
        .step_count = shape->steps,
        .metrics = make_cells(shape->metrics, shape->metric_kinds),
        .metric_count = shape->metrics,
        .selectors = make_cells(shape->selectors, shape->selector_kinds),
        .selector_count = shape->selectors};
}

static void request_row_fini(struct request_row *row)
{
    free(row->statuses);
    histogram_fini(&row->duration);
    histogram_fini(&row->failed_duration);
    for (int i = 0; i < SHARD_PHASES; i++)
        histogram_fini(&row->phases[i]);
}

static void request_row_reset(struct request_row *row)
{
    if (!row->count)
        return;
    histogram_reset(&row->duration);
    histogram_reset(&row->failed_duration);
    for (int i = 0; i < SHARD_PHASES; i++)
        histogram_reset(&row->phases[i]);
    if (row->statuses)
        memset(row->statuses, 0, SHARD_STATUSES * sizeof *row->statuses);
    row->count = row->failed = row->sent_bytes = row->received_bytes = 0;
    row->cache_answers = row->cache_hits = 0;
    memset(row->failures, 0, sizeof row->failures);
}

static void journey_row_reset(struct journey_row *row)
{
    histogram_reset(&row->duration);
    *row = (struct journey_row){.duration = row->duration};
}

static void step_row_reset(struct step_row *row)
{
    histogram_reset(&row->duration);
    *row = (struct step_row){.duration = row->duration};
}

void shard_fini(struct shard *s)
{
    for (size_t i = 0; i < s->request_capacity; i++)
        request_row_fini(&s->requests[i]);
    for (size_t i = 0; i < s->journey_count; i++)
        histogram_fini(&s->journeys[i].duration);
    for (size_t i = 0; i < s->step_count; i++)
        histogram_fini(&s->steps[i].duration);
    for (size_t i = 0; i < s->metric_count; i++)
        metric_fini(&s->metrics[i]);
    for (size_t i = 0; i < s->selector_count; i++)
        metric_fini(&s->selectors[i]);
    for (int i = 0; i < TALLIES; i++)
        free(s->tallies[i].rows);
    histogram_fini(&s->arrivals.send_lag);
    traffic_fini(&s->warm_up);
    free(s->requests);
    free(s->journeys);
    free(s->steps);
    free(s->metrics);
    free(s->selectors);
    *s = (struct shard){0};
}

void shard_reset(struct shard *s)
{
    for (size_t i = 0; i < s->request_capacity; i++)
        request_row_reset(&s->requests[i]);
    for (size_t i = 0; i < s->journey_count; i++)
        journey_row_reset(&s->journeys[i]);
    for (size_t i = 0; i < s->step_count; i++)
        step_row_reset(&s->steps[i]);
    for (size_t i = 0; i < s->metric_count; i++)
        metric_reset(&s->metrics[i]);
    for (size_t i = 0; i < s->selector_count; i++)
        metric_reset(&s->selectors[i]);
    for (int i = 0; i < TALLIES; i++)
        if (s->tallies[i].capacity)
            memset(s->tallies[i].rows, 0,
                   s->tallies[i].capacity * sizeof *s->tallies[i].rows);
    s->health = (struct health_row){0};
    histogram_reset(&s->arrivals.send_lag);
    s->arrivals = (struct arrival_row){.send_lag = s->arrivals.send_lag};
    traffic_reset(&s->warm_up);
    s->connections = s->connections_reused = 0;
    s->reuse_races = s->unsolicited_bytes = 0;
}

struct request_row *shard_request(struct shard *s, uint32_t number)
{
    if (number >= s->request_capacity)
        array_reserve((void **)&s->requests, &s->request_capacity,
                      (size_t)number + 1, sizeof *s->requests);
    return &s->requests[number];
}

struct tally_row *shard_tally(struct shard *s, enum tally tally,
                              uint32_t number)
{
    struct tally_rows *t = &s->tallies[tally];
    if (number >= t->capacity)
        array_reserve((void **)&t->rows, &t->capacity, (size_t)number + 1,
                      sizeof *t->rows);
    return &t->rows[number];
}

void request_row_add_status(struct request_row *row, int status)
{
    if (!row->statuses)
        row->statuses = xcalloc(SHARD_STATUSES, sizeof *row->statuses);
    if (status > 0 && status < SHARD_STATUSES)
        row->statuses[status]++;
}

static void merge_statuses(struct request_row *into,
                           const struct request_row *from)
{
    if (!from->statuses)
        return;
    if (!into->statuses)
        into->statuses = xcalloc(SHARD_STATUSES, sizeof *into->statuses);
    for (int i = 0; i < SHARD_STATUSES; i++)
        into->statuses[i] += from->statuses[i];
}

void request_row_merge(struct request_row *into, const struct request_row *from)
{
    if (!from->count)
        return;
    into->count += from->count;
    into->failed += from->failed;
    into->sent_bytes += from->sent_bytes;
    into->received_bytes += from->received_bytes;
    into->cache_answers += from->cache_answers;
    into->cache_hits += from->cache_hits;
    for (int i = 0; i < SHARD_FAILURES; i++)
        into->failures[i] += from->failures[i];
    merge_statuses(into, from);
    histogram_merge(&into->duration, &from->duration);
    histogram_merge(&into->failed_duration, &from->failed_duration);
    for (int i = 0; i < SHARD_PHASES; i++)
        histogram_merge(&into->phases[i], &from->phases[i]);
}

static void journey_row_merge(struct journey_row *into,
                              const struct journey_row *from)
{
    into->iterations += from->iterations;
    into->failed += from->failed;
    into->errors += from->errors;
    into->cut_off += from->cut_off;
    histogram_merge(&into->duration, &from->duration);
}

static void step_row_merge(struct step_row *into, const struct step_row *from)
{
    into->count += from->count;
    into->failed += from->failed;
    histogram_merge(&into->duration, &from->duration);
}

static void arrival_row_merge(struct arrival_row *into,
                              const struct arrival_row *from)
{
    into->handed_over += from->handed_over;
    into->withdrawn += from->withdrawn;
    into->in_time += from->in_time;
    into->waited += from->waited;
    histogram_merge(&into->send_lag, &from->send_lag);
}

static int64_t longer(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static void health_row_merge(struct health_row *into,
                             const struct health_row *from)
{
    into->longest_turn_ns =
        longer(into->longest_turn_ns, from->longest_turn_ns);
    into->longest_gc_ns = longer(into->longest_gc_ns, from->longest_gc_ns);
    into->exhausted += from->exhausted;
    into->turns += from->turns;
    into->slow_turns += from->slow_turns;
}

void shard_merge_fixed(struct shard *into, const struct shard *from)
{
    for (size_t i = 0; i < from->journey_count; i++)
        journey_row_merge(&into->journeys[i], &from->journeys[i]);
    for (size_t i = 0; i < from->step_count; i++)
        step_row_merge(&into->steps[i], &from->steps[i]);
    for (size_t i = 0; i < from->metric_count; i++)
        metric_merge(&into->metrics[i], &from->metrics[i]);
    for (size_t i = 0; i < from->selector_count; i++)
        metric_merge(&into->selectors[i], &from->selectors[i]);
    arrival_row_merge(&into->arrivals, &from->arrivals);
    health_row_merge(&into->health, &from->health);
    into->connections += from->connections;
    into->connections_reused += from->connections_reused;
    into->reuse_races += from->reuse_races;
    into->unsolicited_bytes += from->unsolicited_bytes;
}
