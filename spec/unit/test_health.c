/* health: shares of the time between two marks, filled by hand; and one real
 * mark of this thread, of which only what must hold anywhere is asserted. */
#include <math.h>
#include <unistd.h>

#include "base/clock.h"
#include "engine/health.h"
#include "engine/worker.h"
#include "unit.h"

enum { THREADS = 3 };

#define S NS_PER_S

/* What the kernel had counted, and when. */
struct counters {
    int64_t at_ns;
    struct thread_times threads[THREADS]; /* CPU, delay */
    int64_t throttled_ns;
    uint64_t steal_ticks, all_ticks;
};

static struct health_mark mark_of(const struct counters *c, size_t threads)
{
    struct health_mark m = {.at_ns = c->at_ns,
                            .threads = calloc(THREADS, sizeof *m.threads),
                            .thread_count = threads,
                            .throttled_ns = c->throttled_ns,
                            .steal_ticks = c->steal_ticks,
                            .all_ticks = c->all_ticks};
    assert_non_null(m.threads);
    memcpy(m.threads, c->threads, sizeof c->threads);
    return m;
}

static struct health between(const struct counters *a, size_t a_threads,
                             const struct counters *b, size_t b_threads)
{
    struct health_mark from = mark_of(a, a_threads), to = mark_of(b, b_threads);
    struct health h = health_between(&from, &to);
    health_mark_fini(&from);
    health_mark_fini(&to);
    return h;
}

static void assert_share(double expected, double share)
{
    if (fabs(expected - share) > 1e-9)
        fail_msg("%g instead of %g", share, expected);
}

static void shares_are_of_the_time_between_two_marks(void **state)
{
    (void)state;
    static const struct {
        struct counters from, to;
        double cpu, delay, throttled, steal;
    } rows[] = {
        {{.at_ns = 5 * S}, {.at_ns = 15 * S}, 0, 0, 0, 0},
        /* each figure is that of the thread for which it is the worst */
        {{.at_ns = 5 * S, .threads = {{S, 0}, {9 * S, 7 * S}, {0, 0}}},
         {.at_ns = 15 * S,
          .threads = {{4 * S, S}, {10 * S, 12 * S}, {2 * S, 0}}},
         0.3,
         0.5,
         0,
         0},
        {{.at_ns = 0, .throttled_ns = 3 * S},
         {.at_ns = 8 * S, .throttled_ns = 5 * S},
         0,
         0,
         0.25,
         0},
        {{.at_ns = 0, .steal_ticks = 100, .all_ticks = 10000},
         {.at_ns = 1, .steal_ticks = 150, .all_ticks = 11000},
         0,
         0,
         0,
         0.05},
        /* a whole CPU */
        {{.at_ns = 0}, {.at_ns = S, .threads = {{S, 0}}}, 1, 0, 0, 0},
        /* what goes backwards is not known */
        {{.at_ns = 0,
          .threads = {{S, S}},
          .throttled_ns = S,
          .steal_ticks = 10,
          .all_ticks = 20},
         {.at_ns = S,
          .threads = {{0, 0}},
          .throttled_ns = 0,
          .steal_ticks = 5,
          .all_ticks = 40},
         0,
         0,
         0,
         0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct health h = between(&rows[i].from, THREADS, &rows[i].to, THREADS);
        assert_share(rows[i].cpu, h.cpu);
        assert_share(rows[i].delay, h.delay);
        assert_share(rows[i].throttled, h.throttled);
        assert_share(rows[i].steal, h.steal);
    }
}

static void of_no_time_there_is_no_share(void **state)
{
    (void)state;
    static const struct counters from = {.at_ns = S},
                                 more = {.at_ns = S,
                                         .threads = {{S, S}},
                                         .throttled_ns = S,
                                         .steal_ticks = 5};
    static const struct counters before = {
        .at_ns = 0, .threads = {{S, S}}, .throttled_ns = S};
    const struct counters *ends[] = {&more, &before};
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct health h = between(&from, 1, ends[i], 1);
        assert_share(0, h.cpu + h.delay + h.throttled + h.steal);
    }
}

/* Only threads that both marks know are compared. */
static void a_mark_may_know_fewer_threads(void **state)
{
    (void)state;
    static const struct counters from = {.at_ns = 0},
                                 to = {.at_ns = 10 * S,
                                       .threads = {{S, 0}, {9 * S, 0}}};
    assert_share(0.1, between(&from, 1, &to, 2).cpu);
    assert_share(0.1, between(&from, 2, &to, 1).cpu);
    assert_share(0, between(&from, 0, &to, 2).cpu);
    assert_share(0, health_between(&(struct health_mark){0},
                                   &(struct health_mark){.at_ns = S})
                        .cpu);
}

/* ---------------------------------------------------------------- for real */

static void burn(int64_t cpu_ns)
{
    int64_t until_ns = clock_thread_cpu_ns() + cpu_ns;
    while (clock_thread_cpu_ns() < until_ns)
        continue;
}

/* The kernel may tell nothing; what it tells is not absurd. */
static void a_real_mark_is_sane(void **state)
{
    (void)state;
    static const int64_t burnt_ns = 60 * NS_PER_MS;
    static struct worker workers[2];
    workers[0].tid = workers[1].tid = (int)gettid();
    struct health_mark from = {0}, to = {0};
    health_mark(&from, workers, 1, clock_now_ns());
    burn(burnt_ns);
    health_mark(&to, workers, 2, clock_now_ns());
    assert_int_equal(1, from.thread_count);
    assert_int_equal(2, to.thread_count);
    assert_true(to.at_ns > from.at_ns);
    assert_true(to.steal_ticks <= to.all_ticks);
    assert_true(to.throttled_ns >= from.throttled_ns);
    if (from.threads[0].cpu_ns)
        assert_true(to.threads[0].cpu_ns - from.threads[0].cpu_ns >=
                    burnt_ns / 2);
    struct health h = health_between(&from, &to);
    assert_true(h.cpu >= 0 && h.cpu < 1.5);
    assert_true(h.delay >= 0);
    assert_true(h.steal >= 0 && h.steal <= 1);
    health_mark(&from, workers, 2, clock_now_ns()); /* replaces the old one */
    assert_int_equal(2, from.thread_count);
    health_mark_fini(&from);
    health_mark_fini(&to);
}

static void a_thread_that_is_gone_counts_nothing(void **state)
{
    (void)state;
    static struct worker worker = {.tid = -1};
    struct health_mark m = {0};
    health_mark(&m, &worker, 1, 1);
    assert_true(m.threads[0].cpu_ns == 0 && m.threads[0].delay_ns == 0);
    health_mark(&m, NULL, 0, 2);
    assert_int_equal(0, m.thread_count);
    health_mark_fini(&m);
    health_mark_fini(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_are_of_the_time_between_two_marks),
        cmocka_unit_test(of_no_time_there_is_no_share),
        cmocka_unit_test(a_mark_may_know_fewer_threads),
        cmocka_unit_test(a_real_mark_is_sane),
        cmocka_unit_test(a_thread_that_is_gone_counts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
