#include "engine/derive.h"

#include "engine/builtin.h"
#include "stats/shard.h"

static void add_trend(struct metric_cell *cell, const struct histogram *h)
{
    histogram_merge(&cell->trend, h);
    cell->samples += h->count;
}

static void derive_request(struct metric_cell *cell, uint32_t metric,
                           const struct request_row *row)
{
    if (metric == BUILTIN_HTTP_REQS)
        metric_add_count(cell, row->count);
    else if (metric == BUILTIN_HTTP_REQ_FAILED)
        metric_add_rate(cell, row->failed, row->count);
    else if (metric == BUILTIN_HTTP_CACHE_HITS)
        metric_add_rate(cell, row->cache_hits, row->cache_answers);
    else if (metric == BUILTIN_DATA_SENT)
        metric_add_count(cell, row->sent_bytes);
    else if (metric == BUILTIN_DATA_RECEIVED)
        metric_add_count(cell, row->received_bytes);
    else if (metric == BUILTIN_HTTP_REQ_DURATION)
        add_trend(cell, &row->duration);
    else if (metric == BUILTIN_HTTP_REQ_FAILED_DURATION)
        add_trend(cell, &row->failed_duration);
    else if (metric >= BUILTIN_HTTP_REQ_BLOCKED &&
             metric <= BUILTIN_HTTP_REQ_RECEIVING)
        add_trend(cell, &row->phases[metric - BUILTIN_HTTP_REQ_BLOCKED]);
}

static void derive_journey(struct metric_cell *cell, uint32_t metric,
                           const struct journey_row *row)
{
    if (metric == BUILTIN_ITERATIONS)
        metric_add_count(cell, row->iterations);
    else if (metric == BUILTIN_ITERATIONS_FAILED)
        metric_add_count(cell, row->failed);
    else if (metric == BUILTIN_ITERATION_ERRORS)
        metric_add_count(cell, row->errors);
    else if (metric == BUILTIN_ITERATION_DURATION)
        add_trend(cell, &row->duration);
}

static void derive_checks(struct metric_cell *cell,
                          const struct tally_rows *checks)
{
    for (size_t i = 0; i < checks->capacity; i++)
        metric_add_rate(cell, checks->rows[i].passes,
                        checks->rows[i].passes + checks->rows[i].fails);
}

void derive_metric(struct metric_cell *cell, uint32_t metric,
                   const struct shard *delta)
{
    for (size_t i = 0; i < delta->request_capacity; i++)
        if (delta->requests[i].count)
            derive_request(cell, metric, &delta->requests[i]);
    for (size_t i = 0; i < delta->journey_count; i++)
        derive_journey(cell, metric, &delta->journeys[i]);
    if (metric == BUILTIN_CHECKS)
        derive_checks(cell, &delta->tallies[TALLY_CHECKS]);
}

void derive_metrics(struct shard *totals, const struct shard *delta)
{
    for (uint32_t i = 0; i < BUILTIN_METRICS; i++)
        derive_metric(&totals->metrics[i], i, delta);
}
