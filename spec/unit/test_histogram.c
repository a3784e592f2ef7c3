/* histogram: the bins of HdrHistogram, checked against what its paper says and
 * against exact order statistics. */
#include <math.h>

#include "base/random.h"
#include "stats/histogram.h"
#include "unit.h"

enum { SAMPLES = 5000 };

static void bins_tile_the_whole_range(void **state)
{
    (void)state;
    assert_int_equal(0, histogram_bin_low(0));
    for (uint32_t bin = 0; bin < HISTOGRAM_BINS; bin++) {
        int64_t low = histogram_bin_low(bin), high = histogram_bin_high(bin);
        assert_true(low <= high);
        assert_int_equal(bin, histogram_bin(low));
        assert_int_equal(bin, histogram_bin(high));
        assert_int_equal(bin, histogram_bin(low + (high - low) / 2));
        if (bin + 1 < HISTOGRAM_BINS)
            assert_true(histogram_bin_low(bin + 1) == high + 1);
    }
    assert_true(histogram_bin(HISTOGRAM_MAX_VALUE) < HISTOGRAM_BINS);
}

/* HdrHistogram(100 ns .. 1 h, 3 digits): 2,048 bins of 64 ns, then 1,024 a
 * doubling, 27,648 counts in all. */
static void bins_are_those_of_hdr_histogram(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        uint32_t bin;
    } rows[] = {
        {0, 0},
        {63, 0},
        {64, 1},
        {100, 1},
        {131071, 2047},
        {131072, 2048},
        {131072 + 127, 2048},
        {131072 + 128, 2049},
        {262143, 3071},
        {262144, 3072},
        {INT64_C(1000000), 5025},     /* 1 ms: 1e6 >> 9 = 1953 */
        {INT64_C(1000000000), 15219}, /* 1 s: 1e9 >> 19 = 1907 */
        {INT64_C(1) << 62, 47 * 1024},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        uint32_t bin = histogram_bin(rows[i].value);
        if (bin != rows[i].bin)
            fail_msg("%lld: bin %u, not %u", (long long)rows[i].value, bin,
                     rows[i].bin);
    }
    assert_int_equal(27648, HISTOGRAM_TIME_BINS);
    assert_true(histogram_bin(HISTOGRAM_MAX_TIME_NS) < HISTOGRAM_TIME_BINS);
    assert_true(histogram_bin(2 * HISTOGRAM_MAX_TIME_NS) >=
                HISTOGRAM_TIME_BINS);
}

static void a_bin_is_64_ns_or_a_thousandth_wide(void **state)
{
    (void)state;
    for (uint32_t bin = 0; bin < HISTOGRAM_BINS; bin++) {
        int64_t low = histogram_bin_low(bin);
        int64_t width = histogram_bin_high(bin) - low + 1;
        assert_true(width == 64 || (double)width <= 0.001 * (double)low);
    }
}

static int compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Samples of very different sizes: 2^u for uniform u. */
static void draw_samples(int64_t *samples, size_t count, uint64_t stream)
{
    struct random r;
    random_init(&r, 20260131, stream);
    for (size_t i = 0; i < count; i++)
        samples[i] = (int64_t)exp2(random_unit(&r) * 41);
}

static void record_all(struct histogram *h, const int64_t *samples,
                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        histogram_record(h, samples[i], HISTOGRAM_MAX_TIME_NS);
}

static void percentiles_are_exact_to_a_thousandth(void **state)
{
    (void)state;
    static const double percentiles[] = {0,  0.1, 1,  10,   25,    50,
                                         75, 90,  99, 99.9, 99.99, 100};
    for (uint64_t stream = 0; stream < 20; stream++) {
        int64_t samples[SAMPLES];
        struct histogram h = {0};
        draw_samples(samples, SAMPLES, stream);
        record_all(&h, samples, SAMPLES);
        qsort(samples, SAMPLES, sizeof *samples, compare);
        for (size_t i = 0; i < COUNT_OF(percentiles); i++) {
            double rank = ceil(percentiles[i] / 100 * SAMPLES - 1e-9);
            int64_t exact = samples[rank < 1 ? 0 : (size_t)rank - 1];
            int64_t found = histogram_percentile(&h, percentiles[i]);
            int64_t error = found - exact;
            assert_true(error >= 0);
            assert_true(error < 64 || (double)error <= 0.001 * (double)exact);
        }
        histogram_fini(&h);
    }
}

static void percentiles_never_fall(void **state)
{
    (void)state;
    int64_t samples[SAMPLES], before = 0;
    struct histogram h = {0};
    draw_samples(samples, SAMPLES, 99);
    record_all(&h, samples, SAMPLES);
    for (int i = 0; i <= 10000; i++) {
        int64_t value = histogram_percentile(&h, i / 100.0);
        assert_true(value >= before);
        before = value;
    }
    assert_true(before == h.max);
    histogram_fini(&h);
}

/* Ranks where the product of doubles is a hair too large. */
static void the_rank_is_not_rounded_up_by_floating_point(void **state)
{
    (void)state;
    struct histogram h = {0};
    for (int64_t i = 1; i <= 1000; i++)
        histogram_record(&h, i * 64, HISTOGRAM_MAX_TIME_NS);
    assert_int_equal(999 * 64 + 63, histogram_percentile(&h, 99.9));
    assert_int_equal(990 * 64 + 63, histogram_percentile(&h, 99));
    assert_int_equal(500 * 64 + 63, histogram_percentile(&h, 50));
    assert_int_equal(290 * 64 + 63, histogram_percentile(&h, 29));
    assert_int_equal(501 * 64 + 63, histogram_percentile(&h, 50.01));
    assert_int_equal(1 * 64 + 63, histogram_percentile(&h, 0.1));
    histogram_fini(&h);
}

static void the_highest_percentile_is_the_exact_maximum(void **state)
{
    (void)state;
    struct histogram h = {0};
    histogram_record(&h, 1000000007, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, 3, HISTOGRAM_MAX_TIME_NS);
    assert_int_equal(1000000007, histogram_percentile(&h, 100));
    assert_int_equal(1000000007, histogram_percentile(&h, 51));
    assert_int_equal(63, histogram_percentile(&h, 50));
    histogram_fini(&h);
}

static void a_single_sample_is_every_percentile(void **state)
{
    (void)state;
    struct histogram h = {0};
    histogram_record(&h, 123456789, HISTOGRAM_MAX_TIME_NS);
    for (int percentile = 0; percentile <= 100; percentile += 10)
        assert_int_equal(123456789, histogram_percentile(&h, percentile));
    assert_true(histogram_mean(&h) == 123456789);
    assert_int_equal(1, h.count);
    assert_int_equal(123456789, h.min);
    histogram_fini(&h);
}

static void values_outside_count_at_the_edge(void **state)
{
    (void)state;
    struct histogram h = {0};
    histogram_record(&h, HISTOGRAM_MAX_TIME_NS, HISTOGRAM_MAX_TIME_NS);
    assert_int_equal(0, h.clamped);
    histogram_record(&h, HISTOGRAM_MAX_TIME_NS + 1, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, -5, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, INT64_MAX, HISTOGRAM_MAX_VALUE);
    assert_int_equal(3, h.clamped);
    assert_int_equal(4, h.count);
    assert_int_equal(-5, h.min);
    assert_true(h.max == INT64_MAX);
    assert_int_equal(63, histogram_percentile(&h, 1));
    uint32_t edge = histogram_bin(HISTOGRAM_MAX_TIME_NS);
    assert_true(histogram_percentile(&h, 75) == histogram_bin_high(edge));
    assert_true(histogram_percentile(&h, 100) == INT64_MAX);
    histogram_fini(&h);
}

struct copy {
    uint64_t counts[HISTOGRAM_BINS];
    uint64_t sum;
    uint32_t last;
};

static void copy_bin(uint32_t bin, uint64_t count, void *arg)
{
    struct copy *c = arg;
    assert_true(count > 0);
    assert_true(!c->sum || bin > c->last);
    c->last = bin;
    c->counts[bin] += count;
    c->sum += count;
}

static void assert_same_bins(const struct histogram *a,
                             const struct histogram *b)
{
    struct copy *left = calloc(1, sizeof *left);
    struct copy *right = calloc(1, sizeof *right);
    histogram_each(a, copy_bin, left);
    histogram_each(b, copy_bin, right);
    assert_int_equal(a->count, left->sum);
    assert_memory_equal(left, right, sizeof *left);
    free(left);
    free(right);
}

static void merging_is_exactly_the_union(void **state)
{
    (void)state;
    int64_t samples[2 * SAMPLES];
    struct histogram first = {0}, second = {0}, both = {0}, empty = {0};
    draw_samples(samples, 2 * SAMPLES, 7);
    record_all(&first, samples, SAMPLES);
    record_all(&second, samples + SAMPLES, SAMPLES);
    record_all(&both, samples, 2 * SAMPLES);
    histogram_merge(&first, &empty);
    histogram_merge(&first, &second);
    assert_same_bins(&both, &first);
    assert_int_equal(both.min, first.min);
    assert_int_equal(both.max, first.max);
    assert_int_equal(both.clamped, first.clamped);
    assert_true(fabs(both.sum - first.sum) <= 1e-9 * both.sum);
    histogram_merge(&empty, &first);
    assert_same_bins(&first, &empty);
    assert_int_equal(first.min, empty.min);
    histogram_fini(&first);
    histogram_fini(&second);
    histogram_fini(&both);
    histogram_fini(&empty);
}

static void reset_empties_it_for_the_next_use(void **state)
{
    (void)state;
    struct histogram h = {0}, fresh = {0};
    histogram_reset(&h);
    histogram_record(&h, 5000000, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, -1, HISTOGRAM_MAX_TIME_NS);
    histogram_reset(&h);
    assert_int_equal(0, h.count);
    assert_int_equal(0, h.clamped);
    assert_same_bins(&fresh, &h);
    histogram_record(&h, 7777, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&fresh, 7777, HISTOGRAM_MAX_TIME_NS);
    assert_same_bins(&fresh, &h);
    assert_int_equal(7777, h.min);
    assert_int_equal(7777, h.max);
    assert_true(h.sum == 7777);
    histogram_fini(&h);
    histogram_fini(&fresh);
}

static void an_unused_histogram_owns_nothing(void **state)
{
    (void)state;
    struct histogram h = {0}, other = {0};
    histogram_merge(&h, &other);
    assert_null(h.chunks);
    histogram_fini(&h);
}

static void re_add(uint32_t bin, uint64_t count, void *arg)
{
    histogram_add_bin(arg, bin, count);
}

static void stored_bins_come_back(void **state)
{
    (void)state;
    int64_t samples[SAMPLES];
    struct histogram h = {0}, again = {0};
    draw_samples(samples, SAMPLES, 3);
    record_all(&h, samples, SAMPLES);
    histogram_each(&h, re_add, &again);
    assert_same_bins(&h, &again);
    assert_int_equal(histogram_bin(h.min), histogram_bin(again.min));
    assert_int_equal(histogram_bin(h.max), histogram_bin(again.max));
    assert_true(fabs(again.sum - h.sum) <= 0.001 * h.sum);
    histogram_fini(&h);
    histogram_fini(&again);
}

/* A bin belongs to the bucket that its highest value is in; the exact maximum
 * is known better than its bin. */
static void buckets_hold_what_is_not_above_their_edge(void **state)
{
    (void)state;
    static const int64_t edges[] = {1000, 1000000, 2000000};
    uint64_t counts[COUNT_OF(edges) + 1] = {0};
    struct histogram h = {0};
    histogram_buckets(&h, edges, COUNT_OF(edges), counts);
    assert_int_equal(0, counts[0] + counts[1] + counts[2] + counts[3]);
    histogram_record(&h, 0, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, 900, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, 500000, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, 999000, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, 1001000, HISTOGRAM_MAX_TIME_NS);
    histogram_record(&h, 2000000, HISTOGRAM_MAX_TIME_NS);
    histogram_buckets(&h, edges, COUNT_OF(edges), counts);
    assert_int_equal(2, counts[0]);
    assert_int_equal(2, counts[1]);
    assert_int_equal(2, counts[2]);
    assert_int_equal(0, counts[3]);
    histogram_record(&h, 3000000, HISTOGRAM_MAX_TIME_NS);
    memset(counts, 0, sizeof counts);
    histogram_buckets(&h, edges, COUNT_OF(edges), counts);
    assert_int_equal(2, counts[3]); /* 2 ms is not the exact maximum any more */
    assert_int_equal(h.count, counts[0] + counts[1] + counts[2] + counts[3]);
    histogram_fini(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bins_tile_the_whole_range),
        cmocka_unit_test(bins_are_those_of_hdr_histogram),
        cmocka_unit_test(a_bin_is_64_ns_or_a_thousandth_wide),
        cmocka_unit_test(percentiles_are_exact_to_a_thousandth),
        cmocka_unit_test(percentiles_never_fall),
        cmocka_unit_test(the_rank_is_not_rounded_up_by_floating_point),
        cmocka_unit_test(the_highest_percentile_is_the_exact_maximum),
        cmocka_unit_test(a_single_sample_is_every_percentile),
        cmocka_unit_test(values_outside_count_at_the_edge),
        cmocka_unit_test(merging_is_exactly_the_union),
        cmocka_unit_test(reset_empties_it_for_the_next_use),
        cmocka_unit_test(an_unused_histogram_owns_nothing),
        cmocka_unit_test(stored_bins_come_back),
        cmocka_unit_test(buckets_hold_what_is_not_above_their_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
