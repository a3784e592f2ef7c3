/* arrivals: where the integral of the rate reaches 1, 2, 3, … by hand for plain
 * shapes, by its definition for random ones. */
#include <math.h>

#include "base/clock.h"
#include "engine/arrivals.h"
#include "engine/stripe.h"
#include "unit.h"

enum { SEGMENTS_MAX = 12, TIMES_MAX = 12, RANDOM_LISTS = 300, WORKERS_MAX = 5 };

#define HOUR (3600 * NS_PER_S)

/* One segment: rates a second, and seconds. */
struct line {
    double from, to, duration_s;
};

static struct arrivals lay_out(const struct line *lines, size_t count)
{
    struct arrivals a = {.segments = calloc(count, sizeof *a.segments),
                         .count = count};
    assert_non_null(a.segments);
    for (size_t i = 0; i < count; i++)
        a.segments[i] = (struct rate_segment){
            .from = lines[i].from,
            .to = lines[i].to,
            .duration_ns = llround(lines[i].duration_s * NS_PER_S)};
    arrivals_lay_out(&a);
    return a;
}

static struct arrival_cursor uniform(const struct arrivals *a)
{
    struct arrival_cursor c;
    arrival_cursor_init(&c, a, false, 1);
    return c;
}

/* From the beginning. */
static int64_t time_of(const struct arrivals *a, uint64_t number)
{
    struct arrival_cursor c = uniform(a);
    return arrival_cursor_seek(&c, number);
}

static uint64_t count_until(const struct arrivals *a, int64_t until_ns)
{
    struct arrival_cursor c = uniform(a);
    return arrival_cursor_count(&c, until_ns);
}

/* ---------------------------------------------------------- exact schedules */

static void plain_shapes_have_exact_schedules(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct line lines[4];
        size_t count;
        double times_s[TIMES_MAX];
        size_t arrivals;
    } rows[] = {
        {"2/s for 2 s", {{2, 2, 2}}, 1, {0.5, 1, 1.5, 2}, 4},
        {"up", {{0, 2, 4}}, 1, {2, 2.828427125, 3.464101615, 4}, 4},
        {"down", {{2, 0, 4}}, 1, {0.535898385, 1.171572875, 2, 4}, 4},
        {"down and up",
         {{2, 0, 2}, {0, 2, 2}},
         2,
         {0.585786438, 2, 3.414213562, 4},
         4},
        {"a jump up",
         {{1, 1, 2}, {1, 4, 0}, {4, 4, 0.5}},
         3,
         {1, 2, 2.25, 2.5},
         4},
        {"a jump down",
         {{4, 4, 0.5}, {4, 1, 0}, {1, 1, 2}},
         3,
         {0.25, 0.5, 1.5, 2.5},
         4},
        {"a jump at first", {{0, 5, 0}, {5, 5, 0.5}}, 2, {0.2, 0.4}, 2},
        {"a jump at last", {{5, 5, 0.5}, {5, 99, 0}}, 2, {0.2, 0.4}, 2},
        {"nothing in between",
         {{2, 2, 0.5}, {0, 0, 10}, {2, 2, 0.5}},
         3,
         {0.5, 11},
         2},
        {"nothing at first", {{0, 0, 3}, {1, 1, 1}}, 2, {4}, 1},
        {"one a minute", {{1 / 60., 1 / 60., 180}}, 1, {60, 120, 180}, 3},
        {"0.1/s for 30 s", {{0.1, 0.1, 30}}, 1, {10, 20, 30}, 3},
        {"a fraction is carried",
         {{1, 1, 0.7}, {2, 2, 0.4}, {1, 1, 0.5}},
         3,
         {0.85, 1.6},
         2},
        {"many fractions",
         {{0.3, 0.3, 1}, {0.3, 0.3, 1}, {0.3, 0.3, 1}, {0.3, 0.3, 1}},
         4,
         {3.333333333},
         1},
        {"less than one", {{0.1, 0.1, 9.999}}, 1, {0}, 0},
        {"no rate", {{0, 0, 60}}, 1, {0}, 0},
        {"no time", {{0, 9, 0}}, 1, {0}, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arrivals a = lay_out(rows[i].lines, rows[i].count);
        struct arrival_cursor c = uniform(&a);
        for (size_t k = 0; k < rows[i].arrivals; k++) {
            int64_t at_ns = arrival_cursor_seek(&c, k + 1);
            if (at_ns != llround(rows[i].times_s[k] * NS_PER_S))
                fail_msg("%s: arrival %zu at %.9f s", rows[i].name, k + 1,
                         (double)at_ns / NS_PER_S);
        }
        if (arrival_cursor_seek(&c, rows[i].arrivals + 1) != ARRIVAL_NEVER)
            fail_msg("%s: too many", rows[i].name);
        assert_true(count_until(&a, arrivals_end_ns(&a)) == rows[i].arrivals);
        arrivals_fini(&a);
    }
}

static void a_million_a_second_is_exact(void **state)
{
    (void)state;
    struct arrivals a = lay_out((struct line[]){{1e6, 1e6, 3600}}, 1);
    struct arrival_cursor c = uniform(&a);
    for (uint64_t i = 1; i <= 10000; i++)
        assert_true(arrival_cursor_seek(&c, i) == (int64_t)i * NS_PER_US);
    for (uint64_t i = 100003; i <= UINT64_C(3600000000); i += 100003)
        assert_true(arrival_cursor_seek(&c, i) == (int64_t)i * NS_PER_US);
    assert_true(arrival_cursor_seek(&c, UINT64_C(3600000000)) == HOUR);
    assert_true(arrival_cursor_seek(&c, UINT64_C(3600000001)) == ARRIVAL_NEVER);
    assert_true(count_until(&a, HOUR) == UINT64_C(3600000000));
    arrivals_fini(&a);
}

/* ------------------------------------------------------------------- rates */

static void the_rate_follows_the_lines(void **state)
{
    (void)state;
    static const struct line lines[] = {
        {0, 10, 10}, {10, 10, 5}, {10, 50, 0}, {50, 50, 5}, {50, 0, 10}};
    static const struct {
        double at_s, rate, expected;
    } rows[] = {{-1, 0, 0},      {0, 0, 0},     {5, 5, 12.5},  {10, 10, 50},
                {12, 10, 70},    {15, 50, 100}, {17, 50, 200}, {20, 50, 350},
                {25, 25, 537.5}, {30, 0, 600},  {31, 0, 600}};
    struct arrivals a = lay_out(lines, COUNT_OF(lines));
    assert_true(arrivals_end_ns(&a) == 30 * NS_PER_S);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t at_ns = llround(rows[i].at_s * NS_PER_S);
        assert_true(fabs(arrivals_rate(&a, at_ns) - rows[i].rate) < 1e-9);
        assert_true(fabs(arrivals_expected(&a, at_ns) - rows[i].expected) <
                    1e-9);
    }
    arrivals_fini(&a);
}

/* ------------------------------------------------------------ random shapes */

static double random_between(struct random *r, double low, double high)
{
    return low + random_unit(r) * (high - low);
}

/* Lines that go on where the last one ended, holds, jumps and pauses. */
static struct arrivals random_shape(struct random *r, double highest)
{
    struct line lines[SEGMENTS_MAX];
    size_t count = (size_t)random_int(r, 1, SEGMENTS_MAX);
    double rate = random_int(r, 0, 1) ? 0 : random_between(r, 0, highest);
    for (size_t i = 0; i < count; i++) {
        double next = random_between(r, 0, highest);
        switch (random_int(r, 0, 4)) {
        case 0:
            next = rate;
            break;
        case 1:
            next = 0;
            break;
        case 2: /* whole and third numbers meet the edges of segments */
            next = floor(next) / 3;
            break;
        default:
            break;
        }
        bool is_jump = random_int(r, 0, 4) == 0;
        lines[i] = (struct line){rate, next,
                                 is_jump ? 0 : random_between(r, 0.001, 20)};
        if (random_int(r, 0, 1))
            lines[i].duration_s = floor(lines[i].duration_s);
        rate = next;
    }
    return lay_out(lines, count);
}

/* With the rounding to whole nanoseconds, and of the sums. */
static void assert_reached(const struct arrivals *a, int64_t at_ns,
                           uint64_t number)
{
    double reached = arrivals_expected(a, at_ns), exact = (double)number;
    double slack = 1e-6 + exact * 1e-12 + arrivals_rate(a, at_ns) * 1e-9;
    if (fabs(reached - exact) > slack)
        fail_msg("%.9f instead of %.0f", reached, exact);
}

static void check_shape(const struct arrivals *a)
{
    int64_t end_ns = arrivals_end_ns(a), before_ns = 0;
    double all = arrivals_expected(a, end_ns);
    uint64_t planned = (uint64_t)floor(all + 1e-9 + all * 1e-15);
    struct arrival_cursor c = uniform(a);
    for (uint64_t i = 1; i <= planned; i++) {
        int64_t at_ns = arrival_cursor_seek(&c, i);
        assert_true(at_ns > 0 && at_ns <= end_ns);
        assert_true(at_ns >= before_ns);
        assert_reached(a, at_ns, i);
        before_ns = at_ns;
    }
    assert_true(arrival_cursor_seek(&c, planned + 1) == ARRIVAL_NEVER);
    assert_true(count_until(a, end_ns) == planned);
    assert_true(count_until(a, end_ns + HOUR) == planned);
}

static void arrivals_are_where_the_integral_reaches_them(void **state)
{
    (void)state;
    static const double highest[] = {0.2, 3, 50, 300};
    struct random r;
    random_init(&r, 7, 1);
    for (int i = 0; i < RANDOM_LISTS; i++) {
        struct arrivals a =
            random_shape(&r, highest[(size_t)i % COUNT_OF(highest)]);
        check_shape(&a);
        arrivals_fini(&a);
    }
}

/* Sums of many millions, where the last arrival is at the edge of rounding. */
static void long_plans_lose_no_arrival(void **state)
{
    (void)state;
    struct random r;
    random_init(&r, 8, 1);
    for (int i = 0; i < RANDOM_LISTS; i++) {
        struct line lines[SEGMENTS_MAX];
        size_t count = (size_t)random_int(&r, 1, SEGMENTS_MAX);
        for (size_t k = 0; k < count; k++)
            lines[k] = (struct line){(double)random_int(&r, 0, 300000) / 3,
                                     (double)random_int(&r, 0, 300000) / 3,
                                     (double)random_int(&r, 0, 3) * 600};
        struct arrivals a = lay_out(lines, count);
        int64_t end_ns = arrivals_end_ns(&a);
        uint64_t planned = count_until(&a, end_ns);
        struct arrival_cursor c = uniform(&a);
        if (planned) {
            int64_t at_ns = arrival_cursor_seek(&c, planned);
            assert_true(at_ns > 0 && at_ns <= end_ns);
            assert_reached(&a, at_ns, planned);
        }
        assert_true(arrival_cursor_seek(&c, planned + 1) == ARRIVAL_NEVER);
        arrivals_fini(&a);
    }
}

/* Edges between segments at which an arrival happens, far from zero. */
static void arrivals_at_edges_are_neither_lost_nor_early(void **state)
{
    (void)state;
    static const struct line rows[][3] = {
        {{1e5 / 3, 1e5 / 3, 3600}, {0, 30, 60}, {30, 0, 60}},
        {{1e6, 1e6, 3600}, {0, 0.1, 60}, {0, 0.1, 60}},
        {{7, 7, 1. / 7}, {0, 1, 10}, {1, 0, 10}},
        {{1. / 3, 1. / 3, 3}, {0, 1, 10}, {1, 0, 10}},
        {{123456.789, 0, 7200}, {0, 123456.789, 7200}, {0, 1, 60}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arrivals a = lay_out(rows[i], 3);
        int64_t edge_ns = a.segments[1].start_ns, before_ns = 0;
        uint64_t at_edge = count_until(&a, edge_ns);
        for (uint64_t n = at_edge > 3 ? at_edge - 3 : 1; n < at_edge + 3; n++) {
            int64_t at_ns = time_of(&a, n);
            if (at_ns == ARRIVAL_NEVER)
                break;
            assert_true(at_ns >= before_ns && at_ns >= 0);
            assert_reached(&a, at_ns, n);
            before_ns = at_ns;
        }
        arrivals_fini(&a);
    }
}

/* ----------------------------------------------------------------- counting */

static void counting_agrees_with_seeking(const struct arrivals *a,
                                         bool is_poisson, uint64_t limit)
{
    struct arrival_cursor seeker, counter;
    arrival_cursor_init(&seeker, a, is_poisson, 5);
    arrival_cursor_init(&counter, a, is_poisson, 5);
    for (uint64_t i = 1; i <= limit; i++) {
        int64_t at_ns = arrival_cursor_seek(&seeker, i);
        if (at_ns == ARRIVAL_NEVER)
            break;
        struct arrival_cursor next = seeker;
        uint64_t same = i; /* at high rates several in one nanosecond */
        while (arrival_cursor_seek(&next, same + 1) == at_ns)
            same++;
        if (arrival_cursor_count(&counter, at_ns) != same)
            fail_msg("arrival %u is not counted at its time", (unsigned)i);
        struct arrival_cursor fresh;
        arrival_cursor_init(&fresh, a, is_poisson, 5);
        assert_true(arrival_cursor_count(&fresh, at_ns - 1) < i);
    }
}

static void the_count_agrees_with_the_times(void **state)
{
    (void)state;
    static const double highest[] = {0.5, 20, 3000, 1e6};
    struct random r;
    random_init(&r, 9, 1);
    for (int i = 0; i < 80; i++) {
        struct arrivals a =
            random_shape(&r, highest[(size_t)i % COUNT_OF(highest)]);
        counting_agrees_with_seeking(&a, false, 300);
        counting_agrees_with_seeking(&a, true, 60);
        arrivals_fini(&a);
    }
}

static void nothing_is_counted_before_the_beginning(void **state)
{
    (void)state;
    struct arrivals a = lay_out((struct line[]){{5, 5, 10}}, 1);
    for (int poisson = 0; poisson < 2; poisson++) {
        struct arrival_cursor c;
        arrival_cursor_init(&c, &a, poisson, 1);
        assert_true(arrival_cursor_count(&c, -HOUR) == 0);
        assert_true(arrival_cursor_count(&c, 0) == 0);
    }
    arrivals_fini(&a);
}

/* ------------------------------------------------------------------ Poisson */

static struct arrival_cursor poisson(const struct arrivals *a, uint64_t seed)
{
    struct arrival_cursor c;
    arrival_cursor_init(&c, a, true, seed);
    return c;
}

static void the_same_seed_gives_the_same_times(void **state)
{
    (void)state;
    struct arrivals a = lay_out((struct line[]){{10, 50, 20}, {50, 0, 20}}, 2);
    struct arrival_cursor one = poisson(&a, 3), two = poisson(&a, 3);
    struct arrival_cursor other = poisson(&a, 4);
    int64_t before_ns = 0;
    int same = 0;
    for (uint64_t i = 1; i <= 500; i++) {
        int64_t at_ns = arrival_cursor_seek(&one, i);
        assert_true(at_ns == arrival_cursor_seek(&two, i));
        assert_true(at_ns > 0 && at_ns >= before_ns);
        same += at_ns == arrival_cursor_seek(&other, i);
        before_ns = at_ns;
    }
    assert_true(same < 5);
    arrivals_fini(&a);
}

/* Rates that change make no difference: the mean is the integral, and so is
 * the variance. Seeds are fixed; the bound is 5 standard deviations. */
static void the_mean_count_is_the_integral(void **state)
{
    (void)state;
    enum { SEEDS = 2000 };
    static const struct line rows[][3] = {
        {{10, 10, 10}, {10, 10, 0}, {10, 10, 0}},
        {{0, 20, 5}, {20, 0, 5}, {0, 0, 5}},
        {{3, 3, 10}, {3, 0, 0}, {0, 30, 4}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arrivals a = lay_out(rows[i], 3);
        int64_t end_ns = arrivals_end_ns(&a);
        double mean = arrivals_expected(&a, end_ns), sum = 0, squares = 0;
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct arrival_cursor c = poisson(&a, seed);
            double count = (double)arrival_cursor_count(&c, end_ns);
            sum += count;
            squares += (count - mean) * (count - mean);
        }
        assert_true(fabs(sum - SEEDS * mean) < 5 * sqrt(SEEDS * mean));
        double variance = squares / SEEDS, spread = mean * sqrt(2. / SEEDS);
        assert_true(fabs(variance - mean) <
                    5 * spread + 5 * sqrt(mean / SEEDS));
        arrivals_fini(&a);
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Kolmogorov and Smirnov: beyond 2.2 / sqrt(n) once in ten thousand. */
static double distance_from_exponential(double *gaps, size_t count)
{
    double worst = 0;
    qsort(gaps, count, sizeof *gaps, compare_doubles);
    for (size_t i = 0; i < count; i++) {
        double p = 1 - exp(-gaps[i]);
        worst = fmax(worst, p - (double)i / (double)count);
        worst = fmax(worst, (double)(i + 1) / (double)count - p);
    }
    return worst;
}

/* Gaps of the integral, so that they are Exp(1) at whatever rate. */
static void gaps_are_exponential(void **state)
{
    (void)state;
    enum { GAPS = 5000 };
    static const struct line rows[][2] = {{{100, 100, 1000}, {0, 0, 0}},
                                          {{0, 1000, 10}, {1000, 500, 10}}};
    double gaps[GAPS];
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arrivals a = lay_out(rows[i], 2);
        struct arrival_cursor c = poisson(&a, 11 + i);
        double before = 0;
        for (uint64_t k = 0; k < GAPS; k++) {
            int64_t at_ns = arrival_cursor_seek(&c, k + 1);
            assert_true(at_ns != ARRIVAL_NEVER);
            double reached = arrivals_expected(&a, at_ns);
            gaps[k] = reached - before;
            before = reached;
        }
        assert_true(distance_from_exponential(gaps, GAPS) < 2.2 / sqrt(GAPS));
        arrivals_fini(&a);
    }
}

/* --------------------------------------------------------- several of them */

/* Each worker walks through its own arrivals only; who owns the n-th is the
 * stripe's business. */
static void workers_together_see_one_sequence(const struct arrivals *a,
                                              bool is_poisson,
                                              const struct stripe_cycle *cycle)
{
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        struct arrival_cursor one, own[WORKERS_MAX];
        uint64_t index[WORKERS_MAX] = {0};
        arrival_cursor_init(&one, a, is_poisson, 21);
        for (uint32_t w = 0; w < workers; w++)
            arrival_cursor_init(&own[w], a, is_poisson, 21);
        for (uint64_t number = 1; number <= 200; number++) {
            int64_t at_ns = arrival_cursor_seek(&one, number);
            int owners = 0;
            for (uint32_t w = 0; w < workers; w++) {
                struct stripe s = {cycle, w, workers};
                if (stripe_unit(&s, index[w]) + 1 != number)
                    continue;
                assert_true(arrival_cursor_seek(&own[w], number) == at_ns);
                index[w]++;
                owners++;
            }
            assert_int_equal(1, owners);
        }
    }
}

static void striped_cursors_give_the_sequence_of_one(void **state)
{
    (void)state;
    struct stripe_cycle alone;
    struct random r;
    random_init(&r, 10, 1);
    stripe_cycle_init(&alone, (const uint32_t[]){1}, 1, 0);
    for (int i = 0; i < 10; i++) {
        struct arrivals a = random_shape(&r, 100);
        workers_together_see_one_sequence(&a, false, &alone);
        workers_together_see_one_sequence(&a, true, &alone);
        arrivals_fini(&a);
    }
    stripe_cycle_fini(&alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_shapes_have_exact_schedules),
        cmocka_unit_test(a_million_a_second_is_exact),
        cmocka_unit_test(the_rate_follows_the_lines),
        cmocka_unit_test(arrivals_are_where_the_integral_reaches_them),
        cmocka_unit_test(long_plans_lose_no_arrival),
        cmocka_unit_test(arrivals_at_edges_are_neither_lost_nor_early),
        cmocka_unit_test(the_count_agrees_with_the_times),
        cmocka_unit_test(nothing_is_counted_before_the_beginning),
        cmocka_unit_test(the_same_seed_gives_the_same_times),
        cmocka_unit_test(the_mean_count_is_the_integral),
        cmocka_unit_test(gaps_are_exponential),
        cmocka_unit_test(striped_cursors_give_the_sequence_of_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
