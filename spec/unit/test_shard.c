/* shard: rows on demand, emptied without a trace, merged without a loss. */
#include "stats/shard.h"
#include "unit.h"

static const enum metric_kind KINDS[] = {METRIC_COUNTER, METRIC_TREND};

static const struct shard_shape SHAPE = {.journeys = 2,
                                         .steps = 3,
                                         .metrics = 2,
                                         .metric_kinds = KINDS,
                                         .selectors = 1,
                                         .selector_kinds = KINDS};

/* Puts something into every kind of row; `n` tells several fillings apart. */
static void fill(struct shard *s, uint64_t n)
{
    struct request_row *r = shard_request(s, 3);
    r->count += n;
    r->failed += 1;
    r->sent_bytes += 10 * n;
    r->received_bytes += 100 * n;
    r->failures[2] += n;
    request_row_add_status(r, 200);
    request_row_add_status(r, 503);
    histogram_record(&r->duration, (int64_t)n * 1000, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&r->failed_duration, 7, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&r->phases[6], 9, HISTOGRAM_MAX_TIME_NS);
    struct journey_row *j = &s->journeys[1];
    j->iterations += n;
    j->failed += 2 * n;
    j->errors += 3 * n;
    j->cut_off += 4 * n;
    histogram_record(&j->duration, 5, HISTOGRAM_MAX_TIME_NS);
    s->steps[2].count += n;
    s->steps[2].failed += 1;
    s->steps[2].vus = n;
    histogram_record(&s->steps[2].duration, 5, HISTOGRAM_MAX_TIME_NS);
    metric_add(&s->metrics[0], (double)n, 0);
    metric_add(&s->metrics[1], (double)n, 0);
    metric_add(&s->selectors[0], (double)n, 0);
    shard_tally(s, TALLY_REASONS, 40)->fails += n;
    s->connections += n;
    s->connections_reused += 2 * n;
    s->reuse_races += 3 * n;
    s->unsolicited_bytes += 4 * n;
    s->arrivals.handed_over += n;
    s->arrivals.in_time += n - 1;
    s->arrivals.waited += 2;
    histogram_record(&s->arrivals.send_lag, (int64_t)n, HISTOGRAM_MAX_TIME_NS);
    s->health.longest_turn_ns = (int64_t)n;
    s->health.longest_gc_ns = 100 - (int64_t)n;
    s->health.exhausted += n;
    s->health.turns += 10 * n;
    s->health.slow_turns += n;
}

static void rows_are_made_on_first_use(void **state)
{
    (void)state;
    struct shard s;
    shard_init(&s, &SHAPE);
    assert_int_equal(METRIC_TREND, s.metrics[1].kind);
    assert_int_equal(METRIC_COUNTER, s.selectors[0].kind);
    for (uint32_t i = 0; i < 1000; i += 37) {
        assert_int_equal(0, shard_request(&s, i)->count);
        shard_request(&s, i)->count = i + 1;
        assert_int_equal(0, shard_tally(&s, TALLY_CHECKS, i)->passes);
        shard_tally(&s, TALLY_CHECKS, i)->passes = i + 1;
    }
    for (uint32_t i = 0; i < 1000; i += 37) {
        assert_int_equal(i + 1, shard_request(&s, i)->count);
        assert_int_equal(i + 1, shard_tally(&s, TALLY_CHECKS, i)->passes);
    }
    assert_int_equal(0, shard_tally(&s, TALLY_ERRORS, 0)->passes);
    shard_fini(&s);
}

static void statuses_outside_the_table_are_left_out(void **state)
{
    (void)state;
    static const struct {
        int status;
        bool counted;
    } rows[] = {{1, true},   {200, true},   {999, true},   {0, false},
                {-1, false}, {1000, false}, {70000, false}};
    struct shard s;
    shard_init(&s, &SHAPE);
    struct request_row *r = shard_request(&s, 0);
    assert_null(r->statuses);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        request_row_add_status(r, rows[i].status);
        if (rows[i].counted)
            assert_int_equal(1, r->statuses[rows[i].status]);
    }
    uint64_t sum = 0;
    for (int i = 0; i < SHARD_STATUSES; i++)
        sum += r->statuses[i];
    assert_int_equal(3, sum);
    shard_fini(&s);
}

static void reset_leaves_no_trace(void **state)
{
    (void)state;
    struct shard s;
    shard_init(&s, &SHAPE);
    fill(&s, 5);
    shard_reset(&s);
    const struct request_row *r = shard_request(&s, 3);
    assert_int_equal(0, r->count + r->failed + r->sent_bytes +
                            r->received_bytes + r->failures[2] +
                            r->statuses[200] + r->statuses[503] +
                            r->duration.count + r->failed_duration.count +
                            r->phases[6].count);
    const struct journey_row *j = &s.journeys[1];
    assert_int_equal(0, j->iterations + j->failed + j->errors + j->cut_off +
                            j->duration.count);
    assert_int_equal(0, s.steps[2].count + s.steps[2].failed + s.steps[2].vus +
                            s.steps[2].duration.count);
    assert_int_equal(0, s.metrics[0].samples + s.metrics[1].samples +
                            s.selectors[0].samples);
    assert_int_equal(METRIC_TREND, s.metrics[1].kind);
    assert_int_equal(0, shard_tally(&s, TALLY_REASONS, 40)->fails);
    assert_int_equal(0, s.connections + s.connections_reused + s.reuse_races +
                            s.unsolicited_bytes);
    assert_int_equal(0, s.arrivals.handed_over + s.arrivals.in_time +
                            s.arrivals.waited + s.arrivals.send_lag.count);
    static const struct health_row none = {0};
    assert_memory_equal(&none, &s.health, sizeof none);
    shard_fini(&s);
}

static void requests_merge_field_by_field(void **state)
{
    (void)state;
    struct shard a, b;
    shard_init(&a, &SHAPE);
    shard_init(&b, &SHAPE);
    fill(&a, 5);
    fill(&b, 7);
    struct request_row into = {0};
    request_row_merge(&into, shard_request(&b, 0)); /* empty */
    assert_null(into.statuses);
    request_row_merge(&into, shard_request(&a, 3));
    request_row_merge(&into, shard_request(&b, 3));
    assert_int_equal(12, into.count);
    assert_int_equal(2, into.failed);
    assert_int_equal(120, into.sent_bytes);
    assert_int_equal(1200, into.received_bytes);
    assert_int_equal(12, into.failures[2]);
    assert_int_equal(2, into.statuses[200]);
    assert_int_equal(2, into.statuses[503]);
    assert_int_equal(2, into.duration.count);
    assert_int_equal(7000, into.duration.max);
    assert_int_equal(2, into.failed_duration.count);
    assert_int_equal(2, into.phases[6].count);
    assert_int_equal(0, into.phases[0].count);
    *shard_request(&a, 9) = into;
    shard_fini(&a);
    shard_fini(&b);
}

static void fixed_tables_merge_row_by_row(void **state)
{
    (void)state;
    struct shard sum, a;
    shard_init(&sum, &SHAPE);
    shard_init(&a, &SHAPE);
    fill(&a, 5);
    shard_merge_fixed(&sum, &a);
    shard_reset(&a);
    fill(&a, 7);
    shard_merge_fixed(&sum, &a);
    const struct journey_row *j = &sum.journeys[1];
    assert_int_equal(12, j->iterations);
    assert_int_equal(24, j->failed);
    assert_int_equal(36, j->errors);
    assert_int_equal(48, j->cut_off);
    assert_int_equal(2, j->duration.count);
    assert_int_equal(0, sum.journeys[0].iterations);
    assert_int_equal(12, sum.steps[2].count);
    assert_int_equal(2, sum.steps[2].failed);
    assert_int_equal(2, sum.steps[2].duration.count);
    assert_true(sum.metrics[0].value == 12);
    assert_int_equal(2, sum.metrics[1].trend.count);
    assert_true(sum.selectors[0].value == 12);
    assert_int_equal(12, sum.connections);
    assert_int_equal(24, sum.connections_reused);
    assert_int_equal(36, sum.reuse_races);
    assert_int_equal(48, sum.unsolicited_bytes);
    shard_fini(&sum);
    shard_fini(&a);
}

static void arrivals_and_health_merge(void **state)
{
    (void)state;
    struct shard sum, a;
    shard_init(&sum, &SHAPE);
    shard_init(&a, &SHAPE);
    for (uint64_t n = 5; n <= 7; n += 2) {
        fill(&a, n);
        shard_merge_fixed(&sum, &a);
        shard_reset(&a);
    }
    assert_int_equal(12, sum.arrivals.handed_over);
    assert_int_equal(10, sum.arrivals.in_time);
    assert_int_equal(4, sum.arrivals.waited);
    assert_int_equal(2, sum.arrivals.send_lag.count);
    assert_int_equal(7, sum.arrivals.send_lag.max);
    assert_int_equal(7, sum.health.longest_turn_ns); /* the longest of all */
    assert_int_equal(95, sum.health.longest_gc_ns);
    assert_int_equal(12, sum.health.exhausted);
    assert_int_equal(120, sum.health.turns);
    assert_int_equal(12, sum.health.slow_turns);
    shard_fini(&sum);
    shard_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_made_on_first_use),
        cmocka_unit_test(statuses_outside_the_table_are_left_out),
        cmocka_unit_test(reset_leaves_no_trace),
        cmocka_unit_test(requests_merge_field_by_field),
        cmocka_unit_test(fixed_tables_merge_row_by_row),
        cmocka_unit_test(arrivals_and_health_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
