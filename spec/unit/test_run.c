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
#include "engine/signals.h"
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
    signals_catch();
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
    assert_int_equal(1, signals_count());
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
    assert_int_equal(2, signals_count());
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

/* ---------------------------------------------------------------- open model
 */

enum { NUMBERS_MAX = 16384 };

static struct {
    atomic_uchar seen[NUMBERS_MAX];
    atomic_uint none; /* without a number */
} numbers;

static void note_number(struct vu *vu, enum journey_part part)
{
    if (part != PART_ITERATION)
        return;
    uint64_t number = vu->iteration_in_run;
    if (number && number <= NUMBERS_MAX)
        atomic_fetch_add(&numbers.seen[number - 1], 1);
    else
        atomic_fetch_add(&numbers.none, 1);
}

static void forget_numbers(void)
{
    for (size_t i = 0; i < NUMBERS_MAX; i++)
        atomic_store(&numbers.seen[i], 0);
    atomic_store(&numbers.none, 0);
}

/* How many iterations had a number; none had that of another one. */
static uint64_t count_numbers(void)
{
    uint64_t count = 0;
    for (size_t i = 0; i < NUMBERS_MAX; i++) {
        assert_true(atomic_load(&numbers.seen[i]) <= 1);
        count += atomic_load(&numbers.seen[i]);
    }
    return count;
}

static struct profile *prepare_arrivals(uint32_t workers, double rate,
                                        uint32_t max_vus, int64_t duration_ns)
{
    struct rate_segment line = {
        .from = rate, .to = rate, .duration_ns = duration_ns};
    prepare(workers);
    f.script->at_start = note_number;
    forget_numbers();
    return fake_plan_arrivals(&f.plan, &line, 1, max_vus);
}

static uint64_t handed_over(void)
{
    return f.run.totals.sum.arrivals.handed_over;
}

/* Every arrival is handed over, begins and is counted, or is dropped. */
static void assert_all_arrived(uint64_t planned)
{
    uint64_t dropped = (uint64_t)total(BUILTIN_DROPPED_ITERATIONS);
    assert_int_equal(planned, handed_over() + dropped);
    assert_int_equal(handed_over(), journey()->iterations);
    assert_int_equal(handed_over(), count_numbers());
    assert_int_equal(0, numbers.none);
    assert_int_equal(handed_over(), total(BUILTIN_ITERATION_LAG));
    assert_int_equal(handed_over(), total(BUILTIN_ITERATION_RESPONSE_TIME));
}

static void arrivals_add_up(void **state)
{
    (void)state;
    static const struct {
        uint32_t users;
        bool is_poisson, is_queue;
    } rows[] = {{2000, false, false}, {5, false, false}, {1, false, false},
                {5, true, false},     {5, false, true},  {40, true, true}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
            struct profile *profile =
                prepare_arrivals(workers, 4000, rows[i].users, 100 * NS_PER_MS);
            struct arrival_cursor c;
            f.script->parts[PART_ITERATION] =
                (struct fake_part){FAKE_WAITS, NS_PER_MS, OUTCOME_DONE};
            profile->is_poisson = rows[i].is_poisson;
            profile->is_queue = rows[i].is_queue;
            arrival_cursor_init(&c, &profile->arrivals, profile->is_poisson,
                                timetable_seed(f.plan.seed, 0, 0));
            uint64_t planned = arrival_cursor_count(&c, 100 * NS_PER_MS);
            assert_int_equal(RUN_FINISHED, execute());
            assert_all_arrived(planned);
            if (rows[i].is_queue || rows[i].users >= planned)
                assert_int_equal(planned, handed_over());
            assert_true(f.run.totals.sum.steps[0].vus <= rows[i].users);
            finish();
        }
}

/* With more workers than users, most have to wait for others; one that nobody
 * wakes would wait for ever. */
static void no_worker_is_forgotten(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) {
        prepare_arrivals(WORKERS_MAX, 30000, 1 + (uint32_t)round % 2,
                         50 * NS_PER_MS)
            ->is_queue = true;
        assert_int_equal(RUN_FINISHED, execute());
        assert_all_arrived(1500);
        assert_true(total(BUILTIN_DROPPED_ITERATIONS) == 0);
        finish();
    }
}

static void arrivals_with_on_start_and_on_stop_add_up(void **state)
{
    (void)state;
    prepare_arrivals(2, 1000, 4, 100 * NS_PER_MS);
    f.plan.has_on_start = f.plan.has_on_stop = true;
    f.script->parts[PART_ON_START] =
        (struct fake_part){FAKE_WAITS, 20 * NS_PER_MS, OUTCOME_DONE};
    assert_int_equal(RUN_FINISHED, execute());
    assert_all_arrived(100);
    assert_int_equal(count(FAKE_OPEN, FAKE_ANY),
                     count(FAKE_END, PART_ON_START));
    assert_int_equal(count(FAKE_OPEN, FAKE_ANY), count(FAKE_END, PART_ON_STOP));
    finish();
}

/* Neither open nor closed users share a number with another of their kind. */
static void iterations_of_all_workers_have_their_own_numbers(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare(workers);
        forget_numbers();
        f.script->at_start = note_number;
        fake_plan_constant(&f.plan, PROFILE_PER_VU, 30, 60 * NS_PER_S)
            ->iterations = 20;
        assert_int_equal(RUN_FINISHED, execute());
        assert_int_equal(600, count_numbers());
        for (size_t i = 0; i < 600; i++)
            assert_int_equal(1, numbers.seen[i]);
        finish();
    }
}

static void signals_end_a_stage_of_arrivals(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare_arrivals(workers, 500, 4, 60 * NS_PER_S)->is_queue =
            workers == 2;
        f.plan.has_teardown = true;
        f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
        f.script->at_start = interrupt_twice;
        assert_int_equal(RUN_INTERRUPTED, execute());
        assert_int_equal(count(FAKE_START, PART_ITERATION),
                         count(FAKE_CANCEL, PART_ITERATION));
        assert_int_equal(count(FAKE_START, PART_ITERATION), journey()->cut_off);
        finish();
    }
}

/* ----------------------------------------------------------------- warm-up */

enum { TICKS_MAX = 16 };

static struct {
    enum run_phase phase;
    size_t windows;
    uint64_t iterations;
} seen_ticks[TICKS_MAX];

static enum run_wish note_tick(void *arg, struct run *run)
{
    (void)arg;
    if (f.ticks < TICKS_MAX) {
        seen_ticks[f.ticks].phase = run->phase;
        seen_ticks[f.ticks].windows = run->totals.series.count;
        seen_ticks[f.ticks].iterations = run->totals.sum.journeys[0].iterations;
    }
    f.ticks++;
    return RUN_GO_ON;
}

static void prepare_warm(uint32_t workers, int64_t warmup_ns,
                         int64_t duration_ns)
{
    prepare_users(workers, 3, duration_ns);
    f.plan.profiles[0].warm_load = 3;
    f.plan.warmup_ns = warmup_ns;
    f.script->parts[PART_ITERATION] =
        (struct fake_part){FAKE_WAITS, NS_PER_MS, OUTCOME_DONE};
}

/* The warm-up, a tick as it ends, then the stage. */
static void phases_come_in_order(void **state)
{
    (void)state;
    prepare_warm(2, 1500 * NS_PER_MS, LONG_ENOUGH);
    f.plan.has_setup = f.plan.has_teardown = true;
    assert_int_equal(RUN_FINISHED, execute_with(note_tick));
    assert_true(f.ticks >= 2);
    assert_int_equal(RUN_WARM_UP, seen_ticks[0].phase);
    assert_int_equal(0, seen_ticks[0].windows);
    assert_int_equal(0, seen_ticks[0].iterations);
    assert_int_equal(RUN_STAGE, seen_ticks[1].phase);
    assert_int_equal(0, seen_ticks[1].windows);
    assert_int_equal(RUN_OVER, f.run.phase);
    assert_int_equal(f.ticks - 1, f.run.totals.series.count);
    assert_true(f.run.totals.series.windows[0].from_ns == 0);
    assert_int_equal(3, f.run.totals.series.windows[0].vus);
    assert_true(journey()->iterations > 0);
    assert_true(journey()->iterations < count(FAKE_END, PART_ITERATION));
    finish();
}

/* Over before the control thread noticed that it began. */
static void a_very_short_stage_has_a_window_too(void **state)
{
    (void)state;
    prepare_warm(2, 20 * NS_PER_MS, 60 * NS_PER_S);
    f.plan.profiles[0].kind = PROFILE_PER_VU;
    f.plan.profiles[0].iterations = 1;
    assert_int_equal(RUN_FINISHED, execute());
    assert_int_equal(3, journey()->iterations);
    assert_true(f.run.totals.series.count > 0);
    assert_true(total(BUILTIN_VUS) > 0);
    finish();
}

static void a_warm_up_of_arrivals_counts_nothing(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare_arrivals(workers, 1000, 500, 100 * NS_PER_MS)->warm_load = 5000;
        f.plan.warmup_ns = 100 * NS_PER_MS;
        assert_int_equal(RUN_FINISHED, execute());
        assert_int_equal(499, numbers.none); /* not at its very end */
        numbers.none = 0;
        assert_all_arrived(100);
        for (size_t i = 0; i < 100; i++)
            assert_int_equal(1, numbers.seen[i]);
        finish();
    }
}

static void interrupt_third(struct vu *vu, enum journey_part part)
{
    if (part == PART_ITERATION && vu->id == 3 && vu->total_iterations == 1)
        raise(SIGINT);
}

static void a_signal_in_the_warm_up_ends_the_run(void **state)
{
    (void)state;
    prepare_warm(2, 60 * NS_PER_S, 60 * NS_PER_S);
    f.plan.has_teardown = true;
    f.script->at_start = interrupt_third;
    assert_int_equal(RUN_INTERRUPTED, execute_with(note_tick));
    for (int i = 0; i < f.ticks && i < TICKS_MAX; i++)
        assert_int_equal(RUN_WARM_UP, seen_ticks[i].phase);
    assert_true(run_elapsed_s(&f.run) == 0);
    assert_int_equal(0, journey()->iterations + journey()->cut_off);
    assert_int_equal(0, f.run.totals.series.count);
    assert_int_equal(0, count(FAKE_CANCEL, FAKE_ANY));
    assert_int_equal(1, count(FAKE_END, PART_TEARDOWN));
    finish();
}

/* ------------------------------------------------------- load from outside */

static uint64_t before_level;

static enum run_wish begin_level(void *arg, struct run *run)
{
    (void)arg;
    if (f.ticks++)
        return RUN_GO_ON;
    assert_int_equal(0, run->totals.level.journeys[0].iterations);
    before_level = run->totals.sum.journeys[0].iterations;
    run_begin_level(run);
    assert_true(run_level_span_s(run) >= 0);
    struct health h = run_level_health(run);
    assert_true(h.steal >= 0 && h.delay >= 0);
    return RUN_GO_ON;
}

static void a_level_is_what_came_since(void **state)
{
    (void)state;
    prepare_warm(2, 20 * NS_PER_MS, LONG_ENOUGH);
    f.plan.warmup_ns = 0;
    f.plan.profiles[0].schedule.segments[0].duration_ns = 1300 * NS_PER_MS;
    assert_int_equal(RUN_FINISHED, execute_with(begin_level));
    const struct shard *level = &f.run.totals.level;
    assert_true(before_level > 0);
    assert_int_equal(journey()->iterations - before_level,
                     level->journeys[0].iterations);
    assert_true(level->metrics[BUILTIN_ITERATIONS].value ==
                (double)level->journeys[0].iterations);
    finish();
}

static enum run_wish set_loads(void *arg, struct run *run)
{
    (void)arg;
    if (!f.ticks++) {
        run_set_load(run, 0, 1);
        run_set_load(run, 1, 400);
    }
    return RUN_GO_ON;
}

static void loads_hold_for_all_workers(void **state)
{
    (void)state;
    static const struct rate_segment quiet = {.duration_ns = 1500 * NS_PER_MS};
    prepare(2);
    fake_plan_constant(&f.plan, PROFILE_VUS, 4, 1500 * NS_PER_MS);
    f.plan.profiles[0].ramp_down_grace_ns = 0;
    fake_plan_arrivals(&f.plan, &quiet, 1, 500);
    f.script->parts[PART_ITERATION] =
        (struct fake_part){FAKE_BY_HAND, 0, OUTCOME_DONE};
    f.plan.profiles[0].grace_ns = f.plan.profiles[1].grace_ns = 0;
    assert_int_equal(RUN_FINISHED, execute_with(set_loads));
    for (int id = 1; id <= 4; id++)
        assert_int_equal(1,
                         fake_count(f.script, FAKE_CANCEL, PART_ITERATION, id));
    assert_true(handed_over() > 0 && handed_over() <= 200);
    assert_int_equal(4 + handed_over(), journey()->cut_off);
    finish();
}

static size_t starts_in_pause;

static enum run_wish pause_for_a_while(void *arg, struct run *run)
{
    (void)arg;
    size_t starts = count(FAKE_START, PART_ITERATION);
    if (f.ticks == 0)
        run_pause(run, true);
    if (f.ticks == 1)
        starts_in_pause = starts;
    if (f.ticks == 2) {
        assert_int_equal(starts_in_pause, starts);
        run_pause(run, false);
    }
    f.ticks++;
    return f.ticks == 4 ? RUN_WANTS_FAILURE : RUN_GO_ON;
}

static void in_a_pause_nothing_begins(void **state)
{
    (void)state;
    static const struct rate_segment line = {
        .from = 20, .to = 20, .duration_ns = 60 * NS_PER_S};
    prepare(2);
    fake_plan_constant(&f.plan, PROFILE_VUS, 4, 60 * NS_PER_S);
    fake_plan_arrivals(&f.plan, &line, 1, 10);
    f.script->parts[PART_ITERATION] =
        (struct fake_part){FAKE_WAITS, 20 * NS_PER_MS, OUTCOME_DONE};
    assert_int_equal(RUN_THRESHOLD, execute_with(pause_for_a_while));
    assert_true(count(FAKE_START, PART_ITERATION) > starts_in_pause + 4);
    assert_true(total(BUILTIN_DROPPED_ITERATIONS) <= 2);
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
        cmocka_unit_test(arrivals_add_up),
        cmocka_unit_test(no_worker_is_forgotten),
        cmocka_unit_test(arrivals_with_on_start_and_on_stop_add_up),
        cmocka_unit_test(iterations_of_all_workers_have_their_own_numbers),
        cmocka_unit_test(signals_end_a_stage_of_arrivals),
        cmocka_unit_test(phases_come_in_order),
        cmocka_unit_test(a_very_short_stage_has_a_window_too),
        cmocka_unit_test(a_warm_up_of_arrivals_counts_nothing),
        cmocka_unit_test(a_signal_in_the_warm_up_ends_the_run),
        cmocka_unit_test(a_level_is_what_came_since),
        cmocka_unit_test(loads_hold_for_all_workers),
        cmocka_unit_test(in_a_pause_nothing_begins),
    };
    return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
