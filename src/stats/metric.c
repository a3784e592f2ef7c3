#include "stats/metric.h"

#include <math.h>

void metric_fini(struct metric_cell *c)
{
    histogram_fini(&c->trend);
}

void metric_reset(struct metric_cell *c)
{
    if (!c->samples)
        return;
    histogram_reset(&c->trend);
    *c = (struct metric_cell){.kind = c->kind, .trend = c->trend};
}

static int64_t trend_units(double value)
{
    double scaled = value * METRIC_TREND_SCALE;
    double edge = (double)HISTOGRAM_MAX_VALUE;
    if (scaled >= edge)
        return HISTOGRAM_MAX_VALUE;
    if (scaled <= -edge)
        return -HISTOGRAM_MAX_VALUE;
    return (int64_t)llround(scaled);
}

static void set_gauge(struct metric_cell *c, double value, int64_t now_ns)
{
    if (!c->samples || value < c->min)
        c->min = value;
    if (!c->samples || value > c->max)
        c->max = value;
    c->value = value;
    c->set_at_ns = now_ns;
}

void metric_add(struct metric_cell *c, double value, int64_t now_ns)
{
    switch (c->kind) {
    case METRIC_COUNTER:
        c->value += value;
        break;
    case METRIC_GAUGE:
        set_gauge(c, value, now_ns);
        break;
    case METRIC_RATE:
        c->passes += value != 0;
        break;
    case METRIC_TREND:
        histogram_record(&c->trend, trend_units(value), HISTOGRAM_MAX_VALUE);
        break;
    case METRIC_KINDS:
        break;
    }
    c->samples++;
}

void metric_add_time(struct metric_cell *c, int64_t duration_ns)
{
    histogram_record(&c->trend, duration_ns, HISTOGRAM_MAX_TIME_NS);
    c->samples++;
}

void metric_add_rate(struct metric_cell *c, uint64_t passes, uint64_t samples)
{
    c->passes += passes;
    c->samples += samples;
}

void metric_add_count(struct metric_cell *c, uint64_t count)
{
    c->value += (double)count;
    c->samples += count;
}

static void merge_gauge(struct metric_cell *into,
                        const struct metric_cell *from)
{
    bool first = !into->samples;
    if (first || from->min < into->min)
        into->min = from->min;
    if (first || from->max > into->max)
        into->max = from->max;
    if (first || from->set_at_ns >= into->set_at_ns) {
        into->value = from->value;
        into->set_at_ns = from->set_at_ns;
    }
}

void metric_merge(struct metric_cell *into, const struct metric_cell *from)
{
    if (!from->samples)
        return;
    if (into->kind == METRIC_GAUGE)
        merge_gauge(into, from);
    else
        into->value += from->value;
    histogram_merge(&into->trend, &from->trend);
    into->samples += from->samples;
    into->passes += from->passes;
}

static bool aggregate_trend(const struct histogram *h,
                            enum metric_aggregation how, double percentile,
                            double *result)
{
    if (!h->count)
        return false;
    double units = 0;
    if (how == AGGREGATE_AVG)
        units = histogram_mean(h);
    else if (how == AGGREGATE_MIN)
        units = (double)h->min;
    else if (how == AGGREGATE_MAX)
        units = (double)h->max;
    else
        units = (double)histogram_percentile(
            h, how == AGGREGATE_MED ? 50 : percentile);
    *result = units / METRIC_TREND_SCALE;
    return true;
}

static bool aggregate_gauge(const struct metric_cell *c,
                            enum metric_aggregation how, double *result)
{
    *result = how == AGGREGATE_MIN   ? c->min
              : how == AGGREGATE_MAX ? c->max
                                     : c->value;
    return c->samples > 0;
}

bool metric_aggregate(const struct metric_cell *c, enum metric_aggregation how,
                      double percentile, double elapsed_s, double *result)
{
    if (how == AGGREGATE_COUNT && c->kind != METRIC_COUNTER) {
        *result = (double)c->samples;
        return c->samples > 0;
    }
    switch (c->kind) {
    case METRIC_COUNTER:
        *result = how != AGGREGATE_RATE ? c->value
                  : elapsed_s > 0       ? c->value / elapsed_s
                                        : 0;
        return true;
    case METRIC_GAUGE:
        return aggregate_gauge(c, how, result);
    case METRIC_RATE:
        *result = c->samples ? (double)c->passes / (double)c->samples : 0;
        return c->samples > 0;
    case METRIC_TREND:
        return aggregate_trend(&c->trend, how, percentile, result);
    case METRIC_KINDS:
        break;
    }
    return false;
}
