/* resample: sums of parts as often as they were drawn. */
#include "stats/histogram.h"
#include "stats/resample.h"
#include "unit.h"

static void add_part(struct resample *r, uint32_t first_bin, uint64_t count)
{
    struct histogram h = {0};
    if (count) {
        histogram_add_bin(&h, first_bin, count);
        histogram_add_bin(&h, first_bin + 1, count);
    }
    resample_add_part(r, &h);
    histogram_fini(&h);
}

static void add_to(uint32_t bin, uint64_t count, void *arg)
{
    ((uint64_t *)arg)[bin] += count;
}

static void test_parts_count_as_often_as_drawn(void **state)
{
    (void)state;
    struct resample r = {0};
    struct histogram sum = {0};
    uint64_t counts[16] = {0};
    resample_reset(&r);
    add_part(&r, 4, 10);
    add_part(&r, 0, 0);
    add_part(&r, 5, 100);
    resample_draw(&r, 2);
    resample_draw(&r, 0);
    resample_draw(&r, 1);
    resample_draw(&r, 2);
    resample_take(&r, &sum);
    histogram_each(&sum, add_to, counts);
    assert_int_equal(counts[4], 10);
    assert_int_equal(counts[5], 210);
    assert_int_equal(counts[6], 200);
    assert_int_equal(sum.count, 420);
    histogram_fini(&sum);
    resample_fini(&r);
}

static void test_each_draw_begins_anew(void **state)
{
    (void)state;
    struct resample r = {0};
    struct histogram sum = {0};
    add_part(&r, HISTOGRAM_BINS - 2, 3);
    resample_draw(&r, 0);
    resample_take(&r, &sum);
    histogram_reset(&sum);
    resample_draw(&r, 0);
    resample_take(&r, &sum);
    assert_int_equal(sum.count, 6);
    resample_draw(&r, 0);
    resample_reset(&r);
    add_part(&r, 1, 7);
    histogram_reset(&sum);
    resample_draw(&r, 0);
    resample_take(&r, &sum);
    assert_int_equal(sum.count, 14);
    assert_int_equal(histogram_percentile(&sum, 100), histogram_bin_high(2));
    histogram_fini(&sum);
    resample_fini(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_count_as_often_as_drawn),
        cmocka_unit_test(test_each_draw_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
