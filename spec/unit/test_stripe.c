/* stripe: whatever the weights, all shares together are the plan at every
 * total, and each unit has one owner. */
#include "base/random.h"
#include "engine/stripe.h"
#include "unit.h"

enum { MACHINES_MAX = 24, WORKERS_MAX = 5, TOTALS = 500, RANDOM_VECTORS = 60 };

struct weights {
    size_t count;
    uint32_t of[MACHINES_MAX];
};

static const struct weights VECTORS[] = {
    {1, {1}},
    {1, {7}},
    {2, {1, 1}},
    {2, {3, 1}},
    {2, {1, 99}},
    {3, {2, 1, 1}},
    {3, {1, 2, 4}},
    {3, {5, 5, 5}},
    {3, {1, 37, 37}},
    {4, {4, 1, 30, 30}},
    {5, {1, 1, 25, 25, 8}},
    {7, {1, 1, 1, 1, 1, 1, 1}},
    {9, {38, 38, 1, 1, 1, 14, 1, 1, 38}},
    {12, {1, 1, 8, 8, 32, 1, 1, 1, 1, 1, 32, 1}},
    {18, {4, 4, 4, 16, 4, 64, 4, 1, 1, 64, 64, 2, 1, 64, 4, 16, 16, 2}},
};

static struct weights random_weights(struct random *r)
{
    struct weights w = {.count = (size_t)random_int(r, 1, MACHINES_MAX)};
    int64_t high = random_int(r, 1, 40);
    for (size_t i = 0; i < w.count; i++)
        w.of[i] = (uint32_t)random_int(r, 1, high);
    return w;
}

/* Runs a check on all vectors of the table and on random ones. */
static void with_all_vectors(void (*check)(const struct weights *w))
{
    struct random r;
    random_init(&r, 20, 1);
    for (size_t i = 0; i < COUNT_OF(VECTORS); i++)
        check(&VECTORS[i]);
    for (int i = 0; i < RANDOM_VECTORS; i++) {
        struct weights w = random_weights(&r);
        check(&w);
    }
}

static void open_machines(struct stripe_cycle *machines,
                          const struct weights *w)
{
    for (size_t i = 0; i < w->count; i++)
        stripe_cycle_init(&machines[i], w->of, w->count, i);
}

static void close_machines(struct stripe_cycle *machines,
                           const struct weights *w)
{
    for (size_t i = 0; i < w->count; i++)
        stripe_cycle_fini(&machines[i]);
}

static uint64_t sum_of(const struct weights *w)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < w->count; i++)
        sum += w->of[i];
    return sum;
}

/* ------------------------------------------------------------------ sharing */

static void shares_add_up(const struct weights *w)
{
    struct stripe_cycle machines[MACHINES_MAX];
    open_machines(machines, w);
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++)
        for (uint64_t total = 0; total <= TOTALS; total++) {
            uint64_t sum = 0;
            for (size_t m = 0; m < w->count; m++)
                for (uint32_t k = 0; k < workers; k++)
                    sum += stripe_share(
                        &(struct stripe){&machines[m], k, workers}, total);
            assert_true(sum == total);
        }
    close_machines(machines, w);
}

static void all_shares_together_are_the_plan(void **state)
{
    (void)state;
    with_all_vectors(shares_add_up);
}

/* The unit below which there are `index` of ours, and which is ours itself. */
static void assert_inverse(const struct stripe *s, uint64_t index)
{
    uint64_t unit = stripe_unit(s, index);
    assert_true(stripe_share(s, unit) == index);
    assert_true(stripe_share(s, unit + 1) == index + 1);
}

static void units_have_one_owner(const struct weights *w)
{
    struct stripe_cycle machines[MACHINES_MAX];
    open_machines(machines, w);
    for (uint32_t workers = 1; workers <= WORKERS_MAX; workers++) {
        uint8_t owners[TOTALS] = {0};
        for (size_t m = 0; m < w->count; m++)
            for (uint32_t k = 0; k < workers; k++) {
                struct stripe s = {&machines[m], k, workers};
                uint64_t ours = stripe_share(&s, TOTALS);
                for (uint64_t i = 0; i < ours; i++) {
                    uint64_t unit = stripe_unit(&s, i);
                    assert_true(unit < TOTALS);
                    owners[unit]++;
                    assert_inverse(&s, i);
                }
                assert_true(stripe_unit(&s, ours) >= TOTALS);
            }
        for (int i = 0; i < TOTALS; i++)
            assert_int_equal(1, owners[i]);
    }
    close_machines(machines, w);
}

static void every_unit_has_one_owner(void **state)
{
    (void)state;
    with_all_vectors(units_have_one_owner);
}

/* Numbers of units are those of users and of arrivals of a week. */
static void it_holds_far_out_too(void **state)
{
    (void)state;
    static const uint64_t indexes[] = {0, 1, 999999, UINT64_C(1) << 32,
                                       UINT64_C(604800000000)};
    struct stripe_cycle machines[MACHINES_MAX];
    const struct weights *w = &VECTORS[8];
    open_machines(machines, w);
    for (size_t m = 0; m < w->count; m++)
        for (uint32_t k = 0; k < WORKERS_MAX; k++)
            for (size_t i = 0; i < COUNT_OF(indexes); i++)
                assert_inverse(&(struct stripe){&machines[m], k, WORKERS_MAX},
                               indexes[i]);
    close_machines(machines, w);
}

static void the_longest_cycle_is_possible(void **state)
{
    (void)state;
    uint32_t weights[STRIPE_CYCLE_MAX];
    struct stripe_cycle c;
    for (int i = 0; i < STRIPE_CYCLE_MAX; i++)
        weights[i] = 1;
    stripe_cycle_init(&c, weights, STRIPE_CYCLE_MAX, STRIPE_CYCLE_MAX - 1);
    struct stripe s = {&c, 0, 1};
    assert_int_equal(STRIPE_CYCLE_MAX, c.length);
    assert_true(stripe_unit(&s, 3) == 4 * STRIPE_CYCLE_MAX - 1);
    assert_inverse(&s, 3);
    stripe_cycle_fini(&c);
}

/* ----------------------------------------------------------------- evenness */

static void weights_divide_exactly(void **state)
{
    (void)state;
    static const struct weights w = {3, {2, 1, 1}};
    static const uint64_t of_ten_seconds[] = {50, 25, 25}; /* 10 a second */
    static const uint64_t owners[] = {0, 1, 2, 0, 0, 1, 2, 0};
    struct stripe_cycle machines[MACHINES_MAX];
    open_machines(machines, &w);
    for (size_t m = 0; m < 3; m++) {
        struct stripe s = {&machines[m], 0, 1};
        assert_true(stripe_share(&s, 100) == of_ten_seconds[m]);
        for (uint64_t unit = 0; unit < COUNT_OF(owners); unit++)
            assert_int_equal(owners[unit] == m, stripe_share(&s, unit + 1) -
                                                    stripe_share(&s, unit));
    }
    close_machines(machines, &w);
}

/* H(n) - 1, below 1 for up to three machines. With b(k) the average of the k
 * that are furthest behind: one that is served instead of them was no less
 * behind, and then is 1 less, so b(k) <= b(k + 1) + 1 / (k + 1); b(n) is 0. */
static double furthest_behind(size_t machines)
{
    double sum = 0;
    for (size_t k = 2; k <= machines; k++)
        sum += 1.0 / (double)k;
    return sum;
}

static void deviations_are_bounded(const struct weights *w)
{
    struct stripe_cycle machines[MACHINES_MAX];
    uint64_t length = sum_of(w);
    open_machines(machines, w);
    for (size_t m = 0; m < w->count; m++) {
        struct stripe s = {&machines[m], 0, 1};
        for (uint64_t total = 0; total <= length; total++) {
            double exact = (double)total * w->of[m] / (double)length;
            double ahead = (double)stripe_share(&s, total) - exact;
            assert_true(ahead <= 1 - 1.0 / (double)w->count + 1e-9);
            assert_true(-ahead <= furthest_behind(w->count) + 1e-9);
        }
        assert_true(stripe_share(&s, length) == w->of[m]);
    }
    close_machines(machines, w);
}

static void a_machine_is_never_far_from_its_exact_share(void **state)
{
    (void)state;
    with_all_vectors(deviations_are_bounded);
}

static void workers_differ_by_one_at_most(void **state)
{
    (void)state;
    struct stripe_cycle c;
    stripe_cycle_init(&c, (const uint32_t[]){3, 2}, 2, 1);
    for (uint64_t total = 0; total <= TOTALS; total++) {
        uint64_t most = 0, least = UINT64_MAX;
        for (uint32_t k = 0; k < WORKERS_MAX; k++) {
            uint64_t share =
                stripe_share(&(struct stripe){&c, k, WORKERS_MAX}, total);
            most = share > most ? share : most;
            least = share < least ? share : least;
        }
        assert_true(most - least <= 1);
    }
    stripe_cycle_fini(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_shares_together_are_the_plan),
        cmocka_unit_test(every_unit_has_one_owner),
        cmocka_unit_test(it_holds_far_out_too),
        cmocka_unit_test(the_longest_cycle_is_possible),
        cmocka_unit_test(weights_divide_exactly),
        cmocka_unit_test(a_machine_is_never_far_from_its_exact_share),
        cmocka_unit_test(workers_differ_by_one_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
