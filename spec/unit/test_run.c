/* run: whole runs of fake journeys on real threads. What is asserted are counts
 * and orders, never how long anything took. Stages that are about time last
 * longer than a busy machine keeps a thread waiting. */
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/run.h"
#include "fake_journey.h"
#include "fake_plan.h"
#include "io/http.h"
#include "unit.h"

enum { WORKERS_MAX = 3 };

#define LONG_ENOUGH (250 * NS_PER_MS)

struct fixture {
    struct run_plan plan;
    struct run run;
    struct fake_script *script;
    struct error err;
    int ticks;
};

static struct fixture f;

static int set_up_all(void **state)
{
    (void)state;
    struct error err;
    return !http_global_init(&err);
}

static int tear_down_all(void **state)
{
    (void)state;
    http_global_fini();
    return 0;
}

/* A plan without profiles; every part ends at once and well. */
static void prepare(uint32_t workers)
{
    f = (struct fixture){.script = fake_script_new()};
    fake_plan_init(&f.plan, workers);
    f.plan.script = f.script;
    run_catch_signals();
}

static void prepare_users(uint32_t workers, uint32_t users, int64_t duration_ns)
{
    prepare(workers);
    fake_plan_constant(&f.plan, PROFILE_VUS, users, duration_ns);
}

/* Each user makes one iteration, whenever it comes to it. */
static void prepare_once(uint32_t workers, uint32_t users)
{
    prepare(workers);
    fake_plan_constant(&f.plan, PROFILE_PER_VU, users, 60 * NS_PER_S)
        ->iterations = 1;
}

static enum run_stop execute_with(enum run_wish (*tick)(void *, struct run *))
{
    plan_seal(&f.plan);
    struct run_caller caller = {.tick = tick};
    return run_execute(&f.run, &f.plan, &fake_journey, &caller, &f.err);
}

static enum run_stop execute(void)
{
    return execute_with(NULL);
}

static size_t count(enum fake_event_kind kind, int part)
{
    return fake_count(f.script, kind, part, FAKE_ANY);
}

/* What holds after any run: who came has gone, what began has ended, nobody
 * and nothing is left over. */
static void finish(void)
{
    assert_false(f.script->is_full);
    assert_int_equal(count(FAKE_OPEN, FAKE_ANY), count(FAKE_CLOSE, FAKE_ANY));
    assert_int_equal(count(FAKE_START, FAKE_ANY), count(FAKE_END, FAKE_ANY));
    assert_int_equal(count(FAKE_OPEN_WORKER, FAKE_ANY),
                     count(FAKE_CLOSE_WORKER, FAKE_ANY));
    assert_int_equal(0, run_users(&f.run));
    run_fini(&f.run);
    plan_fini(&f.plan);
    fake_script_free(f.script);
}

static const struct journey_row *journey(void)
{
    return &f.run.totals.sum.journeys[0];
}

static double total(int metric)
{
    double sum = -1;
    metric_aggregate(&f.run.totals.sum.metrics[metric], AGGREGATE_COUNT, 0, 1,
                     &sum);
    return sum;
}

/* --------------------------------------------------------------- profiles */

static void every_user_starts_and_stops_exactly_once(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare_users(workers, 7, LONG_ENOUGH);
        assert_int_equal(RUN_FINISHED, execute());
        for (int id = 1; id <= 7; id++) {
            assert_int_equal(1, fake_count(f.script, FAKE_OPEN, FAKE_ANY, id));
            assert_int_equal(1, fake_count(f.script, FAKE_CLOSE, FAKE_ANY, id));
        }
        assert_int_equal(7, count(FAKE_OPEN, FAKE_ANY));
        assert_int_equal(count(FAKE_END, PART_ITERATION),
                         journey()->iterations);
        assert_true(total(BUILTIN_ITERATIONS) == journey()->iterations);
        assert_true(journey()->iterations >= 7);
        assert_int_equal(7, f.run.totals.sum.steps[0].vus);
        finish();
    }
}

static void shared_iterations_add_up(void **state)
{
    (void)state;
    static const struct {
        uint64_t iterations;
        uint32_t users;
    } rows[] = {{100, 7}, {1, 10}, {3, 2}, {50, 50}, {2, 300}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
            prepare(workers);
            fake_plan_constant(&f.plan, PROFILE_SHARED, rows[i].users,
                               60 * NS_PER_S)
                ->iterations = rows[i].iterations;
            assert_int_equal(RUN_FINISHED, execute());
            assert_int_equal(rows[i].iterations, journey()->iterations);
            assert_int_equal(rows[i].iterations,
                             count(FAKE_END, PART_ITERATION));
            finish();
        }
}

static void each_user_makes_its_iterations(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare(workers);
        f.plan.has_on_start = f.plan.has_on_stop = true;
        fake_plan_constant(&f.plan, PROFILE_PER_VU, 5, 60 * NS_PER_S)
            ->iterations = 4;
        assert_int_equal(RUN_FINISHED, execute());
        for (int id = 1; id <= 5; id++) {
            assert_int_equal(
                4, fake_count(f.script, FAKE_END, PART_ITERATION, id));
            assert_int_equal(1,
                             fake_count(f.script, FAKE_END, PART_ON_START, id));
            assert_int_equal(1,
                             fake_count(f.script, FAKE_END, PART_ON_STOP, id));
        }
        assert_int_equal(20, journey()->iterations);
        finish();
    }
}

/* A fast ramp up and down again: however the threads are delayed, the balance
 * that finish() checks holds, and ids stay within the plan. */
static void ramps_leave_nobody_behind(void **state)
{
    (void)state;
    static const struct segment ramp[] = {
        {.from = 0, .to = 40, .duration_ns = 20 * NS_PER_MS, .step = 1},
        {.from = 40, .to = 0, .duration_ns = 20 * NS_PER_MS, .step = 2},
        {.from = 0, .to = 15, .duration_ns = 0, .step = 3},
        {.from = 15, .to = 15, .duration_ns = 10 * NS_PER_MS, .step = 3}};
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare(workers);
        f.script->parts[PART_ITERATION] =
            (struct fake_part){FAKE_WAITS, NS_PER_MS, OUTCOME_DONE};
        fake_plan_profile(&f.plan, PROFILE_VUS, ramp, COUNT_OF(ramp));
        assert_int_equal(RUN_FINISHED, execute());
        for (size_t i = 0; i < f.script->count; i++)
            assert_true(f.script->events[i].id <= 40);
        assert_int_equal(0, count(FAKE_CANCEL, FAKE_ANY));
        finish();
    }
}

static void profiles_run_side_by_side(void **state)
{
    (void)state;
    prepare(2);
    plan_add_journey(&f.plan, "second", 1);
    struct profile *first =
        fake_plan_constant(&f.plan, PROFILE_PER_VU, 3, 60 * NS_PER_S);
    first->iterations = 2;
    first->journey = 0;
    struct profile *second =
        fake_plan_constant(&f.plan, PROFILE_SHARED, 2, 60 * NS_PER_S);
    second->iterations = 7;
    second->journey = 1;
    second->start_ns = 10 * NS_PER_MS;
    assert_int_equal(RUN_FINISHED, execute());
    for (size_t i = 0; i < f.script->count; i++) {
        const struct fake_event *e = &f.script->events[i];
        if (e->kind == FAKE_END)
            assert_int_equal(e->id > 3, e->journey);
    }
    assert_int_equal(6, f.run.totals.sum.journeys[0].iterations);
    assert_int_equal(7, f.run.totals.sum.journeys[1].iterations);
    assert_int_equal(3, f.run.totals.sum.steps[0].vus);
    assert_int_equal(2, f.run.totals.sum.steps[1].vus);
    finish();
}

static void note_a_check(struct vu *vu, enum journey_part part)
{
    (void)part;
    char name[] = "check 0";
    name[6] = (char)('0' + vu->id % 3);
    record_check(vu, name, sizeof name - 1, vu->iteration % 2, NULL);
}

static void what_workers_measure_is_summed_exactly(void **state)
{
    (void)state;
    prepare(3);
    f.script->at_start = note_a_check;
    fake_plan_constant(&f.plan, PROFILE_PER_VU, 9, 60 * NS_PER_S)->iterations =
        10;
    assert_int_equal(RUN_FINISHED, execute());
    assert_int_equal(3, f.run.totals.registry.tallies[TALLY_CHECKS].count);
    for (uint32_t i = 0; i < 3; i++) {
        const struct tally_row *row =
            shard_tally(&f.run.totals.sum, TALLY_CHECKS, i);
        assert_int_equal(15, row->passes);
        assert_int_equal(15, row->fails);
    }
    assert_true(total(BUILTIN_CHECKS) == 90);
    finish();
}

/* ------------------------------------------------------------------ grace */

static void running_iterations_end_within_the_grace(void **state)
{
    (void)state;
    prepare_users(2, 5, LONG_ENOUGH);
    f.script->parts[PART_ITERATION] =
        (struct fake_part){FAKE_WAITS, 2 * LONG_ENOUGH, OUTCOME_DONE};
    assert_int_equal(RUN_FINISHED, execute());
    assert_int_equal(0, count(FAKE_CANCEL, FAKE_ANY));
    assert_int_equal(0, journey()->cut_off);
    assert_int_equal(5, journey()->iterations);
    finish();
}

static void what_outlives_the_grace_is_cut_off(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare_users(workers, 5, LONG_ENOUGH);
        f.plan.profiles[0].grace_ns = 5 * NS_PER_MS;
        f.plan.has_on_stop = true;
        f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
        assert_int_equal(RUN_FINISHED, execute());
        assert_int_equal(5, count(FAKE_CANCEL, PART_ITERATION));
        assert_int_equal(5, journey()->cut_off);
        assert_int_equal(0, journey()->iterations);
        assert_int_equal(0, count(FAKE_START, PART_ON_STOP));
        assert_true(total(BUILTIN_ITERATIONS) == 0);
        finish();
    }
}

static void a_dip_within_the_grace_costs_no_restart(void **state)
{
    (void)state;
    static const struct segment dip[] = {
        {.from = 4, .to = 4, .duration_ns = LONG_ENOUGH, .step = 1},
        {.from = 1, .to = 1, .duration_ns = LONG_ENOUGH, .step = 2},
        {.from = 4, .to = 4, .duration_ns = LONG_ENOUGH, .step = 3}};
    prepare(2);
    fake_plan_profile(&f.plan, PROFILE_VUS, dip, COUNT_OF(dip))->grace_ns = 0;
    f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
    assert_int_equal(RUN_FINISHED, execute());
    assert_int_equal(4, count(FAKE_OPEN, FAKE_ANY));
    assert_int_equal(4, count(FAKE_START, PART_ITERATION));
    finish();
}

/* ------------------------------------------------------ setup and teardown */

static void outcomes_of_setup_and_teardown(void **state)
{
    (void)state;
    static const struct {
        enum journey_outcome setup, teardown;
        enum run_stop stop;
        bool has_stage, has_teardown;
    } rows[] = {
        {OUTCOME_DONE, OUTCOME_DONE, RUN_FINISHED, true, true},
        {OUTCOME_ERROR, OUTCOME_DONE, RUN_SETUP_FAILED, false, false},
        {OUTCOME_FAILED, OUTCOME_DONE, RUN_SETUP_FAILED, false, false},
        {OUTCOME_ABORTED, OUTCOME_DONE, RUN_ABORTED, false, false},
        {OUTCOME_DONE, OUTCOME_ERROR, RUN_TEARDOWN_FAILED, true, true},
        {OUTCOME_DONE, OUTCOME_FAILED, RUN_TEARDOWN_FAILED, true, true},
        {OUTCOME_DONE, OUTCOME_ABORTED, RUN_ABORTED, true, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        prepare_once(2, 3);
        f.plan.has_setup = f.plan.has_teardown = true;
        f.script->parts[PART_SETUP].outcome = rows[i].setup;
        f.script->parts[PART_TEARDOWN].outcome = rows[i].teardown;
        enum run_stop stop = execute();
        if (stop != rows[i].stop)
            fail_msg("row %zu: %d", i, (int)stop);
        assert_int_equal(1, count(FAKE_START, PART_SETUP));
        assert_int_equal(rows[i].has_stage,
                         count(FAKE_START, PART_ITERATION) > 0);
        assert_int_equal(rows[i].has_teardown,
                         count(FAKE_START, PART_TEARDOWN));
        finish();
    }
}

static void setup_comes_first_and_teardown_last(void **state)
{
    (void)state;
    prepare_once(2, 3);
    f.plan.has_setup = f.plan.has_teardown = true;
    f.script->parts[PART_SETUP] =
        (struct fake_part){FAKE_WAITS, 5 * NS_PER_MS, OUTCOME_DONE};
    assert_int_equal(RUN_FINISHED, execute());
    bool set_up = false, torn_down = false;
    for (size_t i = 0; i < f.script->count; i++) {
        const struct fake_event *e = &f.script->events[i];
        set_up |= e->kind == FAKE_END && e->part == PART_SETUP;
        torn_down |= e->kind == FAKE_START && e->part == PART_TEARDOWN;
        if (e->part == PART_ITERATION && e->kind == FAKE_START)
            assert_true(set_up && !torn_down);
    }
    assert_true(torn_down);
    finish();
}

static void parts_that_take_too_long_are_cut_off(void **state)
{
    (void)state;
    static const struct {
        enum journey_part part;
        enum run_stop stop;
        bool has_stage;
    } rows[] = {{PART_SETUP, RUN_SETUP_TIMEOUT, false},
                {PART_TEARDOWN, RUN_TEARDOWN_TIMEOUT, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        prepare_once(2, 3);
        f.plan.has_setup = f.plan.has_teardown = true;
        if (rows[i].part == PART_SETUP)
            f.plan.setup_timeout_ns = 5 * NS_PER_MS;
        else
            f.plan.teardown_timeout_ns = 5 * NS_PER_MS;
        f.script->parts[rows[i].part].way = FAKE_BY_HAND;
        assert_int_equal(rows[i].stop, execute());
        assert_int_equal(1, count(FAKE_CANCEL, (int)rows[i].part));
        assert_int_equal(rows[i].has_stage,
                         count(FAKE_START, PART_ITERATION) > 0);
        finish();
    }
}

/* ---------------------------------------------------------------- stopping */

static void an_abort_ends_the_stage_but_not_teardown(void **state)
{
    (void)state;
    prepare_users(3, 6, 60 * NS_PER_S);
    f.plan.has_teardown = true;
    f.script->parts[PART_ITERATION] =
        (struct fake_part){FAKE_WAITS, 5 * NS_PER_MS, OUTCOME_ABORTED};
    assert_int_equal(RUN_ABORTED, execute());
    assert_int_equal(1, count(FAKE_END, PART_TEARDOWN));
    finish();
}

static enum run_wish interrupt_once(void *arg, struct run *run)
{
    (void)arg;
    if (!f.ticks++)
        kill(getpid(), SIGINT);
    return run->phase == RUN_OVER ? RUN_WANTS_FAILURE : RUN_GO_ON;
}

static void the_first_signal_lets_iterations_end(void **state)
{
    (void)state;
    prepare_users(2, 4, 60 * NS_PER_S);
    f.plan.has_teardown = true;
    f.plan.has_on_stop = true;
    f.script->at_start = note_a_check;
    f.script->parts[PART_ITERATION] =
        (struct fake_part){FAKE_WAITS, 5 * NS_PER_MS, OUTCOME_DONE};
    assert_int_equal(RUN_INTERRUPTED, execute_with(interrupt_once));
    assert_true(total(BUILTIN_CHECKS) == count(FAKE_START, FAKE_ANY));
    assert_int_equal(0, count(FAKE_CANCEL, FAKE_ANY));
    assert_int_equal(4, count(FAKE_END, PART_ON_STOP));
    assert_int_equal(1, count(FAKE_END, PART_TEARDOWN));
    assert_int_equal(1, run_signals());
    finish();
}

/* raise() returns when the handler has run, on whatever thread. */
static void interrupt_twice(struct vu *vu, enum journey_part part)
{
    if (part == PART_ITERATION && vu->id == 3) {
        raise(SIGINT);
        raise(SIGTERM);
    }
}

static void the_second_signal_cuts_everything_off(void **state)
{
    (void)state;
    prepare_users(2, 4, 60 * NS_PER_S);
    f.plan.has_teardown = true;
    f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
    f.script->at_start = interrupt_twice;
    assert_int_equal(RUN_INTERRUPTED, execute());
    assert_int_equal(count(FAKE_START, PART_ITERATION),
                     count(FAKE_CANCEL, PART_ITERATION));
    assert_int_equal(0, count(FAKE_START, PART_TEARDOWN));
    assert_int_equal(2, run_signals());
    finish();
}

static void a_signal_before_the_run_is_not_lost(void **state)
{
    (void)state;
    prepare_users(1, 4, 60 * NS_PER_S);
    f.plan.has_setup = f.plan.has_teardown = true;
    raise(SIGINT);
    assert_int_equal(RUN_INTERRUPTED, execute());
    assert_int_equal(0, count(FAKE_START, FAKE_ANY));
    finish();
}

static void interrupt_setup(struct vu *vu, enum journey_part part)
{
    (void)vu;
    if (part == PART_SETUP)
        raise(SIGTERM);
}

static void a_signal_in_setup_skips_the_stage_only(void **state)
{
    (void)state;
    prepare_users(2, 4, 60 * NS_PER_S);
    f.plan.has_setup = f.plan.has_teardown = true;
    f.script->parts[PART_SETUP] =
        (struct fake_part){FAKE_WAITS, 5 * NS_PER_MS, OUTCOME_DONE};
    f.script->at_start = interrupt_setup;
    assert_int_equal(RUN_INTERRUPTED, execute());
    assert_int_equal(1, count(FAKE_END, PART_SETUP));
    assert_int_equal(0, count(FAKE_CANCEL, FAKE_ANY));
    assert_int_equal(0, count(FAKE_START, PART_ITERATION));
    assert_int_equal(1, count(FAKE_END, PART_TEARDOWN));
    finish();
}

static enum run_wish say_stop(void *arg, struct run *run)
{
    (void)arg;
    f.ticks++;
    return run->phase == RUN_STAGE ? RUN_WANTS_FAILURE : RUN_GO_ON;
}

static void the_tick_may_end_the_run(void **state)
{
    (void)state;
    prepare_users(2, 4, 60 * NS_PER_S);
    f.plan.has_teardown = true;
    f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
    assert_int_equal(RUN_THRESHOLD, execute_with(say_stop));
    assert_int_equal(4, count(FAKE_CANCEL, PART_ITERATION));
    assert_int_equal(4, journey()->cut_off);
    assert_int_equal(1, count(FAKE_END, PART_TEARDOWN));
    assert_true(f.ticks > 0);
    assert_true(f.run.totals.series.count > 0);
    finish();
}

/* --------------------------------------------------------------- hard cases */

static void a_worker_that_cannot_open_ends_the_run(void **state)
{
    (void)state;
    for (int worker = 1; worker <= WORKERS_MAX; worker++) {
        prepare_users(WORKERS_MAX, 4, 60 * NS_PER_S);
        f.plan.has_setup = f.plan.has_teardown = true;
        f.script->fails_to_open = worker;
        assert_int_equal(RUN_INTERNAL, execute());
        assert_non_null(strstr(f.err.text, "does not want to"));
        assert_int_equal(0, count(FAKE_START, FAKE_ANY));
        finish();
    }
}

/* It takes two ticks until nobody doubts that it is stuck. */
static void a_journey_that_never_yields_is_interrupted(void **state)
{
    (void)state;
    prepare_once(2, 1);
    f.plan.max_busy_ns = NS_PER_MS;
    f.script->parts[PART_ITERATION].way = FAKE_BLOCKS;
    assert_int_equal(RUN_FINISHED, execute());
    assert_int_equal(1, count(FAKE_INTERRUPT, FAKE_ANY));
    assert_int_equal(1, journey()->errors);
    assert_true(total(BUILTIN_ITERATION_ERRORS) == 1);
    finish();
}

static void more_workers_than_users_is_fine(void **state)
{
    (void)state;
    prepare(WORKERS_MAX);
    fake_plan_constant(&f.plan, PROFILE_PER_VU, 1, 60 * NS_PER_S)->iterations =
        3;
    assert_int_equal(RUN_FINISHED, execute());
    assert_int_equal(3, journey()->iterations);
    finish();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_user_starts_and_stops_exactly_once),
        cmocka_unit_test(shared_iterations_add_up),
        cmocka_unit_test(each_user_makes_its_iterations),
        cmocka_unit_test(ramps_leave_nobody_behind),
        cmocka_unit_test(profiles_run_side_by_side),
        cmocka_unit_test(what_workers_measure_is_summed_exactly),
        cmocka_unit_test(running_iterations_end_within_the_grace),
        cmocka_unit_test(what_outlives_the_grace_is_cut_off),
        cmocka_unit_test(a_dip_within_the_grace_costs_no_restart),
        cmocka_unit_test(outcomes_of_setup_and_teardown),
        cmocka_unit_test(setup_comes_first_and_teardown_last),
        cmocka_unit_test(parts_that_take_too_long_are_cut_off),
        cmocka_unit_test(an_abort_ends_the_stage_but_not_teardown),
        cmocka_unit_test(the_first_signal_lets_iterations_end),
        cmocka_unit_test(the_second_signal_cuts_everything_off),
        cmocka_unit_test(a_signal_before_the_run_is_not_lost),
        cmocka_unit_test(a_signal_in_setup_skips_the_stage_only),
        cmocka_unit_test(the_tick_may_end_the_run),
        cmocka_unit_test(a_worker_that_cannot_open_ends_the_run),
        cmocka_unit_test(a_journey_that_never_yields_is_interrupted),
        cmocka_unit_test(more_workers_than_users_is_fine),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
