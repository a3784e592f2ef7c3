/* random: repeatable, independent streams, no bias. Bounds on chi-square are
 * those of one chance in a million; the seeds are fixed, so the tests are too.
 */
#include <math.h>

#include "base/random.h"
#include "unit.h"

enum { DRAWS = 60000 };

static void follows_the_published_generator(void **state)
{
    (void)state;
    /* xoshiro256** from the state 1, 2, 3, 4: the reference implementation's
     * first outputs. */
    static const uint64_t expected[] = {11520, 0, 1509978240,
                                        UINT64_C(1215971899390074240)};
    struct random r = {{1, 2, 3, 4}};
    for (size_t i = 0; i < COUNT_OF(expected); i++)
        assert_true(random_next(&r) == expected[i]);
}

static void the_same_seed_gives_the_same_stream(void **state)
{
    (void)state;
    struct random a, b, other_stream, other_seed;
    random_init(&a, 42, 7);
    random_init(&b, 42, 7);
    random_init(&other_stream, 42, 8);
    random_init(&other_seed, 43, 7);
    int same_stream = 0, same_seed = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t draw = random_next(&a);
        assert_true(draw == random_next(&b));
        same_stream += draw == random_next(&other_stream);
        same_seed += draw == random_next(&other_seed);
    }
    assert_int_equal(0, same_stream);
    assert_int_equal(0, same_seed);
}

static double chi_square(const uint32_t *counts, size_t cells, double draws)
{
    double sum = 0, expected = draws / (double)cells;
    for (size_t i = 0; i < cells; i++)
        sum += (counts[i] - expected) * (counts[i] - expected) / expected;
    return sum;
}

static void integers_are_uniform(void **state)
{
    (void)state;
    static const struct {
        int64_t low, high;
        double bound; /* high - low degrees of freedom */
    } rows[] = {{0, 1, 23.9}, {1, 6, 35.9}, {-5, 4, 42.3}, {100, 199, 178.4}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t counts[100] = {0};
        size_t cells = (size_t)(rows[i].high - rows[i].low + 1);
        struct random r;
        random_init(&r, 1, i);
        for (int k = 0; k < DRAWS; k++) {
            int64_t draw = random_int(&r, rows[i].low, rows[i].high);
            assert_true(draw >= rows[i].low && draw <= rows[i].high);
            counts[draw - rows[i].low]++;
        }
        assert_true(chi_square(counts, cells, DRAWS) < rows[i].bound);
    }
}

/* Of a range of 3/4 of all numbers, plain modulo would draw the lower third
 * twice as often. */
static void a_huge_range_has_no_modulo_bias(void **state)
{
    (void)state;
    uint32_t thirds[3] = {0};
    int64_t third = INT64_C(1) << 62;
    struct random r;
    random_init(&r, 5, 0);
    for (int i = 0; i < DRAWS; i++) {
        int64_t draw =
            random_int(&r, INT64_MIN, INT64_MIN + third * 2 - 1 + third);
        uint64_t above = (uint64_t)draw - (uint64_t)INT64_MIN;
        thirds[above / (uint64_t)third]++;
    }
    assert_true(chi_square(thirds, 3, DRAWS) < 27.7);
}

static void the_ends_of_the_range_are_drawn(void **state)
{
    (void)state;
    struct random r;
    random_init(&r, 3, 3);
    assert_true(random_int(&r, 9, 9) == 9);
    assert_true(random_int(&r, INT64_MIN, INT64_MIN) == INT64_MIN);
    assert_true(random_int(&r, INT64_MAX, INT64_MAX) == INT64_MAX);
    int negative = 0;
    for (int i = 0; i < 1000; i++)
        negative += random_int(&r, INT64_MIN, INT64_MAX) < 0;
    assert_in_range(negative, 400, 600);
}

static void units_are_uniform_below_one(void **state)
{
    (void)state;
    uint32_t counts[10] = {0};
    struct random r;
    random_init(&r, 11, 0);
    for (int i = 0; i < DRAWS; i++) {
        double draw = random_unit(&r);
        assert_true(draw >= 0 && draw < 1);
        counts[(int)(draw * 10)]++;
    }
    assert_true(chi_square(counts, 10, DRAWS) < 42.3);
    /* The state whose draw is all ones: rotl(s1 * 5, 7) * 9 = 2^64 - 1. */
    uint64_t rotated = UINT64_C(0x71c71c71c71c71c7);
    uint64_t s1 = (rotated >> 7 | rotated << 57) * UINT64_C(0xcccccccccccccccd);
    struct random highest = {{0, s1, 0, 0}}, again = highest;
    assert_true(random_next(&highest) == UINT64_MAX);
    assert_true(random_unit(&again) < 1);
}

/* Against the probabilities k^-s / sum; bounds as above, by degrees of freedom
 * n - 1. */
static void ranks_follow_zipf(void **state)
{
    (void)state;
    static const struct {
        double s;
        int n;
        double bound;
    } rows[] = {{1, 10, 42.3},   {1, 100, 178.4}, {0, 6, 35.9},
                {0.5, 10, 42.3}, {2, 6, 35.9},    {1 + 1e-9, 10, 42.3},
                {1.2, 2, 23.9},  {3, 3, 27.7}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t counts[101] = {0};
        double sum = 0, chi = 0;
        struct random r;
        random_init(&r, 21, i);
        for (int d = 0; d < DRAWS; d++) {
            double k = random_zipf(&r, rows[i].n, rows[i].s);
            assert_true(k >= 1 && k <= rows[i].n && k == (int)k);
            counts[(int)k]++;
        }
        for (int k = 1; k <= rows[i].n; k++)
            sum += pow(k, -rows[i].s);
        for (int k = 1; k <= rows[i].n; k++) {
            double expected = DRAWS * pow(k, -rows[i].s) / sum;
            chi += (counts[k] - expected) * (counts[k] - expected) / expected;
        }
        if (chi >= rows[i].bound)
            fail_msg("s %g, n %d: chi square %g", rows[i].s, rows[i].n, chi);
    }
}

static void zipf_stays_in_range_at_the_extremes(void **state)
{
    (void)state;
    static const double exponents[] = {0, 0.01, 1, 1.5, 20, 100};
    struct random r;
    random_init(&r, 22, 0);
    for (size_t i = 0; i < COUNT_OF(exponents); i++)
        for (int d = 0; d < 2000; d++) {
            double k = random_zipf(&r, 0x1p53, exponents[i]);
            assert_true(k >= 1 && k <= 0x1p53 && k == floor(k));
            assert_true(random_zipf(&r, 1, exponents[i]) == 1);
        }
}

static void uuids_are_of_version_4(void **state)
{
    (void)state;
    char text[RANDOM_UUID_BYTES], again[RANDOM_UUID_BYTES];
    struct random r, same;
    random_init(&r, 23, 0);
    random_init(&same, 23, 0);
    for (int i = 0; i < 1000; i++) {
        random_uuid(&r, text);
        random_uuid(&same, again);
        assert_string_equal(text, again);
        assert_int_equal(36, strlen(text));
        for (int k = 0; k < 36; k++)
            if (k == 8 || k == 13 || k == 18 || k == 23)
                assert_int_equal('-', text[k]);
            else
                assert_non_null(strchr("0123456789abcdef", text[k]));
        assert_int_equal('4', text[14]);
        assert_non_null(strchr("89ab", text[19]));
    }
}

static void a_hash_depends_on_each_of_its_numbers(void **state)
{
    (void)state;
    uint64_t base = random_hash(1, 2, 3);
    assert_true(base == random_hash(1, 2, 3));
    assert_true(base != random_hash(2, 2, 3));
    assert_true(base != random_hash(1, 3, 2));
    assert_true(base != random_hash(1, 2, 4));
    uint32_t counts[16] = {0};
    for (uint64_t user = 0; user < 300; user++)
        for (uint64_t iteration = 0; iteration < 200; iteration++)
            counts[random_hash(9, user, iteration) >> 60]++;
    assert_true(chi_square(counts, 16, 300 * 200) < 54.7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_the_published_generator),
        cmocka_unit_test(the_same_seed_gives_the_same_stream),
        cmocka_unit_test(integers_are_uniform),
        cmocka_unit_test(a_huge_range_has_no_modulo_bias),
        cmocka_unit_test(the_ends_of_the_range_are_drawn),
        cmocka_unit_test(units_are_uniform_below_one),
        cmocka_unit_test(ranks_follow_zipf),
        cmocka_unit_test(zipf_stays_in_range_at_the_extremes),
        cmocka_unit_test(uuids_are_of_version_4),
        cmocka_unit_test(a_hash_depends_on_each_of_its_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
