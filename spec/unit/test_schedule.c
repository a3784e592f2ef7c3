/* schedule: the exact formula, at every change, for ramps up, down and jumps.
 */
#include <stdbool.h>

#include "engine/schedule.h"
#include "unit.h"

enum { SEGMENTS_MAX = 5, CHANGES_MAX = 4096 };

#define HOUR INT64_C(3600000000000)
#define DAY (24 * HOUR)

struct shape {
    const char *name;
    struct segment segments[SEGMENTS_MAX]; /* from, to, (start), duration */
    size_t count;
};

static const struct shape SHAPES[] = {
    {"up", {{1, 5, 0, 1000, 1}}, 1},
    {"up from nobody", {{0, 3, 0, 1000, 1}}, 1},
    {"down", {{7, 2, 0, 999, 1}}, 1},
    {"down to nobody", {{3, 0, 0, 10, 1}}, 1},
    {"constant", {{4, 4, 0, 50, 1}}, 1},
    {"more changes than nanoseconds", {{0, 100, 0, 7, 1}}, 1},
    {"steps",
     {{1, 5, 0, 10000, 1}, {5, 0, 0, 5000, 2}, {0, 9, 0, 12345, 3}},
     3},
    {"jumps",
     {{0, 5, 0, 0, 1},
      {5, 5, 0, 100, 1},
      {5, 50, 0, 0, 2},
      {50, 50, 0, 100, 2},
      {50, 5, 0, 0, 3}},
     5},
    {"jump between ramps",
     {{0, 10, 0, 1000, 1}, {10, 3, 0, 0, 2}, {3, 8, 0, 777, 3}},
     3},
    {"jumps in a row", {{2, 9, 0, 0, 1}, {9, 1, 0, 0, 2}, {1, 1, 0, 5, 3}}, 3},
};

static struct schedule lay_out(const struct shape *shape)
{
    struct schedule s = {.count = shape->count,
                         .segments = malloc(sizeof shape->segments)};
    memcpy(s.segments, shape->segments, sizeof shape->segments);
    schedule_lay_out(&s);
    return s;
}

struct change {
    int64_t at_ns;
    uint32_t users;
};

struct changes {
    struct change list[CHANGES_MAX];
    size_t count;
};

static void note(struct changes *c, int64_t at_ns, uint32_t users)
{
    assert_true(c->count < CHANGES_MAX);
    if (c->count && c->list[c->count - 1].at_ns == at_ns)
        c->count--; /* what happens at the same time is one change */
    c->list[c->count++] = (struct change){at_ns, users};
}

/* The words: between `from` and `target` over d, count u is reached at
 * t_end - d * (target - u) / (target - from). */
static void expect_changes(struct changes *c, const struct shape *shape)
{
    int64_t start = 0;
    for (size_t i = 0; i < shape->count; i++) {
        const struct segment *g = &shape->segments[i];
        int64_t d = g->duration_ns, end = start + d;
        int64_t from = g->from, target = g->to, by = target > from ? 1 : -1;
        note(c, start, g->from);
        for (int64_t u = from + by; target != from && u != target + by; u += by)
            note(c, end - d * (target - u) / (target - from), (uint32_t)u);
        start = end;
    }
}

/* The greatest count that is due by then. */
static uint32_t expected_at(const struct changes *c, int64_t now_ns)
{
    uint32_t users = 0;
    for (size_t i = 0; i < c->count && c->list[i].at_ns <= now_ns; i++)
        users = c->list[i].users;
    return users;
}

static void the_target_follows_the_formula_at_each_moment(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        struct changes expected = {.count = 0};
        struct schedule s = lay_out(&SHAPES[i]);
        expect_changes(&expected, &SHAPES[i]);
        int64_t end = schedule_end_ns(&s);
        for (int64_t now = 0; now <= end; now++)
            if (schedule_target(&s, now) != expected_at(&expected, now))
                fail_msg("%s: %u at %lld", SHAPES[i].name,
                         schedule_target(&s, now), (long long)now);
        assert_int_equal(SHAPES[i].segments[s.count - 1].to,
                         schedule_target(&s, end));
        schedule_fini(&s);
    }
}

static void nobody_is_wanted_outside(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        struct schedule s = lay_out(&SHAPES[i]);
        int64_t end = schedule_end_ns(&s);
        assert_int_equal(0, schedule_target(&s, -1));
        assert_int_equal(0, schedule_target(&s, INT64_MIN));
        assert_int_equal(0, schedule_target(&s, end + 1));
        assert_int_equal(0, schedule_target(&s, INT64_MAX));
        schedule_fini(&s);
    }
}

/* Whoever wakes only at the announced times misses nothing. */
static void next_change_visits_every_change(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        struct schedule s = lay_out(&SHAPES[i]);
        int64_t end = schedule_end_ns(&s), now = -5;
        uint32_t seen = 0;
        for (int64_t t = -5; t <= end; t++) {
            int64_t next = schedule_next_change(&s, t);
            assert_true(next > t);
            if (t == schedule_next_change(&s, now)) {
                seen = schedule_target(&s, t);
                now = t;
            } else if (schedule_target(&s, t) != seen) {
                fail_msg("%s: a change at %lld was not announced",
                         SHAPES[i].name, (long long)t);
            }
        }
        assert_int_equal(end, now);
        assert_true(schedule_next_change(&s, end) == SCHEDULE_NEVER);
        schedule_fini(&s);
    }
}

static void counts_the_wake_ups(void **state)
{
    (void)state;
    struct segment ramp = {1, 5, 0, 10000, 1};
    struct schedule s = {.segments = &ramp, .count = 1};
    static const int64_t times[] = {0, 2500, 5000, 7500, 10000};
    int64_t now = -1;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        now = schedule_next_change(&s, now);
        assert_int_equal(times[i], now);
        assert_int_equal(i + 1, schedule_target(&s, now));
    }
    assert_true(schedule_next_change(&s, now) == SCHEDULE_NEVER);
}

/* d * u would not fit 64 bits: a million users over days. The times were
 * computed with integers of any size. */
static void long_ramps_do_not_overflow(void **state)
{
    (void)state;
    static const struct {
        uint32_t from, to;
        int64_t duration_ns, at_ns;
        uint32_t users;
    } rows[] = {
        {0, 1000000, 30 * DAY, 2592000000, 1},
        {0, 1000000, 30 * DAY, 30 * DAY / 2, 500000},
        {0, 1000000, 30 * DAY, 30 * DAY - 2592000000, 999999},
        {1000000, 0, 30 * DAY, 2592000000, 999999},
        {0, 999983, 7 * DAY + 1, 604810282, 1},
        {0, 999983, 7 * DAY + 1, 604193375287381, 998980},
        {3, 1000000, 100 * 365 * DAY, 31536094608284, 13},
        {0, 2000000000, HOUR, 1800, 1},
        {0, 2000000000, HOUR, HOUR - 1800, 1999999999},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct segment ramp = {rows[i].from, rows[i].to, 0, rows[i].duration_ns,
                               1};
        struct schedule s = {.segments = &ramp, .count = 1};
        uint32_t before =
            rows[i].to > rows[i].from ? rows[i].users - 1 : rows[i].users + 1;
        if (schedule_target(&s, rows[i].at_ns) != rows[i].users ||
            schedule_target(&s, rows[i].at_ns - 1) != before)
            fail_msg("row %zu: %u, then %u", i,
                     schedule_target(&s, rows[i].at_ns - 1),
                     schedule_target(&s, rows[i].at_ns));
        assert_int_equal(rows[i].at_ns,
                         schedule_next_change(&s, rows[i].at_ns - 1));
    }
}

static void the_step_is_that_of_the_segment(void **state)
{
    (void)state;
    struct schedule s = lay_out(&SHAPES[6]); /* steps */
    static const struct {
        int64_t now;
        uint32_t step;
    } rows[] = {{-1, 1},    {0, 1},     {9999, 1},  {10000, 2},
                {14999, 2}, {15000, 3}, {27345, 3}, {99999, 3}};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        assert_int_equal(rows[i].step, schedule_step(&s, rows[i].now));
    schedule_fini(&s);
}

static void the_maximum_is_never_exceeded(void **state)
{
    (void)state;
    static const uint32_t maxima[] = {5, 3, 7, 3, 4, 100, 9, 50, 10, 9};
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        struct schedule s = lay_out(&SHAPES[i]);
        assert_int_equal(maxima[i], schedule_max(&s));
        for (int64_t now = 0; now <= schedule_end_ns(&s); now++)
            assert_true(schedule_target(&s, now) <= maxima[i]);
        schedule_fini(&s);
    }
}

/* User u belongs to worker u % n, so the shares add up for any number. */
static void shares_add_up_to_the_target(void **state)
{
    (void)state;
    for (uint32_t workers = 1; workers <= 17; workers++)
        for (uint32_t total = 0; total <= 60; total++) {
            uint32_t sum = 0;
            for (uint32_t w = 0; w < workers; w++) {
                uint32_t own = 0, share = schedule_share(total, w, workers);
                for (uint32_t u = 0; u < total; u++)
                    own += u % workers == w;
                assert_int_equal(own, share);
                sum += share;
            }
            assert_int_equal(total, sum);
        }
    assert_true(schedule_share(UINT32_MAX, 0, 1) == UINT32_MAX);
    assert_int_equal(UINT32_MAX, (uint64_t)schedule_share(UINT32_MAX, 0, 2) +
                                     schedule_share(UINT32_MAX, 1, 2));
}

static void workers_together_are_the_plan_at_each_moment(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(SHAPES); i++) {
        struct schedule s = lay_out(&SHAPES[i]);
        for (int64_t now = 0; now <= schedule_end_ns(&s);
             now = schedule_next_change(&s, now)) {
            uint32_t target = schedule_target(&s, now), sum = 0;
            for (uint32_t w = 0; w < 3; w++)
                sum += schedule_share(target, w, 3);
            assert_int_equal(target, sum);
        }
        schedule_fini(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_target_follows_the_formula_at_each_moment),
        cmocka_unit_test(nobody_is_wanted_outside),
        cmocka_unit_test(next_change_visits_every_change),
        cmocka_unit_test(counts_the_wake_ups),
        cmocka_unit_test(long_ramps_do_not_overflow),
        cmocka_unit_test(the_step_is_that_of_the_segment),
        cmocka_unit_test(the_maximum_is_never_exceeded),
        cmocka_unit_test(shares_add_up_to_the_target),
        cmocka_unit_test(workers_together_are_the_plan_at_each_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
