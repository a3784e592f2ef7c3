/* metrics — counts replies, and writes the Prometheus page.
 *
 * Owns only the counters; gauges are read by whoever knows them, at the
 * moment of the scrape. Labels come from fixed sets, so nothing a client
 * sends makes it grow. Single-threaded. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "routes.h"

enum { METRICS_METHODS = 8, METRICS_STATUSES = 9 };

struct metrics {
    uint64_t requests[ROUTE_COUNT][METRICS_METHODS][METRICS_STATUSES];
};

struct gauges {
    uint64_t pool_capacity;
    uint64_t pool_in_use;
    uint64_t queue_length;
    uint64_t queue_timeouts;
    uint64_t connections;
    uint64_t resident_bytes;
    uint64_t open_fds;
};

void metrics_count(struct metrics *m, enum route_id route, const char *method,
                   unsigned status);

/* A page to free(), and its length; NULL when out of memory. */
char *metrics_render(const struct metrics *m, const struct gauges *g,
                     size_t *out_bytes);
