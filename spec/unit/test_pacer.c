/* pacer: how often and in what order; a fire before its time fails, however
 * late it was. */
#include "base/clock.h"
#include "io/pacer.h"
#include "unit.h"

enum { PACERS = 6 };

struct fixture {
    struct loop loop;
    struct pacer pacers[PACERS];
    int fired[16]; /* in the order they fired */
    int count;
    int stop_after;
    int early;
    int64_t due_ns[PACERS];
    int again; /* how often the first one sets itself again */
    int64_t armed_ns;
    struct loop_timer end;
};

static struct fixture f;

static void on_wake(void *arg)
{
    (void)arg;
}

static void on_end(struct loop_timer *t)
{
    (void)t;
    loop_stop(&f.loop);
}

static void on_fire(struct pacer *p)
{
    int number = (int)(p - f.pacers);
    f.early += clock_now_ns() < f.due_ns[number];
    f.fired[f.count++ % (int)COUNT_OF(f.fired)] = number;
    if (f.count == f.stop_after)
        loop_stop(&f.loop);
}

static int set_up(void **state)
{
    (void)state;
    f = (struct fixture){.stop_after = 1};
    if (!loop_open(&f.loop, on_wake, NULL))
        return 1;
    for (int i = 0; i < PACERS; i++)
        if (!pacer_open(&f.pacers[i], &f.loop, on_fire))
            return 1;
    loop_timer_init(&f.end, on_end);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < PACERS; i++)
        pacer_close(&f.pacers[i]);
    loop_timer_stop(&f.end);
    loop_close(&f.loop);
    return 0;
}

static void set_at(int number, int64_t due_ns)
{
    f.due_ns[number] = due_ns;
    pacer_set(&f.pacers[number], due_ns);
}

static void set_in(int number, int64_t wait_ns)
{
    set_at(number, clock_now_ns() + wait_ns);
}

/* Goes on for so long, to see what else fires. */
static void run_for(int64_t duration_ns)
{
    loop_timer_start(&f.loop, &f.end, clock_now_ns() + duration_ns);
    loop_run(&f.loop);
}

static void fires_once_and_never_early(void **state)
{
    (void)state;
    static const int64_t waits_ns[] = {
        0, 1, 999, NS_PER_US, 50 * NS_PER_US, NS_PER_MS - 1, 3 * NS_PER_MS};
    for (size_t i = 0; i < COUNT_OF(waits_ns); i++) {
        f.count = 0;
        set_in(0, waits_ns[i]);
        loop_run(&f.loop);
        assert_int_equal(0, f.pacers[0].due_ns);
        f.stop_after = 0;
        run_for(2 * NS_PER_MS);
        f.stop_after = 1;
        assert_int_equal(1, f.count);
        assert_int_equal(0, f.early);
    }
}

static void what_is_past_fires_at_once(void **state)
{
    (void)state;
    static const int64_t due_ns[] = {1, NS_PER_S, 0, -1, INT64_MIN};
    for (size_t i = 0; i < COUNT_OF(due_ns); i++) {
        f.count = 0;
        set_at(0, due_ns[i]);
        loop_run(&f.loop); /* nothing but the pacer ends it */
        assert_int_equal(1, f.count);
    }
}

static void setting_again_moves_it(void **state)
{
    (void)state;
    f.stop_after = 2;
    set_in(0, NS_PER_MS / 2);
    set_in(1, 2 * NS_PER_MS);
    set_in(0, 200 * NS_PER_MS);
    loop_run(&f.loop);
    assert_int_equal(1, f.fired[0]);
    assert_int_equal(0, f.fired[1]);
    assert_int_equal(0, f.early);
    set_in(0, 3600 * NS_PER_S);
    set_in(0, 0);
    f.stop_after = 3;
    loop_run(&f.loop);
    assert_int_equal(3, f.count);
}

/* So far apart that no delay of a busy machine makes them due at once. */
static void several_fire_in_order(void **state)
{
    (void)state;
    static const int64_t waits_ms[] = {400, 1, 200};
    static const int order[] = {1, 2, 0};
    int64_t now_ns = clock_now_ns();
    f.stop_after = COUNT_OF(waits_ms);
    for (int i = 0; i < f.stop_after; i++)
        set_at(i, now_ns + waits_ms[i] * NS_PER_MS);
    loop_run(&f.loop);
    assert_memory_equal(order, f.fired, sizeof order);
    assert_int_equal(0, f.early);
}

static void set_again(struct pacer *p)
{
    on_fire(p);
    if (f.again-- > 0)
        set_in(0, f.again % 2 ? 20 * NS_PER_US : 0);
}

static void may_be_set_from_inside(void **state)
{
    (void)state;
    f.pacers[0].fire = set_again;
    f.again = 9;
    f.stop_after = 10;
    set_in(0, 0);
    loop_run(&f.loop);
    f.stop_after = 0;
    run_for(2 * NS_PER_MS);
    assert_int_equal(10, f.count);
    assert_int_equal(0, f.early);
}

static void set_to_the_same_time(struct pacer *p)
{
    on_fire(p);
    if (f.again-- > 0)
        set_at(0, f.due_ns[0]);
}

static void may_be_set_to_the_time_it_fired_at(void **state)
{
    (void)state;
    f.pacers[0].fire = set_to_the_same_time;
    f.again = 4;
    f.stop_after = 5;
    set_in(0, 0);
    loop_run(&f.loop);
    f.stop_after = 0;
    run_for(2 * NS_PER_MS);
    assert_int_equal(5, f.count);
}

static void set_to_what_is_past(struct pacer *p)
{
    assert_int_equal(f.armed_ns, p->armed_ns);
    on_fire(p);
    if (f.again-- > 0)
        set_at(0, f.armed_ns + f.again);
}

/* As when arrivals come faster than turns of the loop. */
static void what_is_due_again_by_then_needs_no_timer(void **state)
{
    (void)state;
    f.pacers[0].fire = set_to_what_is_past;
    f.armed_ns = clock_now_ns() - NS_PER_S;
    f.again = 5;
    f.stop_after = 6;
    set_at(0, f.armed_ns);
    assert_int_equal(0, f.pacers[0].armed_ns); /* only before it sleeps */
    loop_run(&f.loop);
    f.stop_after = 0;
    run_for(2 * NS_PER_MS);
    assert_int_equal(6, f.count);
    assert_int_equal(0, f.pacers[0].armed_ns);
}

static void a_cleared_one_stays_silent(void **state)
{
    (void)state;
    f.stop_after = 0;
    set_in(0, NS_PER_MS);
    pacer_clear(&f.pacers[0]);
    pacer_clear(&f.pacers[0]);
    run_for(3 * NS_PER_MS);
    assert_int_equal(0, f.count);
    f.stop_after = 1;
    set_in(0, 0);
    loop_run(&f.loop);
    assert_int_equal(1, f.count);
}

static void on_fire_and_clear_all(struct pacer *p)
{
    on_fire(p);
    for (int i = 0; i < PACERS; i++)
        pacer_clear(&f.pacers[i]);
}

/* All are readable in the turn in which the first one clears the others. */
static void one_may_clear_others_that_are_due_with_it(void **state)
{
    (void)state;
    f.stop_after = 0;
    for (int i = 0; i < PACERS; i++) {
        f.pacers[i].fire = on_fire_and_clear_all;
        set_at(i, 1);
    }
    run_for(2 * NS_PER_MS);
    assert_int_equal(1, f.count);
}

static void on_fire_and_delay_all(struct pacer *p)
{
    on_fire(p);
    if (f.again-- <= 0)
        return;
    for (int i = 0; i < PACERS; i++)
        set_in(i, 4 * NS_PER_MS);
}

static void one_may_delay_others_that_are_due_with_it(void **state)
{
    (void)state;
    f.again = 1;
    f.stop_after = 1 + PACERS;
    for (int i = 0; i < PACERS; i++) {
        f.pacers[i].fire = on_fire_and_delay_all;
        set_at(i, 1);
    }
    loop_run(&f.loop);
    assert_int_equal(0, f.early);
    f.stop_after = 0;
    run_for(6 * NS_PER_MS);
    assert_int_equal(1 + PACERS, f.count);
}

static void close_itself(struct pacer *p)
{
    on_fire(p);
    pacer_close(p);
}

static void may_be_closed_while_set(void **state)
{
    (void)state;
    f.stop_after = 1;
    set_in(0, NS_PER_MS);
    set_in(1, 0);
    pacer_close(&f.pacers[0]);
    pacer_close(&f.pacers[0]);
    f.pacers[1].fire = close_itself;
    loop_run(&f.loop);
    f.stop_after = 0;
    run_for(3 * NS_PER_MS);
    assert_int_equal(1, f.count);
    assert_int_equal(-1, f.pacers[0].fd);
    assert_int_equal(-1, f.pacers[1].fd);
}

#define WITH_PACERS(test)                                                      \
    cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_PACERS(fires_once_and_never_early),
        WITH_PACERS(what_is_past_fires_at_once),
        WITH_PACERS(setting_again_moves_it),
        WITH_PACERS(several_fire_in_order),
        WITH_PACERS(may_be_set_from_inside),
        WITH_PACERS(may_be_set_to_the_time_it_fired_at),
        WITH_PACERS(what_is_due_again_by_then_needs_no_timer),
        WITH_PACERS(a_cleared_one_stays_silent),
        WITH_PACERS(one_may_clear_others_that_are_due_with_it),
        WITH_PACERS(one_may_delay_others_that_are_due_with_it),
        WITH_PACERS(may_be_closed_while_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
