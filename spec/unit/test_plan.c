/* plan: dense numbers for users and steps, journeys in proportion. */
#include "engine/plan.h"
#include "fake_plan.h"
#include "unit.h"

static void built_in_metrics_come_first_and_are_found(void **state)
{
    (void)state;
    struct run_plan p;
    plan_init(&p);
    assert_int_equal(BUILTIN_METRICS, p.metric_count);
    plan_add_metric(&p, "own", METRIC_GAUGE);
    for (int i = 0; i < BUILTIN_METRICS; i++) {
        assert_int_equal(i, plan_find_metric(&p, builtin_metrics[i].name));
        assert_int_equal(builtin_metrics[i].kind, p.metrics[i].kind);
    }
    assert_int_equal(BUILTIN_METRICS, plan_find_metric(&p, "own"));
    assert_int_equal(METRIC_GAUGE, p.metrics[BUILTIN_METRICS].kind);
    assert_int_equal(-1, plan_find_metric(&p, "ow"));
    plan_fini(&p);
}

static void ids_and_step_rows_are_dense_over_profiles(void **state)
{
    (void)state;
    static const struct segment ramp[] = {
        {.from = 1, .to = 9, .duration_ns = 10, .step = 1},
        {.from = 9, .to = 4, .duration_ns = 10, .step = 2},
        {.from = 4, .to = 4, .duration_ns = 10, .step = 3}};
    struct run_plan p;
    fake_plan_init(&p, 1);
    fake_plan_constant(&p, PROFILE_VUS, 5, 100);
    fake_plan_profile(&p, PROFILE_VUS, ramp, COUNT_OF(ramp))->start_ns = 80;
    fake_plan_constant(&p, PROFILE_SHARED, 0, 10);
    fake_plan_constant(&p, PROFILE_PER_VU, 7, 10);
    plan_seal(&p);
    static const struct {
        uint32_t first_id, max_vus, first_step, steps;
    } rows[] = {{0, 5, 0, 1}, {5, 9, 1, 3}, {14, 0, 4, 1}, {14, 7, 5, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(rows[i].first_id, p.profiles[i].first_id);
        assert_int_equal(rows[i].max_vus, p.profiles[i].max_vus);
        assert_int_equal(rows[i].first_step, p.profiles[i].first_step);
        assert_int_equal(rows[i].steps, p.profiles[i].step_count);
    }
    assert_int_equal(6, p.step_rows);
    assert_int_equal(21, plan_max_vus(&p));
    assert_int_equal(110, plan_duration_ns(&p));
    plan_fini(&p);
}

static void only_tags_that_are_asked_for_have_keys(void **state)
{
    (void)state;
    struct run_plan p;
    fake_plan_init(&p, 1);
    tag_key_add(&p.vocabulary, "page");
    tag_key_add(&p.vocabulary, "name");
    plan_seal(&p);
    assert_int_equal(1, p.tag_keys[TAG_NAME]);
    for (int i = 0; i < TAG_BUILTINS; i++)
        if (i != TAG_NAME)
            assert_int_equal(-1, p.tag_keys[i]);
    plan_fini(&p);
}

/* Chi-square with two degrees of freedom stays below 27.6 but for one seed in
 * a million. */
static void journeys_are_drawn_in_proportion(void **state)
{
    (void)state;
    enum { USERS = 200, ITERATIONS = 200 };
    static const double weights[] = {7, 2, 1};
    struct run_plan p;
    plan_init(&p);
    p.seed = 42;
    plan_add_journey(&p, "browse", weights[0]);
    plan_add_journey(&p, "search", weights[1]);
    plan_add_journey(&p, "buy", weights[2]);
    double counts[3] = {0}, chi_square = 0;
    for (uint32_t user = 1; user <= USERS; user++)
        for (uint64_t iteration = 1; iteration <= ITERATIONS; iteration++) {
            uint32_t drawn = plan_pick_journey(&p, user, iteration);
            assert_int_equal(drawn, plan_pick_journey(&p, user, iteration));
            assert_in_range(drawn, 0, 2);
            counts[drawn]++;
        }
    for (int i = 0; i < 3; i++) {
        double expected = weights[i] / 10 * USERS * ITERATIONS;
        chi_square +=
            (counts[i] - expected) * (counts[i] - expected) / expected;
    }
    assert_true(chi_square < 27.6);
    assert_int_equal(1, plan_find_journey(&p, "search"));
    assert_int_equal(-1, plan_find_journey(&p, "sell"));
    plan_fini(&p);
}

static void a_seed_decides_who_does_what(void **state)
{
    (void)state;
    struct run_plan p;
    plan_init(&p);
    plan_add_journey(&p, "a", 1);
    plan_add_journey(&p, "b", 1);
    int same_seed = 0, same_user = 0;
    for (uint64_t i = 1; i <= 1000; i++) {
        p.seed = 1;
        uint32_t drawn = plan_pick_journey(&p, 1, i);
        same_user += drawn == plan_pick_journey(&p, 2, i);
        p.seed = 2;
        same_seed += drawn == plan_pick_journey(&p, 1, i);
    }
    assert_in_range(same_seed, 400, 600);
    assert_in_range(same_user, 400, 600);
    plan_fini(&p);
}

static void a_journey_without_weight_is_never_drawn(void **state)
{
    (void)state;
    struct run_plan p;
    plan_init(&p);
    plan_add_journey(&p, "never", 0);
    plan_add_journey(&p, "always", 0.25);
    for (uint64_t i = 1; i <= 1000; i++)
        assert_int_equal(1, plan_pick_journey(&p, 1, i));
    plan_fini(&p);
}

static void a_shard_has_the_shape_of_the_plan(void **state)
{
    (void)state;
    struct run_plan p;
    fake_plan_init(&p, 1);
    fake_plan_constant(&p, PROFILE_VUS, 1, 1);
    plan_add_metric(&p, "own", METRIC_RATE);
    p.selectors = calloc(2, sizeof *p.selectors);
    p.selector_count = 2;
    p.selectors[0].metric = BUILTIN_METRICS; /* own */
    p.selectors[1].metric = BUILTIN_HTTP_REQ_DURATION;
    plan_seal(&p);
    struct shard_shape shape = plan_shape(&p);
    assert_int_equal(1, shape.journeys);
    assert_int_equal(1, shape.steps);
    assert_int_equal(BUILTIN_METRICS + 1, shape.metrics);
    assert_int_equal(METRIC_RATE, shape.metric_kinds[BUILTIN_METRICS]);
    assert_int_equal(METRIC_GAUGE, shape.metric_kinds[BUILTIN_VUS]);
    assert_int_equal(2, shape.selectors);
    assert_int_equal(METRIC_RATE, shape.selector_kinds[0]);
    assert_int_equal(METRIC_TREND, shape.selector_kinds[1]);
    free((void *)(uintptr_t)shape.metric_kinds);
    free((void *)(uintptr_t)shape.selector_kinds);
    plan_fini(&p);
}

static void statuses_meet_their_ranges(void **state)
{
    (void)state;
    static const struct expectation expect = {
        {{200, 299}, {404, 404}, {301, 303}}, 3};
    static const struct {
        int status;
        bool meets;
    } rows[] = {{200, true},  {299, true},  {404, true},  {302, true},
                {199, false}, {300, false}, {304, false}, {403, false},
                {405, false}, {0, false},   {-1, false}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(rows[i].meets,
                         expectation_meets(&expect, rows[i].status));
    struct expectation nothing = {.count = 0};
    assert_false(expectation_meets(&nothing, 200));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(built_in_metrics_come_first_and_are_found),
        cmocka_unit_test(ids_and_step_rows_are_dense_over_profiles),
        cmocka_unit_test(only_tags_that_are_asked_for_have_keys),
        cmocka_unit_test(journeys_are_drawn_in_proportion),
        cmocka_unit_test(a_seed_decides_who_does_what),
        cmocka_unit_test(a_journey_without_weight_is_never_drawn),
        cmocka_unit_test(a_shard_has_the_shape_of_the_plan),
        cmocka_unit_test(statuses_meet_their_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
