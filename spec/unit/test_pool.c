/* pool: who runs when. Time is moved by saying when the stage began. */
#include "base/clock.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/worker.h"
#include "fake_journey.h"
#include "fake_plan.h"
#include "fake_worker.h"
#include "unit.h"

/* Turns of the loop: enough for a pool that starts a hundred users a turn. */
enum { TURNS = 40, WORKERS_MAX = 3 };

#define HOUR (3600 * NS_PER_S)

/* A ramp of one user an hour, a dip, a jump, a ramp down. */
static const struct segment HILL[] = {
    {.from = 0, .to = 10, .duration_ns = 10 * HOUR, .step = 1},
    {.from = 4, .to = 4, .duration_ns = 2 * HOUR, .step = 2},
    {.from = 8, .to = 8, .duration_ns = 2 * HOUR, .step = 3},
    {.from = 8, .to = 0, .duration_ns = 8 * HOUR, .step = 4},
};

struct fixture {
    struct run_plan plan;
    struct worker workers[WORKERS_MAX];
    struct fake_script *script;
};

static struct fixture f;

static struct profile *prepare(uint32_t workers, enum profile_kind kind,
                               const struct segment *segments, size_t count)
{
    f.script = fake_script_new();
    for (int i = 0; i < FAKE_PARTS; i++)
        f.script->parts[i].way = FAKE_BY_HAND;
    fake_plan_init(&f.plan, workers);
    f.plan.script = f.script;
    return fake_plan_profile(&f.plan, kind, segments, count);
}

static struct profile *prepare_constant(uint32_t workers,
                                        enum profile_kind kind, uint32_t users)
{
    struct segment constant = {users, users, 0, HOUR, 1};
    return prepare(workers, kind, &constant, 1);
}

static void open_workers(void)
{
    plan_seal(&f.plan);
    for (uint32_t i = 0; i < f.plan.workers; i++)
        fake_worker_init(&f.workers[i], &f.plan, i);
}

static struct pool *pool_of(uint32_t worker)
{
    return &f.workers[worker].pools[0];
}

static struct pool *begin_hill(void)
{
    prepare(1, PROFILE_VUS, HILL, COUNT_OF(HILL));
    open_workers();
    return pool_of(0);
}

static int end(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < f.plan.workers; i++)
        fake_worker_fini(&f.workers[i]);
    bool balanced = fake_count(f.script, FAKE_OPEN, FAKE_ANY, FAKE_ANY) ==
                        fake_count(f.script, FAKE_CLOSE, FAKE_ANY, FAKE_ANY) &&
                    fake_count(f.script, FAKE_START, FAKE_ANY, FAKE_ANY) ==
                        fake_count(f.script, FAKE_END, FAKE_ANY, FAKE_ANY);
    plan_fini(&f.plan);
    fake_script_free(f.script);
    return !balanced;
}

static void turn(uint32_t worker)
{
    fake_worker_turn(&f.workers[worker], TURNS);
}

/* As if the stage had begun so long ago. */
static void move_to(uint32_t worker, int64_t at_ns)
{
    pool_start(pool_of(worker), clock_now_ns() - at_ns, 0);
    turn(worker);
}

static size_t opened(void)
{
    return fake_count(f.script, FAKE_OPEN, FAKE_ANY, FAKE_ANY);
}

static size_t count_ends(void)
{
    return fake_count(f.script, FAKE_END, PART_ITERATION, FAKE_ANY);
}

static uint32_t count_state(const struct pool *p, enum vu_state state)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->capacity; i++)
        count += p->users[i].state == state;
    return count;
}

/* ---------------------------------------------------------------- schedule */

static void as_many_run_as_the_schedule_wants(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    assert_int_equal(10, p->capacity);
    static const struct {
        double hours;
        uint32_t running;
    } rows[] = {{0.5, 0},  {1.5, 1},  {3.5, 3},  {9.99, 9},
                {10.5, 4}, {12.5, 8}, {15.5, 7}, {20.5, 2}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        move_to(0, (int64_t)(rows[i].hours * HOUR));
        assert_int_equal(rows[i].running, count_state(p, VU_RUNNING));
        for (uint32_t k = 0; k < rows[i].running; k++)
            assert_int_equal(VU_RUNNING, p->users[k].state);
        assert_true(p->is_open);
    }
}

static void the_last_started_stops_first(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    move_to(0, 9 * HOUR + HOUR / 2);
    move_to(0, 11 * HOUR);
    for (uint32_t i = 0; i < 9; i++)
        assert_int_equal(i < 4 ? VU_RUNNING : VU_DRAINING, p->users[i].state);
    for (uint32_t i = 9; i-- > 4;)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    assert_int_equal(4, p->active);
    assert_int_equal(4, f.workers[0].users);
}

static void a_dip_costs_no_restart(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    move_to(0, 9 * HOUR + HOUR / 2);
    move_to(0, 11 * HOUR);
    move_to(0, 13 * HOUR);
    assert_int_equal(9, opened());
    assert_int_equal(8, count_state(p, VU_RUNNING));
    assert_int_equal(1, count_state(p, VU_DRAINING));
    for (uint32_t i = 0; i < 8; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(2, p->users[i].iteration);
}

static void a_user_in_on_stop_comes_back_as_a_new_one(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    f.plan.has_on_stop = true;
    move_to(0, 9 * HOUR + HOUR / 2);
    move_to(0, 11 * HOUR);
    fake_finish(&p->users[5], OUTCOME_DONE);
    turn(0);
    assert_int_equal(PART_ON_STOP, p->users[5].part);
    move_to(0, 13 * HOUR);
    assert_int_equal(9, opened());
    fake_finish(&p->users[5], OUTCOME_DONE);
    turn(0);
    assert_int_equal(10, opened());
    assert_int_equal(VU_RUNNING, p->users[5].state);
    assert_int_equal(1, p->users[5].iteration);
}

static void at_the_end_everybody_drains(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    move_to(0, 9 * HOUR);
    move_to(0, 22 * HOUR);
    assert_false(p->is_open);
    assert_false(pool_is_done(p));
    assert_int_equal(9, count_state(p, VU_DRAINING));
    assert_int_equal(WORKER_IN_STAGE, worker_state(&f.workers[0]));
    for (uint32_t i = 0; i < 9; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    assert_true(pool_is_done(p));
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

static void a_profile_waits_for_its_start_time(void **state)
{
    (void)state;
    prepare(1, PROFILE_VUS, HILL, COUNT_OF(HILL))->start_ns = 5 * HOUR;
    open_workers();
    move_to(0, 4 * HOUR);
    assert_int_equal(0, pool_of(0)->active);
    assert_true(pool_of(0)->is_open);
    assert_int_equal(WORKER_IN_STAGE, worker_state(&f.workers[0]));
    move_to(0, 7 * HOUR + 1);
    assert_int_equal(2, pool_of(0)->active);
}

static void steps_note_the_most_users_at_once(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    move_to(0, 9 * HOUR);
    move_to(0, 11 * HOUR);
    assert_int_equal(p->profile->first_step + 1, p->step);
    for (uint32_t i = 0; i < 9; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    move_to(0, 13 * HOUR);
    const struct step_row *steps = worker_shard(&f.workers[0])->steps;
    static const uint64_t most[] = {9, 9, 8, 0}; /* draining ones count */
    for (size_t i = 0; i < COUNT_OF(most); i++)
        assert_int_equal(most[i], steps[i].vus);
}

static void many_users_start_and_go_over_several_turns(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 2000);
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 0);
    turn(0);
    assert_int_equal(2000, count_state(p, VU_RUNNING));
    move_to(0, HOUR);
    turn(0);
    assert_int_equal(2000, count_state(p, VU_DRAINING));
    assert_int_equal(2000, opened());
}

/* ---------------------------------------------------------------- striping */

static void workers_together_run_the_plan(void **state)
{
    (void)state;
    prepare(3, PROFILE_VUS, HILL, COUNT_OF(HILL));
    open_workers();
    for (int64_t at = HOUR / 2; at < 22 * HOUR; at += HOUR) {
        uint32_t running = 0, capacity = 0;
        uint64_t ids = 0;
        for (uint32_t w = 0; w < 3; w++) {
            struct pool *p = pool_of(w);
            move_to(w, at);
            running += count_state(p, VU_RUNNING);
            capacity += p->capacity;
            for (uint32_t i = 0; i < p->capacity; i++)
                if (p->users[i].state == VU_RUNNING)
                    ids |= UINT64_C(1) << p->users[i].id;
        }
        uint32_t target = schedule_target(&f.plan.profiles[0].schedule, at);
        assert_int_equal(target, running);
        assert_int_equal(10, capacity);
        assert_int_equal((UINT64_C(2) << target) - 2, ids); /* 1..target */
    }
}

/* ------------------------------------------------------------------- grace */

static void each_end_has_its_own_grace(void **state)
{
    (void)state;
    struct profile *profile = prepare(1, PROFILE_VUS, HILL, COUNT_OF(HILL));
    profile->ramp_down_grace_ns = 2 * HOUR;
    profile->grace_ns = HOUR;
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 9 * HOUR);
    int64_t before_ns = clock_now_ns();
    move_to(0, 11 * HOUR);
    assert_true(p->users[8].grace_until_ns >= before_ns + 2 * HOUR);
    assert_true(p->users[8].grace_until_ns <= clock_now_ns() + 2 * HOUR);
    before_ns = clock_now_ns();
    move_to(0, 22 * HOUR);
    assert_true(p->users[0].grace_until_ns >= before_ns + HOUR);
    assert_true(p->users[0].grace_until_ns <= clock_now_ns() + HOUR);
}

/* All that drain are watched, the shortest grace first. */
static void assert_watched(const struct pool *p)
{
    uint32_t watched = 0;
    int64_t before_ns = INT64_MIN;
    for (struct list *l = p->draining.next; l != &p->draining; l = l->next) {
        const struct vu *vu = list_entry(l, struct vu, pool_link);
        assert_true(vu->grace_until_ns >= before_ns);
        before_ns = vu->grace_until_ns;
        watched++;
    }
    assert_int_equal(count_state(p, VU_DRAINING), watched);
    assert_int_equal(watched > 0, loop_timer_is_armed(&p->grace));
}

/* Whatever the order in which graces begin and are shortened, those that are
 * over are cut off, and only those. */
static void graces_end_in_their_own_order(void **state)
{
    (void)state;
    static const struct {
        int64_t grace_h[4], shorter_h[4]; /* 0 = none; < 0 is over */
        uint32_t left;                    /* users that still drain */
    } rows[] = {
        {{1, 2, 3, 4}, {0, 0, 0, 0}, 4},
        {{-1, 2, 3, 4}, {0, 0, 0, 0}, 3},
        {{4, 3, 2, -1}, {0, 0, 0, 0}, 3},
        {{3, -1, 4, -2}, {0, 0, 0, 0}, 2},
        {{1, 4, 0, 0}, {0, 2, 0, 0}, 2},
        {{1, 4, 0, 0}, {-1, -1, 0, 0}, 0},
        {{1, 4, 0, 0}, {0, -1, 0, 0}, 1},
        {{1, 2, 3, 4}, {0, -1, 0, -1}, 2},
        {{1, 2, 3, 4}, {0, 0, 2, 0}, 4},
        {{4, 4, 4, 4}, {-1, -1, -1, -1}, 0},
        {{1, 2, 3, 4}, {-1, -1, -1, -1}, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        prepare_constant(1, PROFILE_VUS, 4);
        open_workers();
        struct pool *p = pool_of(0);
        move_to(0, 1);
        int64_t now_ns = clock_now_ns();
        uint32_t draining = 0;
        for (int k = 0; k < 4 && rows[i].grace_h[k]; k++, draining++)
            vu_drain(&p->users[k], now_ns + rows[i].grace_h[k] * HOUR);
        for (int k = 0; k < 4; k++)
            if (rows[i].shorter_h[k])
                vu_drain(&p->users[k], now_ns + rows[i].shorter_h[k] * HOUR);
        assert_watched(p);
        turn(0);
        assert_watched(p);
        assert_int_equal(rows[i].left, count_state(p, VU_DRAINING));
        assert_int_equal(draining - rows[i].left,
                         fake_count(f.script, FAKE_CANCEL, FAKE_ANY, FAKE_ANY));
        if (i + 1 < COUNT_OF(rows))
            assert_int_equal(0, end(NULL));
    }
}

/* A ramp down has begun to drain users one after the other when everything is
 * stopped with a shorter grace. */
static void stopping_shortens_all_graces(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    move_to(0, 9 * HOUR);
    int64_t now_ns = clock_now_ns();
    vu_drain(&p->users[8], now_ns + HOUR);
    vu_drain(&p->users[7], now_ns + 2 * HOUR);
    vu_drain(&p->users[6], now_ns + 3 * HOUR);
    pool_stop(p, HOUR + HOUR / 2);
    for (uint32_t i = 0; i < 9; i++)
        assert_true(p->users[i].grace_until_ns <=
                    clock_now_ns() + HOUR + HOUR / 2);
    assert_watched(p);
    pool_stop(p, -1);
    turn(0);
    assert_int_equal(0, p->active);
    assert_int_equal(9, fake_count(f.script, FAKE_CANCEL, FAKE_ANY, FAKE_ANY));
}

static void a_rescued_user_outlives_its_grace(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 2);
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    vu_drain(&p->users[0], clock_now_ns() - 1);
    vu_drain(&p->users[1], clock_now_ns() - 1);
    vu_start(&p->users[0]);
    turn(0);
    assert_int_equal(VU_RUNNING, p->users[0].state);
    assert_int_equal(1, fake_count(f.script, FAKE_CANCEL, FAKE_ANY, FAKE_ANY));
}

static void cutting_off_ends_everything_at_once(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    move_to(0, 9 * HOUR);
    pool_cut_off(p);
    assert_true(pool_is_done(p));
    assert_int_equal(9, fake_count(f.script, FAKE_CANCEL, FAKE_ANY, FAKE_ANY));
    turn(0);
    assert_int_equal(9, opened()); /* nobody comes back */
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

/* -------------------------------------------------------------- iterations */

static void shares_of_a_budget_add_up(void **state)
{
    (void)state;
    static const struct {
        uint64_t iterations;
        uint32_t users;
    } rows[] = {{100, 7}, {1, 10},       {2, 3}, {10, 10},
                {11, 10}, {1000003, 12}, {5, 1}, {UINT64_C(1) << 53, 1000}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
            prepare_constant(workers, PROFILE_SHARED, rows[i].users)
                ->iterations = rows[i].iterations;
            open_workers();
            uint64_t sum = 0;
            for (uint32_t w = 0; w < workers; w++) {
                sum += pool_of(w)->iterations_left;
                if (!pool_of(w)->capacity)
                    assert_int_equal(0, pool_of(w)->iterations_left);
            }
            assert_true(sum == rows[i].iterations);
            if (i + 1 < COUNT_OF(rows) || workers < WORKERS_MAX)
                assert_int_equal(0, end(NULL));
        }
}

static void users_share_a_budget(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_SHARED, 3)->iterations = 7;
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    for (int i = 0; i < 4; i++) { /* one user makes all it can get */
        fake_finish(&p->users[1], OUTCOME_DONE);
        turn(0);
    }
    assert_int_equal(5, p->users[1].iteration);
    assert_int_equal(0, p->iterations_left);
    for (int i = 0; i < 3; i++)
        fake_finish(&p->users[i], OUTCOME_ERROR);
    turn(0);
    assert_int_equal(7, fake_count(f.script, FAKE_START, FAKE_ANY, FAKE_ANY));
    assert_int_equal(3, opened());
    assert_true(pool_is_done(p));
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

static void each_user_has_a_number_of_iterations(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_PER_VU, 3)->iterations = 2;
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    for (int i = 0; i < 2; i++) {
        fake_finish(&p->users[0], OUTCOME_FAILED);
        turn(0);
    }
    assert_int_equal(VU_IDLE, p->users[0].state); /* and stays it */
    assert_int_equal(2, p->active);
    assert_false(pool_is_done(p));
    for (int i = 0; i < 2; i++) {
        fake_finish(&p->users[1], OUTCOME_DONE);
        fake_finish(&p->users[2], OUTCOME_DONE);
        turn(0);
    }
    assert_true(pool_is_done(p));
    for (int id = 1; id <= 3; id++)
        assert_int_equal(2, fake_count(f.script, FAKE_END, FAKE_ANY, id));
    assert_int_equal(3, opened());
}

/* This worker has many users and nothing for them to do. */
static void a_pool_is_not_done_while_users_are_still_started(void **state)
{
    (void)state;
    prepare_constant(2, PROFILE_SHARED, 1400)->iterations = 1;
    open_workers();
    struct worker *idle = &f.workers[1];
    assert_int_equal(0, pool_of(1)->iterations_left);
    pool_start(pool_of(1), clock_now_ns() - 1, 0);
    int turns = 0;
    while (worker_state(idle) != WORKER_READY && turns++ < 1000)
        fake_worker_turn(idle, 1);
    size_t before = opened();
    turn(1);
    assert_int_equal(WORKER_READY, worker_state(idle));
    assert_int_equal(before, opened());
    assert_int_equal(0, idle->users);
}

static void a_user_that_retires_never_comes_back(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 3);
    f.plan.has_on_stop = true;
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    fake_finish(&p->users[1], OUTCOME_RETIRED);
    turn(0);
    assert_int_equal(1, fake_count(f.script, FAKE_START, PART_ON_STOP, 2));
    fake_finish(&p->users[1], OUTCOME_DONE);
    move_to(0, 2);
    assert_int_equal(VU_IDLE, p->users[1].state);
    assert_int_equal(2, count_state(p, VU_RUNNING));
    assert_int_equal(3, opened());
    assert_true(p->is_open);
}

static void a_profile_is_over_when_all_have_retired(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 3);
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    for (uint32_t i = 0; i < 3; i++) {
        assert_false(pool_is_done(p));
        fake_finish(&p->users[i], OUTCOME_RETIRED);
        turn(0);
    }
    assert_true(pool_is_done(p));
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

/* ------------------------------------------------------------------ pacing */

/* Pacing spaces out iterations; after the last one there is none to wait for.
 */
static void nobody_waits_for_an_iteration_that_does_not_come(void **state)
{
    (void)state;
    static const enum profile_kind kinds[] = {PROFILE_SHARED, PROFILE_PER_VU};
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct profile *profile = prepare_constant(1, kinds[i], 2);
        profile->iterations = kinds[i] == PROFILE_SHARED ? 2 : 1;
        profile->pacing_ns = HOUR;
        open_workers();
        struct pool *p = pool_of(0);
        move_to(0, 1);
        for (uint32_t k = 0; k < 2; k++)
            fake_finish(&p->users[k], OUTCOME_DONE);
        turn(0);
        assert_true(pool_is_done(p));
        assert_int_equal(2, count_ends());
        if (i + 1 < COUNT_OF(kinds))
            assert_int_equal(0, end(NULL));
    }
}

/* ------------------------------------------------------------ load by hand */

static void set_load(double load)
{
    for (uint32_t w = 0; w < f.plan.workers; w++) {
        pool_set_load(pool_of(w), clock_now_ns(), load);
        turn(w);
    }
}

static uint32_t running(void)
{
    uint32_t sum = 0;
    for (uint32_t w = 0; w < f.plan.workers; w++)
        sum += count_state(pool_of(w), VU_RUNNING);
    return sum;
}

static void a_load_replaces_the_schedule(void **state)
{
    (void)state;
    static const struct {
        double load;
        uint32_t running;
    } rows[] = {{3, 3},    {7, 7},      {2, 2},   {0, 0},   {10, 10}, {11, 10},
                {1e6, 10}, {1e300, 10}, {4.9, 4}, {0.5, 0}, {1, 1}};
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare_constant(workers, PROFILE_VUS, 10)->ramp_down_grace_ns = 0;
        open_workers();
        for (uint32_t w = 0; w < workers; w++)
            move_to(w, 1);
        assert_int_equal(10, running());
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            set_load(rows[i].load);
            if (running() != rows[i].running)
                fail_msg("%u workers, load %g: %u", workers, rows[i].load,
                         running());
        }
        if (workers < WORKERS_MAX)
            assert_int_equal(0, end(NULL));
    }
}

static void a_load_holds_until_the_schedule_ends(void **state)
{
    (void)state;
    struct pool *p = begin_hill();
    move_to(0, 3 * HOUR + HOUR / 2);
    set_load(5);
    assert_int_equal(5, running());
    move_to(0, 15 * HOUR + HOUR / 2); /* where the schedule wants 7 */
    assert_int_equal(5, running());
    move_to(0, 22 * HOUR);
    assert_int_equal(0, running());
    assert_false(p->is_open);
    set_load(9); /* too late */
    assert_int_equal(0, running());
}

static void a_load_waits_for_its_moment(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 10);
    open_workers();
    move_to(0, 1);
    int64_t at_ns = clock_now_ns() + HOUR / 2;
    pool_set_load(pool_of(0), at_ns, 3);
    turn(0);
    assert_int_equal(10, running());
    assert_true(pool_of(0)->change.due_ns == at_ns);
}

/* The warm-up goes on as planned; then the load holds. */
static void a_load_that_is_set_in_the_warm_up_waits_for_the_stage(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 10)->warm_load = 2;
    open_workers();
    struct pool *p = pool_of(0);
    pool_start(p, clock_now_ns() + HOUR / 2, HOUR);
    turn(0);
    assert_int_equal(2, running());
    pool_set_load(p, p->start_ns, 6);
    turn(0);
    assert_int_equal(2, running());
    p->start_ns = clock_now_ns();
    loop_timer_start(worker_loop(&f.workers[0]), &p->change, p->start_ns);
    turn(0);
    assert_int_equal(6, running());
}

/* ------------------------------------------------------------------- pause */

static uint32_t busy_users(const struct pool *p)
{
    uint32_t busy = 0;
    for (uint32_t i = 0; i < p->capacity; i++)
        busy += p->users[i].busy;
    return busy;
}

static void a_pause_parks_users_and_the_end_of_it_wakes_them(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 3);
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    pool_pause(p, true);
    pool_pause(p, true);
    turn(0);
    assert_int_equal(3, busy_users(p)); /* what runs, runs on */
    for (uint32_t i = 0; i < 3; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    assert_int_equal(0, busy_users(p));
    assert_int_equal(3, count_state(p, VU_RUNNING));
    assert_int_equal(3, p->active);
    pool_pause(p, false);
    pool_pause(p, false);
    turn(0);
    assert_int_equal(3, busy_users(p));
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(2, p->users[i].iteration);
    assert_true(list_is_empty(&p->parked));
}

static void parked_users_can_be_taken_away_and_stopped(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 4);
    f.plan.has_on_stop = true;
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    pool_pause(p, true);
    for (uint32_t i = 0; i < 4; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    set_load(3);
    assert_int_equal(PART_ON_STOP, p->users[3].part);
    fake_finish(&p->users[3], OUTCOME_DONE);
    set_load(4); /* comes, and waits */
    assert_int_equal(VU_RUNNING, p->users[3].state);
    assert_false(p->users[3].busy);
    pool_stop(p, HOUR);
    turn(0);
    for (uint32_t i = 0; i < 3; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    fake_finish(&p->users[3], OUTCOME_DONE);
    turn(0);
    assert_true(pool_is_done(p));
    assert_int_equal(4, count_ends());
}

static void a_paused_pool_ends_with_its_schedule(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_VUS, 3);
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    pool_pause(p, true);
    for (uint32_t i = 0; i < 3; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    move_to(0, HOUR);
    turn(0);
    assert_true(pool_is_done(p));
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

static void nothing_is_taken_from_a_budget_in_a_pause(void **state)
{
    (void)state;
    prepare_constant(1, PROFILE_SHARED, 2)->iterations = 5;
    open_workers();
    struct pool *p = pool_of(0);
    move_to(0, 1);
    pool_pause(p, true);
    for (uint32_t i = 0; i < 2; i++)
        fake_finish(&p->users[i], OUTCOME_DONE);
    turn(0);
    assert_int_equal(3, p->iterations_left);
    assert_false(pool_is_done(p));
    pool_pause(p, false);
    turn(0);
    assert_int_equal(1, p->iterations_left);
}

/* ----------------------------------------------------------------- warm-up */

/* The stage begins in an hour. */
static void start_warm_up(void)
{
    int64_t start_ns = clock_now_ns() + HOUR;
    for (uint32_t w = 0; w < f.plan.workers; w++) {
        pool_start(pool_of(w), start_ns, 2 * HOUR);
        f.workers[w].counts_from_ns = start_ns;
        turn(w);
    }
}

/* The hour is over. */
static void begin_stage(void)
{
    int64_t now_ns = clock_now_ns();
    for (uint32_t w = 0; w < f.plan.workers; w++) {
        struct pool *p = pool_of(w);
        p->start_ns = f.workers[w].counts_from_ns = now_ns;
        loop_timer_start(worker_loop(p->worker), &p->change, now_ns);
        turn(w);
    }
}

static void a_warm_up_runs_at_its_own_load(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        prepare(workers, PROFILE_VUS, HILL, COUNT_OF(HILL))->warm_load = 3;
        open_workers();
        start_warm_up();
        assert_int_equal(3, running());
        for (uint32_t w = 0; w < workers; w++)
            assert_int_equal(0, worker_shard(&f.workers[w])->steps[0].vus);
        begin_stage(); /* from nobody on, one an hour */
        assert_int_equal(0, running());
        for (uint32_t w = 0; w < workers; w++)
            assert_true(pool_of(w)->is_open);
        if (workers < WORKERS_MAX)
            assert_int_equal(0, end(NULL));
    }
}

static void a_later_profile_has_no_warm_up(void **state)
{
    (void)state;
    struct profile *profile = prepare_constant(1, PROFILE_VUS, 3);
    profile->start_ns = 60 * NS_PER_S;
    profile->warm_load = 3;
    open_workers();
    start_warm_up();
    assert_int_equal(0, running());
    assert_true(pool_of(0)->warmup_ns == 0);
}

static void a_warm_up_takes_nothing_from_a_budget(void **state)
{
    (void)state;
    static const struct {
        enum profile_kind kind;
        uint64_t iterations, of_all;
    } rows[] = {{PROFILE_PER_VU, 2, 6}, {PROFILE_SHARED, 7, 7}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct profile *profile = prepare_constant(1, rows[i].kind, 3);
        profile->iterations = rows[i].iterations;
        profile->warm_load = 3;
        open_workers();
        struct pool *p = pool_of(0);
        start_warm_up();
        for (int round = 0; round < 5; round++) {
            for (uint32_t k = 0; k < 3; k++) {
                assert_int_equal(0, p->users[k].iteration_in_run);
                assert_int_equal(0, p->users[k].taken);
                fake_finish(&p->users[k], OUTCOME_DONE);
            }
            turn(0);
        }
        begin_stage();
        for (uint32_t k = 0; k < 3; k++) /* began in the warm-up */
            fake_finish(&p->users[k], OUTCOME_DONE);
        size_t before = count_ends();
        for (int round = 0; round < 20 && !pool_is_done(p); round++) {
            turn(0);
            for (uint32_t k = 0; k < 3; k++)
                if (p->users[k].busy)
                    fake_finish(&p->users[k], OUTCOME_DONE);
        }
        turn(0);
        assert_true(pool_is_done(p));
        assert_int_equal(rows[i].of_all, count_ends() - before);
        assert_int_equal(rows[i].of_all,
                         worker_shard(&f.workers[0])->journeys[0].iterations);
        if (i + 1 < COUNT_OF(rows))
            assert_int_equal(0, end(NULL));
    }
}

/* --------------------------------------------------------- number in the run
 */

static struct {
    uint8_t seen[1000];
    size_t count;
} numbers;

static void note_number(struct vu *vu, enum journey_part part)
{
    if (part != PART_ITERATION || !vu->iteration_in_run)
        return;
    assert_true(vu->iteration_in_run <= COUNT_OF(numbers.seen));
    numbers.seen[vu->iteration_in_run - 1]++;
    numbers.count++;
}

/* Over all workers, and all machines: each has its own. */
static void iterations_are_numbered_over_all_workers(void **state)
{
    (void)state;
    static const uint32_t weights[] = {2, 1};
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        memset(&numbers, 0, sizeof numbers);
        for (size_t machine = 0; machine < COUNT_OF(weights); machine++) {
            prepare_constant(workers, PROFILE_PER_VU, 9)->iterations = 4;
            f.script->at_start = note_number;
            stripe_cycle_fini(&f.plan.machine);
            stripe_cycle_init(&f.plan.machine, weights, COUNT_OF(weights),
                              machine);
            open_workers();
            for (uint32_t w = 0; w < workers; w++) {
                f.workers[w].peers = f.workers;
                pool_start(pool_of(w), clock_now_ns() - 1, 0);
            }
            for (int round = 0; round < 6; round++)
                for (uint32_t w = 0; w < workers; w++) {
                    turn(w);
                    for (uint32_t i = 0; i < pool_of(w)->capacity; i++)
                        if (pool_of(w)->users[i].busy)
                            fake_finish(&pool_of(w)->users[i], OUTCOME_DONE);
                }
            if (workers < WORKERS_MAX || !machine)
                assert_int_equal(0, end(NULL));
        }
        assert_int_equal(9 * 4, numbers.count);
        for (size_t i = 0; i < 9 * 4; i++)
            assert_int_equal(1, numbers.seen[i]);
    }
}

#define WITH_POOL(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_POOL(as_many_run_as_the_schedule_wants),
        WITH_POOL(the_last_started_stops_first),
        WITH_POOL(a_dip_costs_no_restart),
        WITH_POOL(a_user_in_on_stop_comes_back_as_a_new_one),
        WITH_POOL(at_the_end_everybody_drains),
        WITH_POOL(a_profile_waits_for_its_start_time),
        WITH_POOL(steps_note_the_most_users_at_once),
        WITH_POOL(many_users_start_and_go_over_several_turns),
        WITH_POOL(workers_together_run_the_plan),
        WITH_POOL(each_end_has_its_own_grace),
        WITH_POOL(graces_end_in_their_own_order),
        WITH_POOL(stopping_shortens_all_graces),
        WITH_POOL(a_rescued_user_outlives_its_grace),
        WITH_POOL(cutting_off_ends_everything_at_once),
        WITH_POOL(shares_of_a_budget_add_up),
        WITH_POOL(users_share_a_budget),
        WITH_POOL(each_user_has_a_number_of_iterations),
        WITH_POOL(a_pool_is_not_done_while_users_are_still_started),
        WITH_POOL(a_user_that_retires_never_comes_back),
        WITH_POOL(a_profile_is_over_when_all_have_retired),
        WITH_POOL(nobody_waits_for_an_iteration_that_does_not_come),
        WITH_POOL(a_load_replaces_the_schedule),
        WITH_POOL(a_load_holds_until_the_schedule_ends),
        WITH_POOL(a_load_waits_for_its_moment),
        WITH_POOL(a_load_that_is_set_in_the_warm_up_waits_for_the_stage),
        WITH_POOL(a_pause_parks_users_and_the_end_of_it_wakes_them),
        WITH_POOL(parked_users_can_be_taken_away_and_stopped),
        WITH_POOL(a_paused_pool_ends_with_its_schedule),
        WITH_POOL(nothing_is_taken_from_a_budget_in_a_pause),
        WITH_POOL(a_warm_up_runs_at_its_own_load),
        WITH_POOL(a_later_profile_has_no_warm_up),
        WITH_POOL(a_warm_up_takes_nothing_from_a_budget),
        WITH_POOL(iterations_are_numbered_over_all_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
