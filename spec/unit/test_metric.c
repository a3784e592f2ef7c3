/* metric: what each kind adds up to, merges to, and says without data. */
#include <math.h>

#include "stats/metric.h"
#include "unit.h"

enum { NONE = -12345 }; /* no data */

static const enum metric_aggregation AGGREGATIONS[] = {
    AGGREGATE_COUNT, AGGREGATE_RATE, AGGREGATE_VALUE, AGGREGATE_AVG,
    AGGREGATE_MIN,   AGGREGATE_MED,  AGGREGATE_MAX,   AGGREGATE_PERCENTILE};

/* Over 4 s, and the 75th percentile. */
static double aggregate(const struct metric_cell *c,
                        enum metric_aggregation how)
{
    double result = 0;
    return metric_aggregate(c, how, 75, 4, &result) ? result : NONE;
}

static void assert_value(double expected, double actual)
{
    if (fabs(expected - actual) > 1e-3 * fabs(expected) + 1e-12)
        fail_msg("%g instead of %g", actual, expected);
}

static void each_kind_aggregates_as_it_should(void **state)
{
    (void)state;
    static const struct {
        enum metric_kind kind;
        enum metric_aggregation how;
        double empty, expected; /* of the values 5, 0, 10, 1 */
    } rows[] = {
        {METRIC_COUNTER, AGGREGATE_COUNT, 0, 16},
        {METRIC_COUNTER, AGGREGATE_RATE, 0, 4},
        {METRIC_COUNTER, AGGREGATE_VALUE, 0, 16},
        {METRIC_GAUGE, AGGREGATE_COUNT, NONE, 4},
        {METRIC_GAUGE, AGGREGATE_VALUE, NONE, 1},
        {METRIC_GAUGE, AGGREGATE_MIN, NONE, 0},
        {METRIC_GAUGE, AGGREGATE_MAX, NONE, 10},
        {METRIC_RATE, AGGREGATE_COUNT, NONE, 4},
        {METRIC_RATE, AGGREGATE_RATE, NONE, 0.75},
        {METRIC_TREND, AGGREGATE_COUNT, NONE, 4},
        {METRIC_TREND, AGGREGATE_AVG, NONE, 4},
        {METRIC_TREND, AGGREGATE_MIN, NONE, 0},
        {METRIC_TREND, AGGREGATE_MED, NONE, 1},
        {METRIC_TREND, AGGREGATE_MAX, NONE, 10},
        {METRIC_TREND, AGGREGATE_PERCENTILE, NONE, 5},
    };
    static const double values[] = {5, 0, 10, 1};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct metric_cell c = {.kind = rows[i].kind};
        assert_value(rows[i].empty, aggregate(&c, rows[i].how));
        for (size_t k = 0; k < COUNT_OF(values); k++)
            metric_add(&c, values[k], (int64_t)k);
        assert_value(rows[i].expected, aggregate(&c, rows[i].how));
        metric_fini(&c);
    }
}

static void a_counter_without_time_has_no_rate(void **state)
{
    (void)state;
    struct metric_cell c = {.kind = METRIC_COUNTER};
    double rate = NONE;
    metric_add(&c, 7, 0);
    assert_true(metric_aggregate(&c, AGGREGATE_RATE, 0, 0, &rate));
    assert_value(0, rate);
}

static void bulk_adding_is_as_many_single_ones(void **state)
{
    (void)state;
    struct metric_cell counter = {.kind = METRIC_COUNTER};
    metric_add_count(&counter, 41);
    metric_add_count(&counter, 1);
    assert_value(42, aggregate(&counter, AGGREGATE_COUNT));
    struct metric_cell rate = {.kind = METRIC_RATE};
    metric_add_rate(&rate, 3, 9);
    metric_add_rate(&rate, 0, 1);
    assert_value(0.3, aggregate(&rate, AGGREGATE_RATE));
    assert_value(10, aggregate(&rate, AGGREGATE_COUNT));
}

static void times_read_as_milliseconds(void **state)
{
    (void)state;
    struct metric_cell time = {.kind = METRIC_TREND};
    metric_add_time(&time, INT64_C(2500000));
    assert_value(2.5, aggregate(&time, AGGREGATE_MAX));
    assert_value(2.5, aggregate(&time, AGGREGATE_MED));
    metric_add_time(&time, 2 * HISTOGRAM_MAX_TIME_NS);
    assert_int_equal(1, time.trend.clamped);
    metric_fini(&time);
    struct metric_cell custom = {.kind = METRIC_TREND};
    metric_add(&custom, 2.5, 0);
    metric_add(&custom, 1e300, 0);
    metric_add(&custom, -1e300, 0);
    assert_int_equal(3, custom.trend.count);
    assert_value(2.5, aggregate(&custom, AGGREGATE_MED));
    metric_fini(&custom);
}

static void adding_after_a_merge(enum metric_kind kind, double *merged,
                                 double *whole)
{
    static const double values[] = {3, 8, 0, -2, 5, 0, 7.5};
    struct metric_cell all = {.kind = kind}, a = {.kind = kind},
                       b = {.kind = kind}, none = {.kind = kind};
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        metric_add(&all, values[i], (int64_t)i);
        metric_add(i % 2 ? &a : &b, values[i], (int64_t)i);
    }
    metric_merge(&a, &none);
    metric_merge(&a, &b);
    for (size_t i = 0; i < COUNT_OF(AGGREGATIONS); i++) {
        merged[i] = aggregate(&a, AGGREGATIONS[i]);
        whole[i] = aggregate(&all, AGGREGATIONS[i]);
    }
    metric_fini(&all);
    metric_fini(&a);
    metric_fini(&b);
}

static void merging_is_as_if_one_had_seen_everything(void **state)
{
    (void)state;
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        double merged[COUNT_OF(AGGREGATIONS)], whole[COUNT_OF(AGGREGATIONS)];
        adding_after_a_merge((enum metric_kind)kind, merged, whole);
        for (size_t i = 0; i < COUNT_OF(AGGREGATIONS); i++)
            assert_value(whole[i], merged[i]);
    }
}

static void the_latest_gauge_wins_in_either_order(void **state)
{
    (void)state;
    for (int order = 0; order < 2; order++) {
        struct metric_cell early = {.kind = METRIC_GAUGE};
        struct metric_cell late = {.kind = METRIC_GAUGE};
        metric_add(&early, 1, 100);
        metric_add(&late, 2, 200);
        struct metric_cell *into = order ? &early : &late;
        metric_merge(into, order ? &late : &early);
        assert_value(2, aggregate(into, AGGREGATE_VALUE));
        assert_value(1, aggregate(into, AGGREGATE_MIN));
        assert_value(2, aggregate(into, AGGREGATE_MAX));
    }
}

static void gauges_below_zero_keep_their_extremes(void **state)
{
    (void)state;
    struct metric_cell c = {.kind = METRIC_GAUGE},
                       into = {.kind = METRIC_GAUGE};
    metric_add(&c, -5, 1);
    assert_value(-5, aggregate(&c, AGGREGATE_MAX));
    metric_merge(&into, &c);
    assert_value(-5, aggregate(&into, AGGREGATE_MAX));
    assert_value(-5, aggregate(&into, AGGREGATE_MIN));
}

static void reset_leaves_only_the_kind(void **state)
{
    (void)state;
    for (int kind = 0; kind < METRIC_KINDS; kind++) {
        struct metric_cell fresh = {.kind = (enum metric_kind)kind};
        struct metric_cell c = fresh;
        metric_reset(&c);
        metric_add(&c, 9, 1);
        metric_reset(&c);
        assert_int_equal(kind, c.kind);
        for (size_t i = 0; i < COUNT_OF(AGGREGATIONS); i++)
            assert_value(aggregate(&fresh, AGGREGATIONS[i]),
                         aggregate(&c, AGGREGATIONS[i]));
        metric_add(&c, 4, 1);
        metric_add(&fresh, 4, 1);
        for (size_t i = 0; i < COUNT_OF(AGGREGATIONS); i++)
            assert_value(aggregate(&fresh, AGGREGATIONS[i]),
                         aggregate(&c, AGGREGATIONS[i]));
        metric_fini(&c);
        metric_fini(&fresh);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_aggregates_as_it_should),
        cmocka_unit_test(a_counter_without_time_has_no_rate),
        cmocka_unit_test(bulk_adding_is_as_many_single_ones),
        cmocka_unit_test(times_read_as_milliseconds),
        cmocka_unit_test(merging_is_as_if_one_had_seen_everything),
        cmocka_unit_test(the_latest_gauge_wins_in_either_order),
        cmocka_unit_test(gauges_below_zero_keep_their_extremes),
        cmocka_unit_test(reset_leaves_only_the_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
