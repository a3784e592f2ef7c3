/* worker: its mailbox, seen from the control thread. */
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/plan.h"
#include "engine/record.h"
#include "engine/worker.h"
#include "fake_journey.h"
#include "fake_plan.h"
#include "io/http.h"
#include "unit.h"

struct fixture {
    struct run_plan plan;
    struct worker worker;
    struct fake_script *script;
    int notify_fd;
};

static struct fixture f;

static int set_up(void **state)
{
    (void)state;
    struct error err;
    f.notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    f.script = fake_script_new();
    fake_plan_init(&f.plan, 1);
    f.plan.script = f.script;
    return f.notify_fd < 0 || !http_global_init(&err);
}

static int tear_down(void **state)
{
    (void)state;
    http_global_fini();
    plan_fini(&f.plan);
    fake_script_free(f.script);
    close(f.notify_fd);
    return 0;
}

/* Sleeps until the worker has something to tell. */
static void wait_for_mail(void)
{
    struct pollfd p = {.fd = f.notify_fd, .events = POLLIN};
    uint64_t count;
    assert_int_equal(1, poll(&p, 1, -1));
    assert_int_equal(sizeof count, read(f.notify_fd, &count, sizeof count));
}

static void wait_for(enum worker_state state)
{
    while (worker_state(&f.worker) != state)
        wait_for_mail();
}

static void open_worker(void)
{
    struct error err;
    plan_seal(&f.plan);
    assert_true(worker_open(&f.worker, &f.plan, &fake_journey, &f.worker, 0,
                            f.notify_fd, &err));
    while (worker_state(&f.worker) == WORKER_OPENING)
        wait_for_mail();
}

static void close_worker(void)
{
    worker_send(&f.worker, WORKER_QUIT);
    worker_join(&f.worker);
    worker_fini(&f.worker);
}

static struct shard *take_shard(void)
{
    struct shard *full;
    worker_send(&f.worker, WORKER_FLIP);
    while (!(full = worker_flipped(&f.worker)))
        wait_for_mail();
    return full;
}

static size_t count(enum fake_event_kind kind)
{
    return fake_count(f.script, kind, FAKE_ANY, FAKE_ANY);
}

static void opens_and_quits(void **state)
{
    (void)state;
    fake_plan_constant(&f.plan, PROFILE_VUS, 3, NS_PER_S);
    open_worker();
    assert_int_equal(WORKER_READY, worker_state(&f.worker));
    close_worker();
    assert_int_equal(1, count(FAKE_OPEN_WORKER));
    assert_int_equal(1, count(FAKE_CLOSE_WORKER));
    assert_int_equal(0, count(FAKE_OPEN));
}

static void says_why_it_could_not_open(void **state)
{
    (void)state;
    f.script->fails_to_open = 1;
    fake_plan_constant(&f.plan, PROFILE_VUS, 3, NS_PER_S);
    open_worker();
    assert_int_equal(WORKER_FAILED, worker_state(&f.worker));
    assert_string_equal("worker 0 does not want to",
                        f.worker.mailbox.error.text);
    close_worker();
    assert_int_equal(1, count(FAKE_CLOSE_WORKER));
}

static void parts_report_their_outcome(void **state)
{
    (void)state;
    static const struct fake_part parts[] = {
        {FAKE_AT_ONCE, 0, OUTCOME_DONE},
        {FAKE_WAITS, 1, OUTCOME_FAILED},
        {FAKE_WAITS, NS_PER_MS, OUTCOME_ERROR},
    };
    fake_plan_constant(&f.plan, PROFILE_VUS, 1, NS_PER_S);
    open_worker();
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        f.script->parts[PART_SETUP] = parts[i];
        worker_send_part(&f.worker, PART_SETUP);
        wait_for(WORKER_READY);
        assert_int_equal(parts[i].outcome, f.worker.mailbox.part_outcome);
    }
    close_worker();
    assert_int_equal(1, count(FAKE_OPEN)); /* one user for all parts */
    assert_int_equal(1, count(FAKE_CLOSE));
}

static void a_part_is_cut_off(void **state)
{
    (void)state;
    f.script->parts[PART_SETUP].way = FAKE_BY_HAND;
    fake_plan_constant(&f.plan, PROFILE_VUS, 1, NS_PER_S);
    open_worker();
    worker_send_part(&f.worker, PART_SETUP);
    worker_send(&f.worker, WORKER_CUT_OFF);
    wait_for(WORKER_READY);
    assert_int_equal(OUTCOME_CUT_OFF, f.worker.mailbox.part_outcome);
    assert_int_equal(1, count(FAKE_CANCEL));
    close_worker();
}

static void a_worker_that_quits_cuts_off_what_is_under_way(void **state)
{
    (void)state;
    f.script->parts[PART_TEARDOWN].way = FAKE_BY_HAND;
    fake_plan_constant(&f.plan, PROFILE_VUS, 1, NS_PER_S);
    open_worker();
    worker_send_part(&f.worker, PART_TEARDOWN);
    close_worker();
    assert_int_equal(count(FAKE_START), count(FAKE_END));
    assert_int_equal(count(FAKE_OPEN), count(FAKE_CLOSE));
}

static void a_stage_ends_when_its_profiles_do(void **state)
{
    (void)state;
    fake_plan_constant(&f.plan, PROFILE_PER_VU, 3, 60 * NS_PER_S)->iterations =
        2;
    fake_plan_constant(&f.plan, PROFILE_SHARED, 4, 60 * NS_PER_S)->iterations =
        9;
    open_worker();
    worker_send_stage(&f.worker, clock_now_ns());
    wait_for(WORKER_READY);
    assert_int_equal(0, f.worker.users);
    close_worker();
    assert_int_equal(3 * 2 + 9, count(FAKE_END));
    assert_int_equal(7, count(FAKE_OPEN));
    assert_int_equal(7, count(FAKE_CLOSE));
}

static void stopping_ends_a_stage_early(void **state)
{
    (void)state;
    f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
    fake_plan_constant(&f.plan, PROFILE_VUS, 3, 60 * NS_PER_S)->grace_ns = 0;
    open_worker();
    worker_send_stage(&f.worker, clock_now_ns());
    worker_send(&f.worker, WORKER_STOP); /* perhaps before anybody started */
    wait_for(WORKER_READY);
    close_worker();
    assert_int_equal(count(FAKE_OPEN), count(FAKE_CLOSE));
    assert_int_equal(count(FAKE_START), count(FAKE_CANCEL));
}

static void note_a_check(struct vu *vu, enum journey_part part)
{
    (void)part;
    record_check(vu, "seen", 4, true, NULL);
}

static uint64_t checks_in(const struct shard *s)
{
    const struct tally_rows *t = &s->tallies[TALLY_CHECKS];
    return t->capacity ? t->rows[0].passes : 0;
}

static void run_setup(void)
{
    worker_send_part(&f.worker, PART_SETUP);
    wait_for(WORKER_READY);
}

/* Two shards change hands: one is filled while the other one is read. */
static void shards_change_hands_whole(void **state)
{
    (void)state;
    f.script->at_start = note_a_check;
    fake_plan_constant(&f.plan, PROFILE_VUS, 1, NS_PER_S);
    open_worker();
    assert_null(worker_flipped(&f.worker));
    run_setup();
    run_setup();
    struct shard *first = take_shard();
    assert_int_equal(2, checks_in(first));
    worker_send(&f.worker, WORKER_FLIP); /* not given back yet */
    run_setup();
    run_setup(); /* the mail before this one has been read */
    assert_ptr_equal(first, worker_flipped(&f.worker));
    assert_int_equal(2, checks_in(first));
    shard_reset(first);
    worker_give_back(&f.worker);
    struct shard *second = take_shard();
    assert_ptr_not_equal(first, second);
    assert_int_equal(2, checks_in(second));
    shard_reset(second);
    worker_give_back(&f.worker);
    assert_ptr_equal(first, take_shard());
    assert_int_equal(0, checks_in(first));
    close_worker();
}

static void an_abort_is_seen_when_the_part_is_over(void **state)
{
    (void)state;
    f.script->parts[PART_SETUP].outcome = OUTCOME_ABORTED;
    fake_plan_constant(&f.plan, PROFILE_VUS, 1, NS_PER_S);
    open_worker();
    for (int i = 0; i < 200; i++) {
        run_setup();
        assert_true(atomic_exchange(&f.worker.aborted, false));
    }
    close_worker();
}

/* ------------------------------------------------------- stages of arrivals */

static void a_stage_of_arrivals_ends_when_all_are_done(void **state)
{
    (void)state;
    static const struct rate_segment line = {
        .from = 1000, .to = 1000, .duration_ns = 50 * NS_PER_MS};
    for (int queue = 0; queue < 2; queue++) {
        fake_plan_arrivals(&f.plan, &line, 1, 3)->is_queue = queue;
        f.script->parts[PART_ITERATION] =
            (struct fake_part){FAKE_WAITS, NS_PER_MS, OUTCOME_DONE};
    }
    open_worker();
    worker_send_stage(&f.worker, clock_now_ns());
    wait_for(WORKER_READY);
    const struct shard *s = take_shard();
    uint64_t dropped = (uint64_t)s->metrics[BUILTIN_DROPPED_ITERATIONS].value;
    assert_int_equal(100, s->arrivals.handed_over + dropped);
    assert_int_equal(s->arrivals.handed_over, s->journeys[0].iterations);
    assert_true(s->arrivals.handed_over >= 50); /* of the queue, all */
    assert_int_equal(0, f.worker.users);
    close_worker();
    assert_int_equal(count(FAKE_OPEN), count(FAKE_CLOSE));
}

/* ----------------------------------------------------------------- warm-up */

static uint64_t turns_of_next_shard(void)
{
    struct shard *full = take_shard();
    uint64_t turns = full->health.turns;
    shard_reset(full);
    worker_give_back(&f.worker);
    return turns;
}

/* Until the first look after it, that is. */
static void turns_of_the_warm_up_do_not_count(void **state)
{
    (void)state;
    f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
    fake_plan_constant(&f.plan, PROFILE_VUS, 3, 3600 * NS_PER_S)->warm_load = 1;
    f.plan.warmup_ns = 3600 * NS_PER_S;
    open_worker();
    int64_t start_ns = clock_now_ns() + 30 * NS_PER_MS;
    worker_send_stage(&f.worker, start_ns);
    assert_int_equal(0, turns_of_next_shard());
    bool saw_warm_up = clock_now_ns() < start_ns;
    while (clock_now_ns() < start_ns)
        sched_yield();
    if (saw_warm_up)
        assert_int_equal(0, turns_of_next_shard());
    assert_true(turns_of_next_shard() > 0);
    worker_send(&f.worker, WORKER_CUT_OFF);
    wait_for(WORKER_READY);
    turns_of_next_shard(); /* of the stage's end */
    assert_int_equal(0, turns_of_next_shard());
    close_worker();
}

static void a_stop_in_the_warm_up_ends_the_stage(void **state)
{
    (void)state;
    static const struct rate_segment line = {
        .from = 10, .to = 10, .duration_ns = NS_PER_S};
    fake_plan_arrivals(&f.plan, &line, 1, 3)->warm_load = 1000;
    fake_plan_constant(&f.plan, PROFILE_VUS, 3, NS_PER_S)->warm_load = 3;
    fake_plan_constant(&f.plan, PROFILE_SHARED, 3, NS_PER_S)->warm_load = 3;
    f.plan.profiles[2].iterations = 5;
    f.plan.warmup_ns = 3600 * NS_PER_S;
    f.script->parts[PART_ITERATION] =
        (struct fake_part){FAKE_WAITS, NS_PER_MS, OUTCOME_DONE};
    open_worker();
    worker_send_stage(&f.worker, clock_now_ns() + 3599 * NS_PER_S);
    while (count(FAKE_END) < 20)
        sched_yield();
    worker_send(&f.worker, WORKER_STOP);
    wait_for(WORKER_READY);
    const struct shard *s = take_shard();
    assert_int_equal(0, s->journeys[0].iterations);
    assert_int_equal(0, s->arrivals.handed_over);
    assert_true(s->metrics[BUILTIN_DROPPED_ITERATIONS].value == 0);
    assert_int_equal(0, f.worker.users);
    close_worker();
}

/* ------------------------------------------------------ load from outside */

/* Goes on when the worker has read its mail. */
static void wait_for_users(unsigned users)
{
    while (atomic_load(&f.worker.users) != users)
        sched_yield();
    turns_of_next_shard();
}

static void loads_reach_their_profiles(void **state)
{
    (void)state;
    f.script->parts[PART_ITERATION].way = FAKE_BY_HAND;
    for (int i = 0; i < 2; i++)
        fake_plan_constant(&f.plan, PROFILE_VUS, 5, 3600 * NS_PER_S)
            ->ramp_down_grace_ns = 0;
    open_worker();
    worker_send_load(&f.worker, 0, clock_now_ns(), 1); /* nothing runs yet */
    turns_of_next_shard();
    worker_send_stage(&f.worker, clock_now_ns());
    wait_for_users(10);
    worker_send_load(&f.worker, 1, clock_now_ns(), 2);
    wait_for_users(7);
    assert_int_equal(5, f.worker.pools[0].active);
    assert_int_equal(2, f.worker.pools[1].active);
    worker_send_load(&f.worker, 0, clock_now_ns(), 3);
    worker_send_load(&f.worker, 1, clock_now_ns(), 9);
    wait_for_users(8);
    worker_send(&f.worker, WORKER_CUT_OFF);
    wait_for(WORKER_READY);
    close_worker();
}

static sem_t held, let_go;

static void hold_worker(struct vu *vu, enum journey_part part)
{
    (void)vu;
    if (part != PART_SETUP)
        return;
    sem_post(&held);
    sem_wait(&let_go);
}

/* Both are in the mail that the worker reads when it gets to it. */
static void the_last_of_pause_and_resume_holds(void **state)
{
    (void)state;
    static const struct {
        enum worker_command commands[3];
        bool is_paused;
    } rows[] = {{{WORKER_PAUSE, WORKER_RESUME, WORKER_PAUSE}, true},
                {{WORKER_RESUME, WORKER_PAUSE, WORKER_RESUME}, false},
                {{WORKER_PAUSE, WORKER_PAUSE, WORKER_PAUSE}, true},
                {{WORKER_PAUSE, WORKER_RESUME, WORKER_RESUME}, false}};
    sem_init(&held, 0, 0);
    sem_init(&let_go, 0, 0);
    f.script->at_start = hold_worker;
    fake_plan_constant(&f.plan, PROFILE_VUS, 1, NS_PER_S);
    open_worker();
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        worker_send_part(&f.worker, PART_SETUP);
        sem_wait(&held);
        for (size_t k = 0; k < COUNT_OF(rows[i].commands); k++)
            worker_send(&f.worker, rows[i].commands[k]);
        sem_post(&let_go);
        wait_for(WORKER_READY);
        turns_of_next_shard(); /* all mail has been read */
        assert_int_equal(rows[i].is_paused, f.worker.pools[0].is_paused);
    }
    close_worker();
    sem_destroy(&held);
    sem_destroy(&let_go);
}

#define WITH_WORKER(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_WORKER(opens_and_quits),
        WITH_WORKER(says_why_it_could_not_open),
        WITH_WORKER(parts_report_their_outcome),
        WITH_WORKER(a_part_is_cut_off),
        WITH_WORKER(a_worker_that_quits_cuts_off_what_is_under_way),
        WITH_WORKER(a_stage_ends_when_its_profiles_do),
        WITH_WORKER(stopping_ends_a_stage_early),
        WITH_WORKER(shards_change_hands_whole),
        WITH_WORKER(an_abort_is_seen_when_the_part_is_over),
        WITH_WORKER(a_stage_of_arrivals_ends_when_all_are_done),
        WITH_WORKER(turns_of_the_warm_up_do_not_count),
        WITH_WORKER(a_stop_in_the_warm_up_ends_the_stage),
        WITH_WORKER(loads_reach_their_profiles),
        WITH_WORKER(the_last_of_pause_and_resume_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
