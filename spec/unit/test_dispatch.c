/* dispatch: which arrival goes to whom. Rates are arrivals an hour and time
 * passes by hand, so that no machine is slow enough to change a count. */
#include <math.h>

#include "base/clock.h"
#include "base/random.h"
#include "engine/dispatch.h"
#include "engine/plan.h"
#include "engine/pool.h"
#include "engine/record.h"
#include "engine/worker.h"
#include "fake_journey.h"
#include "fake_plan.h"
#include "fake_worker.h"
#include "unit.h"

enum { TURNS = 40, WORKERS_MAX = 3, BEGUN_MAX = 4096 };

#define HOUR (3600 * NS_PER_S)

/* An iteration that began, and for what. */
struct begun {
    struct vu *vu;
    uint64_t number; /* of the arrival */
    uint64_t iteration_in_run;
    int64_t due_ns;
};

struct fixture {
    struct run_plan plan;
    struct worker workers[WORKERS_MAX];
    struct fake_script *script;
    struct begun begun[BEGUN_MAX];
    size_t begun_count;
};

static struct fixture f;

static void note_begin(struct vu *vu, enum journey_part part)
{
    if (part != PART_ITERATION)
        return;
    assert_true(f.begun_count < BEGUN_MAX);
    f.begun[f.begun_count++] = (struct begun){
        vu, vu->arrival.number, vu->iteration_in_run, vu->arrival.due_ns};
}

/* ------------------------------------------------------------------ fixture */

static struct profile *prepare_lines(uint32_t workers,
                                     const struct rate_segment *lines,
                                     size_t count, uint32_t max_vus)
{
    f = (struct fixture){.script = fake_script_new()};
    for (int i = 0; i < FAKE_PARTS; i++)
        f.script->parts[i].way = FAKE_BY_HAND;
    f.script->at_start = note_begin;
    fake_plan_init(&f.plan, workers);
    f.plan.script = f.script;
    return fake_plan_arrivals(&f.plan, lines, count, max_vus);
}

/* So many an hour, for ten hours. */
static struct profile *prepare(uint32_t workers, double an_hour,
                               uint32_t max_vus)
{
    struct rate_segment line = {
        .from = an_hour / 3600, .to = an_hour / 3600, .duration_ns = 10 * HOUR};
    return prepare_lines(workers, &line, 1, max_vus);
}

static struct pool *pool_of(uint32_t worker)
{
    return &f.workers[worker].pools[0];
}

static struct dispatch *dispatch_of(uint32_t worker)
{
    return pool_of(worker)->dispatch;
}

/* As a worker does when another one wakes it. */
static void look_at_arrivals(void *arg)
{
    struct worker *w = arg;
    if (w->in_stage)
        dispatch_run(w->pools[0].dispatch);
}

static void open_workers(void)
{
    plan_seal(&f.plan);
    for (uint32_t i = 0; i < f.plan.workers; i++)
        fake_worker_init(&f.workers[i], &f.plan, i);
    for (uint32_t i = 0; i < f.plan.workers; i++) {
        f.workers[i].peers = f.workers;
        f.workers[i].loop.on_wake = look_at_arrivals;
    }
}

/* Arrivals are given to users, and nothing is left of them. */
static int end(void **state)
{
    (void)state;
    int wrong = 0;
    for (uint32_t i = 0; i < f.plan.workers; i++) {
        pool_cut_off(pool_of(i));
        wrong += !pool_is_done(pool_of(i)) || pool_of(i)->in_use ||
                 f.workers[i].users || dispatch_of(i)->handover.count ||
                 dispatch_of(i)->handover.free;
    }
    for (uint32_t i = 0; i < f.plan.workers; i++)
        fake_worker_fini(&f.workers[i]);
    wrong += fake_count(f.script, FAKE_OPEN, FAKE_ANY, FAKE_ANY) !=
             fake_count(f.script, FAKE_CLOSE, FAKE_ANY, FAKE_ANY);
    wrong += fake_count(f.script, FAKE_START, FAKE_ANY, FAKE_ANY) !=
             fake_count(f.script, FAKE_END, FAKE_ANY, FAKE_ANY);
    plan_fini(&f.plan);
    fake_script_free(f.script);
    return wrong;
}

static void turn(uint32_t worker)
{
    fake_worker_turn(&f.workers[worker], TURNS);
}

static void turn_all(void)
{
    for (uint32_t i = 0; i < f.plan.workers; i++)
        turn(i);
}

/* The stage began so many hours ago, after a warm-up of some. That may lie
 * before the zero of the clock, when nobody had waited yet. */
static void start_warm(double hours_ago, double warmup_hours)
{
    int64_t start_ns = clock_now_ns() - llround(hours_ago * HOUR);
    for (uint32_t i = 0; i < f.plan.workers; i++) {
        f.workers[i].counts_from_ns = warmup_hours > 0 ? start_ns : 0;
        pool_start(pool_of(i), start_ns, llround(warmup_hours * HOUR));
        dispatch_of(i)->waited_until_ns = INT64_MIN;
    }
}

static void start(double hours_ago)
{
    start_warm(hours_ago, 0);
    turn_all();
}

static void shift(int64_t *at_ns, int64_t ns)
{
    if (*at_ns && *at_ns != ARRIVAL_NEVER && *at_ns != INT64_MIN)
        *at_ns -= ns;
}

static void shift_users(struct pool *p, int64_t ns)
{
    for (uint32_t i = 0; i < p->capacity; i++)
        shift(&p->users[i].arrival.due_ns, ns);
}

static void shift_pool(struct pool *p, int64_t ns)
{
    struct dispatch *d = p->dispatch;
    shift(&p->start_ns, ns);
    shift(&d->timetable.plan_start_ns, ns);
    shift(&d->timetable.next.due_ns, ns);
    shift(&d->timetable.switch_ns, ns);
    shift(&d->waited_until_ns, ns);
    int64_t stuck_ns = d->handover.stuck_ns;
    shift(&stuck_ns, ns);
    d->handover.stuck_ns = stuck_ns;
    for (size_t i = 0; i < d->handover.count; i++)
        shift(&d->handover.waiting[i].due_ns, ns);
    if (d->pacer.due_ns)
        pacer_set(&d->pacer, d->pacer.due_ns - ns);
    if (loop_timer_is_armed(&p->change))
        loop_timer_start(worker_loop(p->worker), &p->change,
                         p->change.due_ns - ns);
    shift_users(p, ns);
}

/* So much time passes: what was planned for then comes nearer. */
static void pass(double hours)
{
    int64_t ns = llround(hours * HOUR);
    for (uint32_t i = 0; i < f.plan.workers; i++) {
        shift(&f.workers[i].counts_from_ns, ns);
        shift_pool(pool_of(i), ns);
    }
    for (size_t i = 0; i < f.begun_count; i++)
        shift(&f.begun[i].due_ns, ns);
}

static void pass_and_turn(double hours)
{
    pass(hours);
    turn_all();
}

static const struct arrival_row *row_of(uint32_t worker)
{
    return &worker_shard(&f.workers[worker])->arrivals;
}

static uint64_t handed_over(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < f.plan.workers; i++)
        sum += row_of(i)->handed_over;
    return sum;
}

static uint64_t waited(void)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < f.plan.workers; i++)
        sum += row_of(i)->waited;
    return sum;
}

static uint64_t dropped(void)
{
    double sum = 0;
    for (uint32_t i = 0; i < f.plan.workers; i++)
        sum += worker_shard(&f.workers[i])
                   ->metrics[BUILTIN_DROPPED_ITERATIONS]
                   .value;
    return (uint64_t)sum;
}

static uint32_t in_use(void)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < f.plan.workers; i++)
        sum += pool_of(i)->in_use;
    return sum;
}

static size_t opened(void)
{
    return fake_count(f.script, FAKE_OPEN, FAKE_ANY, FAKE_ANY);
}

/* Whether the arrivals that began are these, in this order. */
static void assert_begun(const uint64_t *numbers, size_t count)
{
    if (f.begun_count != count)
        fail_msg("%zu began instead of %zu", f.begun_count, count);
    for (size_t i = 0; i < count; i++)
        if (f.begun[i].number != numbers[i])
            fail_msg("%zu.: %u instead of %u", i + 1,
                     (unsigned)f.begun[i].number, (unsigned)numbers[i]);
}

#define BEGUN(...)                                                             \
    assert_begun((const uint64_t[]){__VA_ARGS__},                              \
                 COUNT_OF(((const uint64_t[]){__VA_ARGS__})))

static void finish_begun(size_t i)
{
    fake_finish(f.begun[i].vu, OUTCOME_DONE);
}

/* -------------------------------------------------------------- handing over
 */

static void all_that_is_due_is_handed_over_in_order(void **state)
{
    (void)state;
    prepare(1, 2, 30);
    open_workers();
    start(2.25);
    BEGUN(1, 2, 3, 4);
    for (size_t i = 0; i < f.begun_count; i++) {
        int64_t late_ns = f.begun[i].due_ns - pool_of(0)->start_ns;
        assert_true(late_ns == (int64_t)(i + 1) * HOUR / 2);
        assert_int_equal(i + 1, f.begun[i].iteration_in_run);
        assert_int_equal(i + 1, f.begun[i].vu->id);
    }
    assert_true(dispatch_of(0)->pacer.due_ns - pool_of(0)->start_ns ==
                5 * HOUR / 2);
    pass_and_turn(0.5);
    BEGUN(1, 2, 3, 4, 5);
    assert_int_equal(5, handed_over());
    assert_int_equal(5, row_of(0)->in_time);
    assert_int_equal(5, row_of(0)->send_lag.count);
    assert_int_equal(0, waited() + dropped());
    assert_int_equal(5, in_use());
    assert_int_equal(5, worker_shard(&f.workers[0])->steps[0].vus);
}

static void nothing_happens_before_the_start(void **state)
{
    (void)state;
    prepare(1, 60, 30)->start_ns = 2 * HOUR;
    open_workers();
    start(1.99);
    assert_int_equal(0, f.begun_count);
    assert_true(pool_of(0)->is_open);
    pass_and_turn(0.05);
    BEGUN(1, 2);
}

static void a_free_user_is_preferred_to_a_new_one(void **state)
{
    (void)state;
    prepare(1, 1, 10);
    open_workers();
    start(3.5);
    finish_begun(0);
    finish_begun(1);
    assert_int_equal(1, in_use());
    pass_and_turn(1); /* the one that was busy last */
    assert_ptr_equal(f.begun[1].vu, f.begun[3].vu);
    assert_int_equal(2, f.begun[3].vu->iteration);
    pass_and_turn(2);
    BEGUN(1, 2, 3, 4, 5, 6);
    assert_ptr_equal(f.begun[0].vu, f.begun[4].vu);
    assert_int_equal(4, opened());
}

/* At most so many in one turn; the rest in those that follow. */
static void very_many_are_spread_over_turns(void **state)
{
    (void)state;
    prepare(1, 1000, 1000);
    open_workers();
    start_warm(0.9005, 0);
    dispatch_run(dispatch_of(0));
    uint32_t most = in_use();
    assert_true(most > 0 && most < 900);
    dispatch_run(dispatch_of(0));
    assert_int_equal(2 * most, in_use());
    turn_all();
    assert_int_equal(900, f.begun_count);
    for (size_t i = 0; i < f.begun_count; i++)
        assert_int_equal(i + 1, f.begun[i].number);
    assert_int_equal(0, dropped());
}

static void lag_and_response_time_count_from_the_plan(void **state)
{
    (void)state;
    prepare(1, 1, 10);
    open_workers();
    start(1);
    pass(1);
    turn_all();
    pass(1);
    finish_begun(0);
    const struct metric_cell *m = worker_shard(&f.workers[0])->metrics;
    const struct histogram *lag = &m[BUILTIN_ITERATION_LAG].trend;
    const struct histogram *time = &m[BUILTIN_ITERATION_RESPONSE_TIME].trend;
    assert_int_equal(f.begun_count, lag->count);
    assert_true(lag->min < HOUR / 2);
    assert_int_equal(1, time->count);
    assert_true(time->min >= HOUR / 2); /* as far as one can count */
}

/* ------------------------------------------------------------- users busy */

static void without_a_user_an_arrival_is_dropped(void **state)
{
    (void)state;
    prepare(1, 1, 2);
    open_workers();
    start(4.5);
    BEGUN(1, 2);
    assert_int_equal(2, handed_over());
    assert_int_equal(2, dropped());
    finish_begun(0);
    assert_int_equal(1, in_use());
    pass_and_turn(2);
    BEGUN(1, 2, 5);
    assert_int_equal(3, handed_over());
    assert_int_equal(3, dropped());
    assert_int_equal(0, waited());
    assert_int_equal(2, opened());
}

/* Whichever worker comes first, all users of all workers are used. */
static void other_workers_users_take_what_finds_none_here(void **state)
{
    (void)state;
    static const uint32_t orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                         {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    for (size_t i = 0; i < COUNT_OF(orders); i++)
        for (uint32_t users = 1; users <= 4; users++) {
            prepare(3, 1, users);
            open_workers();
            start_warm(9.5, 0);
            for (int k = 0; k < 3; k++)
                turn(orders[i][k]);
            assert_int_equal(users, handed_over());
            assert_int_equal(9 - users, dropped());
            turn_all(); /* those that were left with another one */
            assert_int_equal(users, f.begun_count);
            assert_int_equal(users, in_use());
            if (i + 1 < COUNT_OF(orders) || users < 4)
                assert_int_equal(0, end(NULL));
        }
}

static void an_offer_wakes_the_other_worker(void **state)
{
    (void)state;
    prepare(2, 1, 1); /* the only user belongs to the first worker */
    open_workers();
    start_warm(0.5, 0);
    turn_all();
    pass(2); /* the second arrival is the second worker's */
    pool_start(pool_of(0), clock_now_ns() + HOUR, 0);
    turn(1);
    assert_int_equal(1, dispatch_of(0)->handover.count);
    assert_int_equal(0, dispatch_of(0)->handover.free);
    assert_int_equal(1, row_of(1)->handed_over);
    turn(0);
    BEGUN(2);
    assert_int_equal(0, dispatch_of(0)->handover.count);
    assert_int_equal(1, f.begun[0].vu->id);
    assert_int_equal(0, row_of(0)->handed_over);
}

/* ------------------------------------------------------------------- queue */

static void in_a_queue_arrivals_wait_in_order(void **state)
{
    (void)state;
    prepare(1, 1, 2)->is_queue = true;
    open_workers();
    start(4.5);
    BEGUN(1, 2);
    assert_true(dispatch_of(0)->is_waiting);
    assert_int_equal(2, handed_over());
    for (size_t i = 0; i < 2; i++) {
        finish_begun(i);
        turn_all();
    }
    BEGUN(1, 2, 3, 4);
    assert_false(dispatch_of(0)->is_waiting);
    assert_int_equal(0, dropped());
    assert_int_equal(4, handed_over());
    assert_int_equal(2, waited());
    assert_int_equal(2, row_of(0)->send_lag.count); /* of those in time */
    assert_int_equal(4, row_of(0)->in_time);
    finish_begun(2);
    pass_and_turn(1); /* has not waited for anybody */
    BEGUN(1, 2, 3, 4, 5);
    assert_int_equal(2, waited());
    assert_int_equal(3, row_of(0)->send_lag.count);
}

/* The arrival that waits for a user of any worker; 0 is none. */
static uint64_t stuck(uint32_t worker)
{
    const struct dispatch *d = dispatch_of(worker);
    if (d->handover.stuck_ns == ARRIVAL_NEVER)
        return 0;
    assert_true(d->handover.stuck_ns == d->timetable.next.due_ns);
    return d->timetable.next.number;
}

static void who_waits_takes_any_workers_user(void **state)
{
    (void)state;
    prepare(2, 1, 2)->is_queue = true;
    open_workers();
    start(2.5);
    BEGUN(1, 2);
    pass_and_turn(2);
    assert_true(dispatch_of(0)->is_waiting && dispatch_of(1)->is_waiting);
    assert_int_equal(3, stuck(0));
    finish_begun(0); /* takes the next one of its own worker */
    assert_false(dispatch_of(0)->is_waiting);
    turn_all();
    BEGUN(1, 2, 3);
    finish_begun(2); /* its own worker has none: it wakes the other one */
    assert_int_equal(1, in_use());
    turn(1);
    assert_false(dispatch_of(1)->is_waiting);
    assert_int_equal(1, dispatch_of(0)->handover.count);
    turn(0);
    BEGUN(1, 2, 3, 4);
    assert_ptr_equal(&f.workers[0], f.begun[3].vu->worker);
    assert_int_equal(2, waited());
    assert_int_equal(0, dropped());
}

static void a_freed_user_goes_to_who_waited_longest(void **state)
{
    (void)state;
    prepare(2, 1, 1)->is_queue = true; /* the second worker has no user */
    open_workers();
    start(1.5);
    pass_and_turn(3);
    BEGUN(1);
    assert_int_equal(3, stuck(0));
    assert_int_equal(2, stuck(1));
    for (size_t i = 0; i < 3; i++) {
        finish_begun(i);
        turn_all(); /* the second one is woken, and wakes the first */
        turn_all();
    }
    BEGUN(1, 2, 3, 4);
    assert_int_equal(0, stuck(0) + stuck(1));
    assert_int_equal(0, dropped());
}

static void what_still_waits_after_the_grace_is_dropped(void **state)
{
    (void)state;
    struct profile *profile = prepare(1, 1, 1);
    profile->is_queue = true;
    profile->grace_ns = HOUR;
    open_workers();
    start(1.5);
    pass_and_turn(8.7); /* the schedule is over */
    assert_true(pool_of(0)->is_open);
    assert_true(dispatch_of(0)->is_waiting);
    finish_begun(0);
    turn_all();
    BEGUN(1, 2);
    assert_int_equal(0, dropped());
    assert_int_equal(VU_RUNNING, f.begun[1].vu->state);
    pass_and_turn(1);
    assert_false(pool_of(0)->is_open);
    assert_int_equal(8, dropped());
    assert_int_equal(2, handed_over());
    assert_int_equal(VU_DRAINING, f.begun[1].vu->state);
    finish_begun(1);
    turn_all();
    assert_true(pool_is_done(pool_of(0)));
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

static void a_queue_that_empties_in_the_grace_ends_the_stage(void **state)
{
    (void)state;
    prepare(1, 1, 5)->is_queue = true;
    open_workers();
    start(10.01);
    for (size_t i = 0; i < 10; i++) {
        assert_false(pool_is_done(pool_of(0)));
        finish_begun(i);
        turn_all();
    }
    assert_int_equal(10, f.begun_count);
    assert_int_equal(10, handed_over());
    assert_int_equal(0, dropped());
    assert_true(pool_is_done(pool_of(0)));
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

/* ------------------------------------------------------------ on_start, ends
 */

static void an_arrival_waits_for_on_start(void **state)
{
    (void)state;
    prepare(1, 1, 2);
    f.plan.has_on_start = f.plan.has_on_stop = true;
    open_workers();
    start(1.5);
    struct vu *vu = &pool_of(0)->users[0];
    assert_int_equal(PART_ON_START, vu->part);
    assert_int_equal(0, f.begun_count);
    assert_int_equal(1, handed_over());
    assert_int_equal(1, in_use());
    fake_finish(vu, OUTCOME_DONE);
    turn_all();
    BEGUN(1);
    finish_begun(0);
    turn_all();
    assert_false(vu->busy); /* waits for the next one */
    pass_and_turn(1);
    BEGUN(1, 2); /* and has started long since */
    assert_ptr_equal(vu, f.begun[1].vu);
    pool_stop(pool_of(0), HOUR);
    finish_begun(1);
    turn_all();
    assert_int_equal(PART_ON_STOP, vu->part);
}

static void a_failed_on_start_keeps_its_arrival(void **state)
{
    (void)state;
    prepare(1, 1, 2);
    f.plan.has_on_start = true;
    open_workers();
    start(1.5);
    struct vu *vu = &pool_of(0)->users[0];
    fake_finish(vu, OUTCOME_ERROR);
    turn_all();
    loop_timer_start(worker_loop(&f.workers[0]), &vu->pause, 0);
    turn_all();
    assert_int_equal(PART_ON_START, vu->part);
    fake_finish(vu, OUTCOME_DONE);
    turn_all();
    BEGUN(1);
    assert_int_equal(0, dropped());
}

static void the_end_lets_begin_what_was_handed_over(void **state)
{
    (void)state;
    prepare(1, 1, 20);
    f.plan.has_on_start = true;
    open_workers();
    start(10.5);
    assert_false(pool_of(0)->is_open);
    assert_int_equal(10, handed_over());
    assert_int_equal(10, in_use());
    for (uint32_t i = 0; i < 10; i++) {
        assert_int_equal(VU_DRAINING, pool_of(0)->users[i].state);
        fake_finish(&pool_of(0)->users[i], OUTCOME_DONE);
    }
    turn_all();
    BEGUN(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    for (size_t i = 0; i < 10; i++)
        finish_begun(i);
    turn_all();
    assert_int_equal(0, dropped());
    assert_true(pool_is_done(pool_of(0)));
    assert_int_equal(WORKER_READY, worker_state(&f.workers[0]));
}

/* Handed over, but on_start does not end within the grace. */
static void what_never_begins_is_dropped(void **state)
{
    (void)state;
    prepare(1, 1, 20)->grace_ns = 0;
    f.plan.has_on_start = true;
    open_workers();
    start(10.5);
    turn_all();
    assert_int_equal(
        10, fake_count(f.script, FAKE_CANCEL, PART_ON_START, FAKE_ANY));
    assert_int_equal(0, f.begun_count);
    assert_int_equal(10, dropped());
    assert_int_equal(0, in_use());
    assert_true(pool_is_done(pool_of(0)));
}

static void without_arrivals_the_stage_ends_with_its_time(void **state)
{
    (void)state;
    prepare(2, 0.05, 3); /* the half of one */
    open_workers();
    start(9.9);
    assert_true(pool_of(0)->is_open && pool_of(1)->is_open);
    pass_and_turn(0.2);
    for (uint32_t i = 0; i < 2; i++) {
        assert_true(pool_is_done(pool_of(i)));
        assert_int_equal(WORKER_READY, worker_state(&f.workers[i]));
    }
    assert_int_equal(0, opened());
}

static void what_comes_after_the_end_is_too_late(void **state)
{
    (void)state;
    prepare(1, 1, 20);
    open_workers();
    start_warm(3.5, 0);
    turn_all();
    pass(10); /* nobody looks until long after the end */
    turn_all();
    assert_int_equal(10, handed_over());
    assert_int_equal(3, row_of(0)->in_time);
}

/* ------------------------------------------------------- stopping, cut off */

enum standing {
    STANDS_PARKED,   /* a user without an arrival */
    STANDS_QUEUED,   /* given to a user, whose turn has not come */
    STANDS_IN_START, /* on_start is under way */
    STANDS_BEGUN,
    STANDS_OFFERED, /* left by another worker, not taken yet; its own one is
                       due, too */
    STANDS_WAITING  /* in a queue: nobody is free */
};

/* One arrival of one user of the first worker; of a queue, one more. */
static void bring_about(enum standing standing)
{
    prepare(2, 1, 1)->is_queue = standing == STANDS_WAITING;
    f.plan.has_on_start = standing == STANDS_IN_START;
    open_workers();
    start_warm(standing == STANDS_OFFERED ? 0.5 : 1.5, 0);
    if (standing == STANDS_QUEUED)
        dispatch_run(dispatch_of(0));
    else
        turn_all();
    if (standing == STANDS_PARKED)
        finish_begun(0);
    if (standing == STANDS_WAITING) {
        pass(2); /* number 3 waits, and number 2 with the other worker */
        turn_all();
    }
    if (standing == STANDS_OFFERED) {
        pass(2);
        dispatch_run(dispatch_of(1));
    }
}

static void each_standing_ends(void **state)
{
    (void)state;
    static const struct {
        enum standing standing;
        uint64_t dropped;
        uint32_t left; /* users in use after a stop */
    } rows[] = {{STANDS_PARKED, 0, 0},   {STANDS_QUEUED, 1, 0},
                {STANDS_IN_START, 1, 0}, {STANDS_BEGUN, 0, 1},
                {STANDS_OFFERED, 2, 0},  {STANDS_WAITING, 2, 1}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int cut_off = 0; cut_off < 2; cut_off++) {
            bring_about(rows[i].standing);
            size_t begun = f.begun_count;
            for (uint32_t w = 0; w < 2; w++) {
                if (cut_off)
                    pool_cut_off(pool_of(w));
                else
                    pool_stop(pool_of(w), HOUR);
                assert_false(pool_of(w)->is_open);
            }
            if (dropped() != rows[i].dropped)
                fail_msg("row %zu: %u dropped", i, (unsigned)dropped());
            assert_int_equal(cut_off ? 0 : rows[i].left, in_use());
            turn_all();
            assert_int_equal(begun, f.begun_count); /* nothing begins */
            assert_int_equal(0, dispatch_of(0)->handover.count);
            for (uint32_t w = 0; w < 2; w++) {
                pool_cut_off(pool_of(w));
                assert_true(pool_is_done(pool_of(w)));
            }
            assert_int_equal(rows[i].dropped, dropped());
            if (i + 1 < COUNT_OF(rows) || !cut_off)
                assert_int_equal(0, end(NULL));
        }
}

static void nothing_is_offered_to_one_that_is_stopped(void **state)
{
    (void)state;
    prepare(2, 1, 1);
    open_workers();
    start_warm(0.5, 0);
    pool_stop(pool_of(0), HOUR);
    pass(2);
    turn_all();
    assert_int_equal(0, f.begun_count);
    assert_int_equal(1, dropped());
    assert_int_equal(0, opened());
}

/* ------------------------------------------------------------------- pause */

static void what_is_due_in_a_pause_never_happens(void **state)
{
    (void)state;
    prepare(2, 1, 10);
    open_workers();
    start(2.5);
    for (uint32_t i = 0; i < 2; i++)
        pool_pause(pool_of(i), true);
    pass_and_turn(3);
    BEGUN(1, 2);
    for (uint32_t i = 0; i < 2; i++)
        pool_pause(pool_of(i), false);
    turn_all();
    BEGUN(1, 2);
    pass_and_turn(1);
    BEGUN(1, 2, 6);
    assert_int_equal(0, dropped());
    assert_int_equal(3, handed_over());
}

static void a_stage_ends_in_a_pause_too(void **state)
{
    (void)state;
    prepare(1, 1, 10);
    open_workers();
    start(2.5);
    pool_pause(pool_of(0), true);
    finish_begun(0);
    finish_begun(1);
    pass_and_turn(8); /* not even for the grace */
    assert_true(pool_is_done(pool_of(0)));
    assert_int_equal(0, dropped());
}

static void a_pause_may_last_into_the_stage(void **state)
{
    (void)state;
    prepare(1, 1, 10)->warm_load = 2. / 3600;
    open_workers();
    start_warm(-0.9, 2.1);
    turn_all();
    assert_int_equal(2, f.begun_count);
    pool_pause(pool_of(0), true);
    pass_and_turn(3.4); /* 2.5 of the stage */
    pool_pause(pool_of(0), false);
    turn_all();
    assert_int_equal(2, f.begun_count);
    pass_and_turn(1);
    assert_int_equal(3, f.begun_count);
    assert_int_equal(3, f.begun[2].iteration_in_run);
    assert_int_equal(1, handed_over());
    assert_int_equal(0, dropped());
}

/* What waited when the pause began did happen: it finds nobody. */
static void a_pause_drops_what_waits(void **state)
{
    (void)state;
    prepare(1, 1, 1)->is_queue = true;
    open_workers();
    start(3.5);
    assert_true(dispatch_of(0)->is_waiting);
    pool_pause(pool_of(0), true);
    pass_and_turn(3);
    finish_begun(0);
    pool_pause(pool_of(0), false);
    turn_all();
    BEGUN(1);
    assert_int_equal(2, dropped());
    assert_false(dispatch_of(0)->is_waiting);
    pass_and_turn(1);
    BEGUN(1, 7);
    assert_int_equal(0, waited());
}

/* ----------------------------------------------------------- load by hand */

static void set_load(double in_hours, double an_hour)
{
    int64_t at_ns = clock_now_ns() + llround(in_hours * HOUR);
    for (uint32_t i = 0; i < f.plan.workers; i++)
        pool_set_load(pool_of(i), at_ns, an_hour / 3600);
}

/* After how many hours of the stage it was due, to a thousandth. */
static double due_hours(size_t begun)
{
    int64_t at_ns = f.begun[begun].due_ns - pool_of(0)->start_ns;
    return round((double)at_ns / HOUR * 1000) / 1000;
}

static void a_load_holds_from_its_moment(void **state)
{
    (void)state;
    static const double due[] = {1, 2, 3, 3.85, 4.1, 4.35};
    prepare(1, 1, 20);
    open_workers();
    start(2.4);
    set_load(1.2, 4); /* at 3.6 */
    assert_true(dispatch_of(0)->pacer.due_ns - pool_of(0)->start_ns ==
                3 * HOUR);
    pass_and_turn(1);
    BEGUN(1, 2, 3);
    pass_and_turn(1);
    BEGUN(1, 2, 3, 4, 5, 6);
    for (size_t i = 0; i < COUNT_OF(due); i++)
        assert_true(fabs(due_hours(i) - due[i]) < 0.002);
    pass_and_turn(6); /* until the schedule ends, at 10 */
    assert_int_equal(3 + 25, f.begun_count + dropped());
}

static void no_load_is_a_load_too(void **state)
{
    (void)state;
    prepare(2, 1, 20);
    open_workers();
    start(2.5);
    set_load(0.1, 0);
    pass_and_turn(3);
    BEGUN(1, 2);
    set_load(0.1, 2);
    pass_and_turn(1.2);
    assert_int_equal(4, f.begun_count);
    assert_int_equal(2 + 4, f.begun[2].number + f.begun[3].number - 1);
}

static void a_new_load_drops_what_waits(void **state)
{
    (void)state;
    prepare(1, 1, 1)->is_queue = true;
    open_workers();
    start(3.5);
    set_load(1, 2); /* at 4.5, after number 4 */
    assert_int_equal(2, dropped());
    assert_false(dispatch_of(0)->is_waiting);
    finish_begun(0);
    pass_and_turn(0.6);
    BEGUN(1, 4);
    finish_begun(1);
    pass_and_turn(1);
    BEGUN(1, 4, 5);
    assert_true(fabs(due_hours(2) - 5) < 0.002);
}

/* Numbers of all workers together, at whatever loads: each once, none left out,
 * in the order of their times. */
static void assert_numbers_are_dense(void)
{
    int64_t due_ns[BEGUN_MAX] = {0};
    for (size_t i = 0; i < f.begun_count; i++) {
        uint64_t number = f.begun[i].number;
        if (number < 1 || number > f.begun_count || due_ns[number - 1])
            fail_msg("%u of %zu", (unsigned)number, f.begun_count);
        due_ns[number - 1] = f.begun[i].due_ns;
    }
    for (size_t i = 1; i < f.begun_count; i++)
        assert_true(due_ns[i] >= due_ns[i - 1]);
}

static void numbers_stay_unique_and_dense(void **state)
{
    (void)state;
    static const double rates[] = {30, 3, 0, 77, 12.5, 1};
    struct random r;
    random_init(&r, 3, 1);
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++)
        for (int poisson = 0; poisson < 2; poisson++) {
            prepare(workers, 20, 1000)->is_poisson = poisson;
            open_workers();
            start(0.5);
            for (size_t i = 0; i < COUNT_OF(rates); i++) {
                set_load(random_unit(&r), rates[i]);
                pass(random_unit(&r));
                turn((uint32_t)random_int(&r, 0, workers - 1));
                pass_and_turn(1);
            }
            pass_and_turn(5);
            assert_true(f.begun_count > 60);
            assert_int_equal(0, dropped());
            assert_numbers_are_dense();
            if (workers < WORKERS_MAX || !poisson)
                assert_int_equal(0, end(NULL));
        }
}

/* One worker has already gone on when it hears of the new load. What it gave
 * away is given, but all agree on what comes. */
static void after_a_late_order_all_workers_agree(void **state)
{
    (void)state;
    for (int poisson = 0; poisson < 2; poisson++) {
        prepare(2, 20, 1000)->is_poisson = poisson;
        open_workers();
        start(1);
        int64_t at_ns = clock_now_ns() + HOUR / 2;
        pool_set_load(pool_of(0), at_ns, 5 / 3600.);
        pass(2);
        turn_all();
        pool_set_load(pool_of(1), at_ns - 2 * HOUR, 5 / 3600.);
        turn_all();
        assert_true(dispatch_of(0)->timetable.base ==
                    dispatch_of(1)->timetable.base);
        assert_true(dispatch_of(0)->timetable.plan_start_ns ==
                    dispatch_of(1)->timetable.plan_start_ns);
        if (!poisson)
            assert_int_equal(0, end(NULL));
    }
}

static void a_load_that_is_set_in_a_pause_holds_after_it(void **state)
{
    (void)state;
    prepare(2, 1, 100);
    open_workers();
    start(2.5);
    for (uint32_t i = 0; i < 2; i++)
        pool_pause(pool_of(i), true);
    set_load(0.5, 10); /* at 3 */
    pass_and_turn(3.05);
    for (uint32_t i = 0; i < 2; i++)
        pool_pause(pool_of(i), false);
    turn_all();
    BEGUN(1, 2);
    pass_and_turn(0.1);
    assert_int_equal(3, f.begun_count);
    assert_int_equal(3 + 26, f.begun[2].number);
}

static void a_load_does_not_begin_before_its_profile(void **state)
{
    (void)state;
    static const double due[] = {0.5, 1, 1.5};
    prepare(1, 1, 20)->start_ns = 2 * HOUR;
    open_workers();
    start(0.5);
    set_load(0.1, 2);
    pass_and_turn(1.4);
    assert_int_equal(0, f.begun_count);
    pass_and_turn(1.75);
    BEGUN(1, 2, 3);
    for (size_t i = 0; i < COUNT_OF(due); i++)
        assert_true(fabs(due_hours(i) - due[i]) < 0.002);
}

/* ----------------------------------------------------------------- warm-up */

static void prepare_warm(uint32_t workers, uint32_t max_vus)
{
    prepare(workers, 1, max_vus)->warm_load = 2. / 3600;
}

static const struct journey_row *journey_of(uint32_t worker)
{
    return &worker_shard(&f.workers[worker])->journeys[0];
}

static void a_warm_up_is_counted_nowhere(void **state)
{
    (void)state;
    prepare_warm(2, 4);
    open_workers();
    start_warm(-0.9, 3.6);
    turn_all();
    assert_int_equal(4, f.begun_count); /* of 5 that were due */
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(0, f.begun[i].iteration_in_run);
    finish_begun(0);
    pass_and_turn(0.8);
    assert_int_equal(5, f.begun_count);
    pass_and_turn(0.5); /* the stage has begun */
    for (size_t i = 1; i < 5; i++)
        finish_begun(i); /* and these belong to the warm-up */
    assert_int_equal(0, handed_over() + dropped() + waited());
    for (uint32_t i = 0; i < 2; i++) {
        assert_int_equal(0, row_of(i)->in_time + row_of(i)->send_lag.count);
        assert_int_equal(0, journey_of(i)->iterations +
                                journey_of(i)->duration.count);
        const struct metric_cell *m = worker_shard(&f.workers[i])->metrics;
        assert_int_equal(0, m[BUILTIN_ITERATION_LAG].trend.count);
        assert_int_equal(0, m[BUILTIN_ITERATION_RESPONSE_TIME].trend.count);
    }
    pass_and_turn(2); /* 2.4 of the stage */
    assert_int_equal(7, f.begun_count);
    assert_int_equal(3, f.begun[5].number + f.begun[6].number);
    assert_int_equal(3,
                     f.begun[5].iteration_in_run + f.begun[6].iteration_in_run);
    assert_int_equal(2, handed_over());
    finish_begun(5);
    finish_begun(6);
    assert_int_equal(2, journey_of(0)->iterations + journey_of(1)->iterations);
}

/* Planned for the warm-up, begun in the stage. */
static void a_late_arrival_of_the_warm_up_has_no_number(void **state)
{
    (void)state;
    prepare_warm(1, 1);
    f.plan.profiles[0].is_queue = true;
    open_workers();
    start_warm(-0.9, 2.1);
    turn_all();
    assert_true(dispatch_of(0)->is_waiting);
    pass_and_turn(2.5); /* number 1 of the stage waits too */
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(i < 4, f.begun[i].iteration_in_run == 0);
        finish_begun(i);
        turn_all();
    }
    assert_int_equal(5, f.begun_count);
    assert_int_equal(1, f.begun[4].iteration_in_run);
    assert_int_equal(1, handed_over());
    assert_int_equal(1, waited());
    assert_int_equal(1, journey_of(0)->iterations);
}

/* The user that the warm-up made busy never comes back. */
static void a_queue_that_is_stuck_since_the_warm_up(void **state)
{
    (void)state;
    prepare_warm(1, 1);
    f.plan.profiles[0].is_queue = true;
    open_workers();
    start_warm(-0.9, 2.1);
    turn_all();
    pass_and_turn(5.4); /* 4.5 of the stage */
    pool_stop(pool_of(0), HOUR);
    assert_int_equal(0, handed_over());
    assert_int_equal(4, dropped());
}

static void a_load_that_is_set_in_the_warm_up_holds_after_it(void **state)
{
    (void)state;
    prepare_warm(2, 20);
    open_workers();
    start_warm(-0.9, 2.1);
    turn_all();
    size_t warm = f.begun_count;
    int64_t start_ns = pool_of(0)->start_ns;
    for (uint32_t i = 0; i < 2; i++)
        pool_set_load(pool_of(i), start_ns, 5 / 3600.);
    pass(0.85);
    turn_all();
    assert_int_equal(warm + 2, f.begun_count);
    pass_and_turn(1.15);
    assert_int_equal(5, handed_over());
    assert_int_equal(warm + 2 + 5, f.begun_count);
    uint64_t numbers = 0;
    for (size_t i = warm + 2; i < f.begun_count; i++)
        numbers += f.begun[i].iteration_in_run;
    assert_int_equal(1 + 2 + 3 + 4 + 5, numbers);
}

static void no_warm_load_is_a_quiet_warm_up(void **state)
{
    (void)state;
    prepare(1, 1, 5);
    open_workers();
    start_warm(-0.5, 3);
    turn_all();
    assert_int_equal(0, f.begun_count);
    pass_and_turn(2);
    BEGUN(1);
    assert_int_equal(1, f.begun[0].iteration_in_run);
}

/* ------------------------------------------------------------------ at random
 */

struct course {
    struct random random;
    uint32_t workers;
    uint32_t users;
    bool is_queue;
    bool has_on_start;
};

/* Ends a part that is under way, if there is one. */
static void finish_somebody(struct course *c)
{
    struct pool *p =
        pool_of((uint32_t)random_int(&c->random, 0, c->workers - 1));
    if (!p->capacity)
        return;
    struct vu *vu = &p->users[random_int(&c->random, 0, p->capacity - 1)];
    if (vu->busy)
        fake_finish(vu, OUTCOME_DONE);
}

static uint32_t offered(void)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < f.plan.workers; i++)
        sum += (uint32_t)dispatch_of(i)->handover.count;
    return sum;
}

static uint32_t free_users(void)
{
    uint32_t sum = 0;
    for (uint32_t i = 0; i < f.plan.workers; i++)
        sum += (uint32_t)dispatch_of(i)->handover.free;
    return sum;
}

/* While the pools are open, each user is free, or has an arrival, or one waits
 * for it to be taken. */
static void assert_users_add_up(const struct course *c)
{
    assert_int_equal(c->users, free_users() + in_use() + offered());
}

static void take_steps(struct course *c, int steps)
{
    for (int i = 0; i < steps; i++) {
        uint64_t before = dropped();
        switch (random_int(&c->random, 0, 3)) {
        case 0:
            pass(random_unit(&c->random) / 4);
            break;
        case 1:
            finish_somebody(c);
            break;
        default:
            turn((uint32_t)random_int(&c->random, 0, c->workers - 1));
            break;
        }
        assert_users_add_up(c);
        if (dropped() > before) /* nobody was free, at least when it was */
            assert_int_equal(0, free_users());
        if (c->is_queue)
            assert_int_equal(0, dropped());
    }
}

static void let_all_end(void)
{
    for (int i = 0; i < 1000; i++) {
        bool is_done = true;
        turn_all();
        for (uint32_t w = 0; w < f.plan.workers; w++) {
            struct pool *p = pool_of(w);
            for (uint32_t k = 0; k < p->capacity; k++)
                if (p->users[k].busy)
                    fake_finish(&p->users[k], OUTCOME_DONE);
            is_done = is_done && pool_is_done(p);
        }
        if (is_done)
            return;
    }
    fail_msg("a pool never got done");
}

/* Each arrival begins exactly once or is dropped; who begins has a number. */
static void assert_each_once(uint64_t planned)
{
    bool seen[BEGUN_MAX] = {false};
    for (size_t i = 0; i < f.begun_count; i++) {
        uint64_t number = f.begun[i].number;
        assert_true(number >= 1 && number <= planned && !seen[number - 1]);
        assert_true(number == f.begun[i].iteration_in_run);
        seen[number - 1] = true;
    }
    if (f.begun_count + dropped() != planned ||
        handed_over() + dropped() != planned)
        fail_msg("%zu begun, %u handed over, %u dropped of %u", f.begun_count,
                 (unsigned)handed_over(), (unsigned)dropped(),
                 (unsigned)planned);
}

static void run_course(uint64_t seed)
{
    struct course c = {.has_on_start = seed % 3 == 1, .is_queue = seed & 1};
    random_init(&c.random, seed, 0);
    c.workers = (uint32_t)random_int(&c.random, 1, WORKERS_MAX);
    c.users = (uint32_t)random_int(&c.random, 1, 6);
    struct profile *profile = prepare(c.workers, 9, c.users);
    profile->is_queue = c.is_queue;
    profile->is_poisson = seed % 5 == 4;
    profile->grace_ns = 1000 * HOUR;
    f.plan.has_on_start = c.has_on_start;
    open_workers();
    struct arrival_cursor cursor;
    arrival_cursor_init(&cursor, &profile->arrivals, profile->is_poisson,
                        timetable_seed(f.plan.seed, 0, 0));
    start_warm(0, 0);
    take_steps(&c, 100);
    pass(11);
    let_all_end();
    assert_each_once(arrival_cursor_count(&cursor, 10 * HOUR));
}

static void whatever_happens_no_arrival_is_lost(void **state)
{
    (void)state;
    enum { COURSES = 300 };
    for (uint64_t seed = 0; seed < COURSES; seed++) {
        run_course(seed);
        if (seed + 1 < COURSES)
            assert_int_equal(0, end(NULL));
    }
}

#define WITH_WORKERS(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKERS(all_that_is_due_is_handed_over_in_order),
        WITH_WORKERS(nothing_happens_before_the_start),
        WITH_WORKERS(a_free_user_is_preferred_to_a_new_one),
        WITH_WORKERS(very_many_are_spread_over_turns),
        WITH_WORKERS(lag_and_response_time_count_from_the_plan),
        WITH_WORKERS(without_a_user_an_arrival_is_dropped),
        WITH_WORKERS(other_workers_users_take_what_finds_none_here),
        WITH_WORKERS(an_offer_wakes_the_other_worker),
        WITH_WORKERS(in_a_queue_arrivals_wait_in_order),
        WITH_WORKERS(who_waits_takes_any_workers_user),
        WITH_WORKERS(a_freed_user_goes_to_who_waited_longest),
        WITH_WORKERS(what_still_waits_after_the_grace_is_dropped),
        WITH_WORKERS(a_queue_that_empties_in_the_grace_ends_the_stage),
        WITH_WORKERS(an_arrival_waits_for_on_start),
        WITH_WORKERS(a_failed_on_start_keeps_its_arrival),
        WITH_WORKERS(the_end_lets_begin_what_was_handed_over),
        WITH_WORKERS(what_never_begins_is_dropped),
        WITH_WORKERS(without_arrivals_the_stage_ends_with_its_time),
        WITH_WORKERS(what_comes_after_the_end_is_too_late),
        WITH_WORKERS(each_standing_ends),
        WITH_WORKERS(nothing_is_offered_to_one_that_is_stopped),
        WITH_WORKERS(what_is_due_in_a_pause_never_happens),
        WITH_WORKERS(a_stage_ends_in_a_pause_too),
        WITH_WORKERS(a_pause_may_last_into_the_stage),
        WITH_WORKERS(a_pause_drops_what_waits),
        WITH_WORKERS(a_load_holds_from_its_moment),
        WITH_WORKERS(no_load_is_a_load_too),
        WITH_WORKERS(a_new_load_drops_what_waits),
        WITH_WORKERS(numbers_stay_unique_and_dense),
        WITH_WORKERS(after_a_late_order_all_workers_agree),
        WITH_WORKERS(a_load_that_is_set_in_a_pause_holds_after_it),
        WITH_WORKERS(a_load_does_not_begin_before_its_profile),
        WITH_WORKERS(a_warm_up_is_counted_nowhere),
        WITH_WORKERS(a_late_arrival_of_the_warm_up_has_no_number),
        WITH_WORKERS(a_queue_that_is_stuck_since_the_warm_up),
        WITH_WORKERS(a_load_that_is_set_in_the_warm_up_holds_after_it),
        WITH_WORKERS(no_warm_load_is_a_quiet_warm_up),
        WITH_WORKERS(whatever_happens_no_arrival_is_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
