/* derive — built-in metrics from the rows of requests, journeys and checks.
 *
 * Workers count rows only (record); what sums up over them is worked out on the
 * control thread, once per merge. */
#pragma once

#include <stdint.h>

struct metric_cell;
struct shard;

/* Adds what follows from the rows of one shard to the plain metrics of
 * `totals`. */
void derive_metrics(struct shard *totals, const struct shard *delta);
/* The same for one metric; nothing if it follows from no row. */
void derive_metric(struct metric_cell *cell, uint32_t metric,
                   const struct shard *delta);
