#include "metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const METHODS[METRICS_METHODS] = {
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"};

static const unsigned STATUSES[METRICS_STATUSES] = {200, 201, 400, 401, 404,
                                                    405, 413, 500, 503};

static size_t method_index(const char *method)
{
    size_t i = 0;
    while (i < METRICS_METHODS - 1 && strcmp(METHODS[i], method) != 0)
        i++;
    return i;
}

static size_t status_index(unsigned status)
{
    size_t i = 0;
    while (i < METRICS_STATUSES && STATUSES[i] != status)
        i++;
    assert(i < METRICS_STATUSES);
    return i;
}

void metrics_count(struct metrics *m, enum route_id route, const char *method,
                   unsigned status)
{
    m->requests[route][method_index(method)][status_index(status)]++;
}

static void put_head(FILE *f, const char *name, const char *type,
                     const char *help)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put(FILE *f, const char *name, const char *type, const char *help,
                uint64_t value)
{
    put_head(f, name, type, help);
    fprintf(f, "%s %" PRIu64 "\n", name, value);
}

static void put_requests(FILE *f, const struct metrics *m, int route)
{
    for (int method = 0; method < METRICS_METHODS; method++) {
        for (int status = 0; status < METRICS_STATUSES; status++) {
            uint64_t count = m->requests[route][method][status];
            if (count == 0)
                continue;
            fprintf(f,
                    "shop_requests_total{method=\"%s\",route=\"%s\","
                    "status=\"%u\"} %" PRIu64 "\n",
                    METHODS[method], route_get((enum route_id)route)->path,
                    STATUSES[status], count);
        }
    }
}

static void put_gauges(FILE *f, const struct gauges *g)
{
    put(f, "shop_pool_capacity", "gauge", "Requests served at once at most.",
        g->pool_capacity);
    put(f, "shop_pool_in_use", "gauge", "Requests being served.",
        g->pool_in_use);
    put(f, "shop_queue_length", "gauge", "Requests waiting for the pool.",
        g->queue_length);
    put(f, "shop_queue_timeouts_total", "counter",
        "Requests turned away after the queue timeout.", g->queue_timeouts);
    put(f, "shop_connections", "gauge", "Open connections.", g->connections);
    put(f, "process_resident_memory_bytes", "gauge", "Resident memory.",
        g->resident_bytes);
    put(f, "process_open_fds", "gauge", "Open file descriptors.", g->open_fds);
}

char *metrics_render(const struct metrics *m, const struct gauges *g,
                     size_t *out_bytes)
{
    char *page = NULL;
    FILE *f = open_memstream(&page, out_bytes);
    if (!f)
        return NULL;

    put_head(f, "shop_requests_total", "counter", "Replies given.");
    for (int route = 0; route < ROUTE_COUNT; route++)
        put_requests(f, m, route);
    put_gauges(f, g);
    if (fclose(f) == 0)
        return page;
    free(page);
    return NULL;
}
