/* alias: shares come out as the weights say. Bounds on chi-square are those of
 * one chance in a million; the seeds are fixed, so the tests are too. */
#include "base/alias.h"
#include "base/random.h"
#include "unit.h"

enum { DRAWS = 200000, ITEMS_MAX = 8 };

static void draw(const double *weights, uint32_t count, uint32_t *counts)
{
    double scratch[ITEMS_MAX];
    struct alias a;
    struct random r;
    memcpy(scratch, weights, count * sizeof *scratch);
    alias_init(&a, scratch, count);
    random_init(&r, 1, count);
    memset(counts, 0, ITEMS_MAX * sizeof *counts);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t item = alias_draw(&a, &r);
        assert_in_range(item, 0, count - 1);
        counts[item]++;
    }
    alias_fini(&a);
}

static void shares_follow_the_weights(void **state)
{
    (void)state;
    static const struct {
        double weights[ITEMS_MAX];
        uint32_t count;
        double bound; /* count - 1 degrees of freedom */
    } rows[] = {
        {{7, 3}, 2, 23.9},
        {{1, 1, 1, 1}, 4, 30.7},
        {{0.001, 0.01, 0.1, 1, 10, 100, 1000}, 7, 38.3},
        {{1e300, 2e300, 3e300, 4e300}, 4, 30.7},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t counts[ITEMS_MAX];
        double sum = 0, chi = 0;
        draw(rows[i].weights, rows[i].count, counts);
        for (uint32_t k = 0; k < rows[i].count; k++)
            sum += rows[i].weights[k];
        for (uint32_t k = 0; k < rows[i].count; k++) {
            double expected = DRAWS * (rows[i].weights[k] / sum);
            chi += (counts[k] - expected) * (counts[k] - expected) / expected;
        }
        assert_true(chi < rows[i].bound);
    }
}

static void a_weight_of_zero_never_comes(void **state)
{
    (void)state;
    uint32_t counts[ITEMS_MAX];
    draw((const double[]){0, 5, 0, 1e-9, 0}, 5, counts);
    assert_int_equal(0, counts[0] + counts[2] + counts[4]);
    draw((const double[]){3}, 1, counts);
    assert_int_equal(DRAWS, counts[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_follow_the_weights),
        cmocka_unit_test(a_weight_of_zero_never_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
