/* loop: order and counts of timers and tasks; never how long they took. */
#include <pthread.h>

#include "base/clock.h"
#include "io/loop.h"
#include "unit.h"

enum { TIMERS = 8 };

struct fixture {
    struct loop loop;
    struct loop_timer timers[TIMERS];
    int fired[TIMERS]; /* in the order they fired */
    int count;
    int early;
    int stop_after;
    int wakes;
};

static struct fixture f;

static void on_wake(void *arg)
{
    struct fixture *fixture = arg;
    fixture->wakes++;
    loop_stop(&fixture->loop);
}

static int set_up(void **state)
{
    (void)state;
    f = (struct fixture){.stop_after = TIMERS};
    return !loop_open(&f.loop, on_wake, &f);
}

static int tear_down(void **state)
{
    (void)state;
    loop_close(&f.loop);
    return 0;
}

static void on_timer(struct loop_timer *t)
{
    f.early += clock_now_ns() < t->due_ns;
    f.fired[f.count++ % TIMERS] = (int)(t - f.timers);
    if (f.count == f.stop_after)
        loop_stop(&f.loop);
}

static void start_in(int number, int64_t wait_ns)
{
    loop_timer_init(&f.timers[number], on_timer);
    loop_timer_start(&f.loop, &f.timers[number], clock_now_ns() + wait_ns);
}

static void timers_fire_in_order_and_once(void **state)
{
    (void)state;
    static const int64_t waits_ms[TIMERS] = {9, 3, 21, 6, 0, 18, 12, 15};
    static const int order[TIMERS] = {4, 1, 3, 0, 6, 7, 5, 2};
    for (int i = 0; i < TIMERS; i++)
        start_in(i, waits_ms[i] * NS_PER_MS);
    loop_run(&f.loop);
    assert_int_equal(TIMERS, f.count);
    assert_int_equal(0, f.early);
    assert_memory_equal(order, f.fired, sizeof order);
    for (int i = 0; i < TIMERS; i++)
        assert_false(loop_timer_is_armed(&f.timers[i]));
}

static void spin(int64_t duration_ns)
{
    int64_t until_ns = clock_now_ns() + duration_ns;
    while (clock_now_ns() < until_ns)
        continue;
}

/* libev counts from the start of the turn; a timer set after 5 ms of work for
 * 2 ms later must not fire at once. */
static void on_busy_timer(struct loop_timer *t)
{
    (void)t;
    spin(5 * NS_PER_MS);
    for (int i = 1; i < TIMERS; i++)
        start_in(i, 2 * NS_PER_MS + i * 1000);
}

static void timers_set_late_in_a_turn_are_not_early(void **state)
{
    (void)state;
    f.stop_after = TIMERS - 1;
    loop_timer_init(&f.timers[0], on_busy_timer);
    loop_timer_start(&f.loop, &f.timers[0], 0);
    loop_run(&f.loop);
    assert_int_equal(TIMERS - 1, f.count);
    assert_int_equal(0, f.early);
}

static void a_stopped_timer_stays_silent(void **state)
{
    (void)state;
    f.stop_after = 1;
    start_in(0, NS_PER_MS);
    start_in(1, 2 * NS_PER_MS);
    assert_true(loop_timer_is_armed(&f.timers[0]));
    loop_timer_stop(&f.timers[0]);
    loop_timer_stop(&f.timers[0]);
    assert_false(loop_timer_is_armed(&f.timers[0]));
    loop_run(&f.loop);
    assert_int_equal(1, f.count);
    assert_int_equal(1, f.fired[0]);
}

static void starting_again_moves_a_timer(void **state)
{
    (void)state;
    f.stop_after = 2;
    start_in(0, NS_PER_MS);
    start_in(1, 2 * NS_PER_MS);
    loop_timer_start(&f.loop, &f.timers[0], clock_now_ns() + 6 * NS_PER_MS);
    loop_run(&f.loop);
    assert_int_equal(1, f.fired[0]);
    assert_int_equal(0, f.fired[1]);
    assert_int_equal(0, f.early);
}

static void stop_the_second(struct loop_timer *t)
{
    on_timer(t);
    loop_timer_stop(&f.timers[1]);
}

static void a_timer_may_stop_one_that_is_due_with_it(void **state)
{
    (void)state;
    f.stop_after = 2;
    loop_timer_init(&f.timers[0], stop_the_second);
    loop_timer_start(&f.loop, &f.timers[0], 0);
    spin(NS_PER_MS);
    start_in(1, 0);
    start_in(2, 20 * NS_PER_MS);
    loop_run(&f.loop);
    assert_int_equal(0, f.fired[0]);
    assert_int_equal(2, f.fired[1]);
}

/* ------------------------------------------------------------------- tasks */

struct counted {
    struct loop_task task;
    int runs;
    int again; /* how often it defers itself */
    uint64_t last_turn;
    int same_turn; /* how often it ran twice in one turn */
    struct loop_task *cancels;
};

static int64_t order_of_tasks; /* the number of runs of each, as digits */

static void run_counted(struct loop_task *t)
{
    struct counted *c = list_entry(t, struct counted, task);
    c->same_turn += c->runs && c->last_turn == f.loop.turns;
    c->last_turn = f.loop.turns;
    c->runs++;
    order_of_tasks = order_of_tasks % 100000 * 10 + c->runs % 10;
    if (c->cancels)
        loop_task_cancel(c->cancels);
    if (c->again-- > 0)
        loop_defer(&f.loop, t);
    else
        loop_stop(&f.loop);
}

static void a_task_that_defers_itself_runs_once_a_turn(void **state)
{
    (void)state;
    struct counted c = {.again = 99};
    loop_task_init(&c.task, run_counted);
    loop_defer(&f.loop, &c.task);
    loop_defer(&f.loop, &c.task);
    loop_run(&f.loop);
    assert_int_equal(100, c.runs);
    assert_int_equal(0, c.same_turn);
}

static void timers_get_through_busy_tasks(void **state)
{
    (void)state;
    f.stop_after = 1;
    struct counted c = {.again = INT32_MAX};
    loop_task_init(&c.task, run_counted);
    loop_defer(&f.loop, &c.task);
    start_in(0, NS_PER_MS);
    loop_run(&f.loop);
    assert_int_equal(1, f.count);
    assert_true(c.runs > 0);
    loop_task_cancel(&c.task);
}

static void tasks_run_in_order_and_may_cancel_each_other(void **state)
{
    (void)state;
    struct counted tasks[4] = {
        {.runs = 0}, {.runs = 4}, {.runs = 6}, {.runs = 8}};
    order_of_tasks = 0;
    for (int i = 0; i < 4; i++)
        loop_task_init(&tasks[i].task, run_counted);
    tasks[0].cancels = &tasks[2].task;
    for (int i = 0; i < 4; i++)
        loop_defer(&f.loop, &tasks[i].task);
    loop_task_cancel(&tasks[1].task);
    loop_task_cancel(&tasks[1].task);
    loop_run(&f.loop);
    assert_int_equal(19, order_of_tasks);
}

/* ------------------------------------------------------------------- turns */

static uint64_t turns_in(const struct loop_turns *t)
{
    uint64_t sum = 0;
    for (int i = 0; i < LOOP_TURN_BUCKETS; i++)
        sum += t->buckets[i];
    return sum;
}

static int highest_bucket(const struct loop_turns *t)
{
    int i = LOOP_TURN_BUCKETS - 1;
    while (i > 0 && !t->buckets[i])
        i--;
    return i;
}

static void run_turns(int turns)
{
    struct counted c = {.again = turns};
    loop_task_init(&c.task, run_counted);
    loop_defer(&f.loop, &c.task);
    loop_run(&f.loop);
}

static void every_turn_is_in_one_bucket(void **state)
{
    (void)state;
    run_turns(50);
    struct loop_turns t = loop_take_turns(&f.loop);
    assert_true(turns_in(&t) == f.loop.turns);
    assert_true(turns_in(&t) >= 50);
    int highest = highest_bucket(&t);
    int64_t below_ns = (INT64_C(1) << highest) * NS_PER_US;
    if (highest < LOOP_TURN_BUCKETS - 1)
        assert_true(t.longest_ns < below_ns);
    assert_true(highest == 0 || t.longest_ns >= below_ns / 2);
    t = loop_take_turns(&f.loop);
    assert_int_equal(0, turns_in(&t));
    assert_true(t.longest_ns == 0);
}

static void run_slowly(struct loop_task *t)
{
    spin(3 * NS_PER_MS);
    run_counted(t);
}

static void a_long_turn_is_seen(void **state)
{
    (void)state;
    struct counted c = {.again = 0};
    loop_task_init(&c.task, run_slowly);
    run_turns(1);
    loop_take_turns(&f.loop);
    loop_defer(&f.loop, &c.task);
    loop_run(&f.loop);
    struct loop_turns t = loop_take_turns(&f.loop);
    assert_true(t.longest_ns >= 3 * NS_PER_MS);
    assert_true(highest_bucket(&t) >= 12); /* 2^11 us and more */
}

/* ----------------------------------------------------------------- wake-up */

static void *wake_from_outside(void *arg)
{
    loop_wake(arg);
    return NULL;
}

static void another_thread_wakes_a_sleeping_loop(void **state)
{
    (void)state;
    pthread_t thread;
    assert_int_equal(0,
                     pthread_create(&thread, NULL, wake_from_outside, &f.loop));
    loop_run(&f.loop); /* nothing but the wake-up ends it */
    pthread_join(thread, NULL);
    assert_int_equal(1, f.wakes);
}

static void a_wake_up_before_the_loop_runs_is_not_lost(void **state)
{
    (void)state;
    loop_wake(&f.loop);
    loop_wake(&f.loop);
    loop_run(&f.loop);
    assert_int_equal(1, f.wakes);
}

#define WITH_LOOP(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_LOOP(timers_fire_in_order_and_once),
        WITH_LOOP(timers_set_late_in_a_turn_are_not_early),
        WITH_LOOP(a_stopped_timer_stays_silent),
        WITH_LOOP(starting_again_moves_a_timer),
        WITH_LOOP(a_timer_may_stop_one_that_is_due_with_it),
        WITH_LOOP(a_task_that_defers_itself_runs_once_a_turn),
        WITH_LOOP(timers_get_through_busy_tasks),
        WITH_LOOP(tasks_run_in_order_and_may_cancel_each_other),
        WITH_LOOP(another_thread_wakes_a_sleeping_loop),
        WITH_LOOP(a_wake_up_before_the_loop_runs_is_not_lost),
        WITH_LOOP(every_turn_is_in_one_bucket),
        WITH_LOOP(a_long_turn_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
