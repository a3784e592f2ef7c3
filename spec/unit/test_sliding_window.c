/* sliding_window: at every tick as if only the last ones had been measured. */
#include "base/clock.h"
#include "stats/sliding_window.h"
#include "unit.h"

enum { TICKS = 200, WIDTH = 10 };

static const enum metric_kind KINDS[] = {METRIC_COUNTER, METRIC_GAUGE,
                                         METRIC_RATE, METRIC_TREND};
static const enum metric_aggregation AGGREGATIONS[] = {
    AGGREGATE_COUNT, AGGREGATE_RATE, AGGREGATE_VALUE, AGGREGATE_AVG,
    AGGREGATE_MIN,   AGGREGATE_MED,  AGGREGATE_MAX,   AGGREGATE_PERCENTILE};

static const struct window_span WHOLE = {.until_ns = INT64_MAX,
                                         .width_ns = WIDTH * NS_PER_S};

/* Tick i of a run whose third quarter is quiet; many values, far apart. */
static void measure(struct metric_cell *c, int i)
{
    if (i >= TICKS / 2 && i < TICKS * 3 / 4)
        return;
    for (int k = 0; k < 1 + i * 7 % 40; k++)
        metric_add(c, (i * 31 + k * k * 17) % 997 - (i % 5 == 0), i);
}

static void close_tick(struct sliding_window *w, int i)
{
    sliding_window_close_tick(w, i * NS_PER_S, (i + 1) * NS_PER_S);
}

static void assert_same(const struct sliding_window *w,
                        const struct metric_cell *expected, double span_s)
{
    for (size_t a = 0; a < COUNT_OF(AGGREGATIONS); a++) {
        double want = 0, got = 0;
        bool has =
            metric_aggregate(expected, AGGREGATIONS[a], 95, span_s, &want);
        assert_int_equal(
            has, sliding_window_aggregate(w, AGGREGATIONS[a], 95, &got));
        if (has)
            assert_true(want == got);
    }
}

static void it_is_the_sum_of_the_last_ticks(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(KINDS); k++) {
        struct sliding_window w;
        sliding_window_init(&w, KINDS[k], &WHOLE);
        for (int i = 0; i < TICKS; i++) {
            struct metric_cell last = {.kind = KINDS[k]};
            int first = i + 1 > WIDTH ? i + 1 - WIDTH : 0;
            for (int j = first; j <= i; j++)
                measure(&last, j);
            measure(&w.tick, i);
            close_tick(&w, i);
            assert_same(&w, &last, i + 1 - first);
            metric_fini(&last);
        }
        assert_true(w.capacity <= 4 * WIDTH);
        sliding_window_fini(&w);
    }
}

static void it_has_no_data_before_the_first_tick(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(KINDS); k++) {
        struct sliding_window w;
        double value;
        sliding_window_init(&w, KINDS[k], &WHOLE);
        measure(&w.tick, 1);
        assert_false(sliding_window_aggregate(&w, AGGREGATE_COUNT, 0, &value));
        sliding_window_drop_tick(&w);
        close_tick(&w, 0);
        assert_int_equal(
            KINDS[k] == METRIC_COUNTER,
            sliding_window_aggregate(&w, AGGREGATE_COUNT, 0, &value));
        sliding_window_fini(&w);
    }
}

/* One sample a tick, worth the number of the tick, over a part of ten ticks. */
static double of_a_part(enum metric_kind kind, enum metric_aggregation how,
                        int ticks)
{
    static const struct window_span part = {.from_ns = 5 * NS_PER_S,
                                            .until_ns = 15 * NS_PER_S,
                                            .width_ns = 3 * NS_PER_S};
    struct sliding_window w;
    double value = -1;
    sliding_window_init(&w, kind, &part);
    for (int i = 0; i < ticks; i++) {
        metric_add(&w.tick, i, i);
        close_tick(&w, i);
    }
    sliding_window_aggregate(&w, how, 0, &value);
    sliding_window_fini(&w);
    return value;
}

static void what_comes_before_its_part_is_left_out(void **state)
{
    (void)state;
    assert_true(of_a_part(METRIC_TREND, AGGREGATE_COUNT, 5) == -1);
    assert_true(of_a_part(METRIC_TREND, AGGREGATE_COUNT, 6) == 1);
    assert_true(of_a_part(METRIC_TREND, AGGREGATE_MIN, 7) == 5);
    assert_true(of_a_part(METRIC_COUNTER, AGGREGATE_RATE, 7) == (5 + 6) / 2.);
}

/* Late answers make the last window longer; a sum stays that of the part. */
static void what_comes_after_its_part_belongs_to_the_last_window(void **state)
{
    (void)state;
    assert_true(of_a_part(METRIC_TREND, AGGREGATE_MIN, 15) == 12);
    assert_true(of_a_part(METRIC_TREND, AGGREGATE_MAX, 40) == 39);
    assert_true(of_a_part(METRIC_TREND, AGGREGATE_MIN, 40) == 12);
    assert_true(of_a_part(METRIC_TREND, AGGREGATE_COUNT, 40) == 40 - 12);
    assert_true(of_a_part(METRIC_RATE, AGGREGATE_COUNT, 40) == 40 - 12);
    assert_true(of_a_part(METRIC_COUNTER, AGGREGATE_COUNT, 40) == 12 + 13 + 14);
    assert_true(of_a_part(METRIC_COUNTER, AGGREGATE_RATE, 40) == 13);
    assert_true(of_a_part(METRIC_GAUGE, AGGREGATE_VALUE, 40) == 14);
}

static void quiet_time_after_its_part_takes_no_memory(void **state)
{
    (void)state;
    static const struct window_span part = {.until_ns = 2 * NS_PER_S,
                                            .width_ns = NS_PER_S};
    struct sliding_window w;
    sliding_window_init(&w, METRIC_TREND, &part);
    metric_add(&w.tick, 1, 1);
    for (int i = 0; i < 10000; i++)
        close_tick(&w, i);
    assert_true(w.count < 4);
    sliding_window_fini(&w);
}

/* A machine that stood still: the tick is wider than the window. */
static void a_late_tick_is_a_window_of_its_own(void **state)
{
    (void)state;
    struct sliding_window w;
    double value = 0;
    sliding_window_init(&w, METRIC_COUNTER, &WHOLE);
    for (int i = 0; i < 20; i++) {
        metric_add(&w.tick, 1, i);
        close_tick(&w, i);
    }
    metric_add(&w.tick, 90, 20);
    sliding_window_close_tick(&w, 20 * NS_PER_S, 50 * NS_PER_S);
    assert_true(sliding_window_aggregate(&w, AGGREGATE_RATE, 0, &value));
    assert_true(value == 3);
    sliding_window_fini(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_sum_of_the_last_ticks),
        cmocka_unit_test(it_has_no_data_before_the_first_tick),
        cmocka_unit_test(what_comes_before_its_part_is_left_out),
        cmocka_unit_test(what_comes_after_its_part_belongs_to_the_last_window),
        cmocka_unit_test(quiet_time_after_its_part_takes_no_memory),
        cmocka_unit_test(a_late_tick_is_a_window_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
