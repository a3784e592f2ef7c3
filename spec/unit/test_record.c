/* record: which rows and which selectors one sample goes to. */
#include "base/clock.h"
#include "engine/derive.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/record.h"
#include "engine/record_request.h"
#include "engine/tagging.h"
#include "engine/worker.h"
#include "fake_journey.h"
#include "fake_plan.h"
#include "fake_worker.h"
#include "unit.h"

enum { SELECTORS_MAX = 16 };

struct fixture {
    struct run_plan plan;
    struct worker worker;
    struct fake_script *script;
    struct vu *vu;
};

static struct fixture f;

static void add_selector(uint32_t metric, const char *key, const char *value)
{
    struct selector *s = &f.plan.selectors[f.plan.selector_count++];
    s->metric = metric;
    s->terms[s->term_count++] =
        (struct selector_term){(uint16_t)tag_key_add(&f.plan.vocabulary, key),
                               tag_value_add(&f.plan.vocabulary, value)};
}

static void prepare(void)
{
    f.script = fake_script_new();
    fake_plan_init(&f.plan, 1);
    f.plan.script = f.script;
    f.plan.selectors = calloc(SELECTORS_MAX, sizeof *f.plan.selectors);
    fake_plan_constant(&f.plan, PROFILE_VUS, 2, NS_PER_S);
}

static void begin(void)
{
    plan_seal(&f.plan);
    fake_worker_init(&f.worker, &f.plan, 0);
    f.vu = &f.worker.pools[0].users[1];
    tagging_user(f.vu);
}

static int end(void **state)
{
    (void)state;
    fake_worker_fini(&f.worker);
    plan_fini(&f.plan);
    fake_script_free(f.script);
    return 0;
}

static const struct shard *shard(void)
{
    return worker_shard(&f.worker);
}

/* A request of 5 ms as http_req_duration counts it, 10 ms in all. */
static enum http_cache cache_says; /* the answers that follow */

static void send_at(int64_t started_ns, const char *name,
                    enum http_failure failure, int status, bool is_expected)
{
    struct http_result result = {
        .failure = failure,
        .status = status,
        .cache = cache_says,
        .sent_bytes = 100,
        .received_bytes = 1000,
        .connections = 1,
        .timings = {.started_ns = started_ns,
                    .ended_ns = started_ns + 10 * NS_PER_MS,
                    .phase_ns = {[HTTP_CONNECTING] = 5 * NS_PER_MS,
                                 [HTTP_SENDING] = NS_PER_MS,
                                 [HTTP_WAITING] = 3 * NS_PER_MS,
                                 [HTTP_RECEIVING] = NS_PER_MS}}};
    struct tag_set tags = f.vu->tags;
    tagging_step(f.vu, &tags);
    struct request_sample sample = {
        .name = registry_name(&f.worker.registry, name, strlen(name)),
        .method = "GET",
        .url = "http://a.test/x",
        .step = f.vu->pool->step,
        .is_expected = is_expected,
        .failure = failure,
        .result = &result,
        .tags = &tags,
        .vu = f.vu};
    record_request(&f.worker, &sample);
}

static void send(const char *name, enum http_failure failure, int status,
                 bool is_expected)
{
    send_at(0, name, failure, status, is_expected);
}

/* Timeouts and cut-off requests raise the tail of the durations; other
 * failures have a series of their own. */
static void each_failure_has_its_place(void **state)
{
    (void)state;
    static const struct {
        enum http_failure failure;
        int status;
        bool is_expected;
        int64_t duration_ms, failed_ms; /* 0 = none */
        const char *error;
    } rows[] = {
        {HTTP_OK, 200, true, 5, 0, NULL},
        {HTTP_OK, 404, false, 0, 5, "status_404"},
        {HTTP_TIMEOUT, 0, false, 10, 0, "timeout"},
        {HTTP_CUT_OFF, 0, false, 10, 0, "cut_off"},
        {HTTP_REFUSED, 0, false, 0, 5, "refused"},
        {HTTP_TOO_LARGE, 0, false, 0, 5, "too_large"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        prepare();
        begin();
        send("GET /x", rows[i].failure, rows[i].status, rows[i].is_expected);
        const struct request_row *r = shard_request(worker_shard(&f.worker), 1);
        assert_int_equal(1, r->count);
        assert_int_equal(!rows[i].is_expected, r->failed);
        assert_int_equal(100, r->sent_bytes);
        assert_int_equal(1000, r->received_bytes);
        assert_int_equal(rows[i].duration_ms > 0, r->duration.count);
        assert_int_equal(rows[i].failed_ms > 0, r->failed_duration.count);
        if (rows[i].duration_ms)
            assert_int_equal(rows[i].duration_ms * NS_PER_MS, r->duration.max);
        if (rows[i].failed_ms)
            assert_int_equal(rows[i].failed_ms * NS_PER_MS,
                             r->failed_duration.max);
        assert_int_equal(r->duration.count, r->phases[HTTP_WAITING].count);
        assert_int_equal(rows[i].failure != HTTP_OK,
                         r->failures[rows[i].failure]);
        if (rows[i].status)
            assert_int_equal(1, r->statuses[rows[i].status]);
        assert_int_equal(1, shard()->steps[0].count);
        assert_int_equal(!rows[i].is_expected, shard()->steps[0].failed);
        assert_int_equal(r->duration.count, shard()->steps[0].duration.count);
        assert_int_equal(1, shard()->connections);
        const struct intern *errors = &f.worker.registry.tallies[TALLY_ERRORS];
        assert_int_equal(rows[i].error != NULL, errors->count);
        if (rows[i].error) {
            assert_string_equal(rows[i].error, errors->entries[0].text);
            assert_int_equal(1, shard()->tallies[TALLY_ERRORS].rows[0].fails);
            assert_non_null(
                strstr(errors->entries[0].note, "GET http://a.test/x: "));
        }
        if (i + 1 < COUNT_OF(rows))
            end(NULL);
    }
}

static double count_of(size_t selector)
{
    double count = 0;
    metric_aggregate(&shard()->selectors[selector], AGGREGATE_COUNT, 0, 1,
                     &count);
    return count;
}

static void requests_meet_the_selectors_of_their_tags(void **state)
{
    (void)state;
    prepare();
    tag_pairs_add(&f.plan.tags, "team", "blue");
    tag_pairs_add(&f.plan.profiles[0].tags, "shape", "flat");
    static const struct {
        uint32_t metric;
        const char *key, *value;
        double count; /* of the requests below */
    } rows[] = {
        {BUILTIN_HTTP_REQS, "name", "GET /a", 3},
        {BUILTIN_HTTP_REQS, "name", "GET /none", 0},
        {BUILTIN_HTTP_REQS, "status", "500", 1},
        {BUILTIN_HTTP_REQS, "status", "0", 1},
        {BUILTIN_HTTP_REQS, "method", "GET", 4},
        {BUILTIN_HTTP_REQS, "stage", "test", 4},
        {BUILTIN_HTTP_REQS, "step", "1", 4},
        {BUILTIN_HTTP_REQS, "step", "2", 0},
        {BUILTIN_HTTP_REQS, "team", "blue", 4},
        {BUILTIN_HTTP_REQS, "shape", "flat", 4},
        {BUILTIN_HTTP_REQ_FAILED, "name", "GET /a", 3},
        {BUILTIN_HTTP_REQ_DURATION, "name", "GET /a", 2},
        {BUILTIN_HTTP_REQ_FAILED_DURATION, "name", "GET /a", 1},
        {BUILTIN_HTTP_REQ_WAITING, "name", "GET /a", 2},
        {BUILTIN_DATA_SENT, "name", "GET /b", 100},
        {BUILTIN_DATA_RECEIVED, "name", "GET /a", 3000},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        add_selector(rows[i].metric, rows[i].key, rows[i].value);
    begin();
    send("GET /a", HTTP_OK, 200, true);
    send("GET /a", HTTP_OK, 500, false);
    send("GET /a", HTTP_TIMEOUT, 0, false);
    send("GET /b", HTTP_OK, 200, true);
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (count_of(i) != rows[i].count)
            fail_msg("%s:%s: %g", rows[i].key, rows[i].value, count_of(i));
    double failed = 0;
    metric_aggregate(&shard()->selectors[10], AGGREGATE_RATE, 0, 1, &failed);
    assert_true(failed > 0.66 && failed < 0.67);
}

static void checks_are_counted_by_name(void **state)
{
    (void)state;
    prepare();
    add_selector(BUILTIN_CHECKS, "check", "b");
    begin();
    record_check(f.vu, "a", 1, true, NULL);
    record_check(f.vu, "b", 1, false, NULL);
    record_check(f.vu, "b", 1, true, NULL);
    record_check(f.vu, "b", 1, false, "why");
    const struct tally_row *rows = shard()->tallies[TALLY_CHECKS].rows;
    assert_int_equal(1, rows[0].passes);
    assert_int_equal(0, rows[0].fails);
    assert_int_equal(1, rows[1].passes);
    assert_int_equal(2, rows[1].fails);
    const struct intern *checks = &f.worker.registry.tallies[TALLY_CHECKS];
    assert_string_equal("why", checks->entries[1].note);
    assert_true(count_of(0) == 3);
}

static void script_errors_and_reasons_are_counted_by_text(void **state)
{
    (void)state;
    prepare();
    begin();
    record_script_error(f.vu, "boom", 4, "first traceback");
    record_script_error(f.vu, "boom", 4, "second traceback");
    record_reason(f.vu, "no id", 5);
    assert_int_equal(2, shard()->tallies[TALLY_SCRIPT].rows[0].fails);
    assert_int_equal(1, shard()->tallies[TALLY_REASONS].rows[0].fails);
    assert_string_equal(
        "first traceback",
        f.worker.registry.tallies[TALLY_SCRIPT].entries[0].note);
}

static void custom_metrics_meet_selectors_too(void **state)
{
    (void)state;
    prepare();
    plan_add_metric(&f.plan, "own", METRIC_COUNTER);
    add_selector(BUILTIN_METRICS, "page", "cart");
    begin();
    struct tag_set tags = f.vu->tags;
    record_metric(f.vu, BUILTIN_METRICS, 2, &tags);
    tagging_set(&f.worker, &tags, "page", 4, "cart", 4);
    tagging_set(&f.worker, &tags, "nobody asks", 11, "cart", 4);
    record_metric(f.vu, BUILTIN_METRICS, 3, &tags);
    tagging_set(&f.worker, &tags, "page", 4, "home", 4);
    record_metric(f.vu, BUILTIN_METRICS, 4, &tags);
    assert_true(shard()->metrics[BUILTIN_METRICS].value == 9);
    assert_true(count_of(0) == 3);
}

static void iterations_meet_the_selectors_of_their_journey(void **state)
{
    (void)state;
    prepare();
    plan_add_journey(&f.plan, "second", 1);
    add_selector(BUILTIN_ITERATIONS, "journey", "second");
    add_selector(BUILTIN_ITERATION_ERRORS, "journey", "second");
    add_selector(BUILTIN_ITERATIONS_FAILED, "journey", "default");
    add_selector(BUILTIN_ITERATION_DURATION, "step", "1");
    begin();
    static const enum journey_outcome outcomes[] = {
        OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_ERROR, OUTCOME_CUT_OFF};
    for (uint32_t i = 0; i < 8; i++) {
        f.vu->journey = i % 2;
        f.vu->part = PART_ITERATION;
        f.vu->part_started_ns = 0;
        tagging_journey(f.vu);
        record_part(f.vu, outcomes[i / 2], NS_PER_MS);
    }
    assert_true(count_of(0) == 3);
    assert_true(count_of(1) == 1);
    assert_true(count_of(2) == 1);
    assert_true(count_of(3) == 6);
    assert_int_equal(3, shard()->journeys[1].iterations);
    assert_int_equal(1, shard()->journeys[1].cut_off);
    assert_int_equal(3, shard()->journeys[1].duration.count);
}

static void an_iteration_of_the_warm_up_leaves_nothing(void **state)
{
    (void)state;
    prepare();
    plan_add_metric(&f.plan, "own", METRIC_COUNTER);
    begin();
    f.worker.counts_from_ns = clock_now_ns() - NS_PER_S;
    f.vu->part = PART_ITERATION;
    for (int64_t age_ms = 2000; age_ms >= 0; age_ms -= 2000) {
        f.vu->part_started_ns = clock_now_ns() - age_ms * NS_PER_MS;
        record_script_error(f.vu, "boom", 4, NULL);
        record_reason(f.vu, "no id", 5);
        record_check(f.vu, "a", 1, false, NULL);
        record_metric(f.vu, BUILTIN_METRICS, 1, &f.vu->tags);
        record_part(f.vu, OUTCOME_ERROR, clock_now_ns());
    }
    assert_int_equal(1, shard()->tallies[TALLY_SCRIPT].rows[0].fails);
    assert_int_equal(1, shard()->tallies[TALLY_REASONS].rows[0].fails);
    assert_int_equal(1, shard()->tallies[TALLY_CHECKS].rows[0].fails);
    assert_true(shard()->metrics[BUILTIN_METRICS].value == 1);
    assert_int_equal(1, shard()->journeys[0].errors);
}

/* ------------------------------------------------------------------- caches */

static void answer_of_cache(enum http_cache cache)
{
    cache_says = cache;
    send("GET /x", HTTP_OK, 200, true);
    cache_says = HTTP_CACHE_SILENT;
}

static void caches_count_where_answers_tell(void **state)
{
    (void)state;
    prepare();
    add_selector(BUILTIN_HTTP_CACHE_HITS, "name", "GET /x");
    begin();
    answer_of_cache(HTTP_CACHE_HIT);
    answer_of_cache(HTTP_CACHE_SILENT);
    answer_of_cache(HTTP_CACHE_MISS);
    answer_of_cache(HTTP_CACHE_HIT);
    const struct request_row *r = shard_request(worker_shard(&f.worker), 1);
    assert_int_equal(2, r->cache_hits);
    assert_int_equal(3, r->cache_answers);
    const struct metric_cell *c = &shard()->selectors[0];
    assert_int_equal(2, c->passes);
    assert_int_equal(3, c->samples);
    struct metric_cell sum = {.kind = METRIC_RATE};
    derive_metric(&sum, BUILTIN_HTTP_CACHE_HITS, shard());
    assert_int_equal(2, sum.passes);
    assert_int_equal(3, sum.samples);
}

/* ----------------------------------------------------------------- warm-up */

/* Requests count by when they were sent, whoever sends them. */
static void requests_of_the_warm_up_count_nowhere(void **state)
{
    (void)state;
    static const struct {
        int64_t started_ns;
        uint64_t count;
    } rows[] = {{0, 0}, {NS_PER_S - 1, 0}, {NS_PER_S, 1}, {9 * NS_PER_S, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        prepare();
        add_selector(BUILTIN_HTTP_REQS, "name", "GET /x");
        add_selector(BUILTIN_HTTP_REQ_FAILED, "name", "GET /x");
        begin();
        f.worker.counts_from_ns = NS_PER_S;
        send_at(rows[i].started_ns, "GET /x", HTTP_OK, 500, false);
        uint64_t count = rows[i].count;
        const struct request_row *r = shard_request(worker_shard(&f.worker), 1);
        assert_int_equal(count, r->count);
        assert_int_equal(count, r->failed_duration.count);
        assert_int_equal(count, shard()->steps[0].count);
        assert_int_equal(count, shard()->connections);
        assert_int_equal(count, f.worker.registry.tallies[TALLY_ERRORS].count);
        assert_true(count_of(0) == (double)count);
        assert_true(count_of(1) == (double)count);
        if (i + 1 < COUNT_OF(rows))
            end(NULL);
    }
}

/* An iteration that began in the warm-up belongs to it, with all its checks. */
static void iterations_of_the_warm_up_count_nowhere(void **state)
{
    (void)state;
    static const struct {
        int64_t started_ns;
        uint64_t count;
    } rows[] = {{0, 0}, {NS_PER_S - 1, 0}, {NS_PER_S, 1}};
    static const enum journey_part parts[] = {PART_ON_START, PART_ITERATION,
                                              PART_ON_STOP};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        prepare();
        add_selector(BUILTIN_ITERATION_ERRORS, "stage", "test");
        add_selector(BUILTIN_CHECKS, "stage", "test");
        begin();
        f.worker.counts_from_ns = NS_PER_S;
        f.vu->part_started_ns = rows[i].started_ns;
        record_check(f.vu, "a", 1, false, "why");
        record_lag(f.vu, 2 * NS_PER_S);
        for (size_t k = 0; k < COUNT_OF(parts); k++) {
            f.vu->part = parts[k];
            record_part(f.vu, OUTCOME_ERROR, 2 * NS_PER_S);
        }
        uint64_t count = rows[i].count;
        assert_int_equal(count, shard()->journeys[0].iterations);
        assert_int_equal(count, shard()->journeys[0].errors);
        assert_true(shard()->metrics[BUILTIN_ITERATION_ERRORS].value ==
                    2 * (double)count);
        assert_int_equal(count, f.worker.registry.tallies[TALLY_CHECKS].count);
        assert_true(count_of(0) == (double)count);
        assert_true(count_of(1) == (double)count);
        if (i + 1 < COUNT_OF(rows))
            end(NULL);
    }
}

/* ---------------------------------------------------------------- arrivals */

static const struct arrival_row *arrivals(void)
{
    return &shard()->arrivals;
}

static void arrivals_are_counted_by_their_fate(void **state)
{
    (void)state;
    prepare();
    begin();
    struct pool *p = f.vu->pool;
    record_arrival(p, 0, NS_PER_MS, ARRIVAL_IN_TIME);
    record_arrival(p, 0, 0, ARRIVAL_IN_TIME);
    record_arrival(p, 0, NS_PER_S, ARRIVAL_WAITED); /* not for us */
    record_arrival(p, 0, 3 * NS_PER_MS, ARRIVAL_TOO_LATE);
    assert_int_equal(4, arrivals()->handed_over);
    assert_int_equal(3, arrivals()->in_time);
    assert_int_equal(1, arrivals()->waited);
    assert_int_equal(3, arrivals()->send_lag.count);
    assert_int_equal(3 * NS_PER_MS, arrivals()->send_lag.max);
    assert_int_equal(0, arrivals()->send_lag.min);
}

/* By the moment they were planned for: that of the start is the warm-up's. */
static void arrivals_of_the_warm_up_count_nowhere(void **state)
{
    (void)state;
    prepare();
    begin();
    struct pool *p = f.vu->pool;
    p->start_ns = f.worker.counts_from_ns = 10 * NS_PER_S;
    p->warmup_ns = 5 * NS_PER_S;
    static const struct {
        int64_t due_ns;
        uint64_t count; /* so far */
    } rows[] = {{6 * NS_PER_S, 0},
                {10 * NS_PER_S, 0},
                {10 * NS_PER_S + 1, 1},
                {11 * NS_PER_S, 2}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint64_t count = rows[i].count;
        f.vu->part = PART_ITERATION;
        f.vu->part_started_ns = 20 * NS_PER_S;
        f.vu->arrival = (struct arrival){7, rows[i].due_ns};
        record_arrival(p, rows[i].due_ns, 20 * NS_PER_S, ARRIVAL_IN_TIME);
        record_dropped(p, rows[i].due_ns, 3);
        record_lag(f.vu, 20 * NS_PER_S);
        record_check(f.vu, "a", 1, true, NULL);
        record_part(f.vu, OUTCOME_DONE, 21 * NS_PER_S);
        const struct metric_cell *m = shard()->metrics;
        assert_int_equal(count, arrivals()->handed_over);
        assert_true(m[BUILTIN_DROPPED_ITERATIONS].value == 3 * (double)count);
        assert_int_equal(count, m[BUILTIN_ITERATION_LAG].trend.count);
        assert_int_equal(count, m[BUILTIN_ITERATION_RESPONSE_TIME].trend.count);
        assert_int_equal(count, shard()->journeys[0].iterations);
        if (count)
            assert_int_equal(count,
                             shard()->tallies[TALLY_CHECKS].rows[0].passes);
    }
    f.vu->arrival = (struct arrival){0};
}

/* Without a warm-up, all count: the start may be any time of the clock. */
static void without_a_warm_up_all_arrivals_count(void **state)
{
    (void)state;
    prepare();
    begin();
    f.vu->pool->start_ns = 10 * NS_PER_S;
    record_arrival(f.vu->pool, 1, 1, ARRIVAL_IN_TIME);
    record_dropped(f.vu->pool, 1, 2);
    record_dropped(f.vu->pool, 1, 0);
    assert_int_equal(1, arrivals()->handed_over);
    assert_true(shard()->metrics[BUILTIN_DROPPED_ITERATIONS].value == 2);
}

static void lag_and_response_time_meet_the_selectors(void **state)
{
    (void)state;
    prepare();
    tag_pairs_add(&f.plan.profiles[0].tags, "shape", "flat");
    add_selector(BUILTIN_ITERATION_LAG, "journey", "default");
    add_selector(BUILTIN_ITERATION_RESPONSE_TIME, "step", "1");
    add_selector(BUILTIN_DROPPED_ITERATIONS, "shape", "flat");
    add_selector(BUILTIN_DROPPED_ITERATIONS, "step", "2");
    begin();
    f.vu->part = PART_ITERATION;
    tagging_journey(f.vu);
    record_lag(f.vu, 5 * NS_PER_MS); /* not of the open model */
    record_part(f.vu, OUTCOME_DONE, 5 * NS_PER_MS);
    assert_true(count_of(0) + count_of(1) == 0);
    f.vu->arrival = (struct arrival){1, NS_PER_MS};
    f.vu->part_started_ns = 5 * NS_PER_MS;
    record_lag(f.vu, 5 * NS_PER_MS);
    record_part(f.vu, OUTCOME_DONE, 9 * NS_PER_MS);
    record_part(f.vu, OUTCOME_CUT_OFF, 12 * NS_PER_MS); /* with its age */
    record_dropped(f.vu->pool, 1, 4);
    f.vu->arrival = (struct arrival){0};
    const struct metric_cell *m = shard()->metrics;
    assert_int_equal(4 * NS_PER_MS, m[BUILTIN_ITERATION_LAG].trend.max);
    assert_int_equal(1, m[BUILTIN_ITERATION_LAG].trend.count);
    assert_int_equal(8 * NS_PER_MS,
                     m[BUILTIN_ITERATION_RESPONSE_TIME].trend.min);
    assert_int_equal(11 * NS_PER_MS,
                     m[BUILTIN_ITERATION_RESPONSE_TIME].trend.max);
    assert_true(count_of(0) == 1);
    assert_true(count_of(1) == 2);
    assert_int_equal(11 * NS_PER_MS, shard()->selectors[1].trend.max);
    assert_true(count_of(2) == 4);
    assert_true(count_of(3) == 0);
}

#define WITH_WORKER(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKER(each_failure_has_its_place),
        WITH_WORKER(requests_meet_the_selectors_of_their_tags),
        WITH_WORKER(checks_are_counted_by_name),
        WITH_WORKER(script_errors_and_reasons_are_counted_by_text),
        WITH_WORKER(custom_metrics_meet_selectors_too),
        WITH_WORKER(iterations_meet_the_selectors_of_their_journey),
        WITH_WORKER(an_iteration_of_the_warm_up_leaves_nothing),
        WITH_WORKER(caches_count_where_answers_tell),
        WITH_WORKER(requests_of_the_warm_up_count_nowhere),
        WITH_WORKER(iterations_of_the_warm_up_count_nowhere),
        WITH_WORKER(arrivals_are_counted_by_their_fate),
        WITH_WORKER(arrivals_of_the_warm_up_count_nowhere),
        WITH_WORKER(without_a_warm_up_all_arrivals_count),
        WITH_WORKER(lag_and_response_time_meet_the_selectors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
