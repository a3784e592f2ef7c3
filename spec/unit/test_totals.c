/* totals: workers number names as they meet them; the sums go by name. */
#include <stdio.h>

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/totals.h"
#include "fake_plan.h"
#include "unit.h"

enum { WORKERS = 2 };

/* What two workers measured, and the sum of it. */
struct fixture {
    struct run_plan plan;
    struct totals totals;
    struct registry names[WORKERS];
    struct shard shards[WORKERS];
};

static struct fixture f;

static void open_totals(void)
{
    totals_init(&f.totals, &f.plan);
    struct shard_shape shape = plan_shape(&f.plan);
    for (int i = 0; i < WORKERS; i++) {
        registry_init(&f.names[i]);
        shard_init(&f.shards[i], &shape);
    }
    free((void *)(uintptr_t)shape.metric_kinds);
    free((void *)(uintptr_t)shape.selector_kinds);
}

static void close_totals(void)
{
    totals_fini(&f.totals);
    for (int i = 0; i < WORKERS; i++) {
        registry_fini(&f.names[i]);
        shard_fini(&f.shards[i]);
    }
}

static int set_up(void **state)
{
    (void)state;
    fake_plan_init(&f.plan, WORKERS);
    fake_plan_constant(&f.plan, PROFILE_VUS, 10, NS_PER_S);
    plan_seal(&f.plan);
    open_totals();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    close_totals();
    plan_fini(&f.plan);
    return 0;
}

static void add_requests(int worker, const char *name, uint64_t count,
                         uint64_t failed)
{
    uint32_t row = registry_name(&f.names[worker], name, strlen(name));
    struct request_row *r = shard_request(&f.shards[worker], row);
    r->count += count;
    r->failed += failed;
    for (uint64_t i = failed; i < count; i++) {
        histogram_record(&r->duration, NS_PER_MS, HISTOGRAM_MAX_TIME_NS);
        request_row_add_status(r, 200);
    }
    for (uint64_t i = 0; i < failed; i++)
        histogram_record(&r->failed_duration, 1, HISTOGRAM_MAX_TIME_NS);
}

static void add_tally(int worker, enum tally which, const char *name,
                      uint64_t passes, uint64_t fails, const char *note)
{
    uint32_t row =
        registry_tally(&f.names[worker], which, name, strlen(name), note);
    struct tally_row *t = shard_tally(&f.shards[worker], which, row);
    t->passes += passes;
    t->fails += fails;
}

/* As a tick does: merge, then the worker goes on with an empty shard. */
static void merge(int worker)
{
    totals_merge(&f.totals, (uint32_t)worker, &f.names[worker],
                 &f.shards[worker]);
    shard_reset(&f.shards[worker]);
}

static const struct request_row *request(const char *name)
{
    uint32_t row = intern_find(&f.totals.registry.names, name, strlen(name));
    assert_int_not_equal(INTERN_NONE, row);
    return shard_request(&f.totals.sum, row);
}

static const struct tally_row *tally(enum tally which, const char *name)
{
    uint32_t row =
        intern_find(&f.totals.registry.tallies[which], name, strlen(name));
    assert_int_not_equal(INTERN_NONE, row);
    return shard_tally(&f.totals.sum, which, row);
}

static double metric(int number, enum metric_aggregation how)
{
    double result = -1;
    metric_aggregate(&f.totals.sum.metrics[number], how, 0, 1, &result);
    return result;
}

static void requests_merge_by_name(void **state)
{
    (void)state;
    add_requests(0, "GET /a", 10, 1);
    add_requests(0, "GET /b", 20, 2);
    add_requests(1, "GET /c", 1, 0);
    add_requests(1, "GET /b", 5, 3);
    add_requests(1, "GET /a", 7, 0);
    for (int i = 0; i < WORKERS; i++)
        merge(i);
    add_requests(1, "GET /a", 100, 0);
    add_requests(0, "GET /d", 3, 3);
    for (int i = 0; i < WORKERS; i++)
        merge(i);
    static const struct {
        const char *name;
        uint64_t count, failed;
    } rows[] = {{"GET /a", 117, 1},
                {"GET /b", 25, 5},
                {"GET /c", 1, 0},
                {"GET /d", 3, 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const struct request_row *r = request(rows[i].name);
        uint64_t good = rows[i].count - rows[i].failed;
        assert_int_equal(rows[i].count, r->count);
        assert_int_equal(rows[i].failed, r->failed);
        assert_int_equal(good, r->duration.count);
        assert_int_equal(rows[i].failed, r->failed_duration.count);
        assert_int_equal(good, r->statuses ? r->statuses[200] : 0);
    }
    assert_true(metric(BUILTIN_HTTP_REQS, AGGREGATE_COUNT) == 146);
    assert_true(metric(BUILTIN_HTTP_REQ_DURATION, AGGREGATE_COUNT) == 137);
    assert_true(metric(BUILTIN_HTTP_REQ_FAILED, AGGREGATE_RATE) == 9 / 146.0);
}

static void too_many_names_over_all_workers_are_other(void **state)
{
    (void)state;
    char name[32];
    for (int i = 0; i < 400; i++)
        for (int w = 0; w < WORKERS; w++) {
            snprintf(name, sizeof name, "%d of %d", i, w);
            add_requests(w, name, 1, 0);
        }
    for (int w = 0; w < WORKERS; w++)
        merge(w);
    assert_int_equal(800 - REGISTRY_NAMES, request(REGISTRY_OTHER)->count);
    assert_int_equal(1, request("399 of 0")->count);
    assert_true(metric(BUILTIN_HTTP_REQS, AGGREGATE_COUNT) == 800);
}

static void tallies_merge_by_name_and_feed_checks(void **state)
{
    (void)state;
    add_tally(0, TALLY_CHECKS, "is 200", 5, 1, NULL);
    add_tally(0, TALLY_CHECKS, "has id", 0, 2, NULL);
    add_tally(1, TALLY_CHECKS, "has id", 3, 0, NULL);
    add_tally(1, TALLY_REASONS, "no id", 0, 4, NULL);
    add_tally(0, TALLY_REASONS, "is 200", 0, 8, NULL);
    for (int round = 0; round < 2; round++)
        for (int w = 0; w < WORKERS; w++)
            merge(w); /* empty the second time */
    assert_int_equal(5, tally(TALLY_CHECKS, "is 200")->passes);
    assert_int_equal(1, tally(TALLY_CHECKS, "is 200")->fails);
    assert_int_equal(3, tally(TALLY_CHECKS, "has id")->passes);
    assert_int_equal(2, tally(TALLY_CHECKS, "has id")->fails);
    assert_int_equal(4, tally(TALLY_REASONS, "no id")->fails);
    assert_int_equal(8, tally(TALLY_REASONS, "is 200")->fails);
    assert_true(metric(BUILTIN_CHECKS, AGGREGATE_COUNT) == 11);
    assert_true(metric(BUILTIN_CHECKS, AGGREGATE_RATE) == 8 / 11.0);
}

static const char *note(const char *name)
{
    const struct intern *t = &f.totals.registry.tallies[TALLY_SCRIPT];
    return t->entries[intern_find(t, name, strlen(name))].note;
}

static void the_first_note_is_kept_even_if_it_comes_late(void **state)
{
    (void)state;
    add_tally(0, TALLY_SCRIPT, "a", 0, 1, "first of a");
    add_tally(1, TALLY_SCRIPT, "a", 0, 1, "second of a");
    add_tally(1, TALLY_SCRIPT, "b", 0, 1, NULL);
    for (int w = 0; w < WORKERS; w++)
        merge(w);
    assert_string_equal("first of a", note("a"));
    assert_null(note("b"));
    add_tally(1, TALLY_SCRIPT, "b", 0, 1, "late for b");
    merge(1);
    assert_string_equal("late for b", note("b"));
    assert_string_equal("first of a", note("a"));
}

static void steps_sum_the_most_users_of_each_worker(void **state)
{
    (void)state;
    static const uint64_t seen[][WORKERS] = {{3, 5}, {4, 1}, {2, 2}};
    for (size_t i = 0; i < COUNT_OF(seen); i++)
        for (int w = 0; w < WORKERS; w++) {
            f.shards[w].steps[0].vus = seen[i][w];
            f.shards[w].steps[0].count = 10;
            merge(w);
        }
    assert_int_equal(4 + 5, f.totals.sum.steps[0].vus);
    assert_int_equal(60, f.totals.sum.steps[0].count);
}

static void journeys_feed_the_iteration_metrics(void **state)
{
    (void)state;
    struct journey_row *row = &f.shards[0].journeys[0];
    row->iterations = 9;
    row->failed = 2;
    row->errors = 3;
    row->cut_off = 4;
    histogram_record(&row->duration, NS_PER_S, HISTOGRAM_MAX_TIME_NS);
    merge(0);
    assert_true(metric(BUILTIN_ITERATIONS, AGGREGATE_COUNT) == 9);
    assert_true(metric(BUILTIN_ITERATIONS_FAILED, AGGREGATE_COUNT) == 2);
    assert_true(metric(BUILTIN_ITERATION_ERRORS, AGGREGATE_COUNT) == 3);
    assert_true(metric(BUILTIN_ITERATION_DURATION, AGGREGATE_MAX) == 1000);
    assert_int_equal(4, f.totals.sum.journeys[0].cut_off);
}

static void windows_hold_what_came_since_the_last_one(void **state)
{
    (void)state;
    add_requests(0, "GET /a", 30, 10);
    merge(0);
    totals_close_window(&f.totals, 2 * NS_PER_S, (struct crowd){7, 0});
    assert_true(f.totals.last_rps == 15);
    add_requests(1, "GET /a", 5, 0);
    merge(1);
    totals_close_window(&f.totals, 2 * NS_PER_S,
                        (struct crowd){8, 0}); /* no time has passed */
    totals_close_window(&f.totals, 3 * NS_PER_S, (struct crowd){9, 0});
    assert_int_equal(2, f.totals.series.count);
    const struct window *w = f.totals.series.windows;
    assert_int_equal(30, w[0].requests);
    assert_int_equal(10, w[0].failed);
    assert_int_equal(7, w[0].vus);
    assert_int_equal(5, w[1].requests);
    assert_int_equal(9, w[1].vus);
    assert_int_equal(2 * NS_PER_S, w[1].from_ns);
    assert_int_equal(3 * NS_PER_S, w[1].to_ns);
    static const struct {
        int64_t span_s;
        uint64_t count;
    } rows[] = {{1, 5}, {2, 25}, {3, 25}, {100, 25}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct histogram recent = {0};
        totals_recent(&f.totals, rows[i].span_s * NS_PER_S, &recent);
        assert_int_equal(rows[i].count, recent.count);
        histogram_fini(&recent);
    }
}

static void a_stub_of_a_window_is_no_rate(void **state)
{
    (void)state;
    totals_end_stage(&f.totals);
    add_requests(0, "GET /a", 30, 0);
    merge(0);
    totals_close_window(&f.totals, NS_PER_S, (struct crowd){7, 0});
    add_requests(1, "GET /a", 6, 0);
    merge(1);
    totals_close_window(&f.totals, NS_PER_S + 200 * NS_PER_MS,
                        (struct crowd){7, 0});
    totals_end_stage(&f.totals);
    assert_int_equal(1, f.totals.series.count);
    assert_int_equal(36, f.totals.series.windows[0].requests);
    assert_true(f.totals.last_rps == 30);
}

static uint64_t level_count(const char *name)
{
    uint32_t row = intern_find(&f.totals.registry.names, name, strlen(name));
    return shard_request(&f.totals.level, row)->count;
}

static double level_metric(int number)
{
    double result = -1;
    metric_aggregate(&f.totals.level.metrics[number], AGGREGATE_COUNT, 0, 1,
                     &result);
    return result;
}

static void measure(int worker, uint64_t count)
{
    add_requests(worker, "GET /a", count, 1);
    add_tally(worker, TALLY_CHECKS, "is 200", count, 0, NULL);
    f.shards[worker].journeys[0].iterations += count;
    f.shards[worker].arrivals.handed_over += count;
    metric_add_count(&f.shards[worker].metrics[BUILTIN_DROPPED_ITERATIONS],
                     count);
    merge(worker);
}

/* The level has what came since it began, the sum has everything. */
static void a_level_counts_from_nothing(void **state)
{
    (void)state;
    uint64_t sum = 10;
    measure(0, 10);
    for (uint64_t round = 0; round < 3; round++) {
        totals_begin_level(&f.totals);
        assert_int_equal(0, level_count("GET /a"));
        assert_true(level_metric(BUILTIN_HTTP_REQS) == 0);
        assert_true(level_metric(BUILTIN_ITERATIONS) == 0);
        measure(0, 5 + round);
        measure(1, 7);
        uint64_t level = 5 + round + 7;
        sum += level;
        assert_int_equal(level, level_count("GET /a"));
        assert_int_equal(sum, request("GET /a")->count);
        static const int metrics[] = {BUILTIN_HTTP_REQS, BUILTIN_ITERATIONS,
                                      BUILTIN_CHECKS,
                                      BUILTIN_DROPPED_ITERATIONS};
        for (size_t i = 0; i < COUNT_OF(metrics); i++) {
            assert_true(level_metric(metrics[i]) == (double)level);
            assert_true(metric(metrics[i], AGGREGATE_COUNT) == (double)sum);
        }
        assert_true(level_metric(BUILTIN_HTTP_REQ_DURATION) ==
                    (double)level - 2);
        assert_int_equal(level, f.totals.level.arrivals.handed_over);
        assert_int_equal(sum, f.totals.sum.arrivals.handed_over);
        assert_int_equal(level, f.totals.level.journeys[0].iterations);
    }
}

/* What intervals have adds up to the sum, tallies included. */
static void intervals_add_up(void **state)
{
    (void)state;
    uint64_t seen = 0, checks = 0;
    f.plan.wants_intervals = true;
    for (uint64_t round = 1; round <= 3; round++) {
        add_requests(0, "GET /a", 5 + round, 1);
        add_requests(1, "GET /b", 1, 0);
        add_requests(1, "GET /a", round, 0);
        add_tally(1, TALLY_CHECKS, "is ok", round, 1, NULL);
        merge(0);
        merge(1);
        const struct shard *interval = &f.totals.interval;
        seen += (uint64_t)interval->metrics[BUILTIN_HTTP_REQS].value;
        checks += interval->metrics[BUILTIN_CHECKS].samples;
        uint32_t row = intern_find(&f.totals.registry.names, "GET /a", 6);
        assert_int_equal(5 + 2 * round, interval->requests[row].count);
        assert_int_equal(4 + 2 * round, interval->requests[row].duration.count);
        assert_int_equal(round, interval->tallies[TALLY_CHECKS].rows[0].passes);
        totals_begin_interval(&f.totals);
        assert_int_equal(0, interval->requests[row].count);
        assert_int_equal(0, interval->tallies[TALLY_CHECKS].rows[0].passes);
    }
    assert_true(metric(BUILTIN_HTTP_REQS, AGGREGATE_COUNT) == (double)seen);
    assert_int_equal(f.totals.sum.metrics[BUILTIN_CHECKS].samples, checks);
}

static void intervals_nobody_wants_cost_nothing(void **state)
{
    (void)state;
    add_requests(0, "GET /a", 5, 1);
    merge(0);
    assert_int_equal(0, f.totals.interval.request_capacity);
}

static void before_a_level_begins_it_costs_nothing(void **state)
{
    (void)state;
    measure(0, 10);
    assert_int_equal(0, f.totals.level.request_capacity);
    assert_true(level_metric(BUILTIN_HTTP_REQS) == 0);
    totals_begin_level(&f.totals);
    totals_begin_level(&f.totals);
    measure(0, 3);
    assert_int_equal(3, level_count("GET /a"));
}

static void what_came_before_the_stage_is_in_no_window(void **state)
{
    (void)state;
    add_requests(0, "GET /setup", 30, 0);
    merge(0);
    totals_begin_stage(&f.totals, NS_PER_S, 0);
    add_requests(0, "GET /a", 4, 0);
    merge(0);
    totals_close_window(&f.totals, NS_PER_S, (struct crowd){1, 0});
    assert_int_equal(1, f.totals.series.count);
    assert_int_equal(4, f.totals.series.windows[0].requests);
    assert_int_equal(30, request("GET /setup")->count);
    assert_true(metric(BUILTIN_HTTP_REQS, AGGREGATE_COUNT) == 34);
    add_requests(0, "GET /teardown", 2, 1);
    merge(0);
    totals_end(&f.totals, 2 * NS_PER_S);
    assert_int_equal(30, f.totals.before.requests);
    assert_int_equal(2, f.totals.after.requests);
    assert_int_equal(1, f.totals.after.failed);
}

/* A request of the warm-up that ends after it joins its last window. */
static void a_warm_up_has_windows_and_counts_nowhere(void **state)
{
    (void)state;
    totals_begin_stage(&f.totals, 2 * NS_PER_S, 2 * NS_PER_S);
    for (int64_t i = -1; i <= 1; i++) {
        f.shards[0].warm_up.requests = 5;
        f.shards[0].warm_up.failed = 1;
        merge(0);
        totals_close_warm_window(&f.totals, i * NS_PER_S, (struct crowd){7, 0});
    }
    totals_close_window(&f.totals, NS_PER_S, (struct crowd){1, 0});
    totals_end_stage(&f.totals);
    const struct series *s = &f.totals.warm_up;
    assert_int_equal(2, s->count);
    assert_int_equal(-2 * NS_PER_S, s->windows[0].from_ns);
    assert_int_equal(-NS_PER_S, s->windows[0].to_ns);
    assert_int_equal(5, s->windows[0].requests);
    assert_int_equal(0, s->windows[1].to_ns);
    assert_int_equal(10, s->windows[1].requests);
    assert_int_equal(2, s->windows[1].failed);
    assert_int_equal(7, s->windows[1].vus);
    assert_int_equal(0, f.totals.series.windows[0].requests);
    assert_true(metric(BUILTIN_HTTP_REQS, AGGREGATE_COUNT) == 0);
}

enum { REQUESTS, TAGGED, USERS, PLAIN, SELECTORS };

/* The plan of set_up, with selectors; all but the last have a window of 2 s. */
static void open_windows(void)
{
    static const uint32_t metrics[SELECTORS] = {[REQUESTS] = BUILTIN_HTTP_REQS,
                                                [TAGGED] =
                                                    BUILTIN_HTTP_REQ_DURATION,
                                                [USERS] = BUILTIN_VUS,
                                                [PLAIN] = BUILTIN_HTTP_REQS};
    close_totals();
    f.plan.selector_count = SELECTORS;
    f.plan.selectors = calloc(SELECTORS, sizeof *f.plan.selectors);
    f.plan.spans = calloc(SELECTORS, sizeof *f.plan.spans);
    for (int i = 0; i < SELECTORS; i++) {
        f.plan.selectors[i].metric = metrics[i];
        f.plan.spans[i] =
            (struct window_span){.until_ns = 60 * NS_PER_S,
                                 .width_ns = i == PLAIN ? 0 : 2 * NS_PER_S};
    }
    f.plan.selectors[TAGGED].term_count = 1;
    open_totals();
}

static double window_value(size_t selector, enum metric_aggregation how)
{
    double value = -1;
    totals_window_value(&f.totals, selector, how, 0, &value);
    return value;
}

/* As the control thread does once a second. */
static void tick(int second, uint64_t requests, double tagged_ms, int users)
{
    add_requests(0, "GET /a", requests, 0);
    add_requests(1, "GET /b", 1, 1);
    metric_add(&f.shards[1].selectors[TAGGED], tagged_ms, 0);
    for (int i = 0; i < WORKERS; i++)
        merge(i);
    totals_count_users(&f.totals, (uint64_t)users, 99, second);
    totals_close_window(&f.totals, second * NS_PER_S, (struct crowd){1, 0});
}

static void selectors_slide_over_the_stage(void **state)
{
    (void)state;
    open_windows();
    add_requests(0, "GET /setup", 1000, 0);
    merge(0);
    totals_begin_stage(&f.totals, 0, 0);
    assert_true(window_value(REQUESTS, AGGREGATE_COUNT) == -1);
    tick(1, 10, 100, 4);
    assert_true(window_value(REQUESTS, AGGREGATE_COUNT) == 11);
    tick(2, 20, 300, 8);
    tick(3, 30, 200, 6);
    assert_true(window_value(REQUESTS, AGGREGATE_COUNT) == 52);
    assert_true(window_value(REQUESTS, AGGREGATE_RATE) == 26);
    assert_true(window_value(TAGGED, AGGREGATE_COUNT) == 2);
    assert_true(window_value(TAGGED, AGGREGATE_MIN) == 200);
    assert_true(window_value(TAGGED, AGGREGATE_MAX) == 300);
    assert_true(window_value(USERS, AGGREGATE_VALUE) == 6);
    assert_true(window_value(USERS, AGGREGATE_MAX) == 8);
    assert_true(window_value(PLAIN, AGGREGATE_COUNT) == -1);
    assert_true(metric(BUILTIN_HTTP_REQS, AGGREGATE_COUNT) == 1063);
}

static void selectors_without_windows_keep_none(void **state)
{
    (void)state;
    open_windows();
    close_totals();
    for (int i = 0; i < SELECTORS; i++)
        f.plan.spans[i].width_ns = 0;
    open_totals();
    tick(1, 10, 100, 4);
    assert_null(f.totals.windows);
    assert_true(window_value(REQUESTS, AGGREGATE_COUNT) == -1);
}

#define WITH_TOTALS(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TOTALS(requests_merge_by_name),
        WITH_TOTALS(too_many_names_over_all_workers_are_other),
        WITH_TOTALS(tallies_merge_by_name_and_feed_checks),
        WITH_TOTALS(the_first_note_is_kept_even_if_it_comes_late),
        WITH_TOTALS(steps_sum_the_most_users_of_each_worker),
        WITH_TOTALS(journeys_feed_the_iteration_metrics),
        WITH_TOTALS(windows_hold_what_came_since_the_last_one),
        WITH_TOTALS(a_stub_of_a_window_is_no_rate),
        WITH_TOTALS(selectors_slide_over_the_stage),
        WITH_TOTALS(selectors_without_windows_keep_none),
        WITH_TOTALS(a_level_counts_from_nothing),
        WITH_TOTALS(before_a_level_begins_it_costs_nothing),
        WITH_TOTALS(intervals_add_up),
        WITH_TOTALS(intervals_nobody_wants_cost_nothing),
        WITH_TOTALS(what_came_before_the_stage_is_in_no_window),
        WITH_TOTALS(a_warm_up_has_windows_and_counts_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
